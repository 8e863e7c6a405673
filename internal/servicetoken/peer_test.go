package servicetoken_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/foyer/internal/servicetoken"
	"example.com/foyer/internal/servicetoken/tokentest"
)

// publisher is a process with keys of its own.
type publisher struct {
	*servicetoken.Keyring
	path   string // of its key file
	url    string
	asked  atomic.Int64
	answer atomic.Value // an http.HandlerFunc instead of the usual answer
}

func publish(t *testing.T) *publisher {
	t.Helper()
	p := &publisher{}
	p.Keyring, p.path = keyring(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.asked.Add(1)
		if f, ok := p.answer.Load().(http.HandlerFunc); ok && f != nil {
			f(w, r)
			return
		}
		w.Write(jwks(t, p.Keyring))
	}))
	t.Cleanup(server.Close)
	p.url = server.URL
	return p
}

// believer is a process that believes p when it says it is the worker; its clock moves by ahead.
func believer(t *testing.T, p *publisher) (k *servicetoken.Keyring, ahead *atomic.Int64) {
	t.Helper()
	peer, err := servicetoken.Remote(p.url, worker, nil)
	if err != nil {
		t.Fatal(err)
	}
	k, _ = keyring(t)
	k.Peers, ahead = []*servicetoken.Peer{peer}, new(atomic.Int64)
	k.Now = func() time.Time { return noon.Add(time.Duration(ahead.Load())) }
	p.Now = k.Now
	return k, ahead
}

func (p *publisher) believedBy(t *testing.T, k *servicetoken.Keyring) {
	t.Helper()
	if id, err := k.Verify(t.Context(), sign(t, p.Keyring), api); err != nil || id.Subject != worker {
		t.Errorf("%+v, %v", id, err)
	}
}

func (p *publisher) refusedBy(t *testing.T, k *servicetoken.Keyring, reason string) {
	t.Helper()
	token := sign(t, p.Keyring)
	_, err := k.Verify(t.Context(), token, api)
	refused(t, err, token, reason)
}

// TestPeer: a token of one process is believed by another that knows nothing but where its keys are published.
func TestPeer(t *testing.T) {
	p := publish(t)
	k, ahead := believer(t, p)
	for range 3 {
		p.believedBy(t, k)
	}
	if n := p.asked.Load(); n != 1 {
		t.Errorf("asked %d times for three tokens, want once", n)
	}
	for _, c := range tokentest.Hostile(tokentest.First(t, p.path), api, noon) {
		_, err := k.Verify(t.Context(), c.Token, api)
		refused(t, err, c.Token, c.Reason)
	}
	if n := p.asked.Load(); n != 1 {
		t.Errorf("asked %d times: unknown kids make it ask", n)
	}

	other, err := p.Sign("service:billing", api)
	if err != nil {
		t.Fatal(err)
	}
	_, err = k.Verify(t.Context(), other, api)
	refused(t, err, other, "may not speak")
	if _, err := p.Verify(t.Context(), sign(t, k), api); err == nil {
		t.Error("being believed, it believes in turn")
	}

	// A new key is asked for when it is met; soon after a try, not again.
	ahead.Store(int64(10 * time.Second))
	rotate(t, p.path)
	p.believedBy(t, k)
	rotate(t, p.path)
	p.refusedBy(t, k, "unknown kid")
	ahead.Store(int64(15 * time.Second))
	p.believedBy(t, k)
	if n := p.asked.Load(); n != 3 {
		t.Errorf("asked %d times, want 3", n)
	}
}

