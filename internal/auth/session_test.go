package auth_test

import (
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

const day = 24 * time.Hour

func TestASessionSlidesOnceItIsADayOld(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		r.SignUp("ada@example.com")
		born, token := r.row(), value(r.Client, tokenCookie)
		for _, c := range []struct {
			after time.Duration // since sign-up
			query string
			slid  bool
		}{
			{time.Hour, "", false},
			{day - time.Second, "", false},
			{day, "?disableRefresh=1", false},
			{day, "", true},
			{day + time.Hour, "", false},
			{2*day - time.Second, "", false},
			{2*day + time.Hour, "", true},
		} {
			r.clock.to(born.CreatedAt, c.after)
			before := r.row()
			r.Forget(cacheCookie)
			res := r.Get("/api/auth/get-session" + c.query)
			row, sent := r.row(), strings.Join(setCookies(res.Header), "\n")
			if !contains(res.Text, "ada@example.com", row.ExpiresAt.UTC().Format("2006-01-02T15:04:05.000Z")) {
				t.Errorf("after %v: %s", c.after, res.Text)
			}
			want := before
			if c.slid {
				want.ExpiresAt, want.UpdatedAt = r.clock.Now().Add(7*day), r.clock.Now()
			}
			if !row.ExpiresAt.Equal(want.ExpiresAt) || !row.UpdatedAt.Equal(want.UpdatedAt) ||
				!row.CreatedAt.Equal(born.CreatedAt) || row.TokenHash != born.TokenHash {
				t.Errorf("after %v: row %+v, want %+v", c.after, row, want)
			}
			if strings.Contains(sent, tokenCookie+"=V; Path=/; Max-Age=604800;") != c.slid {
				t.Errorf("after %v: cookies %s", c.after, sent)
			}
			if db.Name() == "sqlite" && !strings.Contains(sent, cacheCookie+"=V; Path=/; Max-Age=300;") {
				t.Errorf("after %v: the cache is not refilled: %s", c.after, sent)
			}
			if value(r.Client, tokenCookie) != token {
				t.Errorf("after %v: the token changed", c.after)
			}
		}
	})
}

func TestASessionDiesUnused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		for _, c := range []struct {
			name     string
			remember string
			life     time.Duration
		}{{"remembered", "true", 7 * day}, {"not remembered", "false", day}} {
			t.Run(c.name, func(t *testing.T) {
				r := newRig(t, db, auth.Options{})
				db.Where("1 = 1").Delete(&auth.User{})
				post(r.Client, "/sign-up/email", `{"name":"Ada","email":"ada@example.com","password":"314-159-265","rememberMe":`+c.remember+`}`)
				row := r.row()
				if !row.ExpiresAt.Equal(row.CreatedAt.Add(c.life)) {
					t.Fatalf("expires %v after its start, want %v", row.ExpiresAt.Sub(row.CreatedAt), c.life)
				}
				r.clock.to(row.ExpiresAt, -time.Millisecond)
				thief := r.Copy()
				if got := r.who(r.browser(), "Cookie", tokenCookie+"="+value(r.Client, tokenCookie)); got == "" {
					t.Error("dead a millisecond early")
				}
				if c.remember == "true" { // that request slid it
					r.clock.to(r.row().ExpiresAt)
				} else {
					if !r.row().ExpiresAt.Equal(row.ExpiresAt) {
						t.Error("a session that is not to be remembered slid")
					}
					r.clock.to(row.ExpiresAt)
				}
				r.wantWho("at its end", thief, "")
				if len(thief.Cookies()) != 0 {
					t.Errorf("cookies left: %v", thief.Cookies())
				}
				if err := r.auth.Purge(t.Context()); err != nil || r.count(&auth.Session{}) != 0 {
					t.Errorf("after a purge: rows %d, error %v", r.count(&auth.Session{}), err)
				}
			})
		}
	})
}

func TestNoCookieOfABriefSessionOutlivesTheBrowser(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	r.SignUp("ada@example.com")
	res := post(r.Client, "/sign-in/email", `{"email":"ada@example.com","password":"314-159-265","rememberMe":false}`)
	for range 6 {
		if sent := strings.Join(res.Header["Set-Cookie"], "\n"); !strings.Contains(sent, cacheCookie) ||
			strings.Contains(sent, "Max-Age") || strings.Contains(sent, "Expires") {
			t.Fatalf("cookies %s", sent)
		}
		r.clock.advance(4*time.Hour - time.Minute)
		res = r.Get("/api/auth/get-session")
	}
	if r.row().Remember {
		t.Error("the store remembers it")
	}
}

