package auth_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/betterauth"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// noticing is a provider that tells people by mail, and has a page for undoing a change of address.
func noticing(t *testing.T, db *gorm.DB) (*rig, *mailbox) {
	t.Helper()
	return noticingRig(t, db, true)
}

func noticingRig(t *testing.T, db *gorm.DB, confirm bool) (*rig, *mailbox) {
	t.Helper()
	box := &mailbox{}
	r, _ := limitedRig(t, db, auth.Options{
		Mailer: box, Notices: true, RequireEmailVerification: confirm, RateLimit: auth.RateLimit{Rules: []auth.RateRule{}},
		Links: func(purpose letter.Purpose, token, callbackURL string) string {
			if purpose == "undo_email_change" {
				return home + "/undo?token=" + url.QueryEscape(token)
			}
			return betterauth.Links(home)(purpose, token, callbackURL)
		},
	})
	return r, box
}

// confirmed makes somebody whose address is confirmed, and signs them in.
func (r *rig) confirmed(email string) (*authtest.Client, string) {
	r.t.Helper()
	u, err := r.auth.CreateUser(r.t.Context(), nil, auth.NewUser{Name: "Test Person", Email: email,
		Password: authtest.Password, Verified: true})
	if err != nil {
		r.t.Fatal(err)
	}
	c := r.browser()
	c.SignIn(email, authtest.Password)
	return c, u.ID
}

// purposes lists what was mailed to an address, oldest first.
func (b *mailbox) purposes(to string) (list []string) {
	for _, m := range b.all() {
		if m.To == to {
			list = append(list, string(m.Purpose))
		}
	}
	return list
}

// moved has a signed-in user follow the link to a new address.
func (r *rig) moved(c *authtest.Client, box *mailbox, to string) {
	r.t.Helper()
	if got := post(c, "/change-email", fmt.Sprintf(`{"newEmail":%q}`, to)); got.StatusCode != 200 {
		r.t.Fatal(got.Text)
	}
	if got := c.Get("/api/auth/verify-email?token=" + linkToken(r.t, box.last())); got.StatusCode != 200 {
		r.t.Fatal(got.Text)
	}
}

// undoToken is that of the newest letter to an old address.
func undoToken(t *testing.T, box *mailbox, to string) string {
	t.Helper()
	list := box.all()
	for _, m := range slices.Backward(list) {
		if m.To == to && m.Purpose == "email_changed" {
			u, err := url.Parse(m.URL)
			if err != nil {
				t.Fatal(err)
			}
			return u.Query().Get("token")
		}
	}
	t.Fatalf("no email_changed mail to %s: %+v", to, list)
	return ""
}

func undo(r *rig, token string) error {
	req, err := http.NewRequest(http.MethodPost, home+"/undo", nil)
	if err != nil {
		r.t.Fatal(err)
	}
	return r.auth.UndoEmailChange(req, token)
}

// part:ratelimit,admin

// TestNotices: each thing a thief would do is told to the owner, in the transaction that does it.
func TestNotices(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r, box := noticing(t, db)
		ada, id := r.confirmed("ada@example.com")
		if got := box.purposes("ada@example.com"); !slices.Equal(got, []string{"new_device"}) {
			t.Errorf("signing in where nobody has: %q", got)
		}
		signIn(ada, "ada@example.com") // the device is known by now
		post(ada, "/change-password", `{"currentPassword":"314-159-265","newPassword":"better-horse-2"}`)
		post(r.browser(), "/request-password-reset", `{"email":"ada@example.com"}`)
		post(r.browser(), "/reset-password", `{"newPassword":"better-horse-3","token":"`+linkToken(t, box.last())+`"}`)
		if err := r.auth.SetPassword(t.Context(), nil, id, "better-horse-4"); err != nil {
			t.Fatal(err)
		}
		taken := post(r.browser(), "/sign-up/email", `{"name":"Eve","email":"ada@example.com","password":"314-159-265"}`)
		free := post(r.browser(), "/sign-up/email", `{"name":"Eve","email":"eve@example.com","password":"314-159-265"}`)
		if taken.StatusCode != 200 || free.StatusCode != 200 || len(taken.Text) != len(free.Text) ||
			!slices.Equal(setCookies(taken.Header), setCookies(free.Header)) {
			t.Errorf("a taken address is told: %s, %s", taken.Text, free.Text)
		}
		for range 5 {
			post(r.browser(), "/sign-up/email", `{"name":"Eve","email":"ada@example.com","password":"314-159-265"}`)
		}
		if err := r.auth.RemoveUser(t.Context(), nil, id); err != nil {
			t.Fatal(err)
		}
		want := []string{"new_device", "password_changed", "reset_password", "password_changed", "password_changed",
			"existing_account", "existing_account", "existing_account", "account_deleted"}
		if got := box.purposes("ada@example.com"); !slices.Equal(got, want) {
			t.Errorf("mails %q, want %q", got, want) // three an hour of what strangers can cause
		}
	})
}

