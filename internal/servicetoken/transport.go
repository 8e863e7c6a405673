package servicetoken

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// transport signs what it sends.
type transport struct {
	keys             *Keyring
	origin, sub, aud string
	base             http.RoundTripper
}

// Transport makes the http.RoundTripper of a client that calls aud at to, an https origin or one on this machine.
// Every request carries a fresh token. Requests elsewhere, and those that come of a redirect, fail unsent: the token
// would follow wherever the answer points. A nil base is http.DefaultTransport.
func (k *Keyring) Transport(to, sub, aud string, base http.RoundTripper) (http.RoundTripper, error) {
	o, err := origin(to)
	if err != nil {
		return nil, err
	}
	if base == nil {
		base = http.DefaultTransport
	}
	return &transport{keys: k, origin: o, sub: sub, aud: aud, base: base}, nil
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	token, err := t.token(r)
	if err != nil {
		if r.Body != nil {
			r.Body.Close() // the interface asks for it
		}
		return nil, err
	}
	signed := r.Clone(r.Context())
	signed.Header.Set("Authorization", "Bearer "+token)
	return t.base.RoundTrip(signed)
}

func (t *transport) token(r *http.Request) (string, error) {
	if o, err := origin(r.URL.String()); err != nil || o != t.origin {
		return "", fmt.Errorf("servicetoken: a token for %s is not sent elsewhere", t.origin)
	}
	if r.Response != nil {
		return "", errors.New("servicetoken: redirects are not followed")
	}
	return t.keys.Sign(t.sub, t.aud)
}

// origin gives scheme and host of an address whose traffic nobody on the way can read: https, or on this machine.
func origin(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.User != nil {
		return "", errors.New("servicetoken: not the address of a service")
	}
	ip, err := netip.ParseAddr(u.Hostname())
	if u.Scheme != "https" && (u.Scheme != "http" || u.Hostname() != "localhost" && (err != nil || !ip.IsLoopback())) {
		return "", fmt.Errorf("servicetoken: %s is neither https nor on this machine", u.Host)
	}
	return u.Scheme + "://" + strings.ToLower(u.Host), nil
}
