package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/betterauth"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/web"
	"gorm.io/gorm"
)

// signUpOf sends what better-auth's settings UI sends, with the address of a page in full.
func signUpOf(t *testing.T, s *site, email, callbackURL string) {
	t.Helper()
	body := map[string]string{"name": "", "email": email, "password": authtest.Password, "callbackURL": callbackURL}
	expect(t, s.stranger(t).PostJSON("/api/auth/sign-up/email", body, "Origin", s.Base), 200)
}

// TestAMailedLinkEndsWhereTheClientSaid: a link ends at its callbackURL, on this site, on another trusted origin or in
// a mobile app. The page's policy lets its form lead there and nowhere else.
func TestAMailedLinkEndsWhereTheClientSaid(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		s := newSiteWith(t, db, auth.Options{RequireEmailVerification: true,
			TrustedOrigins: []string{"https://spa.example", "myapp://"}})
		for email, c := range map[string]struct{ callbackURL, end, source string }{
			"a@example.com": {s.Base + "/", "/", ""},
			"b@example.com": {s.Base + "/welcome?a=b", "/welcome?a=b", ""},
			"c@example.com": {"https://spa.example/welcome?a=b#c", "https://spa.example/welcome?a=b#c", " https://spa.example"},
			"d@example.com": {"myapp://home", "myapp://home", " myapp:"},
			"e@example.com": {"", "/dashboard", ""},
		} {
			signUpOf(t, s, email, c.callbackURL)
			link := s.lastMailed(t, "verify_email", email)
			visitor := s.stranger(t)
			page := visitor.Get(link, navigate...)
			expect(t, page, 200)
			policy := "; form-action 'self'" + c.source + ";"
			if got := page.Header.Get("Content-Security-Policy"); !strings.Contains(got, policy) {
				t.Errorf("%s: %s lacks %q", c.callbackURL, got, policy)
			}
			form := fill(t, page, "/verify-email", "password", "not-the-password")
			if got := visitor.PostForm("/verify-email", form); got.StatusCode != 422 ||
				!strings.Contains(got.Header.Get("Content-Security-Policy"), policy) {
				t.Errorf("%s: a wrong password: %d %v", c.callbackURL, got.StatusCode, got.Header)
			}
			form.Set("password", authtest.Password)
			expect(t, visitor.PostForm("/verify-email", form), 303, "Location", c.end)
			expect(t, visitor.Get("/dashboard", navigate...), 200)
		}
	})
}

// TestAMailedLinkEndsAtNoStranger: the callbackURL is that of the link's row. Neither a query nor a field changes it,
// and an origin that is no longer trusted is not used.
func TestAMailedLinkEndsAtNoStranger(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.SQLite(t))
	s := newSiteWith(t, db, auth.Options{RequireEmailVerification: true, TrustedOrigins: []string{"https://spa.example"}})
	signUpOf(t, s, "a@example.com", "https://spa.example/in")
	form := url.Values{
		"token": {tokenOf(t, s.lastMailed(t, "verify_email", "a@example.com"))}, "password": {authtest.Password},
		"returnTo": {"https://evil.example/"}, "callbackURL": {"https://evil.example/"},
	}
	got := s.stranger(t).PostForm("/verify-email?callbackURL=https://evil.example/", form)
	expect(t, got, 303, "Location", "https://spa.example/in")

	signUpOf(t, s, "b@example.com", "https://spa.example/in")
	if err := db.Model(&auth.Verification{}).Where("1 = 1").Update("callback_url",
		"https://evil.example/").Error; err != nil {
		t.Fatal(err)
	}
	form = url.Values{"token": {tokenOf(t, s.lastMailed(t, "verify_email", "b@example.com"))},
		"password": {authtest.Password}}
	expect(t, s.stranger(t).PostForm("/verify-email", form), 303, "Location", "/dashboard")
}

// TestAChangeOfAddressEndsWhereTheClientSaid: the first of two links ends on our page, which announces the second mail.
func TestAChangeOfAddressEndsWhereTheClientSaid(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		s := newSiteWith(t, db, auth.Options{ConfirmEmailChange: true, TrustedOrigins: []string{"https://spa.example"}})
		for email, c := range map[string]struct{ callbackURL, end string }{
			"a@example.com": {"https://spa.example/settings", "https://spa.example/settings"},
			"b@example.com": {s.Base + "/account/settings", "/account/settings"},
			"c@example.com": {"", "/verify-email?done=changed"},
		} {
			ada, id := s.person(t, email)
			if err := db.Model(&auth.User{}).Where("id = ?", id).Update("email_verified", true).Error; err != nil {
				t.Fatal(err)
			}
			ada.Forget("session_data")
			body := map[string]string{"newEmail": "new-" + email, "callbackURL": c.callbackURL}
			expect(t, ada.PostJSON("/api/auth/change-email", body, "Origin", s.Base), 200)
			follow := func(purpose, to, end string) {
				t.Helper()
				page := ada.Get(s.lastMailed(t, purpose, to), navigate...)
				expect(t, page, 200)
				expect(t, ada.PostForm("/verify-email", fill(t, page, "/verify-email")), 303, "Location", end)
			}
			follow("confirm_email_change", email, "/verify-email?done=allowed")
			follow("change_email", "new-"+email, c.end)
		}
	})
}

// TestWireLinks: behind a front that forwards /api/auth alone, every mail that confirms an address leads there.
func TestWireLinks(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		var links func(purpose letter.Purpose, token, callbackURL string) string
		s := newSiteWith(t, db, auth.Options{
			RequireEmailVerification: true, TrustedOrigins: []string{"https://spa.example"},
			Links: func(purpose letter.Purpose, token, callbackURL string) string {
				return links(purpose, token, callbackURL)
			},
		})
		links = web.WireLinks(s.Base, betterauth.Links(s.Base))
		open := func(c *authtest.Client, link, end string) {
			t.Helper()
			if !strings.HasPrefix(link, "/api/auth/") {
				t.Errorf("the mail leads to %s", link)
			}
			expect(t, c.Get(link), http.StatusFound, "Location", end)
		}
		signUpOf(t, s, "ada@example.com", "https://spa.example/welcome")
		open(s.stranger(t), s.lastMailed(t, "verify_email", "ada@example.com"), "https://spa.example/welcome")
		ada := s.stranger(t)
		ada.SignIn("ada@example.com", authtest.Password)
		change := map[string]string{"newEmail": "new@example.com", "callbackURL": s.Base + "/settings"}
		expect(t, ada.PostJSON("/api/auth/change-email", change, "Origin", s.Base), 200)
		open(ada, s.lastMailed(t, "change_email", "new@example.com"), s.Base+"/settings")

		reset := map[string]string{"email": "new@example.com", "redirectTo": "https://spa.example/reset"}
		expect(t, s.stranger(t).PostJSON("/api/auth/request-password-reset", reset), 200)
		link := s.lastMailed(t, "reset_password", "new@example.com")
		open(s.stranger(t), link, "https://spa.example/reset?token="+strings.Split(strings.Split(link, "/")[4], "?")[0])

		// Where no page of the client's is named there is none to lead to but ours.
		expect(t, s.stranger(t).PostJSON("/api/auth/request-password-reset",
			map[string]string{"email": "new@example.com"}), 200)
		if link := s.lastMailed(t, "reset_password", "new@example.com"); !strings.HasPrefix(link, "/reset-password?token=") {
			t.Error(link)
		}
	})
}
