package auth_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/purge"
	"gorm.io/gorm"
)

func TestEventsSayWhoDidWhatToWhomFromWhere(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		var heard []auth.Event
		r := newRig(t, db, auth.Options{
			ClientIP: func(*http.Request) string { return "192.0.2.7" },
			OnEvent: func(_ *gorm.DB, e auth.Event) error {
				e.ActorName, e.SubjectName, e.Detail, e.Note = "", "", "", "" // see TestEventsNamePeople
				heard = append(heard, e)
				return nil
			},
		})
		want := func(name event.Name, actor, subject, ip string) {
			t.Helper()
			agent := ""
			if ip != "" {
				agent = "test/1"
			}
			if e := (auth.Event{Name: name, ActorID: actor, SubjectID: subject, IPAddress: ip,
				UserAgent: agent}); !slices.Equal(heard, []auth.Event{e}) {
				t.Errorf("\nheard %+v\nwant  %+v", heard, e)
			}
			heard = nil
		}
		from := []string{"User-Agent", "test/1"}
		post(r.Client, "/sign-up/email", `{"name":"Ada","email":"ada@example.com","password":"314-159-265"}`, from...)
		ada, err := r.auth.UserByEmail(t.Context(), "ada@example.com")
		if err != nil {
			t.Fatal(err)
		}
		want("sign_up", ada.ID, ada.ID, "192.0.2.7")
		post(r.browser(), "/sign-in/email", `{"email":"ada@example.com","password":"wrong-horse-1"}`, from...)
		want("sign_in_failed", "", ada.ID, "192.0.2.7")
		post(r.browser(), "/sign-in/email", `{"email":"nobody@example.com","password":"wrong-horse-1"}`, from...)
		want("sign_in_failed", "", "", "192.0.2.7")
		post(r.Client, "/sign-in/email", `{"email":"ada@example.com","password":"314-159-265"}`, from...)
		want("sign_in", ada.ID, ada.ID, "192.0.2.7")

		bob := r.addUser("bob@example.com", "admin")
		want("user_created", "", bob.ID, "") // by the command line
		r.auth.SetRole(t.Context(), nil, ada.ID, "user,admin")
		want("role_changed", "", ada.ID, "")
		req := httptest.NewRequest("POST", "/", nil)
		req.Header.Set("User-Agent", "test/1")
		for _, c := range r.Cookies() {
			req.AddCookie(c)
		}
		by, err := r.auth.Session(httptest.NewRecorder(), req)
		if err != nil || by == nil {
			t.Fatal(by, err)
		}
		r.auth.SetRole(t.Context(), by, bob.ID, "user,admin")
		want("role_changed", ada.ID, bob.ID, "192.0.2.7")
		r.auth.SetRole(t.Context(), by, ada.ID, "admin")
		want("role_changed", ada.ID, ada.ID, "192.0.2.7")
		r.auth.BanUser(t.Context(), by, bob.ID, "spam", nil)
		want("user_banned", ada.ID, bob.ID, "192.0.2.7")
		r.auth.CreateUser(t.Context(), by, auth.NewUser{Name: "Eve", Email: "eve@example.com"})
		eve, _ := r.auth.UserByEmail(t.Context(), "eve@example.com")
		want("user_created", ada.ID, eve.ID, "192.0.2.7")

		post(r.Client, "/sign-out", `{}`, from...)
		want("sign_out", ada.ID, ada.ID, "192.0.2.7")
		post(r.Client, "/sign-out", `{}`, from...)
		r.auth.SetRole(t.Context(), nil, "nobody", "user")
		r.Get("/api/auth/get-session")
		if len(heard) != 0 {
			t.Errorf("heard %+v where nothing happened", heard)
		}
	})
}

