package web

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

// TestForwardedOddities: however a client writes X-Forwarded-For, the hop that our proxy adds on the right counts.
func TestForwardedOddities(t *testing.T) {
	ip := ClientIP([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, slog.New(slog.DiscardHandler))
	for name, c := range map[string]struct {
		lines []string
		want  string
	}{
		"two lines":                  {[]string{"8.8.8.8", "198.51.100.1"}, "198.51.100.1"},
		"two lines, one with a list": {[]string{"8.8.8.8, 10.1.1.1", "198.51.100.1, 10.2.2.2"}, "198.51.100.1"},
		"garbage on the left":        {[]string{"x, ::zz, 8.8.8.8:99", "198.51.100.1"}, "198.51.100.1"},
		"nothing on the left":        {[]string{",,, ", "198.51.100.1"}, "198.51.100.1"},
		"a port":                     {[]string{"198.51.100.1:4711"}, "10.0.0.1"},
		"a zone":                     {[]string{"fe80::1%eth0"}, "10.0.0.1"},
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
