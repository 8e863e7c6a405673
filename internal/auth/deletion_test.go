package auth_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/betterauth"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// TestDeletionByMail: the account goes when its owner opens the link where they are signed in, and not otherwise.
func TestDeletionByMail(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		box := &mailbox{}
		r := newRig(t, db, auth.Options{Mailer: box}, betterauth.Options{ConfirmDeletion: true})
		bob := r.browser()
		bob.SignUp("bob@example.com")
		ask := func(c *authtest.Client, body string) string {
			t.Helper()
			got := post(c, "/delete-user", body)
			if got.StatusCode != 200 || !contains(got.Text, `"success":true`, `"message":"Verification email sent"`) {
				t.Fatalf("%d %s", got.StatusCode, got.Text)
			}
			return linkToken(t, box.last())
		}
		const at = "/api/auth/delete-user/callback?token="
		r.SignUp("ada@example.com")
		wantCode(t, post(r.Client, "/delete-user", `{"password":"wrong-horse-1"}`), 400, "INVALID_PASSWORD")
		old := ask(r.Client, `{"password":"`+authtest.Password+`"}`)
		r.clock.advance(day)
		wantCode(t, r.Get(at+old), 404, "INVALID_TOKEN") // it lives for a day
		token := ask(r.Client, `{"callbackURL":"/bye?x=1"}`)
		if m := box.last(); m.Purpose != "delete_account" || m.To != "ada@example.com" ||
			!strings.HasSuffix(m.URL, "&callbackURL="+url.QueryEscape("/bye?x=1")) {
			t.Errorf("mailed %+v", m)
		}
		wantRefusal(t, r.browser().Get(at+token), 404, "FAILED_TO_GET_USER_INFO")
		wantCode(t, bob.Get(at+token), 404, "INVALID_TOKEN")
		wantCode(t, post(bob, "/delete-user", `{"token":"`+token+`"}`), 404, "INVALID_TOKEN")
		wantCode(t, r.Get(at+token+"&callbackURL=https://evil.example"), 403, "INVALID_CALLBACK_URL")
		r.wantWho("so far", r.Client, "ada@example.com")

		thief := r.Copy()
		got := r.Get(strings.TrimPrefix(box.last().URL, home))
		if got.StatusCode != 302 || got.Header.Get("Location") != "/bye?x=1" || len(r.Cookies()) != 0 {
			t.Errorf("%d to %q, cookies %v", got.StatusCode, got.Header.Get("Location"), r.Cookies())
		}
		r.wantWho("a copy of the cookies", thief, "")
		if got := signIn(r.browser(), "ada@example.com"); got.StatusCode != 401 || r.count(&auth.User{}) != 1 ||
			r.count(&auth.Account{}) != 1 || r.count(&auth.Verification{}) != 0 {
			t.Errorf("afterwards: %d %s", got.StatusCode, got.Text)
		}

		// The client may also hand the token back; the last admin may not go either way.
		theirs := ask(bob, `{}`)
		u, err := r.auth.UserByEmail(t.Context(), "bob@example.com")
		if err == nil {
			_, err = r.auth.SetRole(t.Context(), nil, u.ID, "admin")
		}
		if err != nil {
			t.Fatal(err)
		}
		wantCode(t, bob.Get(at+theirs), 400, "LAST_ADMIN")
		r.addUser("root@example.com", "admin")
		if got := post(bob, "/delete-user", `{"token":"`+theirs+`"}`); !contains(got.Text, `"success":true`,
			`"message":"User deleted"`) || len(bob.Cookies()) != 0 || r.count(&auth.User{}) != 1 {
			t.Errorf("%d %s, cookies %v", got.StatusCode, got.Text, bob.Cookies())
		}
	})
}