// end:ratelimit,admin

// part:ratelimit

// TestSignUpWithAnUnverifiedAddress: who was invited, or came before addresses were verified, gets a link to choose a
// password. The browser that asks learns nothing.
func TestSignUpWithAnUnverifiedAddress(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r, box := noticing(t, db)
		r.addUser("invited@example.com", "")
		if _, err := r.auth.BanUser(t.Context(), nil, r.addUser("banned@example.com", "").ID, "", nil); err != nil {
			t.Fatal(err)
		}
		signUp := func(email string) authtest.Answer {
			return post(r.browser(), "/sign-up/email", `{"email":"`+email+`","name":"Eve","password":"314-159-265"}`)
		}
		fresh := signUp("fresh@example.com")
		for email, want := range map[string][]string{
			"invited@example.com": {"reset_password", "reset_password"}, // two an hour of what strangers can ask for
			"banned@example.com":  nil,
		} {
			for range 4 {
				if got := signUp(email); got.StatusCode != 200 || !slices.Equal(setCookies(got.Header), setCookies(fresh.Header)) {
					t.Errorf("%s: %d %s, to a new address %s", email, got.StatusCode, got.Text, fresh.Text)
				}
			}
			if mails := box.purposes(email); !slices.Equal(mails, want) {
				t.Errorf("%s: mails %q, want %q", email, mails, want)
			}
		}
		for _, m := range box.all() {
			if m.To == "invited@example.com" {
				post(r.browser(), "/reset-password", `{"newPassword":"better-horse-3","token":"`+linkToken(t, m)+`"}`)
			}
		}
		r.browser().SignIn("invited@example.com", "better-horse-3")
		signUp("invited@example.com")
		if m := box.last(); m.To != "invited@example.com" || m.Purpose != "existing_account" {
			t.Errorf("verified by now, and mailed %+v", m)
		}
	})
}

// end:ratelimit

// TestUndoEmailChange: the old address gets the account back whatever the thief did since, once, and nobody is left in
// it.
func TestUndoEmailChange(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r, box := noticing(t, db)
		thief, id := r.confirmed("ada@example.com")
		bob, _ := r.confirmed("bob@example.com")
		r.moved(thief, box, "eve@example.com")
		token := undoToken(t, box, "ada@example.com")
		r.moved(thief, box, "mallory@example.com")
		second := undoToken(t, box, "eve@example.com")
		post(thief, "/change-password", `{"currentPassword":"314-159-265","newPassword":"thiefs-own-2"}`)
		post(thief, "/revoke-sessions", `{}`)
		post(thief, "/request-password-reset", `{"email":"mallory@example.com"}`)
		reset := linkToken(t, box.last())
		post(thief, "/sign-in/email", `{"email":"mallory@example.com","password":"thiefs-own-2"}`)
		r.wantWho("the thief", thief, "mallory@example.com")

		r.clock.advance(6 * 24 * time.Hour)
		post(thief, "/sign-in/email", `{"email":"mallory@example.com","password":"thiefs-own-2"}`) // holds a cached copy
		var won atomic.Int64
		atOnce(20, func(int) {
			if undo(r, token) == nil {
				won.Add(1)
			}
		})
		if won.Load() != 1 {
			t.Errorf("%d undid it, want one", won.Load())
		}
		r.wantWho("the thief afterwards", thief, "")
		r.wantWho("somebody else", bob, "bob@example.com")
		u, err := r.auth.User(t.Context(), id)
		if err != nil || u.Email != "ada@example.com" || !u.EmailVerified {
			t.Errorf("%+v, %v", u, err)
		}
		wantRefusal(t, post(r.browser(), "/reset-password", `{"newPassword":"thiefs-own-3","token":"`+reset+`"}`), 400,
			"INVALID_TOKEN")
		if err := undo(r, second); err == nil {
			t.Error("the thief's own undo link works")
		}
		for _, password := range []string{"thiefs-own-2", "314-159-265", ""} {
			if got := post(r.browser(), "/sign-in/email", fmt.Sprintf(`{"email":"ada@example.com","password":%q}`,
				password)); got.StatusCode < 400 {
				t.Errorf("%q opens it: %s", password, got.Text)
			}
		}
		if last := box.last(); last.To != "ada@example.com" || last.Purpose != "reset_password" {
			t.Fatalf("the last mail is %+v", last)
		}
		if got := post(r.browser(), "/reset-password", `{"newPassword":"adas-own-password","token":"`+linkToken(t,
			box.last())+`"}`); got.StatusCode != 200 {
			t.Error(got.Text)
		}
		r.browser().SignIn("ada@example.com", "adas-own-password")
	})
}

