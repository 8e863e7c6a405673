package browser

import (
	"fmt"
	"testing"

	"example.com/foyer/internal/auth/authtest"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestPasswordComfort: the eye, the warning of caps lock and the verdict while typing. None of them moves anything.
func TestPasswordComfort(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := newTab(t, s.URL)
	b.expect("status of 422")
	b.everyPage(watchShifts)
	for _, width := range []int64{1280, 320} {
		b.do(chromedp.EmulateViewport(width, 800))
		b.open("/signup")
		b.wait(`document.activeElement.id === "name"`)
		b.do(chromedp.Focus(chromedp.ID("password")))
		b.press("zebra")
		b.wait(`document.querySelector("#live").textContent === "Too short: 3 more characters."`)
		b.wantText("#password-verdict", "Too short: 3 more characters.")
		b.press("-7")
		b.wait(`document.querySelector("#live").textContent === "Too short: 1 more character."`)
		b.press("-zebra")
		b.wait(`document.querySelector("#password-verdict .good")?.textContent === "Good password."`)
		eval[int](b, `document.getElementById("password").select(), 0`)
		b.press("password1")
		b.wait(`document.querySelector("#password-verdict").textContent.startsWith("This password is one of")`)
		eval[int](b, `document.getElementById("password").select(), 0`)
		b.press(kb.Backspace)
		b.wait(`document.querySelector("#password-verdict").childElementCount === 0`) // so the rules show again
		for _, shift := range b.shifts() {
			t.Errorf("at %d the verdict moves: %s", width, shift)
		}
	}

	b.tabTo("[data-reveal]")
	b.press(" ")
	b.wait(`document.getElementById("password").type === "text" && document.activeElement.ariaPressed === "true"`)
	b.do(submit)
	b.wait(summaryFocused)
	b.wait(`document.getElementById("password").type === "password" && document.getElementById("password").value === ""`)
}

// TestCapsLock: the warning is there while caps lock is on and the password has the focus. Chromium has no caps lock to
// press, so a script makes the events.
func TestCapsLock(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := newTab(t, s.URL)
	b.everyPage(watchShifts)
	b.do(chromedp.EmulateViewport(320, 640))
	b.open("/login")
	press := func(field string, on bool) {
		t.Helper()
		eval[bool](b, fmt.Sprintf(`document.getElementById(%q).dispatchEvent(new KeyboardEvent("keyup",
			{ bubbles: true, key: "A", modifierCapsLock: %t }))`, field, on))
	}
	const warned = `document.querySelector(".caps").checkVisibility()`
	press("email", true)
	b.wait("!" + warned)
	b.do(chromedp.Focus(chromedp.ID("password")))
	press("password", true)
	b.wait(warned + ` && document.querySelector("#live").textContent === "Caps lock is on"`)
	press("password", false)
	b.wait("!" + warned)
	press("password", true)
	b.wait(warned)
	b.do(chromedp.Focus(chromedp.ID("email")))
	b.wait("!" + warned)
	for _, shift := range b.shifts() {
		t.Errorf("the warning moves: %s", shift)
	}
}

// TestNoBubbles: a form that lacks something is refused in the words of the server. A field that was left wrong is
// marked.
func TestNoBubbles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := newTab(t, s.URL)
	b.expect("status of 422")
	b.open("/login")
	b.press("ada")
	b.tabTo("#password")
	b.wait(`document.getElementById("email").matches(":user-invalid") && !document.getElementById("password").matches(":user-invalid")`)
	b.do(submit)
	b.wait(summaryFocused)
	b.wantText("#email-error", "Enter an e-mail address such as name@example.com.")
	b.wantText("#password-error", "Enter your password.")
	eval[int](b, `document.getElementById("email").value = "", 0`)
	b.do(submit) // the form that replaced the first
	b.wait(summaryFocused)
}

// TestAddressIsCarried: from login to sign-up, to a forgotten password and back, with and without JavaScript.
func TestAddressIsCarried(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser(t, "Ada Lovelace", "ada@example.com", "user")
	for _, scripts := range []bool{true, false} {
		b := newTab(t, s.URL)
		if !scripts {
			b.disableScripts()
		}
		b.open("/login?returnTo=%2Fsettings")
		b.fill("email", "ada@example.com", "password", "half a passw")
		const address = `document.getElementById("email").value`
		for _, to := range []string{"/signup", "/login", "/forgot-password", "/login"} {
			b.leave("go to "+to, chromedp.Click(chromedp.CSS("form [value='"+to+"']")))
			if got := eval[string](b, address); got != "ada@example.com" || eval[bool](b, `location.href.includes("ada")`) {
				t.Errorf("%s at %s has the address %q", to, b.where(), got)
			}
		}
		b.wantFocus("#password")
		b.press(authtest.Password)
		b.leave("log in by Enter, which is no way to another page", typed(kb.Enter))
		b.wantPath("/dashboard")
	}
}