// TestEventsNamePeople: an event names people as they are when it is over, says what was changed and what was written
// about it, and repeats nothing that is somebody's own.
func TestEventsNamePeople(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		var last auth.Event
		r := newRig(t, db, auth.Options{OnEvent: func(_ *gorm.DB, e auth.Event) error { last = e; return nil }})
		boss := r.browser()
		root := boss.SignUp("root@example.com")
		if _, err := r.auth.SetRole(t.Context(), nil, root, "admin"); err != nil {
			t.Fatal(err)
		}
		bob := r.addUser("bob@example.com", "")
		want := func(name event.Name, actor, subject, detail, note string) {
			t.Helper()
			if last.Name != name || last.ActorName != actor || last.SubjectName != subject || last.Detail != detail ||
				last.Note != note {
				t.Errorf("%+v, want %s by %q to %q: %q, %q", last, name, actor, subject, detail, note)
			}
		}
		me, him := "Test Person <root@example.com>", "Test Person <bob@example.com>"
		req := request(boss)
		by, err := r.auth.StoredSession(httptest.NewRecorder(), req)
		if err != nil || by == nil {
			t.Fatal(by, err)
		}
		done := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		_, err = r.auth.SetRole(t.Context(), by, bob.ID, "user,admin")
		done(err)
		want("role_changed", me, him, "role: user → user,admin", "")
		_, err = r.auth.SetRole(t.Context(), by, bob.ID, "user")
		done(err)
		name, yes := "Robert", true
		_, err = r.auth.ChangeUser(t.Context(), by, bob.ID,
			auth.UserChanges{Profile: auth.Profile{Name: &name}, EmailVerified: &yes})
		done(err)
		want("user_updated", me, "Robert <bob@example.com>", "name, verified: true", "")
		// part:admin
		acting, err := r.auth.Impersonate(httptest.NewRecorder(), req, by, bob.ID)
		done(err)
		name = "Rob"
		done(r.auth.UpdateUser(httptest.NewRecorder(), req, acting, auth.Profile{Name: &name}))
		want("user_updated", "Rob <bob@example.com>", "Rob <bob@example.com>", "name", "")
		if last.ImpersonatorID != root || last.ImpersonatorName != me {
			t.Errorf("impersonator: %+v", last)
		}
		// end:admin
		_, err = r.auth.BanUser(t.Context(), by, bob.ID, "spam", nil)
		done(err)
		want("user_banned", me, name+" <bob@example.com>", "banned for good", "spam")
		_, err = r.auth.SetRole(t.Context(), by, bob.ID, "user,admin")
		done(err)
		want("role_changed", me, name+" <bob@example.com>", "role: user → user,admin", "") // no ban: the role alone changes
		until := time.Date(2099, 5, 1, 0, 0, 0, 0, time.UTC)
		_, err = r.auth.ChangeUser(t.Context(), by, bob.ID, auth.UserChanges{BanExpires: &until})
		done(err)
		want("user_updated", me, name+" <bob@example.com>", "banned until 2099-05-01T00:00:00Z", "spam")
		// part:admin
		done(r.auth.RemoveUser(t.Context(), by, bob.ID))
		want("user_deleted", me, "", "", "")
		// end:admin
	})
}

// part:ratelimit

// TestRefusalsAreTold: who is kept out is heard of, and the refusal stands whatever becomes of the word.
func TestRefusalsAreTold(t *testing.T) {
	t.Parallel()
	var refused []string
	var fail error
	r, _ := limitedRig(t, dbtest.Open(t, dbtest.SQLite(t)), auth.Options{
		Logger: slog.New(slog.DiscardHandler),
		OnEvent: func(tx *gorm.DB, e auth.Event) error {
			if e.Refused {
				refused = append(refused, string(e.Name)+" "+e.Detail)
				return fail
			}
			return nil
		},
	})
	r.SignUp("ada@example.com")
	for _, fail = range []error{nil, errors.New("no space")} {
		refused = nil
		r.auth.RecordRefusal(request(r.Client), nil, "forbidden", "/reports")
		wantRefusal(t, post(r.Client, "/update-user", `{"name":"x"}`, "Origin", "https://evil.example"), 403,
			"INVALID_ORIGIN")
		for range 4 {
			signIn(r.browser(), "nobody@example.com")
		}
		want := []string{"forbidden /reports", "cross_site_refused /update-user", "rate_limited /sign-in/email"}
		for _, w := range want {
			if !slices.Contains(refused, w) {
				t.Errorf("%q is not among %q", w, refused)
			}
		}
	}
}

