package origins

import "strings"

// appHost has the letters of a host, which may follow the scheme in the origin of an app, as in exp://192.168.1.5:8081.
const appHost = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:"

// Trusts returns the normal form of an origin or an app's scheme, and whether it is trusted.
func (l *List) Trusts(raw string) (normal string, ok bool) {
	normal, ok = Parse(raw)
	if app, rest, isApp := splitApp(raw); isApp {
		normal, ok = app, strings.Trim(rest, appHost) == ""
	}
	return normal, ok && l.trusted[normal]
}
