package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/betterauth"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/ratelimit"
	"example.com/foyer/web"
	"example.com/foyer/web/webtest"
	"gorm.io/gorm"
)

// part:ratelimit

// TestEveryEventIsInTheTrail does everything that internal/auth records, by pages and endpoints. Every event is in the
// audit trail, without secrets and without names of deleted users.
func TestEveryEventIsInTheTrail(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		var s *site
		s = newSiteWith(t, db, auth.Options{
			Notices:   true,
			RateLimit: auth.RateLimit{Limiter: ratelimit.New(db, func() time.Time { return s.now() })}, // part:ratelimit
		}, func(c *web.Config) { c.API = webtest.Wire(betterauth.Options{ConfirmDeletion: true}) })
		var secrets []string
		call := func(c *authtest.Client, path string, body map[string]any) authtest.Answer {
			t.Helper()
			s.ahead.Add(int64(time.Minute)) // past every limit
			got := c.PostJSON("/api/auth"+path, body, "Origin", s.Base)
			wrong := body["password"] == "wrong-horse-1" || body["currentPassword"] == "wrong-horse-1"
			if got.StatusCode != 200 && !wrong {
				t.Errorf("%s: %d %s", path, got.StatusCode, got.Text)
			}
			for _, cookie := range c.Cookies() {
				if !strings.HasSuffix(cookie.Name, "flash") {
					secrets = append(secrets, cookie.Value)
				}
			}
			return got
		}
		type in = map[string]any
		link := func(purpose, email string) string {
			link := s.lastMailed(t, purpose, email)
			secrets = append(secrets, tokenOf(t, link))
			return tokenOf(t, link)
		}
		signIn := func(email, password string) *authtest.Client {
			t.Helper()
			c := s.stranger(t)
			call(c, "/sign-in/email", in{"email": email, "password": password})
			return c
		}

		ada, id := s.person(t, "ada@example.com")
		call(ada, "/update-user", in{"name": "Ada Lovelace"})
		signIn("ada@example.com", "wrong-horse-1")
		signIn("nobody@example.com", "wrong-horse-1")
		call(ada, "/send-verification-email", in{"email": "ada@example.com"})
		expect(t, ada.PostForm("/verify-email", url.Values{"token": {link("verify_email", "ada@example.com")}}), 303)
		expect(t, ada.PostForm("/reauth", url.Values{"password": {authtest.Password}}), 303)
		call(ada, "/change-password", in{"currentPassword": "wrong-horse-1", "newPassword": "better-horse-2"})
		call(ada, "/change-password", in{"currentPassword": authtest.Password, "newPassword": "better-horse-2"})
		call(ada, "/change-email", in{"newEmail": "countess@example.com"})
		stop := url.Values{"token": {link("email_change_asked", "ada@example.com")}}
		expect(t, s.stranger(t).PostForm("/stop-email-change", stop), 303)
		ada = signIn("ada@example.com", "better-horse-2")
		call(ada, "/change-email", in{"newEmail": "lady@example.com"})
		ada.PostForm("/verify-email", url.Values{"token": {link("change_email", "lady@example.com")}})
		expect(t, s.stranger(t).PostForm("/undo-email", url.Values{"token": {link("email_changed", "ada@example.com")}}), 303)
		call(s.stranger(t), "/request-password-reset", in{"email": "ada@example.com"})
		token := link("reset_password", "ada@example.com")
		call(s.stranger(t), "/reset-password", in{"newPassword": "third-horse-3", "token": token})
		ada = signIn("ada@example.com", "third-horse-3")
		call(signIn("ada@example.com", "third-horse-3"), "/sign-out", in{})
		call(ada, "/revoke-other-sessions", in{})
		other := signIn("ada@example.com", "third-horse-3")
		sessions, err := s.auth.Sessions(t.Context(), id)
		if err != nil || len(sessions) != 2 {
			t.Fatal(sessions, err)
		}
		isOther := func(l auth.Session) bool { return l.ID == s.sessionOf(t, other).ID }
		call(other, "/revoke-session", in{"token": slices.DeleteFunc(sessions, isOther)[0].ID})
		linked := auth.Account{
			ID: "github", UserID: id, ProviderID: "github", AccountID: "7", CreatedAt: s.now(), UpdatedAt: s.now(),
		}
		if err := s.db.Create(&linked).Error; err != nil {
			t.Fatal(err)
		}
		call(other, "/unlink-account", in{"providerId": "github", "accountId": "7"})
		expect(t, other.Get("/admin", navigate...), 403)
		evil := []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}
		expect(t, other.PostForm("/settings", url.Values{"name": {"x"}}, evil...), 403)
		forged := web.CookiePrefix + ".session_token=made-up.signature"
		expect(t, s.Get("/dashboard", append(navigate, "Cookie", forged)...), 303)
		for range 4 {
			s.stranger(t).PostForm("/login", credentials("ada@example.com", "wrong-horse-1"))
		}

		boss := s.admin(t, "boss@example.com")
		eve := auth.NewUser{Name: "Eve", Email: "eve@example.com", Invite: true}
		if _, err := s.auth.CreateUser(t.Context(), s.sessionOf(t, boss), eve); err != nil {
			t.Fatal(err)
		}
		secrets = append(secrets, tokenOf(t, s.lastMailed(t, "set_password", "eve@example.com")))
		call(boss, "/admin/set-user-password", in{"userId": id, "newPassword": "fourth-horse-4"})
		call(boss, "/admin/ban-user", in{"userId": id, "banReason": "a reason of Ada's own"})
		call(boss, "/admin/unban-user", in{"userId": id})
		call(boss, "/admin/impersonate-user", in{"userId": id})
		call(boss, "/admin/stop-impersonating", in{})
		ada = signIn("ada@example.com", "fourth-horse-4")
		call(ada, "/delete-user", in{})

		secrets = append(secrets, s.everyFactorEvent(t, boss)...)          // part:twofactor
		s.everyPasskeyEvent(t)                                             // part:passkey
		call(boss, "/sign-in/magic-link", in{"email": "boss@example.com"}) // part:magiclink
		link("magic_link", "boss@example.com")                             // part:magiclink
		code := s.lastCode(t)                                              // part:magiclink
		boss.Get("/admin/users.csv", navigate...)
		wantTrail := func() string {
			t.Helper()
			s.verifyTrail(t) // part:auditchain
			text := dump(t, db)
			for _, secret := range append(secrets, authtest.Password, "horse", "token", "http:") {
				if strings.Contains(text, secret) {
					t.Errorf("%q is in the trail", secret)
				}
			}
			return text
		}
		text := wantTrail()
		// part:magiclink
		if regexp.MustCompile(`\b` + code + `\b`).MatchString(text) { // as a number of its own: digits may stand in an id
			t.Errorf("the mailed code %s is in the trail", code)
		}
		// end:magiclink
		if !strings.Contains(text, "Ada Lovelace <ada@example.com>") || !strings.Contains(text, "a reason of Ada's own") {
			t.Errorf("Ada is not in %s", text)
		}
		ada.Get("/api/auth/delete-user/callback?token=" + link("delete_account", "ada@example.com"))
		text = wantTrail()
		if strings.Contains(text, "Ada") || strings.Contains(text, "ada@") || !strings.Contains(text, "boss@example.com") {
			t.Errorf("after the end of Ada's account: %s", text)
		}
		var seen []string
		if err := db.Table("audit_events").Distinct("event").Order("event").Pluck("event", &seen).Error; err != nil {
			t.Fatal(err)
		}
		for _, name := range event.All() {
			if !slices.Contains(seen, string(name)) {
				t.Errorf("%s is not in the trail", name)
			}
		}
		days, err := s.server.Audit.PerDay(t.Context(), 2)
		if err != nil || len(days) != 2 || days[0].SignIns+days[1].SignIns < 4 || days[0].Refusals+days[1].Refusals < 6 {
			t.Errorf("per day: %+v, %v", days, err)
		}
	})
}

