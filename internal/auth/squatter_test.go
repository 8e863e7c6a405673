package auth_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

const mallorysPassword = "mallory-knows-1"

func signUpAs(c *authtest.Client, email, password string) authtest.Answer {
	return post(c, "/sign-up/email", fmt.Sprintf(`{"name":"Ada","email":%q,"password":%q}`, email, password))
}

func (r *rig) idOf(email string) string {
	r.t.Helper()
	u, err := r.auth.UserByEmail(r.t.Context(), email)
	if err != nil {
		r.t.Fatal(email, err)
	}
	return u.ID
}

// wantPassword signs in with a password; code is that of the refusal, "" for none.
func (r *rig) wantPassword(what, email, password, code string) {
	r.t.Helper()
	got := post(r.browser(), "/sign-in/email", fmt.Sprintf(`{"email":%q,"password":%q}`, email, password))
	want := map[string]int{"": 200, "INVALID_EMAIL_OR_PASSWORD": 401, "EMAIL_NOT_VERIFIED": 403}[code]
	if got.StatusCode != want || !strings.Contains(got.Text, code) {
		r.t.Errorf("%s: %d %s, want %d %s", what, got.StatusCode, got.Text, want, code)
	}
}

// TestAMailboxBeatsASquatter: who signs up with an address gets a mail and owns the account, although a stranger has
// signed up with it before; nothing that the stranger knows or holds is worth anything.
func TestAMailboxBeatsASquatter(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		box, events := &mailbox{}, []auth.Event{}
		r, _ := limitedRig(t, db, auth.Options{
			Mailer: box, Notices: true, RequireEmailVerification: true, RateLimit: auth.RateLimit{Rules: []auth.RateRule{}},
			OnEvent: func(_ *gorm.DB, e auth.Event) error { events = append(events, e); return nil },
		})
		mallory, ada := r.browser(), r.browser()
		r.signUpPage(mallory, "ada@example.com", mallorysPassword)
		old, squatted := linkToken(t, box.last()), r.idOf("ada@example.com")
		r.clock.advance(6 * 24 * time.Hour)
		r.signUpPage(mallory, "ada@example.com", mallorysPassword) // a cookie and a link that are good for an hour
		late, squattedLate := linkToken(t, box.last()), r.idOf("ada@example.com")
		if squattedLate == squatted {
			t.Fatal("a sign-up replaced nothing")
		}
		events = nil

		r.signUpPage(ada, "ada@example.com", authtest.Password)
		own := linkToken(t, box.last())
		if got := box.purposes("ada@example.com"); !slices.Equal(got,
			[]string{"verify_email", "verify_email", "verify_email"}) || own == late {
			t.Fatalf("mails %q", got)
		}
		id := r.idOf("ada@example.com")
		if id == squattedLate || r.count(&auth.User{}) != 1 || r.count(&auth.Account{}) != 1 {
			t.Fatalf("the account is the stranger's still: %d users, %d accounts", r.count(&auth.User{}),
				r.count(&auth.Account{}))
		}
		var told []string
		for _, e := range events {
			told = append(told, string(e.Name))
			if e.ActorID != id || e.Name == "user_deleted" && (e.SubjectID != squattedLate || e.SubjectName != "") {
				t.Errorf("%+v", e)
			}
		}
		if want := []string{"user_deleted", "sign_up", "verification_sent"}; !slices.Equal(told, want) {
			t.Errorf("events %q, want %q", told, want)
		}
		r.wantPassword("mallory's password", "ada@example.com", mallorysPassword, "INVALID_EMAIL_OR_PASSWORD")
		for _, token := range []string{old, late} {
			if code := r.confirm(mallory, token, mallorysPassword); code != "INVALID_TOKEN" {
				t.Errorf("mallory's link: %q", code)
			}
		}
		r.page(mallory, func(_ http.ResponseWriter, req *http.Request) {
			if c, err := r.auth.PeekConfirmation(req, nil, own); err != nil || !c.Password {
				t.Errorf("mallory's cookie opens ada's link: %+v, %v", c, err)
			}
		})
		if code := r.confirm(ada, own, ""); code != "" {
			t.Errorf("ada's link: %q", code)
		}
		r.wantWho("ada", ada, "ada@example.com")

		signUpAs(mallory, "ada@example.com", mallorysPassword)
		if r.idOf("ada@example.com") != id {
			t.Error("an account that is in use is replaced")
		}
		r.wantWho("ada afterwards", ada, "ada@example.com")
	})
}

