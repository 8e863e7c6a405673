package auth_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/keys"
	"gorm.io/gorm"
)

// TestReauthenticateWithASecondFactor: the password alone is not enough, and a code counts in the transaction of the
// new session or not at all.
func TestReauthenticateWithASecondFactor(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		f := join(r)
		id := r.SignUp("ada@example.com")
		if r.again("any code", authtest.Password) != "" || r.row().AMR != "pwd" || f.steps() != 0 {
			t.Errorf("without a factor a code is read: %+v, %d", r.row(), f.steps())
		}
		f.factor(id)
		before := r.row()
		for _, c := range []struct{ code, password, want string }{
			{"", authtest.Password, "INVALID_CODE"},
			{"000000", authtest.Password, "INVALID_CODE"},
			{"654321", authtest.Password, "INVALID_CODE"}, // refused in the transaction, after a write
			{"123456", "wrong-horse-1", "INVALID_PASSWORD"},
		} {
			if got := r.again(c.code, c.password); got != c.want || r.row() != before || f.steps() != 0 {
				t.Errorf("%+v: %q, %d steps, %+v", c, got, f.steps(), r.row())
			}
		}
		if got := r.again("123456", authtest.Password); got != "" || r.row().AMR != whole || f.steps() != 1 {
			t.Errorf("%q, %+v, %d steps", got, r.row(), f.steps())
		}
		r.wantWho("proved again", r.Client, "ada@example.com")
	})
}

// TestAProofLowersNoSession: a session that began with two factors keeps them when its password is entered again. Where
// the user has a second factor, the password alone makes no session fresh.
func TestAProofLowersNoSession(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		f := join(r)
		id := r.SignUp("ada@example.com")
		old := func(amr string) {
			t.Helper()
			if err := db.Exec("UPDATE sessions SET amr = ? WHERE user_id = ?", amr, id).Error; err != nil {
				t.Fatal(err)
			}
			r.clock.advance(time.Hour)
		}
		password := authtest.Password
		change := func(next string) {
			t.Helper()
			r.page(r.Client, func(w http.ResponseWriter, req *http.Request) {
				s, err := r.auth.StoredSession(w, req)
				if err == nil {
					_, err = r.auth.ChangePassword(w, req, s, password, next, false)
				}
				if err != nil {
					t.Fatal(err)
				}
			})
			password = next
		}
		want := func(what, amr string, fresh bool) {
			t.Helper()
			s := r.read()
			if s.AMR != amr || r.auth.RecentlyAuthenticated(s) != fresh {
				t.Errorf("%s: %q, fresh %t", what, s.AMR, !fresh)
			}
		}
		old("pop mfa")
		r.again("", password)
		want("proved again", "pop mfa", true)
		r.clock.advance(time.Hour)
		change("another-horse-2")
		want("password changed", "pop mfa", true)
		old("email")
		r.again("", password)
		want("after one factor", "pwd", true)

		f.factor(id)
		for _, amr := range []string{whole, "pop mfa"} {
			old(amr)
			change("horse-after-" + amr)
			want("password changed, with a factor", amr, false)
			r.again("123456", password)
			want("proved again by both", amr, true)
			change("next-horse-after-" + amr)
			want("password changed in a fresh session", amr, true)
		}
		old("pwd")
		change("the-last-horse-2")
		want("one factor of two", "pwd", false)
		r.again("123456", password)
		want("both factors", whole, true)
	})
}

// again re-authenticates r's browser and returns the code of the refusal.
func (r *rig) again(code, password string) (refused string) {
	r.t.Helper()
	r.page(r.Client, func(w http.ResponseWriter, req *http.Request) {
		s, err := r.auth.StoredSession(w, req)
		if err != nil {
			r.t.Fatal(err)
		}
		_, err = r.auth.Reauthenticate(w, req, s, password, code)
		refused = codeOf(r.t, err)
	})
	return refused
}

