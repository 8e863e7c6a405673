package browser

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"example.com/foyer/internal/auth/authtest"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// The whole way of a visitor with no mouse: nothing here clicks.
func TestByKeyboard(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := newTab(t, s.URL)
	b.expect("status of 422")

	b.open("/")
	b.wait(`!document.querySelector("#account .skeleton")`)
	b.tabTo(".skip")
	b.press(kb.Enter)
	b.awaitFocus("main")
	b.tabTo(`a[href="/login"]`)
	b.leave("follow the login link", typed(kb.Enter))
	b.wantPath("/login")
	b.wantFocus("#email")
	b.press("ada@example.com")
	b.tabTo(`[value="/signup"]`)
	b.leave("go to the sign-up page", typed(kb.Enter))
	b.wantPath("/signup")

	b.wantFocus("#name") // the address is there
	b.press("Ada Lovelace")
	b.tabTo("#password")
	b.press(authtest.Password)
	b.leave("sign up", typed(kb.Enter))
	b.wantPath("/dashboard")
	b.wantText("main", "Hello Ada Lovelace")

	const menuOpen = `document.querySelector("#account-menu").matches(":popover-open")`
	b.tabTo("#account > button")
	b.press(" ")
	b.wait(menuOpen)
	b.tabTo(`[name=theme][value=""]`)
	b.press(kb.Escape)
	b.wait("!" + menuOpen)
	b.wantFocus("#account > button")
	b.press(kb.Enter)
	b.wait(menuOpen)
	b.tabTo(`[name=theme][value=dark]`)
	b.leave("choose the dark theme", typed(" "))
	b.wantPath("/dashboard")
	if got := eval[string](b, `document.documentElement.dataset.theme ?? ""`); got != "dark" {
		t.Errorf("theme %q, want dark", got)
	}
	b.tabTo("#account > button")
	b.press(kb.Enter)
	b.wait(menuOpen)
	b.tabTo(`form[action="/logout"] button`)
	b.leave("log out", typed(kb.Enter))
	b.wantPath("/login")

	b.wantFocus("#email")
	b.press("ada@example")
	b.tabTo("#password")
	b.press("not-the-password", kb.Enter)
	b.wait(summaryFocused)
	b.tabTo(`[data-summary] a`)
	b.press(kb.Enter)
	b.awaitFocus("#email")
	b.press(kb.End, ".com")
	b.tabTo("#password")
	b.press(authtest.Password)
	b.tabTo("[data-reveal]")
	b.press(" ")
	b.wait(`document.getElementById("password").type === "text"`)
	b.tabTo("[name=remember]")
	b.press(" ")
	b.tabTo("form .primary")
	b.leave("log in", typed(kb.Enter))
	b.wantPath("/dashboard")
}

// A dialog takes the focus, keeps it and gives it back.
func TestDialogByKeyboard(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := newTab(t, s.URL)
	b.open("/dev/components")
	b.do(chromedp.Focus(chromedp.CSS("#g-question")))
	b.press(kb.Enter)
	b.wait(`document.querySelector("dialog").matches(":modal")`)
	for range 5 {
		b.press(kb.Tab)
		if !eval[bool](b, `document.activeElement === document.body || document.querySelector("dialog").contains(document.activeElement)`) {
			t.Fatal("the focus leaves an open dialog: ", b.focused())
		}
	}
	b.press(kb.Escape)
	b.wait(`!document.querySelector("dialog").open`)
	b.wantFocus("#g-question")
}

// nextStop is kept by the page before a Tab: the first place in the document after the one that has the focus.
const nextStop = `window.nextStop = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")]
	.filter((e) => e.tabIndex >= 0 && !e.disabled && e.type !== "hidden" && e.checkVisibility())
	.find((e) => document.activeElement === document.body || document.activeElement.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING), 0`

// badStop says what is wrong with the place that has the focus after a Tab.
const badStop = `(() => {
	const e = document.activeElement, box = e.getClientRects()[0], style = getComputedStyle(e);
	if (e !== window.nextStop) return "not the next in the document, which is " + window.nextStop?.outerHTML.slice(0, 120);
	if (e.tabIndex > 0) return "a positive tabindex";
	if (!box || box.width < 1 || box.height < 1) return "nothing to see";
	if (box.top < 0 || box.left < 0 || box.top >= innerHeight || box.left >= innerWidth) return "outside the window";
	const top = document.elementFromPoint(box.left + box.width / 2, Math.min(box.top + box.height / 2, innerHeight - 1));
	if (!e.contains(top)) return "covered by " + top?.outerHTML.slice(0, 120);
	if (!e.matches("[data-summary], h1, main") && (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2)) return "no outline";
	return "";
})()`

// tabTo presses Tab until an element has the focus. Every place on the way must be the next of the document,
// visible, and marked as having the focus.
func (b *tab) tabTo(selector string) {
	b.Helper()
	b.wait(`!document.querySelector(".htmx-added")`) // browsers focus what has autofocus, and htmx does again a moment later
	for range 30 {
		eval[int](b, nextStop)
		b.press(kb.Tab)
		if problem := eval[string](b, badStop); problem != "" {
			b.Fatalf("on the way to %s, Tab leads to %s: %s", selector, b.focused(), problem)
		}
		if b.hasFocus(selector) {
			return
		}
	}
	b.Fatalf("Tab does not lead to %s, but to %s", selector, b.focused())
}

// press presses keys: kb's named ones, or the letters of a text.
func (b *tab) press(presses ...string) {
	b.Helper()
	for _, keys := range presses {
		run(b, fmt.Sprintf("press %q", keys), typed(keys))
	}
}

// typed is chromedp.KeyEvent with raw key-down events, as a keyboard sends them: after the others, Enter on a link
// to a field would also be typed into that field, and submit its form.
func typed(keys string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for _, r := range keys {
			for _, k := range kb.Encode(r) {
				if k.Type == input.DispatchKeyEventTypeKeyDown {
					k.Type = input.DispatchKeyEventTypeRawKeyDown
				}
				if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, *k); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func (b *tab) hasFocus(selector string) bool {
	b.Helper()
	return eval[bool](b, fmt.Sprintf(`document.activeElement.matches(%q)`, selector))
}

func (b *tab) wantFocus(selector string) {
	b.Helper()
	if !b.hasFocus(selector) {
		b.Fatalf("%s has the focus, want %s", b.focused(), selector)
	}
}

// awaitFocus waits until a link to an element of the page has led there.
func (b *tab) awaitFocus(selector string) {
	b.Helper()
	b.wait(fmt.Sprintf(`document.activeElement.matches(%q)`, selector))
}

// focused is the start of the element that has the focus, for a failure's message.
func (b *tab) focused() string {
	b.Helper()
	return strings.TrimSpace(eval[string](b, `document.activeElement.outerHTML.slice(0, 120)`))
}
