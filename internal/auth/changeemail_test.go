package auth_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/betterauth"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// verified signs somebody up whose address is verified.
func (r *rig) verified(c *authtest.Client, email string) (id string) {
	r.t.Helper()
	id = c.SignUp(email)
	if err := r.db.Model(&auth.User{}).Where("id = ?", id).Update("email_verified", true).Error; err != nil {
		r.t.Fatal(err)
	}
	return id
}

// TestTheOldAddressIsAskedFirst: two mails, two links, each good once; then everything mailed before is worthless.
func TestTheOldAddressIsAskedFirst(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		box := &mailbox{}
		r := newRig(t, db, auth.Options{Mailer: box, ConfirmEmailChange: true})
		r.verified(r.Client, "ada@example.com")
		r.clock.advance(time.Hour) // whom the old address vouches for need not be fresh
		ask := func(c *authtest.Client, email string) {
			t.Helper()
			if got := post(c, "/change-email", `{"newEmail":"`+email+`","callbackURL":"/done"}`); got.StatusCode != 200 ||
				got.Text != `{"status":true}` {
				t.Errorf("%d %s", got.StatusCode, got.Text)
			}
		}
		follow := func(c *authtest.Client, m auth.Mail, want string) {
			t.Helper()
			if got := c.Get(strings.TrimPrefix(m.URL, home)); got.StatusCode != 302 || got.Header.Get("Location") != want {
				t.Errorf("%s: %d to %q, want %q", m.Purpose, got.StatusCode, got.Header.Get("Location"), want)
			}
		}
		ask(r.Client, "New@Example.com")
		first := box.last()
		if first.To != "ada@example.com" || first.Purpose != "confirm_email_change" || first.NewEmail != "new@example.com" {
			t.Fatalf("mail 1: %+v", first)
		}
		post(r.browser(), "/request-password-reset", `{"email":"ada@example.com"}`)
		reset := linkToken(t, box.last())
		follow(r.browser(), first, "/done") // wherever the old address is read
		second := box.last()
		if second.To != "new@example.com" || second.Purpose != "change_email" || second.NewEmail != "" {
			t.Fatalf("mail 2: %+v", second)
		}
		follow(r.browser(), first, "/done?error=INVALID_TOKEN")
		r.wantWho("before the second link", r.Client, "ada@example.com")
		copied := r.Copy()
		follow(r.Client, second, "/done")
		follow(r.Client, second, "/done?error=INVALID_TOKEN")
		for what, c := range map[string]*authtest.Client{"here": r.Client, "another copy": copied} {
			if got := c.Get("/api/auth/get-session").Text; !contains(got, `"email":"new@example.com","emailVerified":true`) {
				t.Errorf("%s: %s", what, got)
			}
		}
		wantRefusal(t, post(r.browser(), "/reset-password", `{"token":"`+reset+`","newPassword":"another-horse-2"}`), 400,
			"INVALID_TOKEN")
		if n := r.count(&auth.Verification{}); n != 0 || len(box.all()) != 3 {
			t.Errorf("%d links are left, %d mails", n, len(box.all()))
		}

		// Whose address is not verified has no old address to ask: the session must be young instead.
		bob := r.browser()
		bob.SignUp("bob@example.com")
		ask(bob, "bobby@example.com")
		if m := box.last(); m.To != "bobby@example.com" || m.Purpose != "change_email" {
			t.Errorf("mail 3: %+v", m)
		}
		got := bob.Get("/api/auth/verify-email?token=" + linkToken(t, box.last()))
		if !contains(got.Text, `{"status":true,"user":{`, `"email":"bobby@example.com","emailVerified":true`) {
			t.Errorf("%d %s", got.StatusCode, got.Text)
		}
		r.clock.advance(time.Hour)
		sent := len(box.all())
		ask(bob, "new@example.com") // taken: answered alike, and no mail
		if len(box.all()) != sent {
			t.Errorf("mailed %+v", box.last())
		}
	})
}

// part:ratelimit

// TestAChangeMailsNoStranger: each step of a change of address obeys the mail budget of the address, for every user.
func TestAChangeMailsNoStranger(t *testing.T) {
	t.Parallel()
	box := &mailbox{}
	r, _ := limitedRig(t, dbtest.Open(t, dbtest.SQLite(t)),
		auth.Options{Mailer: box, ConfirmEmailChange: true, VerifyTokenTTL: day,
			RateLimit: auth.RateLimit{Rules: []auth.RateRule{}}})
	victims := func() (n int) {
		for _, m := range box.all() {
			if m.To == "victim@example.com" {
				n++
			}
		}
		return n
	}
	var last string
	for _, email := range []string{"a@example.com", "b@example.com", "c@example.com", "d@example.com", "e@example.com"} {
		c := r.browser()
		r.verified(c, email)
		post(c, "/change-email", `{"newEmail":"victim@example.com"}`)
		last = "/api/auth/verify-email?token=" + linkToken(t, box.last())
		if got := c.Get(last); got.StatusCode != 200 || got.Text != `{"status":true,"user":null}` {
			t.Errorf("%s: %d %s", email, got.StatusCode, got.Text)
		}
	}
	if n := victims(); n != 3 {
		t.Errorf("the new address got %d mails, want 3", n)
	}
	r.clock.advance(time.Hour - time.Second)
	r.Get(last)
	if n := victims(); n != 3 {
		t.Errorf("within the hour the new address got %d mails, want 3", n)
	}
	r.clock.advance(time.Second) // the link that mailed nothing is good still
	r.Get(last)
	if n := victims(); n != 4 {
		t.Errorf("after the hour the new address got %d mails, want 4", n)
	}
}

