package config

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"example.com/foyer/internal/origins"
)

// secrets reads APP_SECRET. Its faults name a secret by its position.
func (l *loader) secrets(name string, required bool) []string {
	secrets := list(l.secret(name))
	l.faultIf(required && len(secrets) == 0, name, "is required; make one with: openssl rand -base64 32")
	for i, s := range secrets {
		why := weak(s)
		l.faultIf(why != "", name, "secret %d is %s; make one with: openssl rand -base64 32", i+1, why)
		l.faultIf(slices.Contains(secrets[:i], s), name, "secret %d is given twice", i+1)
	}
	return secrets
}

// weak returns why a secret can be guessed, "" if it is strong. 32 characters of base64 have 192 random bits. Even a
// random secret of hexadecimal digits, the smallest alphabet in use, has 8 different characters.
func weak(s string) string {
	if len(s) < 32 {
		return "shorter than 32 characters"
	}
	chars := slices.Sorted(slices.Values([]rune(s)))
	if len(slices.Compact(chars)) < 8 || strings.Contains((s + s)[1:2*len(s)-1], s) {
		return "a repetition"
	}
	for _, word := range []string{"secret", "example", "change", "password"} {
		if strings.Contains(strings.ToLower(s), word) {
			return "an example"
		}
	}
	return ""
}

// noPlainHTTP refuses origins over which sessions and passwords would travel readably.
func (l *loader) noPlainHTTP(c Config) {
	const advice = ": use https, or INSECURE_HTTP=on"
	l.faultIf(plainHTTP(c.AppURL), "APP_URL", "%q is plain http, where sessions can be stolen"+advice, c.AppURL)
	// part:betterauth
	for _, o := range c.TrustedOrigins {
		l.faultIf(c.CORS && plainHTTP(o), "TRUSTED_ORIGINS", "%q is plain http, and may read accounts"+advice, o)
	}
	// end:betterauth
}

// plainHTTP reports whether an origin is http on a host other than this machine.
func plainHTTP(origin string) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Scheme == "http" && !origins.Loopback(u.Hostname())
}

// Warnings lists settings that are allowed but weak, a sentence each, for the log of every start. It quotes no secret.
func (c Config) Warnings() (list []string) {
	if c.InsecureHTTP && !c.Development {
		list = append(list, "INSECURE_HTTP=on: over plain http every session and password can be read on the network")
	}
	if remoteWithoutTLS(c.DatabaseURL) {
		list = append(list, "DATABASE_URL names no sslmode: the connection may be unencrypted; add sslmode=verify-full")
	}
	return list
}

// remoteWithoutTLS reports whether a PostgreSQL host is another machine and the URL has no sslmode. A host that begins
// with a slash is a socket of this machine.
func remoteWithoutTLS(databaseURL string) bool {
	u, err := url.Parse(databaseURL)
	if err != nil || u.Scheme == "file" || u.Query().Has("sslmode") {
		return false
	}
	hosts := list(cmp.Or(u.Hostname(), u.Query().Get("host")))
	remote := func(host string) bool { return !origins.Loopback(host) && !strings.HasPrefix(host, "/") }
	return slices.ContainsFunc(hosts, remote)
}
