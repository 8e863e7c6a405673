package auth

import (
	"fmt"
	"testing"
	"testing/synctest"
)

// crowd fills the hash queue of a process whose one worker is busy.
type crowd struct {
	t       *testing.T
	h       *hasher
	release chan struct{}
}

func withCrowd(t *testing.T, test func(*crowd)) {
	synctest.Test(t, func(t *testing.T) {
		c := &crowd{t, newHasher(1, 8), make(chan struct{})}
		go c.h.do(t.Context(), place{}, func() { <-c.release })
		synctest.Wait()
		test(c)
		close(c.release)
		synctest.Wait()
		if c.h.waiting != 0 || c.h.strangers != 0 || len(c.h.same) != 0 {
			t.Errorf("nobody waits any more: %d, %d, %v", c.h.waiting, c.h.strangers, c.h.same)
		}
	})
}

// come has n hashes asked for and tells how many may wait.
func (c *crowd) come(n int, p func(i int) place) (let int) {
	for i := range n {
		before := c.h.waiting
		go c.h.do(c.t.Context(), p(i), func() {})
		synctest.Wait()
		let += c.h.waiting - before
	}
	return let
}

func (c *crowd) want(what string, got, want int) {
	c.t.Helper()
	if got != want {
		c.t.Errorf("%s: %d may wait, want %d", what, got, want)
	}
}

func stranger(format string) func(int) place {
	return func(i int) place { return place{stranger: true, network: fmt.Sprintf(format, i)} }
}

func always(network string) func(int) place {
	return func(int) place { return place{stranger: true, network: network} }
}

// TestTheQueueKeepsPlacesForWhomWeKnow: strangers from however many networks leave half of it free. Of one account two may
// wait, so that who holds a known device cannot fill the rest.
func TestTheQueueKeepsPlacesForWhomWeKnow(t *testing.T) {
	withCrowd(t, func(c *crowd) {
		c.want("strangers", c.come(100, stranger("2001:db8:%x::/48")), maxStrangers)
		c.want("the owner", c.come(5, func(int) place { return place{account: "ada"} }), maxAccount)
		c.want("other owners", c.come(100, func(i int) place { return place{account: fmt.Sprint(i)} }), maxWaiting-maxStrangers-maxAccount)
	})
}

// TestOneNetworkLeavesPlacesToOthers: alone it may fill half of the strangers' places; then each network gets four.
func TestOneNetworkLeavesPlacesToOthers(t *testing.T) {
	withCrowd(t, func(c *crowd) {
		c.want("one network", c.come(100, always("192.0.2.1")), halfFull)
		c.want("another", c.come(100, always("192.0.2.2")), maxNetwork)
		c.want("the first again", c.come(1, always("192.0.2.1")), 0)
		c.want("many", c.come(100, stranger("198.51.100.%d")), maxStrangers-halfFull-maxNetwork)
	})
}