// Sliding for ever, a stolen cookie would never have to prove anything again.
func TestASessionEndsAfterThirtyDaysHoweverUsed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		r.SignUp("ada@example.com")
		born := r.row().CreatedAt
		for after := day; after < 30*day; after += day {
			r.clock.to(born, after)
			r.wantWho(after.String(), r.Client, "ada@example.com")
		}
		r.clock.to(born, 30*day, -90*time.Second)
		n := r.statements()
		for range 3 {
			res := r.Get("/api/auth/get-session?disableCookieCache=1")
			if sent := strings.Join(res.Header["Set-Cookie"], "\n"); strings.Contains(sent, tokenCookie) ||
				db.Name() == "sqlite" && !strings.Contains(sent, "Max-Age=90;") {
				t.Errorf("near the end: cookies %s", sent)
			}
		}
		if n.writes.Load() != 0 {
			t.Errorf("%d writes by reads near the end", n.writes.Load())
		}
		r.clock.to(born, 30*day)
		r.wantWho("after 30 days", r.Client, "")
		if len(r.Cookies()) != 0 {
			t.Errorf("cookies left: %v", r.Cookies())
		}
	})
}

func TestOfManyRefreshesOneWins(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		r.SignUp("ada@example.com")
		r.clock.advance(25 * time.Hour)
		var slid, failed atomic.Int64
		atOnce(30, func(int) {
			res := r.Copy().Get("/api/auth/get-session")
			if res.StatusCode != 200 || !strings.Contains(res.Text, "ada@example.com") {
				failed.Add(1)
			}
			if strings.Contains(strings.Join(res.Header["Set-Cookie"], "\n"), tokenCookie) {
				slid.Add(1)
			}
		})
		if slid.Load() != 1 || failed.Load() != 0 {
			t.Errorf("%d of 30 slid the session, %d failed; want 1 and 0", slid.Load(), failed.Load())
		}
		r.wantWho("afterwards", r.Client, "ada@example.com")
	})
}

// Rack once brought a session back that way (CVE-2025-46336).
func TestARefreshBesideASignOutRevivesNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		r.SignUp("ada@example.com")
		for range 5 {
			r.clock.advance(25 * time.Hour)
			thief, owner := r.Copy(), r.Copy()
			atOnce(2, func(i int) {
				if i == 0 {
					thief.Get("/api/auth/get-session")
				} else if res := post(owner, "/sign-out", `{}`); res.StatusCode != 200 {
					t.Errorf("sign-out: %d %s", res.StatusCode, res.Text)
				}
			})
			r.wantWho("after sign-out", thief, "")
			r.wantWho("after sign-out", r.Copy(), "")
			if n := r.count(&auth.Session{}); n != 0 {
				t.Fatalf("%d sessions after sign-out", n)
			}
			r.Client = r.browser()
			r.SignIn("ada@example.com", authtest.Password)
		}
	})
}

func TestTheSessionOfADeletedOrBannedRowIsAStrangers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		for name, change := range map[string]func(u *auth.User){
			"deleted": func(u *auth.User) { db.Delete(u) },
			"banned":  func(u *auth.User) { db.Model(u).Update("banned", true) }, // by another program
		} {
			r := newRig(t, db, auth.Options{})
			id := r.SignUp(name + "@example.com")
			r.wantWho("before", r.Client, name+"@example.com")
			change(&auth.User{ID: id})
			req := httptest.NewRequest("GET", "/", nil)
			for _, c := range r.Cookies() {
				req.AddCookie(c)
			}
			w := httptest.NewRecorder()
			if s, err := r.auth.StoredSession(w, req); s != nil || err != nil || len(w.Header()["Set-Cookie"]) != 3 {
				t.Errorf("%s: session %v, error %v, cookies %v", name, s, err, w.Header()["Set-Cookie"])
			}
		}
	})
}

func TestSessionsListsTheLiveOnesOfOneUser(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		id := r.SignUp("ada@example.com")
		bob := r.browser()
		bob.SignUp("bob@example.com")
		r.clock.advance(8 * day)
		second := r.browser()
		second.SignIn("ada@example.com", authtest.Password)
		r.clock.advance(time.Second)
		third := r.browser()
		third.SignIn("ada@example.com", authtest.Password)
		list, err := r.auth.Sessions(t.Context(), id)
		if err != nil || len(list) != 2 || !list[0].CreatedAt.Equal(r.clock.Now()) || list[1].UserID != id {
			t.Errorf("%+v, error %v; want two of ada's, the newest first", list, err)
		}
	})
}
