package auth_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

func TestTheCacheAnswersReadsAlone(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	r.SignUp("ada@example.com")
	n := r.statements()
	load := func(method string, ask func(r *rig, w *httptest.ResponseRecorder) (*auth.Session, error)) int64 {
		t.Helper()
		before, w := n.reads.Load(), httptest.NewRecorder()
		r.t = t
		s, err := ask(r, w)
		if err != nil || s == nil || s.User.Email != "ada@example.com" || s.UserID != s.User.ID {
			t.Fatalf("%s: %+v, error %v", method, s, err)
		}
		if hit := n.reads.Load() == before; hit == (len(w.Header()["Set-Cookie"]) > 0) {
			t.Errorf("%s: %d reads and cookies %q", method, n.reads.Load()-before, w.Header()["Set-Cookie"])
		}
		return n.reads.Load() - before
	}
	for method, reads := range map[string]int64{"GET": 0, "HEAD": 0, "POST": 1, "PUT": 1, "DELETE": 1, "PATCH": 1} {
		req := httptest.NewRequest(method, "/", nil)
		for _, c := range r.Cookies() {
			req.AddCookie(c)
		}
		if got := load(method, func(r *rig, w *httptest.ResponseRecorder) (*auth.Session,
			error) {
			return r.auth.Session(w, req)
		}); got != reads {
			t.Errorf("%s: %d reads, want %d", method, got, reads)
		}
		if got := load(method+" stored", func(r *rig, w *httptest.ResponseRecorder) (*auth.Session,
			error) {
			return r.auth.StoredSession(w, req)
		}); got != 1 {
			t.Errorf("%s from the store: %d reads, want 1", method, got)
		}
	}
	if pool, err := r.db.DB(); err != nil || pool.Close() != nil {
		t.Fatal("close the store")
	}
	r.wantWho("without a store", r.Client, "ada@example.com")
}

func TestTheCacheIsNoCredential(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	r.SignUp("ada@example.com")
	bob := r.browser()
	bob.SignUp("bob@example.com")
	ada := value(r.Client, cacheCookie)
	for _, c := range []struct{ name, cookies, want string }{
		{"alone", cacheCookie + "=" + ada, ""},
		{"beside a forged token", tokenCookie + "=x.y; " + cacheCookie + "=" + ada, ""},
		{"as the token", tokenCookie + "=" + ada, ""},
		{"beside another's token", tokenCookie + "=" + value(bob, tokenCookie) + "; " + cacheCookie + "=" + ada,
			"bob@example.com"},
		{"the token as cache", tokenCookie + "=" + value(bob, tokenCookie) + "; " + cacheCookie + "=" + value(bob,
			tokenCookie), "bob@example.com"},
	} {
		if got := r.who(r.browser(), "Cookie", c.cookies); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	raw, err := base64.RawURLEncoding.DecodeString(ada)
	token, _, _ := strings.Cut(value(r.Client, tokenCookie), ".")
	if err != nil || strings.Contains(string(raw), token) || strings.Contains(string(raw), "argon2id") ||
		!strings.Contains(string(raw), "ada@example.com") {
		t.Errorf("the cache holds %q", raw)
	}
}

func TestATamperedCacheIsPassedOver(t *testing.T) {
	t.Parallel()
	var told []string
	r := sqliteRig(t, auth.Options{OnEvent: refusalsInto(&told)})
	r.SignUp("ada@example.com")
	good := value(r.Client, cacheCookie)
	raw, _ := base64.RawURLEncoding.DecodeString(good)
	admin := strings.Replace(string(raw), `"role":"user"`, `"role":"admin"`, 1)
	late := append([]byte{}, raw...)
	late[8]++ // it would live for longer
	for name, v := range map[string]string{
		"edited role": base64.RawURLEncoding.EncodeToString([]byte(admin)),
		"edited end":  base64.RawURLEncoding.EncodeToString(late),
		"cut":         good[:len(good)-1], "empty": "", "short": "AAAA", "not base64": "!!!", "padded": good + "==",
		"no signature":    good[:len(good)-43],
		"signature alone": good[len(good)-43:], "twice": good + good, "zeros": strings.Repeat("A", len(good)),
	} {
		c := r.Copy()
		c.Forget(cacheCookie)
		told = nil
		res := c.Get("/api/auth/get-session", "Cookie", cacheCookie+"="+v)
		if len(told) != 1 || told[0] != "cookie_forged session_data" {
			t.Errorf("%s: recorded %q", name, told)
		}
		if !contains(res.Text, `"role":"user"`) || !strings.Contains(strings.Join(res.Header["Set-Cookie"], "\n"),
			cacheCookie+"=") {
			t.Errorf("%s: %s, cookies %v; want the store's answer and a fresh cache", name, res.Text, res.Header["Set-Cookie"])
		}
	}
	told = nil
	bob := r.browser()
	bob.SignUp("bob@example.com")
	hold(bob, cacheCookie, good) // of another session
	bob.Get("/api/auth/get-session")
	r.clock.advance(time.Hour)
	r.Get("/api/auth/get-session") // with a cache that has run out
	if len(told) > 0 {
		t.Errorf("of copies that the app made: %q", told)
	}
}

func TestTheCacheRunsOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		body    string
		o       auth.Options
		advance time.Duration
		reads   int64
	}{
		{"in time", ``, auth.Options{}, 5*time.Minute - time.Millisecond, 0},
		{"after five minutes", ``, auth.Options{}, 5 * time.Minute, 1},
		{"not remembered, in time", `,"rememberMe":false`, auth.Options{}, time.Minute - time.Millisecond, 0},
		{"not remembered, after a minute", `,"rememberMe":false`, auth.Options{}, time.Minute, 1},
		{"read in the future", ``, auth.Options{}, -time.Millisecond, 1},
		{"the clock an hour behind", ``, auth.Options{}, -time.Hour, 1},
		{"shorter by configuration", ``, auth.Options{CacheMaxAge: time.Second}, time.Second, 1},
		{"off", ``, auth.Options{CacheMaxAge: -1}, 0, 1},
		{"the session ends before the cache", ``, auth.Options{ExpiresIn: time.Minute, UpdateAge: time.Hour}, time.Minute, 1},
		{"the absolute end comes before the cache", ``, auth.Options{MaxAge: time.Minute}, time.Minute, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := sqliteRig(t, c.o)
			r.clock.advance(2 * time.Hour)
			post(r.Client, "/sign-up/email", `{"name":"Ada","email":"ada@example.com","password":"314-159-265"`+c.body+`}`)
			n := r.statements()
			r.clock.advance(c.advance)
			ended := strings.Contains(c.name, "end")
			if who := r.who(r.Client); (who == "") != ended || n.reads.Load() != c.reads {
				t.Errorf("%q after %d reads, want %d", who, n.reads.Load(), c.reads)
			}
		})
	}
}