// TestOnlyPendingAccountsGiveWay: what an admin made or has decided about, and what somebody has used, stays.
func TestOnlyPendingAccountsGiveWay(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		box := &mailbox{}
		r := newRig(t, db, auth.Options{Mailer: box, RequireEmailVerification: true})
		r.addUser("root@example.com", "admin")
		for name, settle := range map[string]func(id, email string) error{
			"invited": func(id, email string) error {
				_, err := r.auth.CreateUser(t.Context(), nil, auth.NewUser{Name: "Ada", Email: email, Invite: true})
				return err
			},
			"banned": func(id, _ string) error {
				_, err := r.auth.BanUser(t.Context(), nil, id, "spam", nil)
				return err
			},
			"promoted": func(id, _ string) error {
				_, err := r.auth.SetRole(t.Context(), nil, id, "user,admin")
				return err
			},
			// part:admin
			"password of an admin": func(id, _ string) error {
				return r.auth.SetPassword(t.Context(), nil, id, "better-horse-2")
			},
			// end:admin
			"password by mail": func(_, email string) error {
				post(r.browser(), "/request-password-reset", `{"email":"`+email+`"}`)
				post(r.browser(), "/reset-password", `{"newPassword":"better-horse-2","token":"`+linkToken(t, box.last())+`"}`)
				return nil
			},
			"confirmed": func(_, email string) error {
				if got := r.browser().Get("/api/auth/verify-email?token=" + linkToken(t, box.last())); got.StatusCode != 200 {
					return errors.New(got.Text)
				}
				return nil
			},
		} {
			email := fmt.Sprintf("%d@example.com", len(name))
			signUpAs(r.browser(), email, mallorysPassword)
			if err := settle(r.idOf(email), email); err != nil {
				t.Fatal(name, err)
			}
			id := r.idOf(email)
			signUpAs(r.browser(), email, "another-horse-2")
			if r.idOf(email) != id {
				t.Errorf("%s: the account is replaced", name)
			}
			r.clock.advance(8 * 24 * time.Hour)
			if err := r.auth.Purge(t.Context()); err != nil || r.idOf(email) != id {
				t.Errorf("%s: the account is purged; %v", name, err)
			}
		}
	})
}

// part:ratelimit

// TestWithoutAMailNobodyGivesWay: where the address has had its mails of the hour nothing changes, and nobody can tell.
func TestWithoutAMailNobodyGivesWay(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r, box := noticing(t, db)
		for range 2 {
			signUpAs(r.browser(), "ada@example.com", mallorysPassword)
		}
		id, last := r.idOf("ada@example.com"), linkToken(t, box.last())
		events := r.count(&auth.Verification{})
		spent := signUpAs(r.browser(), "ada@example.com", authtest.Password)
		if r.idOf("ada@example.com") != id || len(box.all()) != 2 || r.count(&auth.Verification{}) != events {
			t.Errorf("the account is replaced without a mail: %d mails", len(box.all()))
		}
		r.wantPassword("the password of before", "ada@example.com", mallorysPassword, "EMAIL_NOT_VERIFIED")
		free := signUpAs(r.browser(), "bob@example.com", authtest.Password)
		if spent.StatusCode != free.StatusCode || len(spent.Text) != len(free.Text) ||
			!slices.Equal(setCookies(spent.Header), setCookies(free.Header)) {
			t.Errorf("the answers differ: %d %s, %d %s", spent.StatusCode, spent.Text, free.StatusCode, free.Text)
		}
		r.clock.advance(time.Hour)
		signUpAs(r.browser(), "ada@example.com", authtest.Password)
		if r.idOf("ada@example.com") == id || linkToken(t, box.last()) == last {
			t.Error("an hour later the account does not give way")
		}
	})
}

// end:ratelimit