// TestWithdrawnKeyIsForgotten: at the latest when the set has to be fetched again; and a peer that cannot be asked
// for long is believed no more.
func TestWithdrawnKeyIsForgotten(t *testing.T) {
	p := publish(t)
	k, ahead := believer(t, p)
	p.believedBy(t, k)
	p.answer.Store(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "away", http.StatusBadGateway) }))
	for _, c := range []struct {
		after  time.Duration
		reason string
	}{{4 * time.Minute, ""}, {6 * time.Minute, ""}, {14 * time.Minute, ""}, {15 * time.Minute, "answers 502"}} {
		ahead.Store(int64(c.after))
		if c.reason == "" {
			p.believedBy(t, k)
		} else {
			p.refusedBy(t, k, c.reason)
		}
	}
	p.answer.Store(http.HandlerFunc(nil))
	ahead.Store(int64(16 * time.Minute))
	p.believedBy(t, k)
	p.answer.Store(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(`{"keys":[]}`)) }))
	ahead.Store(int64(21*time.Minute + time.Second))
	p.refusedBy(t, k, "unknown kid")
}

// TestOneFetchAtATime: those who come while it is under way wait for its answer, and none of them can end it.
func TestOneFetchAtATime(t *testing.T) {
	p := publish(t)
	k, _ := believer(t, p)
	arrived, release := make(chan struct{}, 8), make(chan struct{})
	p.answer.Store(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		arrived <- struct{}{}
		<-release
		w.Write(jwks(t, p.Keyring))
	}))
	ctx, hangUp := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for range 8 {
		token := sign(t, p.Keyring)
		all.Go(func() {
			if _, err := k.Verify(ctx, token, api); err != nil {
				t.Error(err)
			}
		})
	}
	<-arrived
	hangUp()
	close(release)
	all.Wait()
	if n := p.asked.Load(); n != 1 {
		t.Errorf("asked %d times, want once", n)
	}
}

// TestPeerAnswers: what cannot be believed as a set of keys is none, and says so in the log.
func TestPeerAnswers(t *testing.T) {
	p := publish(t)
	private := read(t, p.path)
	set := string(jwks(t, p.Keyring))
	elsewhere := publish(t)
	elsewhere.answer.Store(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(set)) }))
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		reason string
	}{
		"too much": {func(w http.ResponseWriter, _ *http.Request) {
			w.Write([]byte(strings.Replace(set, `{"keys"`, `{"x":"`+strings.Repeat("x", 64<<10)+`","keys"`, 1)))
		}, "too large"},
		"no JSON":          {func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<html>")) }, "not a JWKS"},
		"another status":   {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated); w.Write([]byte(set)) }, "answers 201"},
		"a redirect":       {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.url, http.StatusFound) }, "answers 302"},
		"hanging up":       {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "cannot be fetched"},
		"its private half": {func(w http.ResponseWriter, _ *http.Request) { w.Write(private) }, "unknown kid"},
		"under another kid": {func(w http.ResponseWriter, _ *http.Request) {
			w.Write([]byte(strings.Replace(set, `"kid":"`, `"kid":"x`, 1)))
		}, "unknown kid"},
		"nothing": {func(http.ResponseWriter, *http.Request) {}, "not a JWKS"},
	} {
		t.Run(name, func(t *testing.T) {
			k, _ := believer(t, p)
			p.answer.Store(c.answer)
			p.refusedBy(t, k, c.reason)
		})
	}
	if n := elsewhere.asked.Load(); n != 0 {
		t.Error("a redirect is followed")
	}
	// Keys of other kinds are no fault: other services publish them beside ours.
	k, _ := believer(t, p)
	p.answer.Store(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte(strings.Replace(set, `[`, `[{"kty":"new","kid":"1"},{"kty":"oct","k":"c2VjcmV0","kid":"2"},1,`, 1)))
	}))
	p.believedBy(t, k)
}

// TestTokenOfOneDoesNotWaitForAnother: a peer that is away keeps nobody else out.
func TestTokenOfOneDoesNotWaitForAnother(t *testing.T) {
	away, p := publish(t), publish(t)
	k, _ := believer(t, p)
	gone, err := servicetoken.Remote(away.url, "service:gone", nil)
	if err != nil {
		t.Fatal(err)
	}
	away.answer.Store(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "away", http.StatusBadGateway) }))
	k.Peers = append([]*servicetoken.Peer{gone}, k.Peers...)
	p.believedBy(t, k)
	away.refusedBy(t, k, "answers 502")
}