func TestARevocationVoidsCopiesAtOnce(t *testing.T) {
	t.Parallel()
	box := &mailbox{}
	for name, c := range map[string]struct {
		revoke func(r *rig, id string) error
		want   string // role, "" for a stranger
	}{
		"sign-out": {func(r *rig, _ string) error { return sent(post(r.Client, "/sign-out", `{}`)) }, ""},
		"sign-in":  {func(r *rig, _ string) error { return sent(signIn(r.Client, "ada@example.com")) }, ""},
		"revoke-session": {func(r *rig, _ string) error {
			return sent(post(r.Client, "/revoke-session", `{"token":"`+r.row().ID+`"}`))
		}, ""},
		"revoke-sessions": {func(r *rig, _ string) error { return sent(post(r.Client, "/revoke-sessions", `{}`)) }, ""},
		"by another browser": {func(r *rig, _ string) error {
			other := r.browser()
			return errors.Join(sent(signIn(other, "ada@example.com")), sent(post(other, "/revoke-other-sessions", `{}`)))
		}, ""},
		"password reset": {func(r *rig, _ string) error {
			asked := sent(post(r.browser(), "/request-password-reset", `{"email":"ada@example.com"}`))
			return errors.Join(asked, sent(post(r.browser(), "/reset-password",
				`{"token":"`+linkToken(r.t, box.last())+`","newPassword":"another-horse-2"}`)))
		}, ""},
		"password change": {func(r *rig, _ string) error {
			return sent(post(r.Client, "/change-password", `{"currentPassword":"314-159-265","newPassword":"another-horse-2"}`))
		}, ""},
		// part:admin
		"password set": {func(r *rig, id string) error {
			return r.auth.SetPassword(r.t.Context(), nil, id, "another-horse-2")
		}, ""},
		"removal": {func(r *rig, id string) error { return r.auth.RemoveUser(r.t.Context(), nil, id) }, ""},
		// end:admin
		"deletion": {func(r *rig, _ string) error { return sent(post(r.Client, "/delete-user", `{}`)) }, ""},
		"ban": {func(r *rig, id string) error {
			_, err := r.auth.BanUser(r.t.Context(), nil, id, "spam", nil)
			return err
		}, ""},
		"role": {func(r *rig, id string) error {
			_, err := r.auth.SetRole(r.t.Context(), nil, id, "user,admin")
			return err
		}, "user,admin"},
	} {
		t.Run(name, func(t *testing.T) {
			r := sqliteRig(t, auth.Options{Mailer: box})
			id := r.SignUp("ada@example.com")
			thief := r.Copy()
			r.wantWho("before", thief, "ada@example.com")
			if err := c.revoke(r, id); err != nil {
				t.Fatal(err)
			}
			copied := fmt.Sprint(thief.Cookies())
			check := func(when string, at *authtest.Client) {
				t.Helper()
				var header []string
				for _, cookie := range thief.Cookies() {
					header = append(header, cookie.String())
				}
				res := at.Get("/api/auth/get-session", "Cookie", strings.Join(header, "; "))
				if !contains(res.Text, map[bool]string{true: "null", false: `"role":"` + c.want + `"`}[c.want == ""]) ||
					strings.Contains(res.Text, "ada") != (c.want != "") {
					t.Errorf("%s: %s", when, res.Text)
				}
			}
			for _, when := range []time.Duration{0, time.Second, 4 * time.Minute} {
				r.clock.advance(when)
				if err := r.auth.Purge(t.Context()); err != nil { // which must not forget too much
					t.Fatal(err)
				}
				check(when.String()+" later", r.browser())
			}
			r.clock.advance(-4 * time.Minute)
			check("after a restart", authtest.Serve(t, authtest.Wire(t,
				authtest.NewOn(t, r.db, auth.Options{Now: r.clock.Now}))))
			if copied != fmt.Sprint(thief.Cookies()) {
				t.Error("the test lost the copy")
			}
		})
	}
}

