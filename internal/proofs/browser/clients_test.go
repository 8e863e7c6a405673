package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"gorm.io/gorm"
)

// TestConfirmingEndsOnAnotherOrigin: the page's policy lets its form lead to where the client said, scripts or none.
func TestConfirmingEndsOnAnotherOrigin(t *testing.T) {
	t.Parallel()
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "<!doctype html><title>The front</title><link rel=icon href=data:,><p>Welcome")
	}))
	t.Cleanup(front.Close)
	s := newSite(t, func(o *auth.Options, _ *gorm.DB) {
		o.RequireEmailVerification, o.TrustedOrigins = true, []string{front.URL}
	})
	for email, scripts := range map[string]bool{"ada@example.com": true, "grace@example.com": false} {
		t.Run(fmt.Sprint("scripts ", scripts), func(t *testing.T) {
			signUp := map[string]string{
				"name": "Ada", "email": email, "password": authtest.Password, "callbackURL": front.URL + "/welcome",
			}
			if got := authtest.NewClient(t, s.URL).PostJSON("/api/auth/sign-up/email", signUp); got.StatusCode != http.StatusOK {
				t.Fatal(got.Text)
			}
			b := newTab(t, s.URL)
			if !scripts {
				b.disableScripts()
			}
			b.open("/dev/mail")
			b.click("follow the link in the mail", "#mails .end")
			b.fill("password", authtest.Password)
			b.leave("confirm", submit)
			if got, want := eval[string](b, "location.href"), front.URL+"/welcome"; got != want {
				t.Errorf("at %s, want %s", got, want)
			}
		})
	}
}
