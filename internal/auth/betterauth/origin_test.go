package betterauth_test

import (
	"strings"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
)

// Every row is sent to sign-in with a body that is refused later (400), and to sign-out, which succeeds (200).
// want is "" where the request passes.
func TestOriginsOfUnsafeRequests(t *testing.T) {
	t.Parallel()
	const missing, invalid, navigation = "MISSING_OR_NULL_ORIGIN", "INVALID_ORIGIN", "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED"
	const own, partner, evil = "https://app.example", "https://partner.example", "https://evil.example"
	wire := authtest.Wire(t, authtest.NewOn(t, dbtest.Open(t, dbtest.SQLite(t)),
		auth.Options{BaseURL: own, TrustedOrigins: []string{partner, "myapp://", "exp://"}}))
	for _, c := range []struct {
		name    string
		header  []string
		signIn  string
		signOut string
	}{
		{"a program", nil, "", ""},
		{"a program with cookies", []string{"Cookie", "a=b"}, missing, missing},
		{"a program with an empty cookie header", []string{"Cookie", ""}, missing, missing},
		{"own", []string{"Origin", own}, "", ""},
		{"own with cookies", []string{"Origin", own, "Cookie", "a=b"}, "", ""},
		{"own in capitals", []string{"Origin", "HTTPS://APP.EXAMPLE"}, "", ""},
		{"own with its port", []string{"Origin", own + ":443"}, "", ""},
		{"own with a slash", []string{"Origin", own + "/"}, "", ""},
		{"partner", []string{"Origin", partner, "Cookie", "a=b"}, "", ""},
		{"evil", []string{"Origin", evil}, invalid, invalid},
		{"evil with cookies", []string{"Origin", evil, "Cookie", "a=b"}, invalid, invalid},
		{"null", []string{"Origin", "null"}, missing, missing},
		{"null with cookies", []string{"Origin", "null", "Cookie", "a=b"}, missing, missing},
		{"null beside same-origin", []string{"Origin", "null", "Sec-Fetch-Site", "same-origin"}, "", ""},
		{"null beside same-site", []string{"Origin", "null", "Sec-Fetch-Site", "same-site"}, missing, missing},
		{"null beside none", []string{"Origin", "null", "Sec-Fetch-Site", "none"}, missing, missing},
		{"http for https", []string{"Origin", "http://app.example"}, invalid, invalid},
		{"another port", []string{"Origin", own + ":8443"}, invalid, invalid},
		{"a subdomain", []string{"Origin", "https://sub.app.example"}, invalid, invalid},
		{"a longer host", []string{"Origin", own + ".evil.example"}, invalid, invalid},
		{"a user part", []string{"Origin", own + "@evil.example"}, invalid, invalid},
		{"a user and a port", []string{"Origin", own + ":443@evil.example"}, invalid, invalid},
		{"a trailing dot", []string{"Origin", own + "."}, invalid, invalid},
		{"a path", []string{"Origin", own + "/x"}, invalid, invalid},
		{"two in one", []string{"Origin", own + " " + evil}, invalid, invalid},
		{"a list", []string{"Origin", own + ", " + evil}, invalid, invalid},
		{"junk", []string{"Origin", "%"}, invalid, invalid},
		{"an extension", []string{"Origin", "chrome-extension://app.example"}, invalid, invalid},

		{"own referer", []string{"Referer", own + "/login?x", "Cookie", "a=b"}, "", ""},
		{"evil referer", []string{"Referer", evil + "/" + own, "Cookie", "a=b"}, invalid, invalid},
		{"evil referer without cookies", []string{"Referer", evil + "/"}, invalid, invalid},
		{"junk referer with cookies", []string{"Referer", "about:blank", "Cookie", "a=b"}, missing, missing},
		{"evil origin, own referer", []string{"Origin", evil, "Referer", own + "/"}, invalid, invalid},
		{"own origin, evil referer", []string{"Origin", own, "Referer", evil + "/"}, "", ""},
		{"null origin, own referer", []string{"Origin", "null", "Referer", own + "/"}, missing, missing},

		{"fetch metadata alone", []string{"Sec-Fetch-Mode", "cors"}, missing, missing},
		{"fetch destination alone", []string{"Sec-Fetch-Dest", "empty"}, missing, missing},
		{"none without origin", []string{"Sec-Fetch-Site", "none", "Cookie", "a=b"}, missing, missing},
		{"none with own", []string{"Sec-Fetch-Site", "none", "Origin", own}, "", ""},
		{"same-origin with own", []string{"Sec-Fetch-Site", "same-origin", "Origin", own, "Cookie", "a=b"}, "", ""},
		{"same-origin with partner", []string{"Sec-Fetch-Site", "same-origin", "Origin", partner}, "", ""},
		{"same-origin with evil", []string{"Sec-Fetch-Site", "same-origin", "Origin", evil}, invalid, invalid},
		{"same-origin without origin", []string{"Sec-Fetch-Site", "same-origin", "Cookie", "a=b"}, missing, missing},
		{"same-origin with own referer", []string{"Sec-Fetch-Site", "same-origin", "Referer", own + "/"}, "", ""},
		{"cross-site with partner", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "cors", "Origin", partner,
			"Cookie", "a=b"}, "", ""},
		{"same-site with partner", []string{"Sec-Fetch-Site", "same-site", "Origin", partner}, "", ""},
		{"cross-site with partner's referer", []string{"Sec-Fetch-Site", "cross-site", "Referer", partner + "/"},
			invalid, invalid},
		{"cross-site with own", []string{"Sec-Fetch-Site", "cross-site", "Origin", own}, invalid, invalid}, // no browser says so
		{"same-site with own", []string{"Sec-Fetch-Site", "same-site", "Origin", own}, invalid, invalid},
		{"CROSS-SITE with own", []string{"Sec-Fetch-Site", "CROSS-SITE", "Origin", own}, invalid, invalid},
		{"bogus site with own", []string{"Sec-Fetch-Site", "bogus", "Origin", own}, invalid, invalid},
		{"cross-site with evil", []string{"Sec-Fetch-Site", "cross-site", "Origin", evil}, invalid, invalid},
		{"cross-site without origin", []string{"Sec-Fetch-Site", "cross-site"}, missing, missing},
		{"navigation from evil", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Origin", evil},
			navigation, invalid},
		{"navigation from partner", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Origin", partner},
			navigation, ""},
		{"navigation from a sibling", []string{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "navigate", "Origin",
			partner}, navigation, ""},
		{"own navigation", []string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "navigate", "Origin", own}, "", ""},
		{"own navigation under no-referrer", []string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "navigate", "Origin",
			"null"}, "", ""},

		{"an app", []string{"Expo-Origin", "myapp://"}, "", ""},
		{"an app with cookies", []string{"Expo-Origin", "myapp://", "Cookie", "a=b"}, "", ""},
		{"an app that fetches as Node does", []string{"Expo-Origin", "myapp://", "Cookie", "a=b", "Sec-Fetch-Mode",
			"cors"}, "", ""},
		{"an app in Expo Go", []string{"Expo-Origin", "exp://192.168.1.5:8081", "Cookie", "a=b"}, "", ""},
		{"an app that names its server", []string{"Expo-Origin", own, "Cookie", "a=b"}, "", ""},
		{"an app in capitals", []string{"Expo-Origin", "MyApp://", "Cookie", "a=b"}, "", ""},
		{"another app", []string{"Expo-Origin", "evilapp://", "Cookie", "a=b"}, invalid, invalid},
		{"another app without cookies", []string{"Expo-Origin", "evilapp://"}, invalid, invalid},
		{"a longer scheme", []string{"Expo-Origin", "myapp2://"}, invalid, invalid},
		{"an app's page", []string{"Expo-Origin", "myapp://a/b"}, invalid, invalid},
		{"an app's user", []string{"Expo-Origin", "myapp://a@b"}, invalid, invalid},
		{"a list of apps", []string{"Expo-Origin", "myapp://, evilapp://"}, invalid, invalid},
		{"evil as an app", []string{"Expo-Origin", evil, "Cookie", "a=b"}, invalid, invalid},
		{"null as an app", []string{"Expo-Origin", "null", "Cookie", "a=b"}, missing, missing},
		{"an app beside evil", []string{"Expo-Origin", "myapp://", "Origin", evil}, invalid, invalid},
		{"an app beside null", []string{"Expo-Origin", "myapp://", "Origin", "null"}, missing, missing},
		{"an app beside an empty origin", []string{"Expo-Origin", "myapp://", "Origin", "", "Cookie", "a=b"},
			missing, missing},
		{"an app from cross-site", []string{"Expo-Origin", "myapp://", "Sec-Fetch-Site", "cross-site"}, missing, missing},
		{"an app from same-origin", []string{"Expo-Origin", "myapp://", "Sec-Fetch-Site", "same-origin", "Cookie", "a=b"},
			missing, missing},
		{"evil beside own as an app", []string{"Expo-Origin", own, "Origin", evil, "Cookie", "a=b"}, invalid, invalid},
		{"an app's web view", []string{"Origin", "myapp://localhost", "Cookie", "a=b"}, "", ""},
		{"an app's web view elsewhere", []string{"Origin", "evilapp://localhost", "Cookie", "a=b"}, invalid, invalid},

		{"htmx is no pass", []string{"HX-Request", "true", "Origin", evil, "Cookie", "a=b"}, invalid, invalid},
		{"a bearer token is no pass", []string{"Authorization", "Bearer a.b", "Cookie", "a=b"}, missing, missing},
		{"a custom header is no pass", []string{"X-Requested-With", "XMLHttpRequest", "X-CSRF-Token", "x", "Cookie", "a=b"},
			missing, missing},
		{"a forwarded host is no pass", []string{"X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "https", "Origin",
			evil}, invalid, invalid},
	} {
		for path, want := range map[string]string{"/sign-in/email": c.signIn, "/sign-up/email": c.signIn,
			"/sign-out": c.signOut} {
			res := ask(wire, "POST", "/api/auth"+path, `{}`,
				append([]string{"Content-Type", "application/json"}, c.header...)...)
			var v struct{ Code string }
			readAnswer(t, res, &v)
			if want == "" && path != "/sign-out" {
				want = "VALIDATION_ERROR"
			}
			status := map[string]int{"": 200, "VALIDATION_ERROR": 400}[want]
			if status == 0 {
				status = 403
			}
			if v.Code != want || res.StatusCode != status {
				t.Errorf("%s, %s: %d %q, want %d %q", c.name, path, res.StatusCode, v.Code, status, want)
			}
			for name := range res.Header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("%s: answered with %s", c.name, name)
				}
			}
		}
	}
}

