// Package origins knows the sites that the app trusts: its own, those that may call it, and those that it may send a
// browser to. Browsers, proxies and parsers read odd addresses differently, so it accepts only plain ones.
package origins

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// List is the trusted origins: the app's own, those of other sites, and the schemes of mobile apps.
type List struct {
	Home    string // the app's own, in normal form
	trusted map[string]bool
}

// New makes a List. It fails if home does not Parse, or one of others does not ParseTrusted.
func New(home string, others []string) (*List, error) {
	own, ok := Parse(home)
	if !ok {
		return nil, fmt.Errorf("BaseURL %q is not an origin", home)
	}
	l := &List{Home: own, trusted: map[string]bool{own: true}}
	for _, raw := range others {
		normal, ok := ParseTrusted(raw)
		if !ok {
			return nil, fmt.Errorf("trusted origin %q is neither an origin nor an app's scheme such as myapp://", raw)
		}
		l.trusted[normal] = true
	}
	return l, nil
}

// Secure reports whether the app is reached by https.
func (l *List) Secure() bool { return strings.HasPrefix(l.Home, "https:") }

// MaySend reports whether a browser may be sent to target: a path of this site, an absolute URL on a trusted origin,
// or an address in an app of a trusted scheme. The path must satisfy LocalPath in each case.
func (l *List) MaySend(target string) bool {
	if LocalPath(target) {
		return true
	}
	if app, rest, ok := splitApp(target); ok {
		return l.trusted[app] && LocalPath("/"+strings.TrimPrefix(rest, "/"))
	}
	u, err := url.Parse(target)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	normal, ok := Parse(u.Scheme + "://" + u.Host)
	if !ok || !l.trusted[normal] {
		return false
	}
	rest := target[strings.Index(target, "://")+3:]
	slash := strings.IndexAny(rest, "/?#")
	return slash < 0 || rest[slash] == '/' && LocalPath(rest[slash:])
}

// OfReferer returns the origin of the Referer of a request, "" without one.
func OfReferer(r *http.Request) string {
	u, err := url.Parse(r.Header.Get("Referer"))
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// Printable bounds what a client can write to the log, and keeps out of it what a terminal acts upon.
func Printable(header string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f {
			return '?'
		}
		return r
	}, header[:min(len(header), 200)])
}

// Loopback reports whether host, without a port, is this machine.
func Loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// ParseTrusted is Parse that also accepts the scheme of a mobile app, such as myapp://. Its normal form is lower case.
func ParseTrusted(raw string) (normal string, ok bool) {
	if app, rest, isApp := splitApp(raw); isApp {
		return app, rest == ""
	}
	return Parse(raw)
}

// Parse returns the normal form of an http or https origin: lower case, no default port, no trailing slash.
func Parse(raw string) (normal string, ok bool) {
	u, err := url.Parse(strings.TrimSuffix(raw, "/"))
	if err != nil || u.Hostname() == "" || u.User != nil || u.Path+u.RawQuery+u.Fragment != "" || u.ForceQuery {
		return "", false
	}
	host := strings.ToLower(u.Host)
	switch u.Scheme {
	case "http":
		return "http://" + strings.TrimSuffix(host, ":80"), true
	case "https":
		return "https://" + strings.TrimSuffix(host, ":443"), true
	}
	return "", false
}

// splitApp splits an address such as myapp://home into the scheme with its slashes, in lower case, and the rest. ok is
// false if raw is no such address, or a browser or phone handles the scheme itself.
func splitApp(raw string) (scheme, rest string, ok bool) {
	name, rest, ok := strings.Cut(raw, "://")
	ok = ok && schemeGrammar.MatchString(name)
	name = strings.ToLower(name)
	ok = ok && !slices.Contains(notApps, name) && !strings.HasSuffix(name, "-extension")
	return name + "://", rest, ok
}

var schemeGrammar = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9+.-]*$`)

var notApps = []string{
	"about", "blob", "chrome", "content", "data", "file", "filesystem", "ftp", "http", "https", "intent", "javascript",
	"mailto", "sms", "tel", "vbscript", "view-source", "ws", "wss",
}

// LocalPath reports whether raw is a path of this site that every browser reads alike, so that it is safe in a
// Location header: one leading slash, printable ASCII without backslash, at most 2048 bytes, no scheme or host, no
// encoded slash, backslash or control character in the path, and no //host after its dots are resolved.
func LocalPath(raw string) bool {
	if len(raw) == 0 || len(raw) > 2048 || raw[0] != '/' || strings.HasPrefix(raw, "//") {
		return false
	}
	for i := range len(raw) {
		if raw[i] <= ' ' || raw[i] >= 0x7f || raw[i] == '\\' {
			return false
		}
	}
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil {
		return false
	}
	encoded := strings.ToLower(u.EscapedPath())
	if strings.Contains(encoded, "%2f") || strings.Contains(encoded, "%5c") ||
		strings.ContainsFunc(u.Path, unicode.IsControl) {
		return false
	}
	return !resolvesToHost(u.Path)
}

// resolvesToHost removes dot segments as browsers do (RFC 3986 §5.2.4), keeping empty ones: /.//host is //host.
func resolvesToHost(p string) bool {
	if strings.HasSuffix(p, "/.") || strings.HasSuffix(p, "/..") {
		p += "/" // a trailing dot segment names a folder
	}
	var out []string
	for segment := range strings.SplitSeq(p[1:], "/") {
		switch segment {
		case ".":
		case "..":
			if len(out) > 0 {
				out = out[:len(out)-1]
			}
		default:
			out = append(out, segment)
		}
	}
	return len(out) > 1 && out[0] == ""
}
