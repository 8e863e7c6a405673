package web

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

// TestClientIP: an address in X-Forwarded-For counts only as far as our own proxies vouch for it.
func TestClientIP(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8"),
		netip.MustParsePrefix("192.0.2.7/32")}
	cases := []struct {
		name    string
		proxies []netip.Prefix
		peer    string
		header  string
		want    string
	}{
		{"no proxies: the header is not read", nil, "203.0.113.9:1", "198.51.100.1", "203.0.113.9"},
		{"no proxies, private peer: neither", nil, "10.0.0.1:1", "198.51.100.1", "10.0.0.1"},
		{"no proxies, loopback peer: neither", nil, "127.0.0.1:1", "198.51.100.1", "127.0.0.1"},
		{"behind a proxy", proxies, "10.0.0.1:1", "198.51.100.1", "198.51.100.1"},
		{"behind two proxies", proxies, "10.0.0.1:1", "198.51.100.1, 192.0.2.7", "198.51.100.1"},
		{"what the client wrote stays left", proxies, "10.0.0.1:1", "8.8.8.8, 198.51.100.1", "198.51.100.1"},
		{"the client claims to be a proxy", proxies, "10.0.0.1:1", "8.8.8.8, 10.9.9.9, 198.51.100.1", "198.51.100.1"},
		{"not through the proxy", proxies, "203.0.113.9:1", "198.51.100.1", "203.0.113.9"},
		{"loopback is no proxy unless it is listed", proxies, "127.0.0.1:1", "198.51.100.1", "127.0.0.1"},
		{"private is no proxy unless it is listed", proxies, "192.168.0.1:1", "198.51.100.1", "192.168.0.1"},
		{"no header behind a proxy", proxies, "10.0.0.1:1", "", "10.0.0.1"},
		{"garbage behind a proxy", proxies, "10.0.0.1:1", "nonsense", "10.0.0.1"},
		{"IPv6 proxy", proxies, "[fd00::1]:1", "2001:db8::1", "2001:db8::1"},
		{"IPv6 peer", nil, "[2001:db8::9]:1", "", "2001:db8::9"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = c.peer
			r.Header.Set("X-Real-IP", "8.8.4.4")
			r.Header.Set("Forwarded", "for=8.8.4.4")
			if c.header != "" {
				r.Header.Set("X-Forwarded-For", c.header)
			}
			if got := ClientIP(c.proxies, slog.New(slog.DiscardHandler))(r); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