// sent is an error where a request was refused.
func sent(res authtest.Answer) error {
	if res.StatusCode != 200 {
		return fmt.Errorf("%s %s: %d %s", res.Request.Method, res.Request.URL, res.StatusCode, res.Text)
	}
	return nil
}

// A restart forgets what was revoked: what was cached before it must not count.
func TestACacheOlderThanTheProcessIsNotHonoured(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	r.SignUp("ada@example.com")
	n := r.statements()
	for _, c := range []struct {
		starts time.Duration
		reads  int64
	}{{0, 1}, {time.Second, 1}, {-2 * time.Millisecond, 0}} {
		again := authtest.NewOn(t, r.db, auth.Options{Now: func() time.Time { return r.clock.Now().Add(c.starts) }})
		before := n.reads.Load()
		s := authtest.Serve(t, authtest.Wire(t, again))
		for _, cookie := range r.Cookies() {
			hold(s, cookie.Name, cookie.Value)
		}
		// The first provider's clock stands still, so both cookies carry the same millisecond.
		if c.starts < 0 {
			r.clock.advance(2 * time.Millisecond)
		}
		if who := r.who(s); who != "ada@example.com" || n.reads.Load()-before != c.reads {
			t.Errorf("started %v after the read: %q, %d reads, want %d", c.starts, who, n.reads.Load()-before, c.reads)
		}
	}
}

// Another instance may have revoked what this one has not heard of.
func TestPostgreSQLIsNeverCached(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.Postgres(t))
	r := newRig(t, db, auth.Options{})
	lite := sqliteRig(t, auth.Options{})
	r.SignUp("ada@example.com")
	r.Get("/api/auth/get-session")
	if v := value(r.Client, cacheCookie); v != "" {
		t.Errorf("sent %q", v)
	}
	// The same row in a SQLite store, whose provider has the same secrets, makes a cookie that is good but for the store.
	row := r.row()
	var u auth.User
	db.Take(&u)
	if err := lite.db.Create(&u).Error; err != nil {
		t.Fatal(err)
	}
	if err := lite.db.Create(&row).Error; err != nil {
		t.Fatal(err)
	}
	hold(lite.Client, tokenCookie, value(r.Client, tokenCookie))
	lite.wantWho("on SQLite", lite.Client, "ada@example.com")
	forged := value(lite.Client, cacheCookie)
	if forged == "" {
		t.Fatal("SQLite sent no cache")
	}
	hold(r.Client, cacheCookie, forged)
	db.Session(&gorm.Session{}).Where("1 = 1").Delete(&auth.Session{})
	r.wantWho("after the row is gone", r.Client, "")
}
