package browser

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"github.com/chromedp/chromedp"
	"gorm.io/gorm"
)

var mailedLink = regexp.MustCompile(`href="http://[^/"]+(/[a-z-]+\?token=[A-Za-z0-9_-]+)"`)

// mailed posts a form that asks for a mail to an address and returns path and query of the link in it.
func (s *site) mailed(t *testing.T, path, email string) string {
	t.Helper()
	c := authtest.NewClient(t, s.URL)
	if res := c.PostForm(path, url.Values{"email": {email}}); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d %s", res.StatusCode, res.Text)
	}
	link := mailedLink.FindStringSubmatch(c.Get("/dev/mail").Text) // the newest is the first
	if link == nil {
		t.Fatal("no link was mailed")
	}
	return link[1]
}

func (b *tab) click(what, selector string) {
	b.Helper()
	b.leave(what, chromedp.Click(chromedp.CSS(selector)))
}

// TestMailedLinks: from sign-up through the mail to the dashboard, out again, and back in by a forgotten password.
func TestMailedLinks(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *auth.Options, _ *gorm.DB) { o.RequireEmailVerification = true })
	for _, scripts := range []bool{true, false} {
		name, email := "with scripts", "ada@example.com"
		if !scripts {
			name, email = "without", "grace@example.com"
		}
		t.Run(name, func(t *testing.T) {
			b := newTab(t, s.URL)
			b.expect("status of 422")
			if !scripts {
				b.disableScripts()
			}
			b.open("/signup")
			b.fill("name", "Ada Lovelace", "email", email, "password", authtest.Password)
			b.leave("sign up", submit)
			b.wantPath("/verify-email")
			b.wantText("main", "Check your e-mail")
			b.wantText("main", email)
			b.click("follow the hint to the mail", `main a[href="/dev/mail"]`)
			b.click("follow the link in the mail", "#mails .end")
			if !strings.HasPrefix(b.path(), "/verify-email") { // a script takes the token out of the address
				t.Fatalf("the link leads to %s", b.path())
			}
			b.leave("confirm", submit)
			b.wantPath("/dashboard")
			b.checkStorage()
			b.logOut()

			b.click("forget the password", `form [value="/forgot-password"]`)
			b.wantPath("/forgot-password")
			b.fill("email", email)
			b.leave("ask for a link", submit)
			b.wantPath("/forgot-password?done=sent")
			b.click("follow the hint to the mail", `main a[href="/dev/mail"]`)
			b.click("follow the link in the mail", "#mails .end")
			b.fill("newPassword", "short")
			if scripts {
				b.do(submit)
			} else {
				b.leave("choose a bad password", submit)
			}
			b.wait(summaryFocused)
			b.wantText("[data-summary]", "Use at least 8 characters")
			b.fill("newPassword", "another-horse-2")
			b.leave("choose a good one", submit)
			b.wantPath("/login")
			b.wantText("#toasts", "Your password is set")
			b.fill("password", "another-horse-2") // the address is there
			b.leave("log in", submit)
			b.wantPath("/dashboard")
		})
	}
}