func TestAForgedRequestChangesNothing(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	r.SignUp("ada@example.com")
	for _, header := range [][]string{
		{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"},
		{"Origin", "null", "Sec-Fetch-Site", "cross-site"},
		{"Sec-Fetch-Site", "cross-site"},
		{},
	} {
		for path, form := range map[string]string{
			"/sign-out":      "x=1",
			"/sign-in/email": "email=ada@example.com&password=" + authtest.Password,
			"/sign-up/email": "name=Eve&email=eve@example.com&password=" + authtest.Password,
		} {
			for _, media := range []string{"application/x-www-form-urlencoded", "text/plain", "application/json"} {
				res := r.Do("POST", "/api/auth"+path, form, append([]string{"Content-Type", media}, header...)...)
				if res.StatusCode < 400 || len(res.Header["Set-Cookie"]) > 0 {
					t.Errorf("%s as %s, %q: %d %s", path, media, header, res.StatusCode, res.Text)
				}
			}
		}
	}
	r.Forget(cacheCookie)
	r.wantWho("afterwards", r.Client, "ada@example.com")
	if n, m := r.count(&auth.User{}), r.count(&auth.Session{}); n != 1 || m != 1 {
		t.Errorf("%d users, %d sessions", n, m)
	}
	if res := r.Get("/api/auth/get-session", "Origin", "https://evil.example", "Sec-Fetch-Site",
		"cross-site"); res.StatusCode != 200 {
		t.Errorf("a GET is not checked, but: %d", res.StatusCode)
	}
}
