package auth_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/betterauth"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// stopping is a provider that tells people by mail and has pages for the links of notices.
func stopping(t *testing.T, db *gorm.DB, o auth.Options) (*rig, *mailbox) {
	t.Helper()
	box := &mailbox{}
	o.Mailer, o.Notices, o.RateLimit.Rules = box, true, []auth.RateRule{}
	o.Links = func(purpose letter.Purpose, token, callbackURL string) string {
		if purpose == "stop_email_change" || purpose == "undo_email_change" {
			return home + "/" + string(purpose) + "?token=" + url.QueryEscape(token)
		}
		return betterauth.Links(home)(purpose, token, callbackURL)
	}
	r, _ := limitedRig(t, db, o)
	return r, box
}

// asked is the newest notice of a change that was asked for.
func (b *mailbox) asked(t *testing.T) auth.Mail {
	t.Helper()
	for _, m := range slices.Backward(b.all()) {
		if m.Purpose == "email_change_asked" {
			return m
		}
	}
	t.Fatalf("nobody was told: %+v", b.all())
	return auth.Mail{}
}

func stop(r *rig, m auth.Mail) error {
	_, token, _ := strings.Cut(m.URL, "?token=")
	req, err := http.NewRequest(http.MethodPost, home+"/stop", nil)
	if err != nil {
		r.t.Fatal(err)
	}
	return r.auth.StopEmailChange(req, token)
}

// TestTheOldAddressStopsAChange: it is told when a change is asked for. Its link, which needs nobody signed in, ends
// the change and the session that asked, and nobody else's.
func TestTheOldAddressStopsAChange(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r, box := stopping(t, db, auth.Options{})
		thief, id := r.confirmed("ada@example.com")
		owner := r.browser()
		signIn(owner, "ada@example.com")
		post(thief, "/change-email", `{"newEmail":"thief@example.com"}`)
		m, change := box.asked(t), linkToken(t, box.last())
		if m.To != "ada@example.com" || m.NewEmail != "thief@example.com" ||
			!strings.HasPrefix(m.URL, home+"/stop_email_change?") {
			t.Fatalf("%+v", m)
		}
		r.reauthenticate(thief) // hands the change on
		if err := stop(r, m); err != nil {
			t.Fatal(err)
		}
		r.wantWho("who asked", thief, "")
		r.wantWho("the owner's other browser", owner, "ada@example.com")
		wantCode(t, owner.Get("/api/auth/verify-email?token="+change), 401, "INVALID_TOKEN")
		if err := stop(r, m); codeOf(t, err) != "INVALID_TOKEN" {
			t.Errorf("used twice: %v", err)
		}
		if u, err := r.auth.User(t.Context(), id); err != nil || u.Email != "ada@example.com" {
			t.Errorf("%+v, %v", u, err)
		}
	})
}

// part:ratelimit

// TestAChangeIsAskedForInSight: an address whose notices of the hour are used up loses nothing unseen. One that nobody
// has verified is not written to, and one that is asked for consent gets that mail alone.
func TestAChangeIsAskedForInSight(t *testing.T) {
	t.Parallel()
	r, box := stopping(t, dbtest.Open(t, dbtest.SQLite(t)), auth.Options{})
	ada, _ := r.confirmed("ada@example.com")
	for i := range 5 {
		got := post(ada, "/change-email", fmt.Sprintf(`{"newEmail":"new%d@example.com"}`, i))
		if got.Text != `{"status":true}` {
			t.Errorf("%d %s", got.StatusCode, got.Text)
		}
		told := len(slices.DeleteFunc(box.purposes("ada@example.com"),
			func(p string) bool { return p != "email_change_asked" }))
		asked := len(box.purposes(fmt.Sprintf("new%d@example.com", i)))
		if want := min(i+1, 3); told != want || asked != want-min(i, 3) {
			t.Errorf("change %d: the old address has %d mails, the new one %d", i, told, asked)
		}
	}
	bob := r.browser()
	bob.SignUp("bob@example.com")
	post(bob, "/change-email", `{"newEmail":"bobby@example.com"}`)
	if got := box.last(); got.Purpose != "change_email" ||
		slices.Contains(box.purposes("bob@example.com"), "email_change_asked") {
		t.Errorf("unverified: %+v", box.all())
	}

	r, box = stopping(t, dbtest.Open(t, dbtest.SQLite(t)), auth.Options{ConfirmEmailChange: true})
	ada, _ = r.confirmed("ada@example.com")
	post(ada, "/change-email", `{"newEmail":"new@example.com"}`)
	if got := box.purposes("ada@example.com"); !slices.Equal(got, []string{"new_device", "confirm_email_change"}) {
		t.Errorf("asked for consent: %q", got)
	}
}

// end:ratelimit

// TestStopIsTooLate once the link has expired, or the change is made: then the old address has another link.
func TestStopIsTooLate(t *testing.T) {
	t.Parallel()
	r, box := stopping(t, dbtest.Open(t, dbtest.SQLite(t)), auth.Options{})
	ada, _ := r.confirmed("ada@example.com")
	post(ada, "/change-email", `{"newEmail":"new@example.com"}`)
	m := box.asked(t)
	r.clock.advance(time.Hour)
	if err := stop(r, m); codeOf(t, err) != "TOKEN_EXPIRED" {
		t.Errorf("after an hour: %v", err)
	}
	r.reauthenticate(ada)
	r.moved(ada, box, "new@example.com")
	if err := stop(r, box.asked(t)); codeOf(t, err) != "INVALID_TOKEN" {
		t.Errorf("after the change: %v", err)
	}
	if got := box.purposes("ada@example.com"); got[len(got)-1] != "email_changed" {
		t.Errorf("%q", got)
	}
}
