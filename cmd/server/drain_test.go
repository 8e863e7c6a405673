package main

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// backend is a server behind the balancer.
type backend struct {
	*running
	proxy    *httputil.ReverseProxy
	away     atomic.Bool  // /readyz did not say 200
	said503  atomic.Bool  // before it was away in any other manner
	answered atomic.Int64 // requests
	closing  atomic.Int64 // of those, said that their connection ends
}

// balancer sends each request to a backend whose last check was good.
type balancer struct {
	backends []*backend
	turns    atomic.Int64
	faults   chan error // connections that broke
}

// newBalancer checks each backend every 50 ms until ctx ends.
func newBalancer(ctx context.Context, t *testing.T, servers ...*running) *balancer {
	b := &balancer{faults: make(chan error, 1000)}
	for _, s := range servers {
		target, err := url.Parse(s.url)
		if err != nil {
			t.Fatal(err)
		}
		one := &backend{running: s, proxy: httputil.NewSingleHostReverseProxy(target)}
		one.proxy.Transport = &http.Transport{MaxIdleConnsPerHost: 32}
		one.proxy.ErrorLog = log.New(io.Discard, "", 0)
		one.proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, err error) {
			b.faults <- err
			w.WriteHeader(http.StatusBadGateway)
		}
		one.proxy.ModifyResponse = func(res *http.Response) error {
			one.answered.Add(1)
			if res.Close {
				one.closing.Add(1)
			}
			return nil
		}
		b.backends = append(b.backends, one)
		go one.look(ctx)
	}
	return b
}

func (b *backend) look(ctx context.Context) {
	for tick := time.NewTicker(50 * time.Millisecond); ctx.Err() == nil; <-tick.C {
		res, err := http.Get(b.url + "/readyz")
		if err == nil {
			res.Body.Close()
		}
		if err == nil && res.StatusCode == http.StatusServiceUnavailable && !b.away.Load() {
			b.said503.Store(true)
		}
		// After a 503 it goes on sending until an answer has said that its connection ends, as a slower balancer would.
		b.away.Store(err != nil || res.StatusCode != http.StatusOK && b.closing.Load() > 0)
	}
}

// ServeHTTP implements http.Handler.
func (b *balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	turn := int(b.turns.Add(1))
	for i := range b.backends {
		if one := b.backends[(turn+i)%len(b.backends)]; !one.away.Load() {
			one.proxy.ServeHTTP(w, r)
			return
		}
	}
	b.faults <- errors.New("nobody is ready")
}

// TestDeployIsNotNoticed: one of two servers behind a balancer stops under load, and no request fails. The requests are
// POST, which proxies may not repeat.
func TestDeployIsNotNoticed(t *testing.T) {
	t.Parallel()
	leaving := start(t, t.TempDir(), "DRAIN_DELAY=3s", "RATE_LIMIT=off")
	staying := start(t, t.TempDir(), "RATE_LIMIT=off")
	looking, endLooking := context.WithCancel(t.Context())
	defer endLooking()
	b := newBalancer(looking, t, leaving, staying)
	front := httptest.NewServer(b)
	defer front.Close()

	visiting, endVisits := context.WithCancel(t.Context())
	var visitors sync.WaitGroup
	client := &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{MaxIdleConnsPerHost: 32},
	}
	for range 8 {
		visitors.Go(func() {
			for visiting.Err() == nil {
				res, err := client.Post(front.URL+"/theme", "application/x-www-form-urlencoded", strings.NewReader("theme=dark"))
				if err != nil {
					b.faults <- err
					continue
				}
				if io.Copy(io.Discard, res.Body); res.StatusCode != http.StatusSeeOther {
					b.faults <- errors.New(res.Status)
				}
				res.Body.Close()
			}
		})
	}
	await := func(one *backend, more int64) {
		t.Helper()
		goal, hung := one.answered.Load()+more, time.Now().Add(30*time.Second)
		for one.answered.Load() < goal && time.Now().Before(hung) {
			time.Sleep(time.Millisecond)
		}
	}
	await(b.backends[0], 100)
	leaving.Process.Signal(syscall.SIGTERM)
	if code := leaving.end(); code != 0 {
		t.Errorf("exit status %d:\n%s", code, leaving.output())
	}
	await(b.backends[1], 100)
	endVisits()
	visitors.Wait()

	if n := len(b.faults); n > 0 {
		t.Errorf("%d of %d requests failed: %v", n, b.backends[0].answered.Load()+b.backends[1].answered.Load(), <-b.faults)
	}
	if one := b.backends[0]; !one.said503.Load() || one.closing.Load() == 0 {
		t.Errorf("/readyz said 503 before the door was shut: %v; %d answers said that they close", one.said503.Load(),
			one.closing.Load())
	}
}