// TestNothingProvesAFactorWhosePartIsGone: the password alone must not stand in for it.
func TestNothingProvesAFactorWhosePartIsGone(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	id := r.SignUp("ada@example.com")
	r.db.Exec("UPDATE users SET second_factor = TRUE WHERE id = ?", id)
	if got := r.again("123456", authtest.Password); got != "FORBIDDEN" {
		t.Errorf("%q", got)
	}
}

// TestAnEndedSessionIsNotProvedAgain: the owner ends a thief's session while the thief, who knows the password, proves
// it again.
func TestAnEndedSessionIsNotProvedAgain(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		id := r.SignUp("ada@example.com")
		r.page(r.Client, func(w http.ResponseWriter, req *http.Request) {
			s, err := r.auth.StoredSession(w, req)
			if err != nil {
				t.Fatal(err)
			}
			if err := r.auth.RevokeSessions(t.Context(), s, id); err != nil {
				t.Fatal(err)
			}
			_, err = r.auth.Reauthenticate(w, req, s, authtest.Password, "")
			if code := codeOf(t, err); code != "UNAUTHORIZED" || r.count(&auth.Session{}) != 0 {
				t.Errorf("%q, %d sessions", code, r.count(&auth.Session{}))
			}
		})
	})
}

// TestRecentlyAuthenticated: a session is fresh while it is young, with the second factor if its user has one.
func TestRecentlyAuthenticated(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{ReauthAge: 10 * time.Minute})
	now, admin := r.clock.Now(), "admin"
	young, old := now.Add(-10*time.Minute+time.Millisecond), now.Add(-10*time.Minute)
	elsewhere, setBack := now.Add(5*time.Second-time.Millisecond), now.Add(5*time.Second)
	for _, c := range []struct {
		amr    string
		factor bool
		since  time.Time
		by     *string
		want   bool
	}{
		{"pwd", false, young, nil, true},
		{"pwd", false, old, nil, false},
		{"", false, young, nil, true}, // of a release without AMR
		{"pwd", true, young, nil, false},
		{"", true, young, nil, false},
		{"email", true, young, nil, false},
		{"pwd mfaX", true, young, nil, false},
		{whole, true, young, nil, true},
		{"pop mfa", true, young, nil, true},
		{whole, true, old, nil, false},
		{whole, false, young, nil, true},
		{whole, true, young, &admin, false},
		{"pwd", false, young, &admin, false},
		{"pwd", false, elsewhere, nil, true}, // by the clock of another instance
		{"pwd", false, setBack, nil, false},
		{whole, true, setBack, nil, false},
	} {
		s := &auth.Session{AMR: c.amr, CreatedAt: c.since, ImpersonatedBy: c.by, User: &auth.User{SecondFactor: c.factor}}
		if got := r.auth.RecentlyAuthenticated(s); got != c.want {
			t.Errorf("%+v: %t", c, got)
		}
	}
}

// TestACachedCopyKnowsTheProof: AMR and the second factor are in it, and a factor that is new ends the old copies.
func TestACachedCopyKnowsTheProof(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	f, n := join(r), r.statements()
	id := r.SignUp("ada@example.com")
	cached := func(what, amr string, factor, asks bool) {
		t.Helper()
		before := n.reads.Load()
		s := r.read()
		if s.AMR != amr || s.User.SecondFactor != factor || n.reads.Load() != before != asks {
			t.Errorf("%s: %+v of %+v, %d reads", what, s, s.User, n.reads.Load()-before)
		}
	}
	cached("signed up", "pwd", false, false)
	f.factor(id)
	r.clock.advance(time.Millisecond)
	cached("a factor is new", "pwd", true, true)
	cached("from the new copy", "pwd", true, false)
	r.again("123456", authtest.Password)
	cached("proved by both", whole, true, false)
	// part:twofactor
	if got := r.Get("/api/auth/get-session").Text; !strings.Contains(got, `"twoFactorEnabled":true`) {
		t.Error(got)
	}
	// end:twofactor
}

