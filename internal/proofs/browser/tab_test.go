package browser

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long one step of a test may take: a guard against a hang, not a measure.
const patience = time.Minute

// onNewDocument runs in every page before its own scripts. It reports policy violations, tells that a page came
// back from the browser's memory, and keeps what each frame showed of a deferred panel.
const onNewDocument = `
addEventListener("securitypolicyviolation", (e) => console.error("policy violation: " + e.violatedDirective + " " + e.blockedURI + " " + e.sample));
addEventListener("pageshow", (e) => { if (e.persisted) console.info("restored " + location.pathname); });
window.framesSeen = [];
(function watch() {
	const skeleton = document.querySelector(".defer > .skeletons"), panel = document.querySelector(".defer > .skeletons + *");
	const shown = [skeleton?.checkVisibility() && "skeleton", panel?.checkVisibility() && "panel"].filter(Boolean).join("+");
	if (shown && framesSeen.at(-1) !== shown) framesSeen.push(shown);
	requestAnimationFrame(watch);
})();
`

// nextFrame as a script is true after everything queued before it.
const nextFrame = `new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(true))))`

// tab is one page of one person: its cookies are its own, and those of tabs beside it. When the test ends nothing may
// have gone wrong in it that the test did not announce, and script storage must be empty.
type tab struct {
	*testing.T
	ctx  context.Context
	base string // the app's origin

	noScripts bool

	mu       sync.Mutex
	problems []string // exceptions, console errors and warnings, policy violations, refused requests
	restored []string // paths of pages that came back from the browser's memory
	expected []string // parts of problems that the test brings about
}

// newTab opens a tab without cookies for the app at base.
func newTab(t *testing.T, base string) *tab {
	t.Helper()
	return openTab(t, base, required(t, shell), chromedp.WithNewBrowserContext())
}

// newWindow opens such a tab in the browser that people use, for what its memory of pages shows.
func newWindow(t *testing.T, base string) *tab {
	t.Helper()
	return openTab(t, base, required(t, desktop), chromedp.WithNewBrowserContext())
}

// beside opens another tab of the same person: its cookies are those of b.
func (b *tab) beside() *tab {
	b.Helper()
	return openTab(b.T, b.base, b.ctx)
}

func openTab(t *testing.T, base string, parent context.Context, options ...chromedp.ContextOption) *tab {
	t.Helper()
	b := &tab{T: t, base: base}
	// Chromium's complaint where, on a busy machine, a page is left before its transition begins: it goes without one.
	b.expect("Transition was aborted because of invalid state")
	ctx, cancel := chromedp.NewContext(parent, append(options, chromedp.WithListener(b.listen))...)
	b.ctx = ctx
	t.Cleanup(cancel)
	t.Cleanup(b.checkQuiet)
	if err := chromedp.Do(ctx); err != nil { // with no timeout: it binds the life of the tab
		t.Fatal(err)
	}
	b.everyPage(onNewDocument)
	return b
}

// everyPage makes a script run in every page of the tab from now on, before the page's own.
func (b *tab) everyPage(script string) {
	b.Helper()
	if _, err := chromedp.Call(b.ctx, page.AddScriptToEvaluateOnNewDocument,
		page.AddScriptToEvaluateOnNewDocumentParams{Source: script}); err != nil {
		b.Fatal(err)
	}
}

// do carries out actions, each with a time limit.
func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	for i, action := range actions {
		run(b, fmt.Sprintf("action %d", i+1), action)
	}
}

func run[T any](b *tab, what string, action chromedp.Action[T]) T {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, action)
	if err != nil {
		b.Fatalf("%s on %s: %v%s", what, b.where(), err, strings.Join(append([]string{""}, b.unexpected()...), "\n\t"))
	}
	return v
}

// where is the address for a failure's message.
func (b *tab) where() string {
	ctx, cancel := context.WithTimeout(b.ctx, time.Second)
	defer cancel()
	address, err := chromedp.Run(ctx, chromedp.Location())
	if err != nil {
		return "a page that does not answer"
	}
	return address
}

// eval gives the value of a script expression; a promise is awaited.
func eval[T any](b *tab, script string) T {
	b.Helper()
	return run(b, script, chromedp.Evaluate[T](script, func(p *runtime.EvaluateParams) { p.AwaitPromise = new(true) }))
}