// TestPendingAccountsArePurged after 7 days, in small batches, each told as the end of an account.
func TestPendingAccountsArePurged(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		deleted := map[string]auth.Event{}
		r := newRig(t, db, auth.Options{RequireEmailVerification: true, OnEvent: func(_ *gorm.DB, e auth.Event) error {
			if e.Name == "user_deleted" {
				deleted[e.SubjectID] = e
			}
			return nil
		}})
		r.addUser("ada@example.com", "")
		signUpAs(r.browser(), "eve@example.com", mallorysPassword)
		id, at := r.idOf("eve@example.com"), r.clock.Now()
		for i := range 50 {
			row := map[string]any{"id": fmt.Sprint(i), "name": "Eve", "email": fmt.Sprintf("%d@example.com", i), "pending": true,
				"created_at": at, "updated_at": at}
			if err := db.Table("users").Create(row).Error; err != nil {
				t.Fatal(err)
			}
		}
		r.clock.advance(7*24*time.Hour - time.Millisecond)
		if err := r.auth.Purge(t.Context()); err != nil || r.count(&auth.User{}) != 52 {
			t.Errorf("%d users before the week is over, %v", r.count(&auth.User{}), err)
		}
		r.clock.advance(time.Millisecond)
		if err := r.auth.Purge(t.Context()); err != nil || r.count(&auth.User{}) != 1 || r.count(&auth.Account{}) != 0 {
			t.Errorf("%d users, %d accounts are left, %v", r.count(&auth.User{}), r.count(&auth.Account{}), err)
		}
		r.idOf("ada@example.com")
		if e := deleted[id]; len(deleted) != 51 || e.ActorID != "" || e.Detail != "never confirmed" {
			t.Errorf("%d told, %+v", len(deleted), e)
		}
	})
}

// part:ratelimit

// TestVouching: an admin's word for the address of a pending account is for the holder of the address, not for who
// typed it first. For any other account it is a flag.
func TestVouching(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r, box := noticing(t, db)
		yes := auth.UserChanges{EmailVerified: new(bool)}
		*yes.EmailVerified = true
		mallory := r.browser()
		r.signUpPage(mallory, "ada@example.com", mallorysPassword)
		id, old := r.idOf("ada@example.com"), linkToken(t, box.last())
		if u, err := r.auth.ChangeUser(t.Context(), nil, id, yes); err != nil || !u.EmailVerified {
			t.Fatalf("%+v, %v", u, err)
		}
		r.wantPassword("mallory's password", "ada@example.com", mallorysPassword, "INVALID_EMAIL_OR_PASSWORD")
		if code := r.confirm(mallory, old, mallorysPassword); code != "INVALID_TOKEN" {
			t.Errorf("mallory's link: %q", code)
		}
		if m := box.last(); m.Purpose != "set_password" || m.To != "ada@example.com" {
			t.Fatalf("mailed %+v", m)
		}
		if got := post(r.browser(), "/reset-password", `{"newPassword":"adas-own-password","token":"`+linkToken(t,
			box.last())+`"}`); got.StatusCode != 200 {
			t.Fatal(got.Text)
		}
		ada := r.browser()
		ada.SignIn("ada@example.com", "adas-own-password")

		made, err := r.auth.CreateUser(t.Context(), nil,
			auth.NewUser{Name: "Bob", Email: "bob@example.com", Password: authtest.Password})
		if err != nil {
			t.Fatal(err)
		}
		no, mails := auth.UserChanges{EmailVerified: new(bool)}, len(box.all())
		for _, c := range []auth.UserChanges{yes, no, yes} { // of one who is in use, too
			if _, err := r.auth.ChangeUser(t.Context(), nil, made.ID, c); err != nil {
				t.Fatal(err)
			}
			if _, err := r.auth.ChangeUser(t.Context(), nil, id, c); err != nil {
				t.Fatal(err)
			}
		}
		r.wantPassword("an admin's account", "bob@example.com", authtest.Password, "")
		r.wantWho("who is signed in", ada, "ada@example.com")
		if got := box.all()[mails:]; slices.ContainsFunc(got, func(m auth.Mail) bool { return m.Purpose == "set_password" }) {
			t.Errorf("mailed %+v", got)
		}

		signUpAs(r.browser(), "eve@example.com", mallorysPassword)
		for range 3 { // invited, and lost again
			u, err := r.auth.CreateUser(t.Context(), nil, auth.NewUser{Name: "Eve", Email: "eve+x@example.com", Invite: true})
			if err = errors.Join(err, r.db.Delete(u).Error); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := r.auth.ChangeUser(t.Context(), nil, r.idOf("eve@example.com"), yes); codeOf(t, err) != "429" {
			t.Errorf("vouched for without a mail: %v", err)
		}
		r.wantPassword("nothing has changed", "eve@example.com", mallorysPassword, "EMAIL_NOT_VERIFIED")
	})
}