// read reads the session of the browser as a page does.
func (r *rig) read() (s *auth.Session) {
	r.t.Helper()
	req, w := httptest.NewRequest(http.MethodGet, "/page", nil), httptest.NewRecorder()
	for _, cookie := range r.Cookies() {
		req.AddCookie(cookie)
	}
	s, err := r.auth.Session(w, req)
	if err != nil || s == nil {
		r.t.Fatal(s, err)
	}
	for _, cookie := range w.Result().Cookies() {
		hold(r.Client, cookie.Name, cookie.Value)
	}
	return s
}

// TestACacheOfTheOlderFormIsNotRead: an instance of the release before wrote it, beside this one. The store is asked,
// and the copy replaced.
func TestACacheOfTheOlderFormIsNotRead(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	n := r.statements()
	r.SignUp("ada@example.com")
	raw, err := base64.RawURLEncoding.DecodeString(value(r.Client, cacheCookie))
	if err != nil {
		t.Fatal(err)
	}
	ring, err := keys.New([]string{authtest.Secret})
	if err != nil {
		t.Fatal(err)
	}
	old := strings.Replace(string(raw[:len(raw)-32]), "\npwd\n", "\n", 1)
	old = strings.Replace(old, `,"twoFactorEnabled":false`, "", 1) // part:twofactor
	for _, key := range []string{"auth cookie session_data", "auth cookie session_data 2"} {
		cookie := base64.RawURLEncoding.EncodeToString(append([]byte(old), ring.MAC(key).Sign([]byte(old))...))
		hold(r.Client, cacheCookie, cookie)
		before := n.reads.Load()
		s := r.read()
		if s.AMR != "pwd" || s.User.Email != "ada@example.com" || n.reads.Load() == before ||
			value(r.Client, cacheCookie) == cookie {
			t.Errorf("signed with the key of %q: %+v, %d reads", key, s, n.reads.Load()-before)
		}
	}
}

// TestNotice: what a part does is recorded, and mailed to the user. Without Options.Notices it is only recorded.
func TestNotice(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		box, events := &mailbox{}, []auth.Event{}
		record := func(_ *gorm.DB, e auth.Event) error { events = append(events, e); return nil }
		r := newRig(t, db, auth.Options{Mailer: box, Notices: true, OnEvent: record})
		c, id := r.confirmed("ada@example.com")
		r.Client = c
		silent := authtest.NewOn(t, db, auth.Options{Mailer: box, OnEvent: record})
		s := r.read()
		for _, c := range []struct {
			name    string
			a       *auth.Auth
			by      *auth.Session
			purpose letter.Purpose
			mails   int
		}{
			{"in a session", r.auth, s, letter.NewDevice, 1},
			{"between the steps", r.auth, nil, letter.NewDevice, 1},
			{"without a mail", r.auth, s, "", 0},
			{"without notices", silent, s, letter.NewDevice, 0},
		} {
			events, box.list = nil, nil
			req := httptest.NewRequest(http.MethodPost, "/page", nil)
			req.Header.Set("User-Agent", "a browser")
			err := c.a.Transact(t.Context(), func(t *auth.Tx) error {
				u, err := t.LockUser(id)
				if err != nil {
					return err
				}
				return c.a.Notice(t, req, c.by, u, event.SignIn, c.purpose, "a key")
			})
			mails := box.all()
			if err != nil || len(events) != 1 || events[0].Name != event.SignIn || events[0].ActorID != id ||
				events[0].SubjectID != id || events[0].Detail != "a key" || len(mails) != c.mails {
				t.Fatalf("%s: %+v, %+v, %v", c.name, events, mails, err)
			}
			for _, m := range mails {
				if m.To != "ada@example.com" || m.Purpose != c.purpose || m.About != "a key" || m.Name != "Test Person" ||
					c.by == nil && m.Agent != "a browser" {
					t.Errorf("%s: %+v", c.name, m)
				}
			}
		}
	})
}
