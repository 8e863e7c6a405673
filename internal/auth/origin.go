package auth

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"example.com/foyer/internal/errs"
)

// checkOrigin refuses unsafe requests that another site's page may have sent: better-auth's rules without their
// gaps. Programs that send neither Origin, Referer, Sec-Fetch-* nor cookies have nothing to forge and pass.
func (a *Auth) checkOrigin(r *http.Request) error {
	site, mode := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Sec-Fetch-Mode")
	signsIn := strings.HasPrefix(r.URL.Path, basePath+"/sign-in/") || strings.HasPrefix(r.URL.Path, basePath+"/sign-up/")
	if signsIn && mode == "navigate" && site != "" && site != "same-origin" && site != "none" {
		return errs.New(http.StatusForbidden, "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED", "Cross-site navigation login blocked. This request appears to be a CSRF attack.")
	}
	for _, name := range []string{"Origin", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Referer"} {
		if len(r.Header[name]) > 1 { // a proxy that appends may have put a forged one first
			return errs.New(http.StatusForbidden, "INVALID_ORIGIN", "Invalid origin")
		}
	}
	origin := sentOrigin(r)
	from := origin
	if from == "" {
		from = refererOrigin(r)
	}
	browser := site != "" || mode != "" || r.Header.Get("Sec-Fetch-Dest") != "" || len(r.Header["Cookie"]) > 0
	switch {
	case from == "null" && site == "same-origin": // a page under no-referrer posts so
		return nil
	case from == "null", from == "" && browser:
		return errs.New(http.StatusForbidden, "MISSING_OR_NULL_ORIGIN", "Missing or null Origin")
	case from == "":
		return nil
	}
	// From elsewhere only a trusted origin's own word counts, and no page of ours is elsewhere.
	foreign := site != "" && site != "same-origin" && site != "none"
	if normal, ok := a.trustedOrigin(from); !ok || foreign && (origin == "" || normal == a.home) {
		return errs.New(http.StatusForbidden, "INVALID_ORIGIN", "Invalid origin")
	}
	return nil
}

// sentOrigin is where a request says it comes from. A phone's app has no origin, and better-auth's Expo client says
// Expo-Origin in its place: no browser leaves both Origin and Sec-Fetch-Site out of what a page sends to another site.
func sentOrigin(r *http.Request) string {
	if len(r.Header["Origin"])+len(r.Header["Sec-Fetch-Site"]) > 0 {
		return r.Header.Get("Origin")
	}
	return strings.Join(r.Header["Expo-Origin"], ", ") // two are a list, which is no origin
}

func refererOrigin(r *http.Request) string {
	u, err := url.Parse(r.Header.Get("Referer"))
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// parseOrigin gives the normal form of an origin: lower case, no default port, no trailing slash.
func parseOrigin(raw string) (string, bool) {
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

// trustedOrigin gives the normal form of an origin or of an app's scheme; false where it is not trusted.
func (a *Auth) trustedOrigin(raw string) (normal string, ok bool) {
	normal, ok = parseOrigin(raw)
	if app, rest, isApp := splitApp(raw); isApp {
		normal, ok = app, strings.Trim(rest, appHost) == ""
	}
	return normal, ok && a.trusted[normal]
}

// appHost is what may follow the scheme in an app's origin: nothing, or as in exp://192.168.1.5:8081 a host.
const appHost = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:"

// splitApp splits an address such as myapp://home into the scheme, in lower case and with its slashes, and the rest. It
// is false for what is no address, and for the schemes that browsers and phones act upon themselves.
func splitApp(raw string) (scheme, rest string, ok bool) {
	name, rest, ok := strings.Cut(raw, "://")
	name = asciiLower(name)
	ok = ok && schemeGrammar.MatchString(name) && !slices.Contains(notApps, name) && !strings.HasSuffix(name, "-extension")
	return name + "://", rest, ok
}

var schemeGrammar = regexp.MustCompile(`^[a-z][a-z0-9+.-]*$`)

var notApps = []string{
	"about", "blob", "chrome", "content", "data", "file", "filesystem", "ftp", "http", "https", "intent", "javascript",
	"mailto", "sms", "tel", "vbscript", "view-source", "ws", "wss",
}

// The fields that say where a browser is sent, and the code of their refusal.
var redirectFields = []struct{ name, code string }{
	{"callbackURL", "INVALID_CALLBACK_URL"},
	{"redirectTo", "INVALID_REDIRECT_URL"},
	{"errorCallbackURL", "INVALID_ERROR_CALLBACK_URL"},
	{"newUserCallbackURL", "INVALID_NEW_USER_CALLBACK_URL"},
}

// checkRedirects refuses a body or query that would send the browser to a stranger.
func (a *Auth) checkRedirects(r *http.Request, b *Body) error {
	for _, field := range redirectFields {
		targets := r.URL.Query()[field.name]
		switch v := b.values[field.name].(type) {
		case nil:
		case string:
			targets = append(targets, v)
		default:
			return errs.New(http.StatusBadRequest, "", "Invalid "+field.name+": expected a string")
		}
		for _, target := range targets {
			if target != "" && !LocalPath(target) && !a.trustedURL(target) {
				return errs.New(http.StatusForbidden, field.code, "Invalid "+field.name)
			}
		}
	}
	return nil
}

// trustedURL accepts an absolute URL on a trusted origin, or in an app of a trusted scheme, whose path is as plain as
// LocalPath asks.
func (a *Auth) trustedURL(raw string) bool {
	if app, rest, ok := splitApp(raw); ok {
		return a.trusted[app] && LocalPath("/"+strings.TrimPrefix(rest, "/"))
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	origin, ok := parseOrigin(u.Scheme + "://" + u.Host)
	if !ok || !a.trusted[origin] {
		return false
	}
	rest := raw[strings.Index(raw, "://")+3:]
	slash := strings.IndexAny(rest, "/?#")
	return slash < 0 || rest[slash] == '/' && LocalPath(rest[slash:])
}

// LocalPath reports whether raw is a path of this site that every browser reads as we do: one leading slash,
// printable ASCII without backslash, at most 2048 bytes, no scheme or host, no encoded slash, backslash or
// control character in the path, and not a //host once its dots are resolved. It is safe in a Location header.
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
		p += "/" // a dot at the end names a folder
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
