package auth_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/errs"
	"gorm.io/gorm"
)

// TestInvitation: an account made for somebody is opened by the link mailed to them, once and within a week.
func TestInvitation(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		box := &mailbox{}
		r, _ := limitedRig(t, db, auth.Options{Mailer: box, RequireEmailVerification: true,
			RateLimit: auth.RateLimit{Rules: []auth.RateRule{}}})
		invite := func(email string) string {
			t.Helper()
			if _, err := r.auth.CreateUser(t.Context(), nil, auth.NewUser{Name: "Ada", Email: email, Invite: true}); err != nil {
				t.Fatal(err)
			}
			if m := box.last(); m.Purpose != "set_password" || m.To != email || m.Name != "" {
				t.Fatalf("mailed %+v", m)
			}
			return linkToken(t, box.last())
		}
		choose := func(token, password string) authtest.Answer {
			return post(r.browser(), "/reset-password", `{"token":"`+token+`","newPassword":"`+password+`"}`)
		}
		early, late := invite("ada@example.com"), invite("late@example.com")
		wantRefusal(t, signIn(r.browser(), "ada@example.com"), 401, "INVALID_EMAIL_OR_PASSWORD")
		r.clock.advance(7*24*time.Hour - time.Second)
		wantRefusal(t, choose(early, "short"), 400, "PASSWORD_TOO_SHORT")
		// Anybody can ask for a reset link; that must not shorten the invitation.
		if got := post(r.browser(), "/request-password-reset", `{"email":"ada@example.com"}`); got.StatusCode != 200 ||
			box.last().Purpose != "reset_password" {
			t.Errorf("%s, mailed %+v", got.Text, box.last())
		}
		if got := choose(early, authtest.Password); got.StatusCode != 200 {
			t.Fatal(got.Text)
		}
		wantRefusal(t, choose(early, authtest.Password), 400, "INVALID_TOKEN")
		if got := signIn(r.browser(), "ada@example.com"); got.StatusCode != 200 {
			t.Errorf("the address is not verified by the link that came to it: %s", got.Text)
		}
		r.clock.advance(time.Second)
		wantRefusal(t, choose(late, authtest.Password), 400, "INVALID_TOKEN")
	})
}

// part:ratelimit,admin

// TestMailPasswordReset: an admin can have a link mailed, within the limit of every address, and not to the banned.
func TestMailPasswordReset(t *testing.T) {
	t.Parallel()
	box := &mailbox{}
	r, _ := limitedRig(t, dbtest.Open(t, dbtest.SQLite(t)), auth.Options{Mailer: box})
	ada := r.addUser("ada@example.com", "")
	code := func(id string) int {
		t.Helper()
		err := r.auth.MailPasswordReset(t.Context(), nil, id)
		var e *errs.Error
		if err != nil && !errors.As(err, &e) {
			t.Fatal(err)
		}
		if e != nil {
			return e.Status
		}
		return http.StatusOK
	}
	for i, want := range []int{200, 200, 200, 429} {
		if got := code(ada.ID); got != want || len(box.all()) != min(i+1, 3) {
			t.Errorf("mail %d: %d and %d mails", i+1, got, len(box.all()))
		}
	}
	if m := box.last(); m.Purpose != "reset_password" || m.To != "ada@example.com" {
		t.Errorf("%+v", m)
	}
	if got := code("nobody"); got != http.StatusNotFound {
		t.Errorf("unknown: %d", got)
	}
	bob := r.addUser("bob@example.com", "")
	if _, err := r.auth.BanUser(t.Context(), nil, bob.ID, "spam", nil); err != nil {
		t.Fatal(err)
	}
	if got := code(bob.ID); got != http.StatusForbidden || len(box.all()) != 3 {
		t.Errorf("banned: %d and %d mails", got, len(box.all()))
	}
}

// end:ratelimit,admin

// part:ratelimit

// TestInvitationsAreLimited: who is invited, deleted and invited again gets no more mails than anybody.
func TestInvitationsAreLimited(t *testing.T) {
	t.Parallel()
	box := &mailbox{}
	r, _ := limitedRig(t, dbtest.Open(t, dbtest.SQLite(t)), auth.Options{Mailer: box})
	for i, want := range []int{0, 0, 0, http.StatusTooManyRequests} {
		u, err := r.auth.CreateUser(t.Context(), nil, auth.NewUser{Name: "Ada", Email: "ada@example.com", Invite: true})
		var e *errs.Error
		if errors.As(err, &e) != (want != 0) || e != nil && e.Status != want {
			t.Errorf("invitation %d: %v", i+1, err)
		}
		if err == nil {
			err = r.db.Delete(u).Error
		}
		if err != nil && e == nil {
			t.Fatal(err)
		}
	}
	if n := len(box.all()); n != 3 || r.count(&auth.User{}) != 0 {
		t.Errorf("%d mails, %d users", n, r.count(&auth.User{}))
	}
}

// end:ratelimit
