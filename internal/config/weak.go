package config

import (
	"net/url"
	"strings"
)

// noPlainHTTP refuses what would send sessions and passwords readably over a network.
func (l *loader) noPlainHTTP(c Config) {
	if plainHTTP(c.AppURL) {
		l.fault("APP_URL", "%q is plain http, where sessions can be read and taken: use https, or INSECURE_HTTP=on", c.AppURL)
	}
	if !c.CORS {
		return
	}
	for _, origin := range c.TrustedOrigins {
		if plainHTTP(origin) {
			l.fault("TRUSTED_ORIGINS", "%q is plain http, and may read accounts: use https, or INSECURE_HTTP=on", origin)
		}
	}
}

// plainHTTP reports whether an origin is http on a host other than this machine.
func plainHTTP(origin string) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Scheme == "http" && !loopback(u.Hostname())
}

// Warnings lists what is allowed and weak, a sentence each, for the log of every start. They quote no secret.
func (c Config) Warnings() (list []string) {
	if c.InsecureHTTP && !c.Development {
		list = append(list, "INSECURE_HTTP=on: over plain http every session and password can be read on its way")
	}
	if remoteWithoutTLS(c.DatabaseURL) {
		list = append(list, "DATABASE_URL names no sslmode: its traffic may travel in clear; add sslmode=verify-full")
	}
	return list
}

// remoteWithoutTLS reports whether a PostgreSQL host is another machine and the URL says nothing of TLS. A host that
// begins with a slash is a socket of this machine.
func remoteWithoutTLS(databaseURL string) bool {
	u, err := url.Parse(databaseURL)
	if err != nil || u.Scheme == "file" || u.Query().Has("sslmode") {
		return false
	}
	hosts := u.Hostname()
	if hosts == "" {
		hosts = u.Query().Get("host")
	}
	for _, host := range list(hosts) {
		if !loopback(host) && !strings.HasPrefix(host, "/") {
			return true
		}
	}
	return false
}