// TestUndoBeforeSquatters: until the link of the old address is over nobody gets that address, by any way and whether
// or not addresses are confirmed; afterwards anybody does.
func TestUndoBeforeSquatters(t *testing.T) {
	t.Parallel()
	for _, confirm := range []bool{true, false} {
		t.Run(fmt.Sprintf("confirm=%t", confirm), func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, db *gorm.DB) { undoBeforeSquatters(t, db, confirm) })
		})
	}
}

func undoBeforeSquatters(t *testing.T, db *gorm.DB, confirm bool) {
	r, box := noticingRig(t, db, confirm)
	thief, id := r.confirmed("ada@example.com")
	second, secondID := r.confirmed("second@example.com")
	r.moved(thief, box, "eve@example.com")
	token := undoToken(t, box, "ada@example.com")

	got := signUpAs(r.browser(), "ada@example.com", "thiefs-own-2")
	if confirm && got.StatusCode != 200 || !confirm && got.StatusCode != 422 {
		t.Errorf("sign-up: %d %s", got.StatusCode, got.Text)
	}
	mails := len(box.all())
	if got := post(second, "/change-email", `{"newEmail":"ada@example.com"}`); got.StatusCode != 200 ||
		len(box.all()) != mails {
		t.Errorf("change: %d %s, mailed %+v", got.StatusCode, got.Text, box.last())
	}
	const taken = "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"
	for _, in := range []auth.NewUser{
		{Name: "Eve", Email: "ada@example.com", Invite: true},
		{Name: "Eve", Email: "ada@example.com", Password: authtest.Password},
	} {
		if _, err := r.auth.CreateUser(t.Context(), nil, in); codeOf(t, err) != taken {
			t.Errorf("made by an admin: %v", err)
		}
	}
	address := "ada@example.com"
	if _, err := r.auth.ChangeUser(t.Context(), nil, secondID, auth.UserChanges{Email: &address}); codeOf(t,
		err) != taken {
		t.Errorf("changed by an admin: %v", err)
	}
	if u, err := r.auth.UserByEmail(t.Context(), "ada@example.com"); err == nil {
		t.Fatalf("has the address: %+v", u)
	}
	if err := undo(r, token); err != nil {
		t.Fatal(err)
	}
	if r.idOf("ada@example.com") != id {
		t.Error("somebody else has the address")
	}
	r.wantWho("the thief", thief, "")

	// A link of before the address was anybody's is no way around.
	other, _ := r.confirmed("other@example.com")
	if got := post(other, "/change-email", `{"newEmail":"fourth@example.com"}`); got.StatusCode != 200 {
		t.Fatal(got.Text)
	}
	early := linkToken(t, box.last())
	fourth, _ := r.confirmed("fourth@example.com")
	r.moved(fourth, box, "fifth@example.com")
	wantCode(t, other.Get("/api/auth/verify-email?token="+early), 401, taken)

	r.moved(second, box, "third@example.com") // on purpose
	r.clock.advance(7 * 24 * time.Hour)
	signUpAs(r.browser(), "second@example.com", authtest.Password)
	r.idOf("second@example.com")
}

// TestUndoTooLate: after a week, or when the address is somebody else's, nothing changes.
func TestUndoTooLate(t *testing.T) {
	t.Parallel()
	r, box := noticing(t, dbtest.Open(t, dbtest.SQLite(t)))
	ada, _ := r.confirmed("ada@example.com")
	r.moved(ada, box, "new@example.com")
	token := undoToken(t, box, "ada@example.com")
	other := r.addUser("other@example.com", "")
	if err := r.db.Model(other).Update("email", "ada@example.com").Error; err != nil { // from before such addresses were kept
		t.Fatal(err)
	}
	if err := undo(r, token); err == nil || !contains(err.Error(), "already exists") {
		t.Errorf("taken: %v", err)
	}
	r.wantWho("who moved", ada, "new@example.com")
	r.clock.advance(7 * 24 * time.Hour)
	if err := undo(r, token); err == nil {
		t.Error("works after a week")
	}
	unconfirmed := r.browser()
	post(unconfirmed, "/sign-up/email", `{"name":"Eve","email":"eve@example.com","password":"314-159-265"}`)
	if n := len(box.purposes("eve@example.com")); n != 1 {
		t.Errorf("%d mails to somebody new", n)
	}
}

