package betterauth_test

import (
	"net/http"
	"net/url"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/betterauth"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// TestResetPages: with Options.ResetPages, a reset sends its token to no other page. The test changes the redirectTo of
// the request and the callbackURL of the link.
func TestResetPages(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		box := &mailbox{}
		r := newRig(t, db, auth.Options{Mailer: box, TrustedOrigins: []string{"https://spa.example"}},
			betterauth.Options{ResetPages: []string{"/reset-password", "https://spa.example/reset"}})
		r.addUser("ada@example.com")
		ask := func(target string) int {
			return post(r.browser(), "/request-password-reset",
				`{"email":"ada@example.com","redirectTo":"`+target+`"}`).StatusCode
		}
		other := []string{
			"/", "/?utm=x", "/reset-password?utm=x", "/reset-password/", "/reset-password#x", "/x/../reset-password",
			"https://spa.example/",
			"https://spa.example/reset?x=1", "https://spa.example/reset-password", home + "/login", home,
		}
		for _, target := range other {
			wantRefusal(t, post(r.browser(), "/request-password-reset", `{"email":"ada@example.com","redirectTo":"`+target+`"}`),
				403, "INVALID_REDIRECT_URL")
		}
		if len(box.all()) != 0 {
			t.Errorf("mailed %+v", box.all())
		}
		for _, target := range []string{"", "/reset-password", home + "/reset-password", "https://spa.example/reset"} {
			if got := ask(target); got != http.StatusOK {
				t.Errorf("%q: %d", target, got)
			}
		}
		token := linkToken(t, box.all()[3].URL)
		at := "/api/auth/reset-password/" + token + "?callbackURL="
		for _, target := range other {
			wantRefusal(t, r.browser().Get(at+url.QueryEscape(target)), 403, "INVALID_CALLBACK_URL")
		}
		got := r.browser().Get(at + url.QueryEscape("https://spa.example/reset"))
		if got.StatusCode != 302 || got.Header.Get("Location") != "https://spa.example/reset?token="+token ||
			got.Header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%d %v", got.StatusCode, got.Header)
		}
	})
}
