package browser

import (
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth/authtest"
	"github.com/chromedp/chromedp/kb"
)

// enterOn goes to a link or button with Tab and follows it to the next page with Enter.
func (b *tab) enterOn(selector string) {
	b.Helper()
	b.tabTo(selector)
	b.leave("press Enter on "+selector, typed(kb.Enter))
}

// typeInto goes to a field with Tab and types.
func (b *tab) typeInto(selector, text string) {
	b.Helper()
	b.tabTo(selector)
	b.press(text)
}

// mend waits until a form has failed, follows the first mistake from the summary to its field, and types there.
func (b *tab) mend(field string, presses ...string) {
	b.Helper()
	b.wait(summaryFocused)
	b.tabTo("[data-summary] a")
	b.press(kb.Enter)
	b.awaitFocus(field)
	b.press(presses...)
}

// The life of an account with no mouse: a forgotten password, every page of the settings, and the end.
func TestAccountByKeyboard(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser(t, "Ada Lovelace", "ada@example.com", "")
	authtest.NewClient(t, s.URL).SignIn("ada@example.com", authtest.Password) // another browser
	b := newTab(t, s.URL)
	b.expect("status of 422")
	b.expect("status of 403")

	b.open("/login")
	b.enterOn(`form [value="/forgot-password"]`)
	b.wantFocus("#email")
	b.press("ada@example", kb.Enter)
	b.mend("#email", kb.End, ".com")
	b.enterOn("form .primary")
	b.wantPath("/forgot-password?done=sent")
	b.enterOn(`main a[href="/dev/mail"]`)
	b.enterOn("#mails .end")
	b.wantFocus("#newPassword")
	b.press("short", kb.Enter)
	b.mend("#newPassword", "better-horse-2")
	b.tabTo("[data-reveal]")
	b.press(" ")
	b.wait(`document.getElementById("newPassword").type === "text"`)
	b.enterOn("form .primary")
	b.wantPath("/login")

	b.wantFocus("#password") // the address is there
	b.press("better-horse-2")
	b.leave("log in", typed(kb.Enter))
	b.wantPath("/dashboard")
	authtest.NewClient(t, s.URL).SignIn("ada@example.com", "better-horse-2")
	b.enterOn(`nav a[href="/settings"]`)
	b.typeInto("#name", " King")
	b.enterOn("form .primary")
	b.wantText("#account", "King")

	b.enterOn(`.tabs a[href="/settings/security"]`)
	b.typeInto("#currentPassword", "not-the-password")
	b.typeInto("#newPassword", authtest.Password+kb.Enter)
	b.mend("#currentPassword", "better-horse-2")
	b.typeInto("#newPassword", authtest.Password)
	b.tabTo("[name=others]")
	b.press(" ") // the other browser stays
	b.leave("change the password", typed(kb.Enter))
	b.wantText("[role=status]", "Your password is changed")

	b.enterOn(`.tabs a[href="/settings/sessions"]`)
	b.tabTo("button[formaction]")
	b.press(kb.Enter)
	b.wait(`document.activeElement.id === "sessions"`)
	b.tabTo(".table")

	b.open("/settings/sessions")
	b.enterOn(`.tabs a[href="/settings/appearance"]`)
	b.enterOn(`main [name=theme][value=dark]`)
	b.wantPath("/settings/appearance")

	s.ahead.Add(int64(11 * time.Minute))
	b.enterOn(`.tabs a[href="/settings"]`)
	b.enterOn(`a[href="/settings/email"]`)
	if !strings.HasPrefix(b.path(), "/reauth?") {
		t.Fatalf("the password is not asked for: %s", b.path())
	}
	b.wantFocus("#password")
	b.press("not-the-password", kb.Enter)
	b.mend("#password", authtest.Password)
	b.leave("prove it", typed(kb.Enter))
	b.wantPath("/settings/email")
	b.typeInto("#newEmail", "ada@example.com"+kb.Enter)
	b.mend("#newEmail", kb.Home, "new.")
	b.enterOn("form .primary")
	b.wantText("[role=status]", "on its way to the new address")

	b.enterOn(`a[href="/settings/delete"]`)
	b.typeInto("#confirm", "ada@example")
	b.typeInto("#password", authtest.Password+kb.Enter)
	b.mend("#confirm", kb.End, ".com")
	b.typeInto("#password", authtest.Password)
	b.enterOn("form .danger")
	b.wantPath("/")
	b.wantText("[role=status]", "are deleted")
}
