package web

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

// TestForwardedOddities: however a client writes X-Forwarded-For, the hop that our proxy adds on the right counts.
func TestForwardedOddities(t *testing.T) {
	t.Parallel()
	ip := ClientIP([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, slog.New(slog.DiscardHandler))
	for name, c := range map[string]struct {
		lines []string
		want  string
	}{
		"two lines":                  {[]string{"8.8.8.8", "198.51.100.1"}, "198.51.100.1"},
		"two lines, one with a list": {[]string{"8.8.8.8, 10.1.1.1", "198.51.100.1, 10.2.2.2"}, "198.51.100.1"},
		"garbage on the left":        {[]string{"x, ::zz, 8.8.8.8:99", "198.51.100.1"}, "198.51.100.1"},
		"nothing on the left":        {[]string{",,, ", "198.51.100.1"}, "198.51.100.1"},
		"a port":                     {[]string{"198.51.100.1:4711"}, "198.51.100.1"},
		"a zone":                     {[]string{"fe80::1%eth0"}, "fe80::1"},
		"brackets and a port":        {[]string{"[2001:db8::1]:443"}, "2001:db8::1"},
		"brackets, zone and port":    {[]string{"[fe80::1%eth0]:443"}, "fe80::1"},
		"half a bracket":             {[]string{"[2001:db8::1"}, "10.0.0.1"},
		"a port on each hop":         {[]string{"8.8.8.8:1, 198.51.100.1:4711 , 10.2.2.2:80"}, "198.51.100.1"},
		"unknown":                    {[]string{"unknown"}, "10.0.0.1"},
		"unknown to the right":       {[]string{"198.51.100.1, unknown"}, "10.0.0.1"},
		"unknown to an inner proxy":  {[]string{"198.51.100.1, unknown, 10.2.2.2"}, "10.2.2.2"},
		"garbage to the right":       {[]string{"198.51.100.1, x"}, "10.0.0.1"},
		"nothing to the right":       {[]string{"198.51.100.1, "}, "10.0.0.1"},
		"proxies alone":              {[]string{"10.3.3.3, 10.2.2.2"}, "10.3.3.3"},
		"brackets":                   {[]string{"[2001:db8::1]"}, "2001:db8::1"},
		"a mapped proxy":             {[]string{"198.51.100.1, ::ffff:10.0.0.2"}, "198.51.100.1"},
		"quotes":                     {[]string{`"198.51.100.1"`}, "10.0.0.1"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr, r.Header["X-Forwarded-For"] = "10.0.0.1:1", c.lines
		if got := ip(r); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestUnreadableForwardedIsLoggedOnce: behind a proxy that writes unreadable addresses all visitors share one rate
// limit. Operators should know that, but a line for each request would flood the log.
func TestUnreadableForwardedIsLoggedOnce(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	ip := ClientIP([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, slog.New(slog.NewTextHandler(&log, nil)))
	for _, value := range []string{"198.51.100.1:4711", "unknown", "<nobody>", "<nobody>"} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = "10.0.0.1:1"
		r.Header.Set("X-Forwarded-For", value)
		ip(r)
	}
	if n := strings.Count(log.String(), "X-Forwarded-For is unreadable"); n != 1 {
		t.Errorf("logged %d times: %s", n, log.String())
	}
}

// FuzzClientIP: any X-Forwarded-For gives an address. What a client wrote itself changes nothing once a proxy has added
// its hop, even an unreadable one.
func FuzzClientIP(f *testing.F) {
	for _, seed := range []string{"", "unknown", "8.8.8.8, 10.0.0.2", "[::1]:80", "fe80::1%eth0", "10.0.0.2:x", ",,",
		"[::ffff:10.0.0.1]"} {
		f.Add(seed, "198.51.100.1")
		f.Add("8.8.8.8", seed)
	}
	ip := ClientIP([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, slog.New(slog.DiscardHandler))
	ask := func(lines ...string) string {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr, r.Header["X-Forwarded-For"] = "10.0.0.1:1", lines
		return ip(r)
	}
	f.Fuzz(func(t *testing.T, client, added string) {
		if got, err := netip.ParseAddr(ask(client, added)); err != nil || got.Zone() != "" {
			t.Errorf("%q, %q: %v, %v", client, added, got, err)
		}
		for _, proxy := range []string{"198.51.100.1", "198.51.100.1:4711", "unknown", "<nobody>"} {
			if got, want := ask(client, proxy), ask(proxy); got != want {
				t.Errorf("%q before %q: %s, want %s", client, proxy, got, want)
			}
		}
	})
}