// end:ratelimit

// dump is everything that the trail keeps, as text.
func dump(t *testing.T, db *gorm.DB) string {
	t.Helper()
	var b strings.Builder
	for _, table := range []string{"audit_events", "audit_private", "audit_head"} {
		var rows []map[string]any
		if err := db.Table(table).Find(&rows).Error; err != nil || len(rows) == 0 {
			t.Fatal(table, err)
		}
		for _, row := range rows {
			fmt.Fprintln(&b, row)
		}
	}
	return b.String()
}

// TestManySignInsAtOnce: users who log in and out at the same time, and are deleted meanwhile, leave a valid audit
// trail.
func TestManySignInsAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		s := newSiteWith(t, db, auth.Options{})
		by := s.sessionOf(t, s.admin(t, "boss@example.com"))
		var ids []string
		for i := range 6 {
			_, id := s.person(t, fmt.Sprintf("p%d@example.com", i))
			ids = append(ids, id)
		}
		var work sync.WaitGroup
		for i, id := range ids {
			work.Go(func() {
				c := s.stranger(t)
				for n := range 3 {
					c.SignIn(fmt.Sprintf("p%d@example.com", i), authtest.Password)
					s.stranger(t).PostForm("/login", credentials(fmt.Sprintf("p%d@example.com", (i+n)%6), "wrong-horse-1"))
					c.PostForm("/logout", nil)
				}
			})
			work.Go(func() {
				for range 6 {
					if _, err := s.auth.SetRole(t.Context(), by, id, "user"); err != nil {
						t.Error(err)
					}
				}
			})
		}
		work.Wait()
		for _, id := range ids[:3] { // failed log-ins of theirs are told while they go
			work.Go(func() { s.stranger(t).PostForm("/login", credentials("p0@example.com", "wrong-horse-1")) })
			work.Go(func() {
				if err := s.auth.RemoveUser(t.Context(), by, id); err != nil {
					t.Error(err)
				}
			})
		}
		work.Wait()
		s.verifyTrail(t) // part:auditchain
		var events int64
		if err := db.Table("audit_events").Count(&events).Error; err != nil || events != 2+6+6*3*3+6*6+3+3 {
			t.Errorf("%d events, %v", events, err)
		}
		if text := dump(t, db); strings.Contains(text, "p0@") || !strings.Contains(text, "p5@") {
			t.Error("who was deleted is named, or nobody is")
		}
	})
}

