package betterauth_test

import (
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
)

// TestEndpointsRefuse: what is wrong with a body is said before who is asked for, and nothing happens.
func TestEndpointsRefuse(t *testing.T) {
	t.Parallel()
	box := &mailbox{}
	r := sqliteRig(t, auth.Options{Mailer: box})
	id := r.SignUp("ada@example.com")
	r.addUser("bob@example.com")
	ghost, ada := r.browser(), r.Client
	const invalid, stranger = "VALIDATION_ERROR", "UNAUTHORIZED"
	for _, c := range []struct {
		as         *authtest.Client
		path, body string // without a body it is a GET
		status     int
		code       string
	}{
		{ghost, "/update-user", `{"name":5}`, 400, invalid},
		{ghost, "/update-user", `{"name":"x"}`, 401, stranger},
		{ghost, "/update-user", `{"email":"x@example.com"}`, 401, stranger},
		{ghost, "/update-user", `{"role":"admin"}`, 401, stranger},
		{ada, "/update-user", `{"email":"x@example.com"}`, 400, "EMAIL_CAN_NOT_BE_UPDATED"},
		{ada, "/update-user", `{"role":"admin"}`, 400, "FIELD_NOT_ALLOWED"},
		{ada, "/update-user", `{"name":"x","banned":true}`, 400, "FIELD_NOT_ALLOWED"},
		{ada, "/update-user", `{}`, 400, ""},
		{ada, "/update-user", `{"name":null}`, 400, invalid},
		{ada, "/update-user", `{"name":" "}`, 400, invalid},
		{ada, "/update-user", `{"image":5}`, 400, invalid},
		{ada, "/update-user", `{"image":"javascript:alert(1)"}`, 400, invalid},
		{ghost, "/update-session", `{}`, 401, "FAILED_TO_GET_SESSION"},
		{ada, "/update-session", `{}`, 400, ""},
		{ada, "/update-session", `{"impersonatedBy":"x"}`, 400, "FIELD_NOT_ALLOWED"},

		{ghost, "/list-sessions", "", 401, stranger},
		{ghost, "/revoke-session", `{}`, 400, invalid},
		{ghost, "/revoke-session", `{"token":"x"}`, 401, stranger},
		{ghost, "/revoke-sessions", `{}`, 401, stranger},
		{ghost, "/revoke-other-sessions", `{}`, 401, stranger},

		{ghost, "/change-password", `{"currentPassword":"314-159-265"}`, 400, invalid},
		{ghost, "/change-password", `{"currentPassword":"314-159-265","newPassword":"correct-horse-2"}`, 401, stranger},
		{ada, "/change-password", `{"currentPassword":"wrong-horse-1","newPassword":"correct-horse-2"}`, 400,
			"INVALID_PASSWORD"},
		{ada, "/change-password", `{"currentPassword":"314-159-265","newPassword":"short"}`, 400, "PASSWORD_TOO_SHORT"},
		{ada, "/change-password", `{"currentPassword":"314-159-265","newPassword":"` + strings.Repeat("x", 129) + `"}`,
			400, "PASSWORD_TOO_LONG"},
		{ada, "/change-password", `{"currentPassword":"314-159-265","newPassword":"correct-horse-2","revokeOtherSessions":"yes"}`, 400, invalid},
		{ghost, "/verify-password", `{"password":1}`, 400, invalid},
		{ghost, "/verify-password", `{"password":"314-159-265"}`, 401, stranger},
		{ada, "/verify-password", `{"password":"wrong-horse-1"}`, 400, "INVALID_PASSWORD"},

		{ghost, "/change-email", `{}`, 400, invalid},
		{ghost, "/change-email", `{"newEmail":"x"}`, 400, invalid},
		{ghost, "/change-email", `{"newEmail":"new@example.com"}`, 401, stranger},
		{ghost, "/change-email", `{"newEmail":"new@example.com","callbackURL":"//evil.example"}`, 403,
			"INVALID_CALLBACK_URL"},
		{ada, "/change-email", `{"newEmail":"ADA@example.com"}`, 400, ""},
		{ghost, "/send-verification-email", `{}`, 400, invalid},
		{ghost, "/send-verification-email", `{"email":"x"}`, 400, invalid},
		{ada, "/send-verification-email", `{"email":"bob@example.com"}`, 400, "EMAIL_MISMATCH"},
		{ghost, "/verify-email", "", 400, invalid},
		{ghost, "/verify-email?token=x", "", 401, "INVALID_TOKEN"},
		{ghost, "/verify-email?token=x&token=y", "", 400, invalid},
		{ghost, "/verify-email?token=x&callbackURL=%2F%2Fevil.example", "", 403, "INVALID_CALLBACK_URL"},

		{ghost, "/request-password-reset", `{}`, 400, invalid},
		{ghost, "/request-password-reset", `{"email":"x"}`, 400, invalid},
		{ghost, "/request-password-reset", `{"email":"ada@example.com","redirectTo":"https://evil.example"}`, 403,
			"INVALID_REDIRECT_URL"},
		{ghost, "/request-password-reset", `{"email":"ada@example.com","redirectTo":5}`, 400, ""},
		{ghost, "/reset-password/x", "", 400, invalid},
		{ghost, "/reset-password/x?callbackURL=https://evil.example", "", 403, "INVALID_CALLBACK_URL"},
		{ghost, "/reset-password", `{"token":"x"}`, 400, invalid},
		{ghost, "/reset-password", `{"token":1,"newPassword":"correct-horse-2"}`, 400, invalid},
		{ghost, "/reset-password", `{"newPassword":"correct-horse-2"}`, 400, "INVALID_TOKEN"},
		{ghost, "/reset-password?token=x", `{"newPassword":"correct-horse-2"}`, 400, "INVALID_TOKEN"},

		{ghost, "/delete-user", `{"password":1}`, 400, invalid},
		{ghost, "/delete-user", `{"token":["x"]}`, 400, invalid},
		{ghost, "/delete-user", `{}`, 401, stranger},
		{ada, "/delete-user", `{"password":"wrong-horse-1"}`, 400, "INVALID_PASSWORD"},
		{ada, "/delete-user", `{"token":"x"}`, 404, "INVALID_TOKEN"},
		{ghost, "/delete-user/callback", "", 400, invalid},
		{ghost, "/delete-user/callback?token=x", "", 404, "FAILED_TO_GET_USER_INFO"},
		{ada, "/delete-user/callback?token=x", "", 404, "INVALID_TOKEN"},

		{ghost, "/list-accounts", "", 401, stranger},
		{ghost, "/unlink-account", `{}`, 400, invalid},
		{ghost, "/unlink-account", `{"accountId":"x"}`, 401, stranger},
		{ada, "/unlink-account", `{"accountId":"` + id + `"}`, 400, "FAILED_TO_UNLINK_LAST_ACCOUNT"},
		{ghost, "/sign-in/social", `{}`, 400, invalid},
		{ghost, "/sign-in/social", `{"provider":"github"}`, 404, "PROVIDER_NOT_FOUND"},
		{ghost, "/link-social", `{"provider":"github"}`, 404, "PROVIDER_NOT_FOUND"},
		{ghost, "/get-access-token", `{}`, 400, "PROVIDER_NOT_SUPPORTED"},
		{ghost, "/refresh-token", `{}`, 400, "PROVIDER_NOT_SUPPORTED"},
		{ghost, "/account-info", "", 400, "PROVIDER_NOT_SUPPORTED"},
	} {
		t.Run(strings.TrimPrefix(c.path, "/")+" "+c.body, func(t *testing.T) {
			if c.body == "" {
				wantCode(t, c.as.Get("/api/auth"+c.path), c.status, c.code)
			} else {
				wantCode(t, post(c.as, c.path, c.body), c.status, c.code)
			}
		})
	}
	u, err := r.auth.User(t.Context(), id)
	if err != nil || u.Name != "Test Person" || u.Email != "ada@example.com" || u.Role != "user" || u.Banned ||
		u.Image != nil || !u.UpdatedAt.Equal(u.CreatedAt) {
		t.Errorf("after refusals: %+v, %v", u, err)
	}
	if users, sessions, links := r.count(&auth.User{}), r.count(&auth.Session{}),
		r.count(&auth.Verification{}); users != 2 || sessions != 1 || links != 0 || len(box.all()) != 0 {
		t.Errorf("after refusals: %d users, %d sessions, %d links, mails %v", users, sessions, links, box.all())
	}
	r.browser().SignIn("ada@example.com", authtest.Password)
}

