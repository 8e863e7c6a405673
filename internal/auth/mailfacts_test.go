package auth_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/database/dbtest"
)

// part:ratelimit,admin

// TestMailsSayHowLongAndWhence: a mail has the life of its link. A warning has the browser of the user, but only at a
// proved address; it has no browser of an admin or of a stranger.
func TestMailsSayHowLongAndWhence(t *testing.T) {
	t.Parallel()
	r, box := noticing(t, dbtest.Open(t, dbtest.SQLite(t)))
	agent := []string{"User-Agent", "Ada's browser", "X-Test-From", "203.0.113.9"}
	want := func(purpose letter.Purpose, agent string, life time.Duration) {
		t.Helper()
		m := box.last()
		if m.Purpose != purpose || m.Agent != agent || (m.IP != "") != (agent != "") || m.Life != life {
			t.Errorf("%+v, want %s from %q for %v", m, purpose, agent, life)
		}
	}
	_, id := r.confirmed("ada@example.com")
	ada := r.browser()
	post(ada, "/sign-in/email", `{"email":"ada@example.com","password":"314-159-265"}`, agent...)
	want(letter.NewDevice, "Ada's browser", 0)
	post(ada, "/change-password", `{"currentPassword":"314-159-265","newPassword":"better-horse-2"}`, agent...)
	want(letter.PasswordChanged, "Ada's browser", 0)
	post(r.browser(), "/request-password-reset", `{"email":"ada@example.com"}`, agent...)
	want(letter.ResetPassword, "", 30*time.Minute)
	post(r.browser(), "/reset-password", `{"newPassword":"better-horse-3","token":"`+linkToken(t, box.last())+`"}`, agent...)
	want(letter.PasswordChanged, "Ada's browser", 0)
	post(r.browser(), "/sign-up/email", `{"name":"Eve","email":"ada@example.com","password":"314-159-265"}`, agent...)
	want(letter.ExistingAccount, "", 0)
	admin, err := r.auth.CreateUser(t.Context(), nil, auth.NewUser{Name: "Boss", Email: "boss@example.com",
		Password: authtest.Password, Role: "admin", Verified: true})
	if err != nil {
		t.Fatal(err)
	}
	boss := r.browser()
	post(boss, "/sign-in/email", `{"email":"`+admin.Email+`","password":"314-159-265"}`, agent...)
	_, req := r.stored(boss)
	req.Header.Set("User-Agent", "the boss's browser")
	by, err := r.auth.StoredSession(httptest.NewRecorder(), req)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.auth.SetPassword(t.Context(), by, id, "better-horse-4"); err != nil {
		t.Fatal(err)
	}
	want(letter.PasswordChanged, "", 0)
	if _, err := r.auth.SetRole(t.Context(), by, id, "admin"); err != nil {
		t.Fatal(err)
	}
	if m := box.last(); m.Purpose != letter.AdminMade || m.Agent != "the boss's browser" {
		t.Errorf("admins may know who made an admin: %+v", m)
	}

	open, unproved := noticingRig(t, dbtest.Open(t, dbtest.SQLite(t)), false)
	post(open.browser(), "/sign-up/email", `{"name":"Bob","email":"typo@example.com","password":"314-159-265"}`, agent...)
	post(open.browser(), "/sign-in/email", `{"email":"typo@example.com","password":"314-159-265"}`, agent...)
	if m := unproved.last(); m.Purpose != letter.NewDevice || m.Agent+m.IP+m.Name != "" {
		t.Errorf("an address that is not proved learns who logs in: %+v", m)
	}
}

// end:ratelimit,admin

// TestUndoLinksSayTheirLife: the warning to the old address has the life of its link and the browser of the user.
func TestUndoLinksSayTheirLife(t *testing.T) {
	t.Parallel()
	r, box := noticing(t, dbtest.Open(t, dbtest.SQLite(t)))
	ada, _ := r.confirmed("ada@example.com")
	r.moved(ada, box, "new@example.com")
	m := box.last()
	if m.Purpose != letter.EmailChanged || m.Life != 7*24*time.Hour || m.Agent == "" {
		t.Errorf("%+v", m)
	}
}
