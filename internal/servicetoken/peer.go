package servicetoken

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	freshFor   = 5 * time.Minute  // a set is used so long without asking again
	staleFor   = 15 * time.Minute // and so long where asking again fails; then its keys are forgotten
	fetchEvery = 5 * time.Second  // tokens with unknown kids cannot make us ask more often
	fetchTime  = 5 * time.Second
	maxSet     = 64 << 10
)

// Peer is another process with keys of its own.
type Peer struct {
	url, subject string
	client       http.Client
	set          atomic.Pointer[published]
	mu           sync.Mutex // one fetch at a time
	tried        time.Time
	failed       error // of the last fetch
}

// published is what a peer said its keys are.
type published struct {
	at   time.Time
	keys map[string]ed25519.PublicKey
}

// Remote makes a peer whose keys are published at url and whose tokens may say subject and nothing else. The url is
// https, or on this machine; redirects are not followed. The keys are fetched when the first token comes. A nil
// client is a new one.
func Remote(url, subject string, client *http.Client) (*Peer, error) {
	if _, err := origin(url); err != nil {
		return nil, err
	}
	if subject == "" {
		return nil, errors.New("servicetoken: a peer needs a subject")
	}
	p := &Peer{url: url, subject: subject}
	if client != nil {
		p.client = *client
	}
	p.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return p, nil
}

// find gives the key of that name, nil where the peer has none; the error is why it could not be asked.
func (p *Peer) find(ctx context.Context, kid string, now time.Time) (ed25519.PublicKey, error) {
	if set := p.set.Load(); set != nil && set.keys[kid] != nil && now.Sub(set.at) < freshFor {
		return set.keys[kid], nil
	}
	err := p.refresh(ctx, now)
	if set := p.set.Load(); set != nil && now.Sub(set.at) < staleFor {
		return set.keys[kid], err
	}
	return nil, err
}

// refresh asks for the keys, unless somebody did a moment ago. The request that brought the token cannot cancel it:
// a caller who hangs up would spend the one try that an honest one needs.
func (p *Peer) refresh(ctx context.Context, now time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Sub(p.tried) < fetchEvery {
		return p.failed
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTime)
	defer cancel()
	p.tried = now
	keys, err := p.fetch(ctx)
	if p.failed = err; err == nil {
		p.set.Store(&published{at: now, keys: keys})
	}
	return err
}

// fetch reads the set. Keys of another kind, without their thumbprint as kid, or with a private half that the whole
// world has read by now, are left out.
func (p *Peer) fetch(ctx context.Context) (map[string]ed25519.PublicKey, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url, nil)
	if err != nil {
		return nil, err
	}
	res, err := p.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %d", p.url, res.StatusCode)
	}
	text, err := io.ReadAll(http.MaxBytesReader(nil, res.Body, maxSet))
	if err != nil {
		return nil, err
	}
	list, _, err := decode(text)
	if err != nil {
		return nil, fmt.Errorf("%s answers with what is not a JWKS", p.url)
	}
	keys := map[string]ed25519.PublicKey{}
	for _, key := range list {
		if key.IsPublic() {
			keys[key.KeyID] = public(key)
		}
	}
	return keys, nil
}
