package web

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestBrowser(t *testing.T) {
	for agent, want := range map[string]string{
		"": "Unknown browser",
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                           "Firefox on Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 Edg/156.0":        "Edge on Windows",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15":            "Safari on macOS",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile Safari/604.1": "Safari on iPhone",
		"Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36":                     "Chrome on Android",
		"curl/8.11":                 "curl",
		"SomeBot (Linux)":           "Browser on Linux",
		"<script>alert(1)</script>": "Unknown browser",
	} {
		if got := browser(agent); got != want {
			t.Errorf("%q is called %q, want %q", agent, got, want)
		}
	}
}

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
