package web_test

import (
	"net/url"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
)

// TestAccountForms lives through an account twice, once by plain forms and once by htmx: a mistake comes back as a page
// or in place of the form, what is right leads on.
func TestAccountForms(t *testing.T) {
	t.Parallel()
	for _, inline := range []bool{false, true} {
		name := "plain"
		if inline {
			name = "by htmx"
		}
		t.Run(name, func(t *testing.T) {
			s := newSiteWith(t, dbtest.Open(t, dbtest.SQLite(t)), auth.Options{RequireEmailVerification: true, Notices: true})
			ada := s.stranger(t)
			post := func(path string, form url.Values) authtest.Answer {
				if inline {
					return ada.PostForm(path, form, s.htmx(path)...)
				}
				return ada.PostForm(path, form)
			}
			step := func(path string, wrong, right url.Values, to string) {
				t.Helper()
				got := post(path, wrong)
				expect(t, got, 422)
				if inline {
					contains(t, got, "<title>Error: ", " autofocus", `<hx-partial hx-target="#live" hx-swap="textContent">`)
					lacks(t, got, "<html", "<main")
				} else {
					contains(t, got, "<html", "<main")
					lacks(t, got, "<hx-partial")
				}
				got = post(path, right)
				if inline {
					expect(t, got, 204, "HX-Redirect", to, "Location", "")
				} else {
					expect(t, got, 303, "Location", to, "HX-Redirect", "")
				}
			}
			token := func(purpose, email string, more ...string) url.Values {
				t.Helper()
				form := url.Values{"token": {tokenOf(t, s.lastMailed(t, purpose, email))}}
				for i := 0; i < len(more); i += 2 {
					form.Set(more[i], more[i+1])
				}
				return form
			}
			const email, password = "ada@example.com", "another-horse-2"
			step("/signup", nil, registration(email, authtest.Password), "/verify-email")
			step("/verify-email/resend", nil, url.Values{"email": {email}}, "/verify-email?done=sent")
			ada = s.stranger(t) // the mail is read elsewhere
			step("/verify-email", token("verify_email", email, "password", "wrong-horse-9"),
				token("verify_email", email, "password", authtest.Password), "/dashboard")
			ada = s.stranger(t)
			step("/forgot-password", nil, url.Values{"email": {email}}, "/forgot-password?done=sent")
			step("/reset-password", token("reset_password", email, "newPassword", "short"),
				token("reset_password", email, "newPassword", password), "/login")
			step("/login", credentials(email, authtest.Password), credentials(email, password), "/dashboard")
			step("/reauth", nil, url.Values{"password": {password}}, "/dashboard")
			step("/settings", nil, url.Values{"name": {"Countess"}}, "/settings")
			step("/settings/security", nil, url.Values{"currentPassword": {password}, "newPassword": {authtest.Password}},
				"/settings/security")
			step("/settings/email", nil, url.Values{"newEmail": {"new@example.com"}}, "/settings")
			step("/verify-email", url.Values{"token": {"x"}}, token("change_email", "new@example.com"),
				"/verify-email?done=changed")
			step("/undo-email", url.Values{"token": {"x"}}, token("email_changed", email), "/login")
			step("/reset-password", url.Values{"token": {"x"}},
				token("reset_password", email, "newPassword", password), "/login")
			step("/login", nil, credentials(email, password), "/dashboard")
			step("/settings/delete", nil, url.Values{"confirm": {email}, "password": {password}}, "/")
		})
	}
}