// TestLinksMayLeadToThePagesOfTheApp: Options.Links says where, for every purpose, and is told where it ends.
func TestLinksMayLeadToThePagesOfTheApp(t *testing.T) {
	t.Parallel()
	type call struct{ purpose, token, callbackURL string }
	var calls []call
	box := &mailbox{}
	r := sqliteRig(t, auth.Options{
		Mailer: box, ConfirmEmailChange: true,
		Links: func(purpose letter.Purpose, token, callbackURL string) string {
			calls = append(calls, call{string(purpose), token, callbackURL})
			return "https://pages.example/" + string(purpose) + "#" + token
		},
	}, betterauth.Options{ConfirmDeletion: true})
	r.SignUp("ada@example.com")
	for _, c := range []struct {
		purpose  string
		ask      func()
		callback string
	}{
		{"verify_email", func() {
			post(r.Client, "/send-verification-email", `{"email":"ada@example.com","callbackURL":"/a?b=c"}`)
		}, "/a?b=c"},
		{"reset_password", func() {
			post(r.browser(), "/request-password-reset", `{"email":"ada@example.com","redirectTo":"/reset"}`)
		}, "/reset"},
		{"delete_account", func() { post(r.Client, "/delete-user", `{}`) }, ""},
		{"change_email", func() { post(r.Client, "/change-email", `{"newEmail":"new@example.com"}`) }, ""},
		{"confirm_email_change", func() {
			r.Get("/api/auth/verify-email?token=" + calls[0].token)
			post(r.Client, "/change-email", `{"newEmail":"newer@example.com","callbackURL":"/d"}`)
		}, "/d"},
	} {
		before := len(calls)
		c.ask()
		if len(calls) != before+1 {
			t.Fatalf("%s: %d links were asked for", c.purpose, len(calls)-before)
		}
		got := calls[before]
		if got.purpose != c.purpose || got.callbackURL != c.callback || len(got.token) != 43 ||
			box.last().URL != "https://pages.example/"+c.purpose+"#"+got.token {
			t.Errorf("%s: asked for %+v, mailed %+v", c.purpose, got, box.last())
		}
	}
	r.clock.advance(30 * time.Minute)
	wantRefusal(t, post(r.browser(), "/reset-password", `{"token":"`+calls[1].token+`","newPassword":"another-horse-2"}`),
		400, "INVALID_TOKEN")
}

// TestAResetGivesAPassword: who has none yet gets an account to sign in with, and is not signed in by the link.
func TestAResetGivesAPassword(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		box := &mailbox{}
		r := newRig(t, db, auth.Options{Mailer: box, RequireEmailVerification: true})
		r.addUser("ada@example.com", "")
		post(r.browser(), "/request-password-reset", `{"email":"ada@example.com"}`)
		token := linkToken(t, box.last())
		if got := post(r.Client, "/reset-password?token="+token,
			`{"newPassword":"another-horse-2"}`); got.Text != `{"status":true}` || len(r.Cookies()) != 0 {
			t.Fatalf("%d %s", got.StatusCode, got.Text)
		}
		r.SignIn("ada@example.com", "another-horse-2") // the mail has proved the address, too
		if n := r.count(&auth.Account{}); n != 1 {
			t.Errorf("%d accounts", n)
		}
	})
}

// TestLinksLeadHomeWhateverTheHost: who asks with another Host gets no say in where the mail leads, nor in who gets
// one.
func TestLinksLeadHomeWhateverTheHost(t *testing.T) {
	t.Parallel()
	box := &mailbox{}
	r := sqliteRig(t, auth.Options{Mailer: box})
	r.addUser("ada@example.com", "")
	var answers []string
	for _, email := range []string{"ada@example.com", "nobody@example.com"} {
		status, text := answered(t, r.auth, "POST", "http://evil.example/api/auth/request-password-reset",
			`{"email":"`+email+`"}`,
			"Content-Type", "application/json", "X-Forwarded-Host", "evil.example", "Forwarded", "host=evil.example")
		answers = append(answers, fmt.Sprint(status, text))
	}
	linkToken(t, box.last()) // which wants it to be ours
	if len(box.all()) != 1 || answers[0] != answers[1] || !strings.HasPrefix(answers[0], "200") {
		t.Errorf("%d mails, answers %v", len(box.all()), answers)
	}
}

// TestChangePasswordAnswers: the caller always gets a new session; the others end where that is asked for.
func TestChangePasswordAnswers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		r.SignUp("ada@example.com")
		other := r.browser()
		other.SignIn("ada@example.com", authtest.Password)
		for _, c := range []struct{ body, others string }{
			{`{"currentPassword":"314-159-265","newPassword":"another-horse-2"}`, "ada@example.com"},
			{`{"currentPassword":"another-horse-2","newPassword":"314-159-265","revokeOtherSessions":true}`, ""},
		} {
			old, token := r.Copy(), value(r.Client, tokenCookie)
			got := post(r.Client, "/change-password", c.body)
			var v struct {
				Token *string
				User  struct{ Email string }
			}
			decode(t, got.Text, &v)
			if got.StatusCode != 200 || (v.Token == nil) != (c.others != "") || v.User.Email != "ada@example.com" ||
				value(r.Client, tokenCookie) == token {
				t.Errorf("%s: %d %s", c.body, got.StatusCode, got.Text)
			}
			if v.Token != nil && !contains(r.Get("/api/auth/get-session").Text, `"token":"`+*v.Token+`"`) {
				t.Errorf("%s is not the session's handle", *v.Token)
			}
			r.wantWho("here", r.Client, "ada@example.com")
			r.wantWho("the session before", old, "")
			r.wantWho("another browser", other, c.others)
		}
	})
}
