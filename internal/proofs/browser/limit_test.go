package browser

import (
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/ratelimit"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"gorm.io/gorm"
)

// TestTooManyTries: who guesses too often is told how long to wait, where the focus is; the address stays typed, and
// after the wait the right password gets in. All of it by keyboard on a phone's screen.
func TestTooManyTries(t *testing.T) {
	t.Parallel()
	var s *site
	s = newSite(t, func(o *auth.Options, db *gorm.DB) {
		o.RateLimit.Limiter = ratelimit.New(db, func() time.Time { return s.now() })
	})
	s.addUser(t, "Ada Lovelace", "ada@example.com", "")
	b := newTab(t, s.URL)
	b.expect("status of 422")
	b.expect("status of 429")
	b.do(chromedp.EmulateViewport(375, 812))
	b.open("/login")
	b.wantFocus("#email")
	b.press("ada@example.com")
	for try := 0; !strings.Contains(b.text("[data-summary]"), "Too many tries"); try++ {
		if try == 10 {
			t.Fatal("guessing has no end")
		}
		was := s.count("POST /login")
		b.tabTo("#password")
		b.press("not-the-password", kb.Enter)
		b.wait(summaryFocused + ` && document.querySelector("#password").value === ""`)
		if s.count("POST /login") != was+1 {
			t.Fatal("one Enter is not one try")
		}
	}
	b.wantText("[data-summary]", "Wait")
	if got := eval[string](b, `document.querySelector("#email").value`); got != "ada@example.com" {
		t.Errorf("e-mail %q", got)
	}
	b.takePictures("too-many-tries")
	s.ahead.Add(int64(time.Minute))
	b.tabTo("#password")
	b.press(authtest.Password)
	b.leave("log in after the wait", typed(kb.Enter))
	b.wantPath("/dashboard")
	b.disableScripts()
	b.open("/?error=TOKEN_EXPIRED")
	b.wantText("main .alert", "This link has expired")
	b.takePictures("home-error")
}