// TestDeadEndsLeadHome: links that have nowhere to go end on the front page, and carry no text of their maker's.
func TestDeadEndsLeadHome(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	for path, want := range map[string]string{
		"/error?error=INVALID_TOKEN":                       "/?error=INVALID_TOKEN",
		"/error":                                           "/?error=UNKNOWN",
		"/error?error=<script>":                            "/?error=UNKNOWN",
		"/error?error=a&error=b":                           "/?error=UNKNOWN",
		"/error?error=%0d%0aSet-Cookie:x":                  "/?error=UNKNOWN",
		"/callback/github?code=x":                          "/api/auth/error?error=state_mismatch",
		"/reset-password/x?callbackURL=":                   "/api/auth/error?error=INVALID_TOKEN",
		"/reset-password/x?callbackURL=/reset%23top":       home + "/reset?error=INVALID_TOKEN#top",
		"/reset-password/x?callbackURL=" + home + "/a?b=c": home + "/a?b=c&error=INVALID_TOKEN",
		"/verify-email?token=x&callbackURL=/done%3Fa=b":    "/done?a=b&error=INVALID_TOKEN",
		"/verify-email?token=&callbackURL=" + home + "/x":  home + "/x?error=INVALID_TOKEN",
	} {
		if got := r.Get("/api/auth" + path); got.StatusCode != 302 || got.Header.Get("Location") != want || got.Text != "" {
			t.Errorf("%s: %d to %q, want %q", path, got.StatusCode, got.Header.Get("Location"), want)
		}
	}
}

