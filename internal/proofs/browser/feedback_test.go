package browser

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// moved adds up the layout shifts of the page.
const moved = `window.moved = 0; new PerformanceObserver((list) => list.getEntries().forEach((e) => { moved += e.value; }))
	.observe({ type: "layout-shift", buffered: true }); 0`

// TestToast: the message of the last page has the focus, moves nothing, is closed by a button, hides behind no dialog,
// and is there without scripts.
func TestToast(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser(t, "Ada Lovelace", "ada@example.com", "")
	b := newTab(t, s.URL)
	b.logIn("ada@example.com")
	save := func() {
		t.Helper()
		b.open("/settings")
		b.leave("save", submit)
		b.wantFocus("#toasts")
		b.wantText(".toast", "Saved.")
	}
	save()
	eval[int](b, moved)
	if y := eval[float64](b, `scrollY + moved`); y != 0 {
		t.Errorf("the toast moves or scrolls the page by %f", y)
	}
	eval[int](b, `const dialog = document.createElement("dialog"); document.body.append(dialog); dialog.showModal(), 0`)
	if eval[bool](b, `document.querySelector(".toast").checkVisibility({ visibilityProperty: true })`) {
		t.Error("the toast lies behind a dialog")
	}
	eval[int](b, `document.querySelector("body > dialog").remove(), 0`)
	b.do(chromedp.Focus(chromedp.CSS(".toast button")))
	b.press(kb.Enter)
	b.wait(`!document.querySelector(".toast")`)
	b.wantFocus("#main")
	b.open("/settings/sessions")
	if eval[bool](b, `!!document.querySelector(".toast")`) {
		t.Error("it is said twice")
	}
	b.disableScripts()
	save()
	if eval[bool](b, `document.querySelector(".toast button").checkVisibility()`) {
		t.Error("there is a button that does nothing")
	}
}

// TestProgress: after 150 ms a bar says that the app works, and a wheel which button. Nothing turns where motion is
// reduced, and the button is still marked.
func TestProgress(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser(t, "Ada Lovelace", "ada@example.com", "")
	b := newTab(t, s.URL)
	b.logIn("ada@example.com")
	const (
		animations = `document.getAnimations().filter((a) => a.effect.pseudoElement).map((a) => a.animationName).sort().join()`
		delays     = `document.getAnimations().every((a) => !/busy|progress/.test(a.animationName) || a.effect.getTiming().delay === 150)`
		button     = `document.querySelector("main form .primary")`
	)
	for _, c := range []struct{ motion, want string }{{"no-preference", "busy,progress,turn"}, {"reduce", ""}} {
		if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: c.motion}}}); err != nil {
			t.Fatal(err)
		}
		release := s.hold("POST /settings")
		b.open("/settings")
		width := eval[float64](b, button+`.offsetWidth`)
		b.do(submit)
		b.wait(button + `.disabled`)
		if got := eval[string](b, animations); got != c.want {
			t.Errorf("%s: %q moves, want %q", c.motion, got, c.want)
		}
		if !eval[bool](b, delays) {
			t.Errorf("%s: it begins at another time than after 150 ms", c.motion)
		}
		if got := eval[float64](b, button+`.offsetWidth`); got != width {
			t.Errorf("%s: the busy button is %f wide and was %f", c.motion, got, width)
		}
		if c.want != "" {
			b.wait(`parseFloat(getComputedStyle(document.body, "::before").inlineSize) > 100`)
		}
		release()
		b.wait(`document.querySelector(".toast")`)
		b.settle()
		if got := eval[string](b, `getComputedStyle(document.body, "::before").content`); got != "none" {
			t.Errorf("%s: the bar stays: %s", c.motion, got)
		}
	}
}
