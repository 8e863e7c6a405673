package magiclink_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/ratelimit"
	"gorm.io/gorm"
)

const ada = "ada@example.com"

// TestALinkSignsInOnce: the link signs in, and neither it nor the code of its mail works again.
func TestALinkSignsInOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		u := r.addUser(ada)
		m := r.ask("Ada@Example.com")
		if m.To != ada || m.Purpose != "magic_link" || m.Life != 5*time.Minute || len(m.Code) != 6 || m.Name != u.Name {
			t.Errorf("%+v", m)
		}
		browser := r.browser()
		wantTo(t, follow(browser, m), "/")
		r.wantWho(browser, ada)
		var amr string
		if err := db.Table("sessions").Select("amr").Scan(&amr).Error; err != nil || amr != "email" {
			t.Errorf("amr %q, %v", amr, err)
		}
		wantTo(t, follow(r.browser(), m), "/?error=INVALID_TOKEN")
		want(t, enter(r.browser(), ada, m.Code), 400, "INVALID_OTP")
		want(t, post(r.browser(), "/sign-in/email", map[string]string{"email": ada, "password": authtest.Password}), 200, "")
	})
}

// TestACodeSignsInOnce: so does the code, however it is grouped.
func TestACodeSignsInOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		u := r.addUser(ada)
		m := r.ask(ada)
		browser := r.browser()
		got := enter(browser, "ADA@example.com", m.Code[:3]+" "+m.Code[3:])
		want(t, got, 200, "")
		var v struct {
			Token string
			User  struct{ ID string }
		}
		if err := json.Unmarshal([]byte(got.Text), &v); err != nil || v.User.ID != u.ID || v.Token == "" {
			t.Errorf("%s: %v", got.Text, err)
		}
		r.wantWho(browser, ada)
		want(t, enter(r.browser(), ada, m.Code), 400, "INVALID_OTP")
		wantTo(t, follow(r.browser(), m), "/?error=INVALID_TOKEN")
	})
}

// TestOneOfManyWins: of links and codes of one mail at once, one signs in.
func TestOneOfManyWins(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		r.addUser(ada)
		m := r.ask(ada)
		var in atomic.Int64
		var all sync.WaitGroup
		for i := range 6 {
			browser := r.browser()
			all.Go(func() {
				if i%2 == 0 && enter(browser, ada, m.Code).StatusCode == 200 ||
					i%2 == 1 && follow(browser, m).Header.Get("Location") == "/" {
					in.Add(1)
				}
			})
		}
		all.Wait()
		var sessions int64
		if err := db.Table("sessions").Count(&sessions).Error; err != nil || in.Load() != 1 || sessions != 1 {
			t.Errorf("%d signed in, %d sessions, %v", in.Load(), sessions, err)
		}
	})
}

// TestTheNewestMailCounts: another mail ends link and code of the one before.
func TestTheNewestMailCounts(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	r.addUser(ada)
	first, second := r.ask(ada), r.ask(ada)
	wantTo(t, follow(r.browser(), first), "/?error=INVALID_TOKEN")
	if first.Code != second.Code {
		want(t, enter(r.browser(), ada, first.Code), 400, "INVALID_OTP")
	}
	want(t, enter(r.browser(), ada, second.Code), 200, "")
}

// TestNoAccountIsMade: an unknown address and a banned user get no mail, and no account is made.
func TestNoAccountIsMade(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	u := r.addUser("eve@example.com")
	if _, err := r.auth.BanUser(t.Context(), nil, u.ID, "spam", nil); err != nil {
		t.Fatal(err)
	}
	for _, email := range []string{ada, "eve@example.com"} {
		r.askOnly(email)
		want(t, post(r.browser(), "/email-otp/send-verification-otp",
			map[string]string{"email": email, "type": "sign-in"}), 200, "")
	}
	if r.mails() != 0 {
		t.Errorf("%d mails", r.mails())
	}
	var users int64
	if err := r.db.Model(&auth.User{}).Count(&users).Error; err != nil || users != 1 {
		t.Errorf("%d users, %v", users, err)
	}
}

