package betterauth

import (
	"cmp"
	"net/http"
	"strings"

	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/origins"
	"example.com/foyer/internal/payload"
)

// checkOrigin refuses unsafe requests that another site's page may have sent: better-auth's rules without their
// gaps. Programs that send neither Origin, Referer, Sec-Fetch-* nor cookies have nothing to forge and pass.
func (a *api) checkOrigin(r *http.Request) error {
	site, mode := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Sec-Fetch-Mode")
	foreign := site != "" && site != "same-origin" && site != "none" // the page is on another site
	path := strings.TrimPrefix(r.URL.Path, basePath)
	signsIn := strings.HasPrefix(path, "/sign-in/") || strings.HasPrefix(path, "/sign-up/")
	if signsIn && mode == "navigate" && foreign {
		return errs.New(http.StatusForbidden, "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED",
			"Cross-site navigation login blocked. This request appears to be a CSRF attack.")
	}
	for _, name := range []string{"Origin", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Referer"} {
		if len(r.Header[name]) > 1 { // a proxy that appends may have put a forged one first
			return errs.New(http.StatusForbidden, "INVALID_ORIGIN", "Invalid origin")
		}
	}
	sent := sentOrigin(r)
	from := cmp.Or(sent, origins.OfReferer(r))
	browser := site != "" || mode != "" || r.Header.Get("Sec-Fetch-Dest") != "" || len(r.Header["Cookie"]) > 0
	switch {
	case from == "null" && site == "same-origin": // a page under no-referrer posts so
		return nil
	case from == "null", from == "" && browser:
		return errs.New(http.StatusForbidden, "MISSING_OR_NULL_ORIGIN", "Missing or null Origin")
	case from == "":
		return nil
	}
	// From another site only the Origin header of a trusted origin counts, and no page of ours is on another site.
	if normal, ok := a.origins.Trusts(from); !ok || foreign && (sent == "" || normal == a.origins.Home) {
		return errs.New(http.StatusForbidden, "INVALID_ORIGIN", "Invalid origin")
	}
	return nil
}

// sentOrigin is the origin that a request names. A phone's app has none, and better-auth's Expo client sends
// Expo-Origin in its place: no browser leaves both Origin and Sec-Fetch-Site out of what a page sends to another
// site.
func sentOrigin(r *http.Request) string {
	if len(r.Header["Origin"])+len(r.Header["Sec-Fetch-Site"]) > 0 {
		return r.Header.Get("Origin")
	}
	return strings.Join(r.Header["Expo-Origin"], ", ") // two are a list, which is no origin
}

// The fields that name where a browser is sent, and the code of their refusal.
var redirectFields = []struct{ name, code string }{
	{"callbackURL", "INVALID_CALLBACK_URL"},
	{"redirectTo", "INVALID_REDIRECT_URL"},
	{"errorCallbackURL", "INVALID_ERROR_CALLBACK_URL"},
	{"newUserCallbackURL", "INVALID_NEW_USER_CALLBACK_URL"},
}

// checkRedirects refuses a body or query that would send the browser to a site that is not trusted. The contract has
// one code for all fields of a mailed link.
func (a *api) checkRedirects(r *http.Request, b *payload.Body) error {
	for _, field := range redirectFields {
		targets := r.URL.Query()[field.name]
		switch v := b.Value(field.name).(type) {
		case nil:
		case string:
			targets = append(targets, v)
		default:
			return errs.New(http.StatusBadRequest, "", "Invalid "+field.name+": expected a string")
		}
		for _, target := range targets {
			if target == "" || a.origins.MaySend(target) {
				continue
			}
			if r.Method == http.MethodGet {
				return errs.New(http.StatusForbidden, redirectFields[0].code, "Invalid "+field.name)
			}
			return errs.New(http.StatusForbidden, field.code, "Invalid "+field.name)
		}
	}
	return nil
}
