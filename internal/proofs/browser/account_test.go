package browser

import (
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/web"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"gorm.io/gorm"
)

// TestAccountLife: forgotten password by the mail of /dev/mail, name, password, another browser thrown out, and the end
// of the account.
func TestAccountLife(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser(t, "Ada Lovelace", "ada@example.com", "")
	other := newTab(t, s.URL)
	other.logIn("ada@example.com")

	b := newTab(t, s.URL)
	b.expect("status of 422")
	b.expect("status of 403")
	b.open("/login")
	b.fill("email", "ada@example.com")
	b.leave("say that it is forgotten", chromedp.Click(chromedp.CSS(`[value="/forgot-password"]`)))
	b.leave("ask for the link", submit)
	b.wantText("main", "on its way")
	b.leave("look for the mail", chromedp.Click(chromedp.CSS(`main a[href="/dev/mail"]`)))
	b.leave("follow the link", chromedp.Click(chromedp.CSS(`a[href*="/reset-password?token="]`)))
	b.fill("newPassword", "short")
	b.do(submit)
	b.wait(summaryFocused)
	b.fill("newPassword", "better-horse-2")
	b.leave("change the password", submit)
	b.wantPath("/login")
	b.wantText("[role=status]", "Log in with the new one")
	other.open("/dashboard")
	other.wantPath("/login")

	for _, tab := range []*tab{b, other} {
		tab.open("/login")
		eval[int](tab, `document.getElementById("email").value = "", 0`) // after a reset the address is there
		tab.fill("email", "ada@example.com", "password", "better-horse-2")
		tab.leave("log in", submit)
		tab.wantPath("/dashboard")
	}
	b.open("/settings")
	b.do(chromedp.SendKeys(chromedp.ID("name"), kb.End+" King"))
	b.leave("save the name", submit)
	b.wantText("#account", "Ada Lovelace King")
	b.wantText("[role=status]", "Saved.")

	b.open("/settings/sessions")
	eval[int](b, `window.region = document.querySelector("#toasts[role=status]:empty"), 0`) // a new page would not have it
	b.do(chromedp.Click(chromedp.CSS("button[formaction]")))
	b.wait(`region.isConnected && region.textContent.includes("That browser is logged out.")`)
	b.wait(`document.activeElement.id === "sessions" && !document.querySelector("main form button")`)
	b.wantText("main", "This browser")
	b.wantPath("/settings/sessions")
	other.open("/dashboard")
	other.wantPath("/login")

	b.open("/settings/security")
	s.ahead.Add(int64(11 * time.Minute))
	b.fill("currentPassword", "better-horse-2", "newPassword", authtest.Password)
	b.leave("change the password too late", submit)
	b.wantText("h1", "Is it you?")
	b.fill("password", "better-horse-2")
	b.leave("prove it", submit)
	b.wantText("main", "New password")
	b.fill("currentPassword", "better-horse-2", "newPassword", authtest.Password)
	b.leave("change the password", submit)
	b.wantText("[role=status]", "Your password is changed")

	b.disableScripts()
	b.open("/settings")
	b.leave("go to the end", chromedp.Click(chromedp.CSS(`a[href="/settings/delete"]`)))
	b.fill("confirm", "ada@example.com", "password", authtest.Password)
	b.leave("delete the account", chromedp.Click(chromedp.CSS("main button.danger")))
	b.wantPath("/")
	b.wantText("[role=status]", "are deleted")
}

// TestMovingAndBack: a change of address by the mail of /dev/mail, and its undoing from the old address, which ends
// the session that made it.
func TestMovingAndBack(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *auth.Options, _ *gorm.DB) { o.Notices = true })
	in := auth.NewUser{Name: "Ada Lovelace", Email: "ada@example.com", Password: authtest.Password, Verified: true}
	if _, err := s.auth.CreateUser(t.Context(), nil, in); err != nil {
		t.Fatal(err)
	}
	b := newWindow(t, s.URL)
	b.logIn("ada@example.com")
	b.open("/settings/email")
	b.fill("newEmail", "new@example.com")
	b.leave("ask for the change", submit)
	b.wantText("[role=status]", "on its way to the new address")
	b.open("/dev/mail")
	b.click("follow the link", `a[href*="/verify-email?token="]`)
	b.wantText("h1", "Change your address")
	b.leave("change it", submit)
	b.open("/settings")
	b.wantText("main", "new@example.com")

	looker := newWindow(t, s.URL)
	looker.open("/dev/mail")
	looker.open(eval[string](looker, `document.querySelector('a[href*="/undo-email?token="]').href.slice(location.origin.length)`))
	looker.takePictures("undo")
	looker.checkRules(requireAxe(t), "undo")

	owner := newWindow(t, s.URL)
	owner.open("/dev/mail")
	owner.click("follow the link that was mailed to the old address", `a[href*="/undo-email?token="]`)
	owner.wantText("main", "ada@example.com")
	owner.leave("undo it", submit)
	owner.wantText("[role=status]", "has its former address")
	b.open("/settings")
	b.wantPath("/login?returnTo=%2Fsettings")
	owner.open("/dev/mail")
	owner.wantText("main", "Choose a new password for "+web.AppName)
}