// part:ratelimit

// TestMailsAreLimited: a mailbox gets two mails an hour that strangers ask for, and a third one for a browser of its
// owner. Other requests are answered alike, and leave what was mailed as it is.
func TestMailsAreLimited(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		var r *rig
		now := func() time.Time { return r.clock.Now() }
		r = newRig(t, db, auth.Options{
			RateLimit: auth.RateLimit{Limiter: ratelimit.New(db, now), Rules: []auth.RateRule{}},
		})
		r.addUser(ada)
		owner := r.browser()
		owner.SignIn(ada, authtest.Password)
		for range 5 {
			r.askOnly(ada)
		}
		if r.mails() != 2 {
			t.Errorf("%d mails for strangers, want two", r.mails())
		}
		for range 2 {
			want(t, post(owner, "/sign-in/magic-link", map[string]string{"email": ada}), 200, "")
		}
		if r.mails() != 3 {
			t.Errorf("%d mails with those of the owner, want three", r.mails())
		}
		want(t, enter(r.browser(), ada, r.last().Code), 200, "")
		r.clock.advance(time.Hour)
		r.askOnly(ada)
		if r.mails() != 4 {
			t.Errorf("%d mails an hour later, want four", r.mails())
		}
	})
}

// TestRequestsAreCounted: asking and entering codes have a budget by IP address.
func TestRequestsAreCounted(t *testing.T) {
	t.Parallel()
	for path, body := range map[string]map[string]string{
		"/sign-in/magic-link":               {"email": ada},
		"/sign-in/email-otp":                {"email": ada, "otp": "123456"},
		"/email-otp/send-verification-otp":  {"email": ada, "type": "sign-in"},
		"/email-otp/check-verification-otp": {"email": ada, "type": "sign-in", "otp": "123456"},
	} {
		t.Run(strings.ReplaceAll(path[1:], "/", " "), func(t *testing.T) {
			t.Parallel()
			var r *rig
			db := dbtest.Open(t, dbtest.SQLite(t))
			now := func() time.Time { return r.clock.Now() }
			r = newRig(t, db, auth.Options{RateLimit: auth.RateLimit{Limiter: ratelimit.New(db, now)}})
			for i := range 4 {
				got := post(r.browser(), path, body)
				if limited := got.StatusCode == http.StatusTooManyRequests; limited != (i == 3) {
					t.Errorf("request %d: %d %s", i+1, got.StatusCode, got.Text)
				}
			}
			r.clock.advance(time.Minute)
			if got := post(r.browser(), path, body); got.StatusCode == http.StatusTooManyRequests {
				t.Errorf("a minute later: %d %s", got.StatusCode, got.Text)
			}
		})
	}
}

// end:ratelimit

// TestNothingSecretIsKept: neither the table nor an event has the token, the code or the address of a person without an
// account.
func TestNothingSecretIsKept(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	r.addUser(ada)
	m := r.ask(ada)
	r.askOnly("stranger@example.com")
	want(t, enter(r.browser(), ada, wrong(m.Code)), 400, "INVALID_OTP")
	var rows []map[string]any
	if err := r.db.Table("magic_links").Find(&rows).Error; err != nil || len(rows) != 2 {
		t.Fatal(rows, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := fmt.Sprintf("%v %+v", rows, r.events)
	for _, secret := range []string{tokenOf(m), " " + m.Code, ":" + m.Code, "stranger"} {
		if strings.Contains(kept, secret) {
			t.Errorf("%q in %s", secret, kept)
		}
	}
	var names []string
	for _, e := range r.events[len(r.events)-2:] {
		names = append(names, fmt.Sprint(e.Name, " ", e.SubjectName, " ", e.ActorID, " ", e.Refused))
	}
	if got := strings.Join(names, ", "); got != "magic_link_asked Test Person <ada@example.com>  false, "+
		"sign_in_failed Test Person <ada@example.com>  true" {
		t.Errorf("events %s", got)
	}
}