// TestAdminsHearOfNewAdmins: every admin is told when somebody else becomes one, by whichever verb, and when nothing
// came of it nobody is.
func TestAdminsHearOfNewAdmins(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r, box := noticing(t, db)
		told := func(email string) (list []string) {
			for _, m := range box.all() {
				if m.Purpose == "admin_made" && m.About == email {
					if m.URL != "" {
						t.Errorf("a link goes along: %+v", m)
					}
					list = append(list, m.To)
				}
			}
			slices.Sort(list)
			return list
		}
		person := func(u auth.NewUser) *auth.User {
			t.Helper()
			u.Name, u.Verified = "Test Person", true
			made, err := r.auth.CreateUser(t.Context(), nil, u)
			if err != nil {
				t.Fatal(err)
			}
			return made
		}
		ada := person(auth.NewUser{Email: "ada@example.com", Role: "admin"})
		person(auth.NewUser{Email: "bob@example.com", Role: "user,admin"})
		banned := person(auth.NewUser{Email: "cleo@example.com", Role: "admin"})
		plain := person(auth.NewUser{Email: "dave@example.com"})
		if _, err := r.auth.BanUser(t.Context(), nil, banned.ID, "left", nil); err != nil {
			t.Fatal(err)
		}
		role, by := "user,admin", authtest.SessionOf(t, r.auth, db, ada)
		want := []string{"ada@example.com", "bob@example.com"}
		for name, do := range map[string]func(email, id string) error{
			"set-role": func(_, id string) error { _, err := r.auth.SetRole(t.Context(), by, id, "admin"); return err },
			"promote":  func(_, id string) error { _, err := r.auth.SetRole(t.Context(), nil, id, "admin"); return err },
			"update": func(_, id string) error {
				_, err := r.auth.ChangeUser(t.Context(), by, id, auth.UserChanges{Role: &role})
				return err
			},
			"create": func(email, id string) error {
				if err := r.db.Delete(&auth.User{ID: id}).Error; err != nil {
					return err
				}
				_, err := r.auth.CreateUser(t.Context(), by, auth.NewUser{Name: "Eve", Email: email, Role: "admin",
					Password: authtest.Password})
				return err
			},
			"invite": func(email, id string) error {
				if err := r.db.Delete(&auth.User{ID: id}).Error; err != nil {
					return err
				}
				_, err := r.auth.CreateUser(t.Context(), by, auth.NewUser{Name: "Eve", Email: email, Role: "admin", Invite: true})
				return err
			},
		} {
			email := name + "@example.com"
			id := person(auth.NewUser{Email: email}).ID
			if err := do(email, id); err != nil {
				t.Fatal(name, err)
			}
			if got := told(email); !slices.Equal(got, want) {
				t.Errorf("%s: %q were told, want %q", name, got, want)
			}
			u, err := r.auth.UserByEmail(t.Context(), email)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := r.auth.SetRole(t.Context(), by, u.ID, "user,admin"); err != nil { // is one already
				t.Fatal(err)
			}
			if _, err := r.auth.SetRole(t.Context(), by, u.ID, "user"); err != nil {
				t.Fatal(err)
			}
			if got := told(email); !slices.Equal(got, want) {
				t.Errorf("%s: told again: %q", name, got)
			}
		}
		name := "Dave"
		if _, err := r.auth.ChangeUser(t.Context(), by, plain.ID,
			auth.UserChanges{Profile: auth.Profile{Name: &name}}); err != nil {
			t.Fatal(err)
		}
		if _, err := r.auth.CreateUser(t.Context(), authtest.SessionOf(t, r.auth, db, plain),
			auth.NewUser{Name: "Eve", Email: "eve@example.com", Role: "admin"}); err == nil {
			t.Error("a user made an admin")
		}
		if got := append(told("dave@example.com"), told("eve@example.com")...); len(got) != 0 {
			t.Errorf("%q were told of nothing", got)
		}
	})
}

// TestUndoEndsWithTheAccount: a ban and a deletion leave no link by which the old address opens the account again.
func TestUndoEndsWithTheAccount(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r, box := noticing(t, db)
		banned := true
		for way, end := range map[string]func(id string) error{
			"ban": func(id string) error { _, err := r.auth.BanUser(t.Context(), nil, id, "", nil); return err },
			"update": func(id string) error {
				_, err := r.auth.ChangeUser(t.Context(), nil, id, auth.UserChanges{Banned: &banned})
				return err
			},
			"deletion": func(id string) error { return r.auth.RemoveUser(t.Context(), nil, id) }, // part:admin
		} {
			c, id := r.confirmed(way + "@example.com")
			r.moved(c, box, "new-"+way+"@example.com")
			token := undoToken(t, box, way+"@example.com")
			if err := end(id); err != nil {
				t.Fatal(err)
			}
			if err := undo(r, token); codeOf(t, err) != "INVALID_TOKEN" {
				t.Errorf("%s: %v", way, err)
			}
		}
	})
}