// end:ratelimit

// TestANewPasswordEndsWhatAThiefAskedFor: a link mailed to the thief's own address would outlive the thief's session.
func TestANewPasswordEndsWhatAThiefAskedFor(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		box := &mailbox{}
		r := newRig(t, db, auth.Options{Mailer: box})
		r.SignUp("ada@example.com")
		thief := r.Copy()
		post(thief, "/change-email", `{"newEmail":"thief@example.com"}`)
		link := linkToken(t, box.last())
		if got := post(r.Client, "/change-password", `{"currentPassword":"`+authtest.Password+
			`","newPassword":"another-horse-2","revokeOtherSessions":true}`); got.StatusCode != 200 {
			t.Fatal(got.Text)
		}
		wantRefusal(t, r.browser().Get("/api/auth/verify-email?token="+link), 401, "INVALID_TOKEN")
		r.wantWho("the owner", r.Client, "ada@example.com")
	})
}

// TestTwoChangesAtOnce: of two changes asked for at the same time the link of the second mail works, whichever is read
// first. The other address is never confirmed.
func TestTwoChangesAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		box := &mailbox{}
		r := newRig(t, db, auth.Options{Mailer: box})
		for round := range 4 {
			c := r.browser()
			r.verified(c, fmt.Sprintf("ada%d@example.com", round))
			sent := len(box.all())
			atOnce(2, func(i int) {
				post(c.Copy(), "/change-email", fmt.Sprintf(`{"newEmail":"new%d-%d@example.com"}`, round, i))
			})
			mails := box.all()[sent:]
			if len(mails) != 2 || mails[0].To == mails[1].To {
				t.Fatalf("mails %+v", mails)
			}
			last := mails[1].To
			if round%2 == 1 {
				slices.Reverse(mails)
			}
			var moved []string
			for _, m := range mails {
				if c.Get("/api/auth/verify-email?token="+linkToken(t, m)).StatusCode == 200 {
					moved = append(moved, m.To)
				}
			}
			if !slices.Equal(moved, []string{last}) {
				t.Fatalf("round %d: links to %q work, want %s", round, moved, last)
			}
			r.wantWho("afterwards", c, last)
		}
	})
}

// TestOneWinnerOfALink: each step of a change happens once, one address goes to one of two, one account is deleted
// once.
func TestOneWinnerOfALink(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		box := &mailbox{}
		r := newRig(t, db, auth.Options{Mailer: box, ConfirmEmailChange: true}, betterauth.Options{ConfirmDeletion: true})
		verify := func(token string) authtest.Answer { return r.Copy().Get("/api/auth/verify-email?token=" + token) }
		r.verified(r.Client, "ada@example.com")
		post(r.Client, "/change-email", `{"newEmail":"new@example.com"}`)
		token, sent := linkToken(t, box.last()), len(box.all())
		oneOf50(t, "one consent of the old address", "INVALID_TOKEN", func(int) authtest.Answer { return verify(token) })
		if n := len(box.all()) - sent; n != 1 {
			t.Errorf("the new address got %d mails", n)
		}
		token = linkToken(t, box.last())
		oneOf50(t, "one change of address", "INVALID_TOKEN", func(int) authtest.Answer { return verify(token) })

		var tokens [2]string
		var clients [2]*authtest.Client
		for i, email := range []string{"bob@example.com", "eve@example.com"} {
			c := r.browser()
			c.SignUp(email)
			post(c, "/change-email", `{"newEmail":"both@example.com"}`)
			tokens[i], clients[i] = linkToken(t, box.last()), c
		}
		oneOf50(t, "one address for two", "INVALID_TOKEN|USER_ALREADY_EXISTS", func(i int) authtest.Answer {
			return clients[i%2].Copy().Get("/api/auth/verify-email?token=" + tokens[i%2])
		})

		post(r.Client, "/delete-user", `{}`)
		token = linkToken(t, box.last())
		browsers := make([]*authtest.Client, 50)
		for i := range browsers {
			browsers[i] = r.Copy()
		}
		oneOf50(t, "one deletion", "INVALID_TOKEN|FAILED_TO_GET_USER_INFO", func(i int) authtest.Answer {
			return browsers[i].Get("/api/auth/delete-user/callback?token=" + token)
		})
		if n := r.count(&auth.User{}); n != 2 {
			t.Errorf("%d users, want two", n)
		}
	})
}