// end:ratelimit

// TestParallelSignUpsForASquattedAddress: one of them owns it in the end, with a link that works, and none fails.
func TestParallelSignUpsForASquattedAddress(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		box := &mailbox{}
		r := newRig(t, db, auth.Options{Mailer: box, RequireEmailVerification: true})
		signUpAs(r.browser(), "ada@example.com", mallorysPassword)
		squatted := r.idOf("ada@example.com")
		atOnce(20, func(int) {
			if got := signUpAs(r.browser(), "ada@example.com", authtest.Password); got.StatusCode != 200 &&
				got.StatusCode != 503 {
				t.Errorf("%d %s", got.StatusCode, got.Text)
			}
		})
		if r.idOf("ada@example.com") == squatted || r.count(&auth.User{}) != 1 || r.count(&auth.Account{}) != 1 ||
			r.count(&auth.Verification{}) != 1 {
			t.Errorf("%d users, %d accounts, %d links; want one new one of each", r.count(&auth.User{}),
				r.count(&auth.Account{}), r.count(&auth.Verification{}))
		}
		good := 0
		for _, m := range box.all() {
			if r.browser().Get("/api/auth/verify-email?token="+linkToken(t, m)).StatusCode == 200 {
				good++
			}
		}
		r.wantVerified("ada@example.com", true)
		if good != 1 {
			t.Errorf("%d of %d links work, want one", good, len(box.all()))
		}
	})
}

// TestSquattersGiveWayToInvitationsAndMoves: an admin can invite the holder of an address, and somebody who has an
// account can move it to an address of theirs.
func TestSquattersGiveWayToInvitationsAndMoves(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r, box := noticing(t, db)
		signUpAs(r.browser(), "ada@example.com", mallorysPassword)
		squatted := r.idOf("ada@example.com")
		u, err := r.auth.CreateUser(t.Context(), nil, auth.NewUser{Name: "Ada", Email: "ada@example.com", Invite: true})
		if err != nil || u.ID == squatted || box.last().Purpose != "set_password" {
			t.Fatalf("%+v, %v, mailed %+v", u, err, box.last())
		}
		if got := post(r.browser(), "/reset-password", `{"newPassword":"adas-own-password","token":"`+linkToken(t,
			box.last())+`"}`); got.StatusCode != 200 {
			t.Error(got.Text)
		}
		r.wantPassword("mallory's password", "ada@example.com", mallorysPassword, "INVALID_EMAIL_OR_PASSWORD")

		bob, id := r.confirmed("bob@example.com")
		signUpAs(r.browser(), "new@example.com", mallorysPassword)
		r.moved(bob, box, "new@example.com")
		if r.idOf("new@example.com") != id {
			t.Error("the squatter keeps an address whose holder has followed a link")
		}
		r.wantWho("bob", bob, "new@example.com")
		if n := r.count(&auth.User{}); n != 2 {
			t.Errorf("%d users, want two", n)
		}
	})
}

// TestSignUpAndSignInTellNothingOfPendingAccounts: who signs up and then signs in with the same password is answered
// alike, whether a pending account had the address or nobody.
func TestSignUpAndSignInTellNothingOfPendingAccounts(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r, _ := noticing(t, db)
		signUpAs(r.browser(), "ada@example.com", mallorysPassword)
		for _, email := range []string{"ada@example.com", "eve@example.com"} {
			signUpAs(r.browser(), email, "another-horse-2")
			r.wantPassword(email, email, "another-horse-2", "EMAIL_NOT_VERIFIED")
		}
	})
}
