package auth_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// part:ratelimit

// addOwner makes the user ada@example.com with a proved address, and mails nothing.
func (r *rig) addOwner() {
	r.t.Helper()
	ada := auth.NewUser{Name: "Ada", Email: "ada@example.com", Password: authtest.Password, Verified: true}
	if _, err := r.auth.CreateUser(r.t.Context(), nil, ada); err != nil {
		r.t.Fatal(err)
	}
}

func askReset(c *authtest.Client, email, from string) authtest.Answer {
	return post(c, "/request-password-reset", `{"email":"`+email+`"}`, "X-Test-From", from)
}

// TestMailsAreLimited: requests of unknown devices mail two links an hour to a mailbox. The answer to a third request
// is the same, but it mails nothing. The owner's known device gets the third mail.
func TestMailsAreLimited(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		box := &mailbox{}
		r, _ := limitedRig(t, db, auth.Options{Mailer: box})
		owner, _ := r.confirmed("ada@example.com")
		var odd atomic.Int64
		atOnce(100, func(i int) {
			got := askReset(r.browser(), "ada@example.com", fmt.Sprintf("192.0.2.%d", i))
			if got.StatusCode != 200 || !strings.Contains(got.Text, "If this email exists") {
				odd.Add(1)
			}
		})
		if got := box.purposes("ada@example.com"); len(got) != 2 || odd.Load() != 0 {
			t.Errorf("mails %q, %d odd answers; want two and none", got, odd.Load())
		}
		for range 2 {
			askReset(owner, "ada@example.com", "198.51.100.1")
		}
		if got := box.purposes("ada@example.com"); len(got) != 3 {
			t.Errorf("the owner has asked too: mails %q, want three", got)
		}
		r.clock.advance(time.Hour)
		askReset(r.browser(), "ada@example.com", "192.0.2.200")
		if got := box.purposes("ada@example.com"); len(got) != 4 {
			t.Errorf("an hour later: mails %q, want four", got)
		}
	})
}

// TestTagsAreOneMailbox: what stands behind a + is for its owner to choose, and no way to send them more mails.
func TestTagsAreOneMailbox(t *testing.T) {
	t.Parallel()
	box := &mailbox{}
	r, _ := limitedRig(t, dbtest.Open(t, dbtest.SQLite(t)), auth.Options{
		Mailer: box, Notices: true, RequireEmailVerification: true, RateLimit: auth.RateLimit{Rules: []auth.RateRule{}},
	})
	for i := range 12 {
		email := fmt.Sprintf("ada+%d@example.com", i)
		post(r.browser(), "/sign-up/email", `{"name":"Eve","email":"`+email+`","password":"`+authtest.Password+`"}`)
	}
	if got := len(box.all()); got != 2 {
		t.Errorf("%d mails to one mailbox, want 2", got)
	}
	post(r.browser(), "/sign-up/email", `{"name":"Eve","email":"eve+ada@example.com","password":"`+authtest.Password+`"}`)
	if got := len(box.all()); got != 3 {
		t.Errorf("another mailbox got %d mails, want 1", got-2)
	}
}

// TestTagsLeaveTheOwnersMails: a stranger with an account of another spelling of the mailbox is its user, but the
// owner's own browser gets its link all the same.
func TestTagsLeaveTheOwnersMails(t *testing.T) {
	t.Parallel()
	r, box := noticing(t, dbtest.Open(t, dbtest.SQLite(t)))
	r.addOwner()
	owner, eve := r.browser(), r.browser()
	owner.SignIn("ada@example.com", authtest.Password)
	post(owner, "/sign-out", "{}")
	r.signUpPage(eve, "ada+eve@example.com", "eves-password-1")
	for range 4 {
		askReset(eve, "ada+eve@example.com", "192.0.2.1")
	}
	before := len(box.purposes("ada@example.com"))
	for range 4 {
		askReset(owner, "ada@example.com", "198.51.100.1")
	}
	if got := len(box.purposes("ada@example.com")) - before; got != 1 {
		t.Errorf("the owner's own browser gets %d links, want the one that is kept for it", got)
	}
}

// TestSignInsLeaveTheOwnersMails: sign-ins of an unverified account of another spelling of the mailbox mail links, but
// not all of them.
func TestSignInsLeaveTheOwnersMails(t *testing.T) {
	t.Parallel()
	r, box := noticing(t, dbtest.Open(t, dbtest.SQLite(t)))
	post(r.browser(), "/sign-up/email", `{"name":"Eve","email":"ada+eve@example.com","password":"eves-password-1"}`)
	for range 3 {
		post(r.browser(), "/sign-in/email", `{"email":"ada+eve@example.com","password":"eves-password-1"}`)
	}
	owner := r.browser()
	r.signUpPage(owner, "ada@example.com", authtest.Password)
	r.page(owner, func(_ http.ResponseWriter, req *http.Request) {
		if err := r.auth.SendVerificationEmail(req, nil, "ada@example.com", ""); err != nil {
			t.Fatal(err)
		}
	})
	if got := box.purposes("ada@example.com"); !slices.Contains(got, "verify_email") {
		t.Errorf("mails %q: the owner cannot verify the address", got)
	}
}

// TestStrangersDoNotSilenceTheAlarm: whatever mails strangers cause, also to other spellings of the mailbox, the owner
// hears of a sign-in on a strange device.
func TestStrangersDoNotSilenceTheAlarm(t *testing.T) {
	t.Parallel()
	r, box := noticing(t, dbtest.Open(t, dbtest.SQLite(t)))
	r.addOwner()
	r.confirmed("ada+eve@example.com")
	for range 4 {
		post(r.browser(), "/sign-up/email", `{"name":"Eve","email":"ada@example.com","password":"`+authtest.Password+`"}`)
		askReset(r.browser(), "ada@example.com", "192.0.2.1")
		r.browser().SignIn("ada+eve@example.com", authtest.Password)
	}
	r.browser().SignIn("ada@example.com", authtest.Password)
	if got := box.purposes("ada@example.com"); !slices.Contains(got, "new_device") {
		t.Errorf("a thief has signed in; mails %q", got)
	}
}

// end:ratelimit
