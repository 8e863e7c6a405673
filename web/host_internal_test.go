package web

import (
	"net/url"
	"strings"
	"testing"
)

// FuzzHost: what is let through is a host, and a port that exists or none.
func FuzzHost(f *testing.F) {
	for _, host := range []string{"app.example", "app.example:evil", "a@b", "[::1]:8080", ":80", "a:b:c",
		"app.example:99999", "a/b", "a?b", "%00", "[::1%25eth0]"} {
		f.Add(host)
	}
	f.Fuzz(func(t *testing.T, host string) {
		if !possibleHost(host) {
			return
		}
		u, err := url.Parse("https://" + host + "/path")
		if err != nil || u.Host != host || u.User != nil || u.Path != "/path" || strings.ContainsAny(host, "/?#@\\ ") {
			t.Fatalf("%q is let through: %v, %v", host, u, err)
		}
		if port := u.Port(); len(strings.TrimLeft(port, "0")) > 5 {
			t.Fatalf("%q is let through with port %s", host, port)
		}
	})
}