// TestUpdateUser: the change is in every copy at once, and the cookies keep their life.
func TestUpdateUser(t *testing.T) {
	t.Parallel()
	for remember, life := range map[string]string{"true": "Max-Age=60479", "false": ""} {
		r := sqliteRig(t, auth.Options{})
		post(r.Client, "/sign-up/email", `{"name":"Ada","email":"ada@example.com","password":"314-159-265","rememberMe":`+
			remember+`}`)
		other := r.browser()
		other.SignIn("ada@example.com", authtest.Password)
		r.wantWho("the other's cache", other, "ada@example.com")
		for _, c := range []struct{ body, want string }{
			{`{"name":"Ada L.","image":"https://a.example/x.png"}`,
				`"name":"Ada L.","email":"ada@example.com","emailVerified":false,"image":"https://a.example/x.png"`},
			{`{"name":"Ada","id":"x","emailVerified":true}`,
				`"name":"Ada","email":"ada@example.com","emailVerified":false,"image":"https://a.example/x.png"`},
			{`{"image":null}`, `"name":"Ada","email":"ada@example.com","emailVerified":false,"image":null`},
		} {
			r.clock.advance(time.Second)
			res := post(r.Client, "/update-user", c.body)
			sent := strings.Join(res.Header["Set-Cookie"], "\n")
			if res.StatusCode != 200 || res.Text != `{"status":true}` ||
				!contains(sent, tokenCookie+"=", cacheCookie+"=", life) || life == "" && strings.Contains(sent, "Max-Age") {
				t.Errorf("%s: %d %s %s", c.body, res.StatusCode, res.Text, sent)
			}
			for _, browser := range []*authtest.Client{r.Client, other} {
				if got := browser.Get("/api/auth/get-session").Text; !strings.Contains(got, c.want) {
					t.Errorf("%s: %s", c.body, got)
				}
			}
		}
	}
}

// TestRevocationEndpoints: one's own sessions by their handles, nobody else's.
func TestRevocationEndpoints(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	r.SignUp("ada@example.com")
	bob := r.browser()
	bob.SignUp("bob@example.com")
	handle := func(c *authtest.Client) string {
		var v struct{ Session struct{ Token string } }
		decode(t, c.Get("/api/auth/get-session").Text, &v)
		return v.Session.Token
	}
	for _, c := range []struct {
		name, path     string
		body           func(mine, second string) string
		self, two, new string // who is signed in afterwards
	}{
		{"another's", "/revoke-session", func(_, _ string) string { return `{"token":"` + handle(bob) + `"}` }, "ada",
			"ada", "ada"},
		{"an unknown one", "/revoke-session", func(_, _ string) string { return `{"token":"x"}` }, "ada", "ada", "ada"},
		{"one of two", "/revoke-session", func(_, second string) string { return `{"token":"` + second + `"}` },
			"ada", "", "ada"},
		{"one's own", "/revoke-session", func(mine, _ string) string { return `{"token":"` + mine + `"}` }, "", "ada", "ada"},
		{"the others", "/revoke-other-sessions", func(_, _ string) string { return `{}` }, "ada", "", ""},
		{"all", "/revoke-sessions", func(_, _ string) string { return `{}` }, "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r.t = t
			var at [3]*authtest.Client
			for i := range at {
				at[i] = r.browser()
				at[i].SignIn("ada@example.com", authtest.Password)
				r.wantWho("before", at[i], "ada@example.com") // and cached
			}
			res := post(at[0], c.path, c.body(handle(at[0]), handle(at[1])))
			if res.StatusCode != 200 || res.Text != `{"status":true}` || (len(at[0].Cookies()) == 0) != (c.self == "") {
				t.Errorf("%d %s, cookies %v", res.StatusCode, res.Text, at[0].Cookies())
			}
			for i, want := range []string{c.self, c.two, c.new} {
				if want != "" {
					want += "@example.com"
				}
				r.wantWho("afterwards", at[i], want)
			}
			r.wantWho("somebody else", bob, "bob@example.com")
		})
	}
}