// end:ratelimit

// What nobody recorded did not happen.
func TestAnEventThatFailsUndoesItsTransaction(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		var fail event.Name
		r := newRig(t, db, auth.Options{OnEvent: func(tx *gorm.DB, e auth.Event) error {
			if e.Name == fail {
				return errors.New("outbox is full: secret detail")
			}
			return nil
		}})
		id := r.SignUp("ada@example.com")
		r.addUser("root@example.com", "admin")
		snapshot := func() string {
			var users []auth.User
			var sessions []auth.Session
			var accounts []auth.Account
			db.Order("id").Find(&users)
			db.Order("id").Find(&sessions)
			db.Order("id").Find(&accounts)
			var s strings.Builder
			for _, u := range users {
				fmt.Fprintln(&s, u.ID, u.Role, u.Banned, u.UpdatedAt)
			}
			fmt.Fprintln(&s, sessions, accounts)
			return s.String()
		}
		before := snapshot()
		for name, act := range map[event.Name]func(){
			"sign_up": func() {
				wantRefusal(t, post(r.Client, "/sign-up/email",
					`{"name":"B","email":"b@example.com","password":"314-159-265"}`), 500, "INTERNAL_SERVER_ERROR")
			},
			"sign_in":        func() { wantRefusal(t, signIn(r.Client, "ada@example.com"), 500, "INTERNAL_SERVER_ERROR") },
			"sign_in_failed": func() { wantRefusal(t, signIn(r.Client, "nobody@example.com"), 500, "INTERNAL_SERVER_ERROR") },
			"sign_out": func() {
				res := post(r.Client, "/sign-out", `{}`)
				wantRefusal(t, res, 500, "INTERNAL_SERVER_ERROR")
				if strings.Contains(res.Text, "secret") || res.Header.Get("Clear-Site-Data") != "" {
					t.Errorf("%s %v", res.Text, res.Header)
				}
			},
			"user_created": func() { r.auth.CreateUser(t.Context(), nil, auth.NewUser{Name: "C", Email: "c@example.com"}) },
			"role_changed": func() { r.auth.SetRole(t.Context(), nil, id, "admin") },
			"user_banned":  func() { r.auth.BanUser(t.Context(), nil, id, "", nil) },
		} {
			fail = name
			act()
			if after := snapshot(); after != before {
				t.Errorf("%s:\nbefore %s\nafter  %s", name, before, after)
			}
			r.wantWho(string(name), r.Client, "ada@example.com")
		}
	})
}

func TestTheLogHoldsNoSecret(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	r := sqliteRig(t, auth.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	r.SignUp("ada@example.com")
	signIn(r.browser(), "nobody@example.com")
	post(r.browser(), "/sign-in/email", `{"email":"ada@example.com","password":"wrong-horse-1"}`)
	token, _, _ := strings.Cut(value(r.Client, tokenCookie), ".")
	for _, secret := range []string{authtest.Password, "wrong-horse-1", token, value(r.Client, cacheCookie), "argon2id",
		"ada@example.com"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("%q is in the log", secret)
		}
	}
	if !contains(log.String(), "event=sign_up", "event=sign_in_failed", "ip=127.0.0.1") {
		t.Errorf("the log says %s", log.String())
	}
}

func TestPurgeDeletesWhatHasExpiredAndNothingElse(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		u := r.addUser("ada@example.com", "")
		for i, end := range []time.Duration{-time.Hour, -time.Millisecond, 0, time.Millisecond, time.Hour} {
			id, at := fmt.Sprint(i), r.clock.Now().Add(end)
			s := auth.Session{ID: id, TokenHash: id, UserID: u.ID, ExpiresAt: at, CreatedAt: at, UpdatedAt: at}
			v := auth.Verification{ID: id, TokenHash: id, UserID: u.ID, Purpose: "reset", ExpiresAt: at, CreatedAt: at}
			if err := errors.Join(db.Create(&s).Error, db.Create(&v).Error); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.auth.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, model := range []any{&auth.Session{}, &auth.Verification{}} {
			var left []string
			db.Model(model).Order("id").Pluck("id", &left)
			if !slices.Equal(left, []string{"3", "4"}) {
				t.Errorf("%T: %v are left, want 3 and 4", model, left)
			}
		}
		if r.count(&auth.User{}) != 1 {
			t.Error("a user is gone")
		}
	})
}

