package browser

import (
	"strings"
	"testing"

	"example.com/foyer/internal/auth"
	"github.com/chromedp/chromedp"
	"gorm.io/gorm"
)

// TestNoSecretInTheAddress: what a mail leads to works, and its secret is neither in the address bar nor in the
// history. So a page that is loaded again has no link, and says so; the link itself still works.
func TestNoSecretInTheAddress(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *auth.Options, _ *gorm.DB) { o.Notices = true })
	s.addUser(t, "Ada Lovelace", "ada@example.com", "user")
	b := newTab(t, s.URL)
	for _, link := range []string{
		s.mailed(t, "/forgot-password", "ada@example.com"), s.mailed(t, "/verify-email/resend", "ada@example.com"),
		s.undoLink(t, "eve@example.com"), s.stopLink(t, "mallory@example.com"),
	} {
		b.open(link)
		path, _, _ := strings.Cut(link, "?")
		b.wantPath(path + "?opened")
		b.leave("load the page again", chromedp.Evaluate[chromedp.Void](`location.reload()`))
		b.wantPath(path + "?opened")
		b.wantText("h1", "Open the link in your mail once more")
		b.open(link)
		b.wait(`document.querySelector("main form [name=token]")`)
	}
	b.leave("stop the change", submit)
	b.wantPath("/forgot-password")
}