// wait returns when a script expression has become true, looked at in every frame, and htmx has ended its swap, whose
// last steps are the focus and the title. A page that is replaced meanwhile is no failure: the next one is asked. An
// expression that throws is none, either: the page may still be loading, and the element that it reads comes later.
func (b *tab) wait(script string) {
	b.Helper()
	script = `!document.querySelector(".htmx-added") && (` + script + `)`
	truth := "(() => { try { return !!(" + script + ") } catch { return false } })()"
	ask := chromedp.Poll[bool](truth, chromedp.WithPollingTimeout(patience))
	if b.noScripts { // no callbacks run: it is asked again
		ask = chromedp.Evaluate[bool](truth)
	}
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	for {
		is, err := chromedp.Run(ctx, ask)
		if is && err == nil {
			return
		}
		if ctx.Err() != nil || err != nil && !strings.Contains(err.Error(), "-32000") {
			b.Fatalf("wait for %s on %s: %v", script, b.where(), err)
		}
	}
}

// open goes to an address of the app and waits until it has loaded.
func (b *tab) open(path string) {
	b.Helper()
	run(b, "open "+path, chromedp.Navigate(b.base+path))
	b.settle()
}

// loaded is true from the load event of a page on.
const loaded = `document.readyState === "complete"`

// leave carries out an action that leads to another page and waits until that has loaded. The page that is left has
// loaded before, so that its own load event is not taken for the other's.
func (b *tab) leave(what string, action chromedp.Action[chromedp.Void]) {
	b.Helper()
	b.wait(loaded)
	run(b, what, chromedp.WaitEvent(page.LoadEventFired, nil, action))
	b.settle()
}

// settle waits until the page is loaded and painted, and its view transition is over: what moves cannot be clicked.
func (b *tab) settle() {
	b.Helper()
	b.wait(loaded + ` && performance.getEntriesByType("paint").length > 0 && !document.activeViewTransition`)
}

// resize gives the window another size, and waits until the page has it.
func (b *tab) resize(width, height int64) {
	b.Helper()
	b.do(chromedp.EmulateViewport(width, height))
	b.wait(fmt.Sprintf(`innerWidth === %d && innerHeight === %d`, width, height))
}

// back is the browser's Back button. A page from memory fires no load event: the navigation itself is awaited. A
// question to the page that is left meanwhile may find no answer: it is asked again.
func (b *tab) back() {
	b.Helper()
	back := chromedp.Evaluate[chromedp.Void](`history.back()`)
	run(b, "go back", chromedp.WaitEvent(page.FrameNavigated,
		func(e page.EventFrameNavigated) bool { return e.Frame.ParentID == "" }, back))
	for deadline := time.Now().Add(patience); ; {
		ctx, cancel := context.WithTimeout(b.ctx, patience/20)
		done, err := chromedp.Run(ctx, chromedp.Evaluate[bool](loaded))
		cancel()
		if done && err == nil {
			return
		}
		if time.Now().After(deadline) {
			b.Fatalf("%s does not come back: %v", b.where(), err)
		}
	}
}

// path is the address shown, without the origin.
func (b *tab) path() string {
	b.Helper()
	u, err := url.Parse(run(b, "read the address", chromedp.Location()))
	if err != nil {
		b.Fatal(err)
	}
	return u.RequestURI()
}

func (b *tab) wantPath(want string) {
	b.Helper()
	if got := b.path(); got != want {
		b.Fatalf("address is %s, want %s", got, want)
	}
}

// text is what a person sees of an element.
func (b *tab) text(selector string) string {
	b.Helper()
	return eval[string](b, fmt.Sprintf(`document.querySelector(%q)?.innerText ?? "(no such element)"`, selector))
}

func (b *tab) wantText(selector, want string) {
	b.Helper()
	if got := b.text(selector); !strings.Contains(got, want) {
		b.Errorf("%s shows %q, want %q in it", selector, got, want)
	}
}

// fill types values into fields, given by name and value in turn.
func (b *tab) fill(fields ...string) {
	b.Helper()
	for i := 0; i < len(fields); i += 2 {
		b.do(chromedp.SendKeys(chromedp.ID(fields[i]), fields[i+1]))
	}
}

// disableScripts turns JavaScript off for every page from now on; eval still works.
func (b *tab) disableScripts() {
	b.Helper()
	b.noScripts = true
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled,
		emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		b.Fatal(err)
	}
}
