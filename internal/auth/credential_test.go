package auth_test

import (
	"database/sql/driver"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

func TestTheStoreHoldsNoToken(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		r.SignUp("ada@example.com")
		cookie, _ := url.PathUnescape(value(r.Client, tokenCookie))
		token, signature, _ := strings.Cut(cookie, ".")
		if len(token) < 43 {
			t.Fatalf("token %q is shorter than 256 bits", token)
		}
		var dump strings.Builder
		for _, table := range []string{"users", "sessions", "accounts", "verifications"} {
			var rows []map[string]any
			if err := db.Table(table).Find(&rows).Error; err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(&dump, rows)
		}
		for _, secret := range []string{token, signature, token[:20], token[23:], authtest.Password} {
			if strings.Contains(dump.String(), secret) {
				t.Errorf("the store holds %q", secret)
			}
		}
	})
}

func TestTheTokenHandleIsNoCredential(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		res := post(r.Client, "/sign-up/email", `{"name":"Ada","email":"ada@example.com","password":"314-159-265"}`)
		var v struct{ Token string }
		decode(t, res.Text, &v)
		cookie := value(r.Client, tokenCookie)
		_, signature, _ := strings.Cut(cookie, ".")
		if v.Token == "" || strings.Contains(cookie, v.Token) || strings.Contains(v.Token, cookie[:43]) {
			t.Fatalf("handle %q beside cookie %q", v.Token, cookie)
		}
		for _, header := range [][]string{
			{"Cookie", tokenCookie + "=" + v.Token},
			{"Cookie", tokenCookie + "=" + v.Token + "." + signature},
			{"Cookie", tokenCookie + "=" + r.row().TokenHash + "." + signature},
			{"Authorization", "Bearer " + v.Token},
			{"Authorization", "Bearer " + cookie},
			{"X-Session-Token", cookie},
		} {
			if got := r.who(r.browser(), header...); got != "" {
				t.Errorf("%q: signed in as %s", header, got)
			}
		}
		if body := r.browser().Get("/api/auth/get-session?token=" +
			url.QueryEscape(cookie)).Text; strings.TrimSpace(body) != "null" {
			t.Errorf("a token in the URL counts: %s", body)
		}
	})
}

func TestSignInEndsTheSessionPresented(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		bob := r.browser()
		bob.SignUp("bob@example.com")
		elsewhere := r.browser()
		r.SignUp("ada@example.com")
		signIn(elsewhere, "ada@example.com")
		r.clock.advance(1)
		for _, again := range []string{"ada@example.com", "bob@example.com"} {
			thief := r.Copy()
			old := value(r.Client, tokenCookie)
			wantRefusal(t, post(r.Client, "/sign-in/email", `{"email":"ada@example.com","password":"wrong-horse-1"}`), 401,
				"INVALID_EMAIL_OR_PASSWORD")
			r.wantWho("after a failed sign-in", thief, "ada@example.com")
			if res := signIn(r.Client, again); res.StatusCode != 200 {
				t.Fatal(res.Text)
			}
			if value(r.Client, tokenCookie) == old {
				t.Error("the token is the old one")
			}
			r.wantWho("the copy of the old cookies", thief, "")
			r.wantWho("the new cookie", r.Client, again)
		}
		r.wantWho("another browser of the same person", elsewhere, "ada@example.com")
		r.wantWho("somebody else", bob, "bob@example.com")
		thief := r.Copy()
		post(r.Client, "/sign-up/email", `{"name":"Eve","email":"eve@example.com","password":"314-159-265"}`)
		r.wantWho("the old cookies after a sign-up", thief, "")
	})
}

// A limit that is tightened counts for sessions made under the old one too.
func TestAShorterLimitEndsOldSessions(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	r.SignUp("ada@example.com")
	strict := authtest.Serve(t, authtest.Wire(t, authtest.NewOn(t, r.db, auth.Options{Now: r.clock.Now, MaxAge: day})))
	hold(strict, tokenCookie, value(r.Client, tokenCookie))
	r.clock.advance(day - 10*time.Minute)
	r.wantWho("before", strict, "ada@example.com")
	r.clock.advance(10 * time.Minute)
	r.wantWho("at the new limit", strict, "")
}

func TestSignOutEndsOneSession(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		r.SignUp("ada@example.com")
		elsewhere := r.browser()
		signIn(elsewhere, "ada@example.com")
		for _, cookies := range []string{"", tokenCookie + "=garbage", tokenCookie + "=a.b",
			cacheCookie + "=" + value(r.Client, cacheCookie)} {
			res := post(r.browser(), "/sign-out", `{}`, "Cookie", cookies)
			if res.StatusCode != 200 || len(res.Header["Set-Cookie"]) != 3 || res.Header["Clear-Site-Data"] != nil {
				t.Errorf("%q: %d %v", cookies, res.StatusCode, res.Header)
			}
		}
		r.wantWho("after strangers' sign-outs", r.Client, "ada@example.com")
		thief := r.Copy()
		post(r.Client, "/sign-out", `{}`)
		r.wantWho("the copy", thief, "")
		r.wantWho("the other browser", elsewhere, "ada@example.com")
		if len(r.Cookies()) != 0 {
			t.Errorf("cookies left: %v", r.Cookies())
		}
	})
}

// A store that is away must look like one: people who are signed in stay so, and a log-out that failed says so.
func TestAStoreThatIsAwayIsNoStranger(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		r.SignUp("ada@example.com")
		outage := func(tx *gorm.DB) { tx.AddError(driver.ErrBadConn) }
		db.Callback().Query().Before("gorm:query").Register("test:away", outage)
		db.Callback().Row().Before("gorm:row").Register("test:away", outage)
		away := func() {
			t.Helper()
			before := fmt.Sprint(r.Cookies())
			for _, res := range []authtest.Answer{
				r.Get("/api/auth/get-session?disableCookieCache=1"), post(r.Client, "/sign-out", `{}`),
				signIn(r.Client, "ada@example.com"),
			} {
				wantRefusal(t, res, 503, "SERVICE_UNAVAILABLE")
				if res.Header.Get("Retry-After") == "" || res.Header.Get("Clear-Site-Data") != "" ||
					strings.Contains(res.Text, "bad connection") {
					t.Errorf("%v %s", res.Header, res.Text)
				}
			}
			if fmt.Sprint(r.Cookies()) != before {
				t.Error("cookies were lost")
			}
		}
		away()
		db.Callback().Query().Remove("test:away")
		db.Callback().Row().Remove("test:away")
		r.wantWho("when it is back", r.Client, "ada@example.com")

		pool, err := db.DB()
		if err != nil {
			t.Fatal(err)
		}
		req := httptest.NewRequest("POST", "/", nil)
		for _, c := range r.Cookies() {
			req.AddCookie(c)
		}
		pool.Close()
		w := httptest.NewRecorder()
		if s, err := r.auth.Session(w, req); s != nil || err == nil || len(w.Header()) > 0 {
			t.Errorf("session %v, error %v, header %v", s, err, w.Header())
		}
		wantRefusal(t, r.Get("/api/auth/get-session?disableCookieCache=1"), 503, "SERVICE_UNAVAILABLE")
		if res := r.Get("/api/auth/ok"); res.StatusCode != 200 {
			t.Errorf("/ok needs the store: %d", res.StatusCode)
		}
	})
}
