package betterauth_test

import (
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

var opaque = regexp.MustCompile(`^[A-Za-z0-9]{32}$`)

// take removes a key that must hold an opaque id, and returns it.
func take(t *testing.T, from map[string]any, key string) string {
	t.Helper()
	id, _ := from[key].(string)
	if !opaque.MatchString(id) {
		t.Errorf("%s = %v, want 32 letters and digits", key, from[key])
	}
	delete(from, key)
	return id
}

func TestAnswersHaveTheShapesOfTheWire(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		user := func() map[string]any {
			return map[string]any{
				"name": "Ada <Lovelace>", "email": "ada@example.com", "emailVerified": false, "image": nil,
				"createdAt": "2031-03-01T12:00:00.001Z", "updatedAt": "2031-03-01T12:00:00.001Z",
				"role": "user", "banned": false, "banReason": nil, "banExpires": nil,
				"twoFactorEnabled": false, // part:twofactor
			}
		}
		session := map[string]any{
			"expiresAt": "2031-03-08T12:00:00.001Z", "createdAt": "2031-03-01T12:00:00.001Z",
			"updatedAt": "2031-03-01T12:00:00.001Z",
			"ipAddress": "127.0.0.1", "userAgent": "wire/1", "impersonatedBy": nil,
		}
		read := func(res authtest.Answer) (v map[string]any) {
			t.Helper()
			if h := res.Header; res.StatusCode != 200 || h.Get("Content-Type") != "application/json" ||
				h.Get("Cache-Control") != "no-store" || h.Get("Pragma") != "no-cache" {
				t.Fatalf("%d %s %v", res.StatusCode, res.Text, h)
			}
			for name := range res.Header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("answered with %s", name)
				}
			}
			decode(t, res.Text, &v)
			return v
		}
		same := func(got, want any) {
			t.Helper()
			if !reflect.DeepEqual(got, want) {
				t.Errorf("\ngot  %v\nwant %v", got, want)
			}
		}

		v := read(post(r.Client, "/sign-up/email", `{"name":"Ada <Lovelace>","email":"Ada@Example.COM","password":"314-159-265"}`, "User-Agent", "wire/1"))
		userID, handle := take(t, v["user"].(map[string]any), "id"), take(t, v, "token")
		same(v, map[string]any{"user": user()})

		for _, from := range []string{"the store", "the cache"} { // on SQLite the second answer comes from the cookie
			if from == "the store" {
				r.Forget(cacheCookie)
			}
			v = read(r.Get("/api/auth/get-session"))
			s, u := v["session"].(map[string]any), v["user"].(map[string]any)
			if take(t, u, "id") != userID || take(t, s, "userId") != userID || take(t, s, "token") != handle ||
				!opaque.MatchString(take(t, s, "id")) {
				t.Errorf("%s: the ids differ from those at sign-up", from)
			}
			same(v, map[string]any{"session": session, "user": user()})
		}

		v = read(post(r.Client, "/sign-out", `{}`))
		same(v, map[string]any{"success": true})
		same(strings.TrimSpace(r.Get("/api/auth/get-session").Text), "null")

		v = read(signIn(r.Client, "ADA@example.com"))
		take(t, v["user"].(map[string]any), "id")
		if take(t, v, "token") == handle {
			t.Error("a new session has the handle of an old one")
		}
		same(v, map[string]any{"redirect": false, "user": user()})
		same(read(r.Get("/api/auth/ok")), map[string]any{"ok": true})
	})
}

func TestOnlyTheWiresPathsAndMethodsExist(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	for _, c := range []struct{ method, path string }{
		{"GET", "/api/auth"}, {"GET", "/api/auth/"}, {"GET", "/api/auth/nothing"}, {"GET", "/api/auth/get-session/"},
		{"GET", "//api/auth/get-session"}, {"GET", "/api/auth//get-session"}, {"GET", "/api//auth/get-session"},
		{"GET", "/api/authx/ok"},
		{"GET", "/api/auth/../auth/ok"}, {"GET", "/api/auth/%6fk"}, {"GET", "/api/auth%2fok"},
		{"GET", "/api/auth/get%2Dsession"}, {"GET", "/API/auth/ok"},
		{"GET", "/api/auth/ok;x"}, {"GET", "/ok"}, {"HEAD", "/api/auth/ok"}, {"HEAD", "/api/auth/get-session"},
		{"OPTIONS", "/api/auth/sign-in/email"},
		{"POST", "/api/auth/ok"}, {"PUT", "/api/auth/get-session"}, {"DELETE", "/api/auth/sign-out"},
		{"GET", "/api/auth/sign-out"},
		{"GET", "/api/auth/sign-in/email"}, {"POST", "/api/auth/sign-in/email/"}, {"POST", "/api/auth/sign-in%2Femail"},
		{"PATCH", "/api/auth/sign-up/email"},
		{"POST", "/api/auth/set-password"}, {"TRACE", "/api/auth/ok"}, {"MADEUP", "/api/auth/ok"},
	} {
		res := r.Do(c.method, c.path, "")
		if res.StatusCode != http.StatusNotFound || res.Text != "" ||
			len(res.Header["Location"])+len(res.Header["Set-Cookie"]) > 0 {
			t.Errorf("%s %s: %d %q", c.method, c.path, res.StatusCode, res.Text)
		}
	}
	// deferSessionRefresh is off, and the wire has an answer of its own for that.
	wantRefusal(t, post(r.Client, "/get-session", `{}`), http.StatusMethodNotAllowed,
		"METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED")
}