// What the trail cannot keep is not done.
func TestWithoutATrailNothingIsDone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		s := newSiteWith(t, db, auth.Options{})
		ada, id := s.person(t, "ada@example.com")
		s.broken = true
		if err := db.Exec("DELETE FROM audit_head").Error; err != nil {
			t.Fatal(err)
		}
		expect(t, s.stranger(t).PostForm("/login", credentials("ada@example.com", authtest.Password)), 500)
		expect(t, s.stranger(t).PostForm("/signup", registration("bob@example.com", authtest.Password)), 500)
		expect(t, ada.PostForm("/settings", url.Values{"name": {"Other"}}), 500)
		if _, err := s.auth.UserByEmail(t.Context(), "bob@example.com"); err == nil {
			t.Error("bob is there")
		}
		sessions, err := s.auth.Sessions(t.Context(), id)
		if err != nil || len(sessions) != 1 || sessions[0].User != nil && sessions[0].User.Name == "Other" {
			t.Errorf("%+v, %v", sessions, err)
		}
		expect(t, ada.Get("/admin", navigate...), 403) // a refusal stays one
	})
}

// When an account gives way to the holder of its address, or waits for too long, the trail records its deletion and
// forgets what the squatter typed.
func TestTheTrailForgetsSquatters(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		s := newSiteWith(t, db, auth.Options{RequireEmailVerification: true})
		boss := s.boss(t)
		wantTrail := func(mallory bool) {
			t.Helper()
			s.verifyTrail(t) // part:auditchain
			if text := dump(t, db); strings.Contains(text, "Mallory") != mallory {
				t.Errorf("Mallory in the trail, want %t: %s", mallory, text)
			}
		}
		expect(t, s.stranger(t).PostForm("/signup", mallory("ada@example.com")), http.StatusSeeOther)
		wantTrail(true)
		expect(t, s.stranger(t).PostForm("/signup", registration("ada@example.com", authtest.Password)), http.StatusSeeOther)
		wantTrail(false)
		contains(t, boss.Get("/admin/audit?event=user_deleted", navigate...),
			">Ada</a>", "<dd>ada@example.com</dd>", "never confirmed, and the address was used again")

		expect(t, s.stranger(t).PostForm("/signup", mallory("eve@example.com")), http.StatusSeeOther)
		wantTrail(true)
		s.ahead.Add(int64(7 * 24 * time.Hour))
		if err := s.auth.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantTrail(false)
		boss = s.stranger(t)
		boss.SignIn("boss@example.com", authtest.Password)
		contains(t, boss.Get("/admin/audit?event=user_deleted", navigate...), "Automatic", "never confirmed")
	})
}