// TestPurgeIsInBatches: while very much goes, nobody else who writes waits for all of it.
func TestPurgeIsInBatches(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		u, at := r.addUser("ada@example.com", ""), r.clock.Now()
		var sessions []auth.Session
		var links []auth.Verification
		for i := range 2*purge.Batch + 1 {
			id := fmt.Sprint(i)
			sessions = append(sessions, auth.Session{ID: id, TokenHash: id, UserID: u.ID, ExpiresAt: at, CreatedAt: at,
				UpdatedAt: at})
			links = append(links, auth.Verification{ID: id, TokenHash: id, UserID: u.ID, Purpose: "reset", ExpiresAt: at,
				CreatedAt: at})
		}
		if err := errors.Join(db.CreateInBatches(sessions, 500).Error, db.CreateInBatches(links, 500).Error); err != nil {
			t.Fatal(err)
		}
		statements := 0
		err := db.Callback().Delete().After("gorm:delete").Register("test:batch", func(tx *gorm.DB) {
			if statements++; tx.RowsAffected > purge.Batch {
				t.Errorf("one statement deletes %d rows", tx.RowsAffected)
			}
		})
		if err := errors.Join(err, r.auth.Purge(t.Context())); err != nil {
			t.Fatal(err)
		}
		if n := r.count(&auth.Session{}) + r.count(&auth.Verification{}); n != 0 || statements != 6 {
			t.Errorf("%d rows are left after %d statements, want none after 6", n, statements)
		}
	})
}

func TestRunPurgesUntilItsContextEnds(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{SweepEvery: time.Millisecond})
	purges := make(chan struct{})
	r.db.Callback().Delete().After("gorm:delete").Register("test:purged", func(tx *gorm.DB) {
		if tx.Statement.Table == "verifications" {
			select {
			case purges <- struct{}{}:
			case <-t.Context().Done():
			}
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		r.auth.Run(ctx)
		close(ended)
	}()
	for range 3 {
		<-purges
	}
	cancel()
	for {
		select {
		case <-purges: // one may be under way
		case <-ended:
			return
		}
	}
}

// TestAForgedCookieIsTold: a session cookie that we did not sign leaves a trace; none, and one of a session that has
// ended, do not.
func TestAForgedCookieIsTold(t *testing.T) {
	t.Parallel()
	var told []string
	r, _ := limitedRig(t, dbtest.Open(t, dbtest.SQLite(t)), auth.Options{
		OnEvent: func(_ *gorm.DB, e auth.Event) error {
			if e.Refused {
				told = append(told, string(e.Name))
			}
			return nil
		},
	})
	ada := r.browser()
	ada.SignUp("ada@example.com")
	var good string
	for _, c := range ada.Cookies() {
		if strings.HasSuffix(c.Name, ".session_token") {
			good = c.Name + "=" + c.Value
		}
	}
	if good == "" {
		t.Fatal("no session cookie")
	}
	forged := strings.Replace(good, "=", "=x", 1)
	for cookie, want := range map[string][]string{
		"": nil, good: nil, "other=1": nil, forged: {"cookie_forged"}, forged[:len(forged)-5]: {"cookie_forged"},
		strings.SplitN(good, "=", 2)[0] + "=": {"cookie_forged"},
	} {
		told = nil
		got := r.browser().Get("/api/auth/get-session", "Cookie", cookie)
		if !slices.Equal(told, want) || got.StatusCode != 200 {
			t.Errorf("cookie %q: %d, told %q, want %q", cookie, got.StatusCode, told, want)
		}
	}
	told = nil
	if got := post(ada, "/sign-out", `{}`, "Origin", home); got.StatusCode != 200 {
		t.Fatal(got.Text)
	}
	r.browser().Get("/api/auth/get-session", "Cookie", good)
	if len(told) > 0 {
		t.Errorf("of a session that has ended: %q", told)
	}
}
