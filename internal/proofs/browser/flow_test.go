package browser

import (
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth/authtest"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// The way of a visitor from the street to the dashboard and out again.
func TestFrontDoor(t *testing.T) {
	s := newSite(t)
	b := newWindow(t, s.URL)

	b.open("/")
	b.leave("follow the sign-up link", chromedp.Click(chromedp.CSS(`#account a[href="/signup"]`)))
	b.wantPath("/signup")
	b.fill("name", "Ada Lovelace", "email", "ada@example.com", "password", authtest.Password)
	b.leave("sign up", submit)
	b.wantPath("/dashboard")
	b.wantText("#account", "Ada Lovelace")
	b.wantText("main", "Hello Ada Lovelace")

	b.open("/dashboard?slow=3s") // time enough for a frame with the skeleton
	b.wait(`framesSeen.includes("panel")`)
	if got := eval[[]string](b, `framesSeen`); !slices.Equal(got, []string{"skeleton", "panel"}) {
		t.Errorf("frames showed %v, want the skeleton and then the panel", got)
	}
	b.wantText(".defer", "This browser")
	b.checkStorage() // before logging out: that empties it anyway

	b.logOut()
	b.wantPath("/login")
	b.back()
	if got := b.path(); !strings.HasPrefix(got, "/login") {
		t.Errorf("Back after logging out leads to %s, want the login page", got)
	}
	b.wantText("h1", "Log in")
	if got := b.fromMemory(); got != nil {
		t.Errorf("Back after logging out takes %v from memory", got)
	}
	if body := b.text("body"); strings.Contains(body, "ada@example.com") || strings.Contains(body, "Ada") {
		t.Errorf("Back after logging out shows private content: %q", body)
	}
}

// TestFrontDoor proves something only if this browser does keep pages in memory.
func TestBackIsFromMemory(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser(t, "Ada Lovelace", "ada@example.com", "user")
	b := newWindow(t, s.URL)
	b.logIn("ada@example.com")
	// Chromium may drop a page from its memory: then it is asked again. A private page from there reloads itself.
	for deadline := time.Now().Add(patience); b.fromMemory() == nil && time.Now().Before(deadline); {
		b.leave("go to the front page", chromedp.Click(chromedp.CSS(".brand")))
		b.back()
		b.wait(`performance.getEntriesByType("navigation")[0].type !== "navigate"`)
		b.settle()
		b.wantPath("/dashboard")
	}
	if got := b.fromMemory(); !slices.Equal(got, []string{"/dashboard"}) {
		t.Errorf("pages from memory: %v, want /dashboard: the back/forward cache is off, and TestFrontDoor proves nothing", got)
	}
}

// The public page is drawn before anyone is looked up; its corner settles by itself.
func TestNavigationSettles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser(t, "Ada Lovelace", "ada@example.com", "user")
	b := newTab(t, s.URL)

	release := s.hold("GET /nav")
	defer release()
	b.open("/")
	if !eval[bool](b, `document.querySelector("#account .skeleton").checkVisibility()`) {
		t.Error("no skeleton in the corner while the visitor is looked up")
	}
	release()
	b.wait(`!document.querySelector("#account .skeleton")`)
	b.wantText("#account", "Log in")

	b.logIn("ada@example.com")
	b.open("/")
	b.wait(`!document.querySelector("#account .skeleton")`)
	b.wantText("#account", "Ada Lovelace")
}

// summaryFocused is true when a form has failed and the focus has moved to what is wrong.
const summaryFocused = `document.activeElement?.matches("[data-summary]")`

// What a failed login by htmx leaves behind.
func TestFailedLogin(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser(t, "Ada Lovelace", "ada@example.com", "user")
	b := newTab(t, s.URL)
	b.expect("status of 422")

	b.open("/login")
	b.fill("email", "ada@example.com", "password", "not-the-password")
	eval[int](b, `window.live = document.querySelector("[role=status]#live:empty"), 0`)
	b.do(submit)
	b.wait(summaryFocused)
	b.wantText("[data-summary]", "That address and password do not belong together.")
	// Screen readers say what changes in an element they have met, not a new element.
	b.wait(`live.isConnected && live.textContent === "There is a problem. That address and password do not belong together."`)
	b.wantPath("/login")
	for script, want := range map[string]string{
		`document.title.slice(0, 6)`:                "Error:",
		`document.getElementById("email").value`:    "ada@example.com",
		`document.getElementById("password").value`: "",
		`document.getElementById("password").type`:  "password",
	} {
		if got := eval[string](b, script); got != want {
			t.Errorf("%s is %q, want %q", script, got, want)
		}
	}
	b.fill("password", authtest.Password)
	b.leave("log in", submit)
	b.wantPath("/dashboard")
}

// TestImpatientEnterPostsOnce: htmx alone queues the second submit and posts twice.
func TestImpatientEnterPostsOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := newTab(t, s.URL)
	b.expect("status of 422")
	b.open("/login")
	b.fill("email", "nobody@example.com", "password", "not-the-password")

	release := s.hold("POST /login") // so that the first is under way when the others come
	defer release()
	b.do(chromedp.KeyEvent(kb.Enter), chromedp.KeyEvent(kb.Enter), chromedp.KeyEvent(kb.Enter))
	release()
	b.wait(`document.querySelector("[data-summary]")`)
	// A queued request would have left before this one.
	eval[int](b, `fetch("/healthz").then((r) => r.status)`)
	if n := s.count("POST /login"); n != 1 {
		t.Errorf("%d posts, want 1", n)
	}
}

// A session that ends while the page is open: the fragment's answer takes the whole page to the door, and from
// there back to where the person was.
func TestSessionEndsUnderAnOpenPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser(t, "Ada Lovelace", "ada@example.com", "user")
	b := newTab(t, s.URL)
	b.expect("status of 401")
	b.logIn("ada@example.com")
	b.open("/dashboard?tab=2")

	s.ahead.Store(int64(8 * 24 * time.Hour))
	request := chromedp.Evaluate[chromedp.Void](`void htmx.ajax("GET", "/dashboard", "main")`)
	b.leave("send an htmx request", request)
	b.wantPath("/login?returnTo=%2Fdashboard%3Ftab%3D2")
	b.wantText("h1", "Log in")
	b.fill("email", "ada@example.com", "password", authtest.Password)
	b.leave("log in", submit)
	b.wantPath("/dashboard?tab=2")
}

// A session that ends before htmx brings a page of the history back: the door knows which page that was.
func TestSessionEndsBeforeHistoryRestore(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser(t, "Ada Lovelace", "ada@example.com", "user")
	b := newTab(t, s.URL)
	b.logIn("ada@example.com")
	b.open("/dashboard?tab=2")
	b.do(chromedp.Evaluate[chromedp.Void](`(() => {
		const link = document.createElement("a");
		for (const [name, value] of [["hx-get", "/nav"], ["hx-push-url", "/dashboard?tab=3"], ["hx-target", "#live"]]) link.setAttribute(name, value);
		document.querySelector("main").before(link);
		htmx.process(link);
		link.click();
	})()`))
	b.wait(`location.search === "?tab=3"`)

	s.ahead.Store(int64(8 * 24 * time.Hour))
	b.leave("go back", chromedp.Evaluate[chromedp.Void](`history.back()`))
	b.wantPath("/login?returnTo=%2Fdashboard%3Ftab%3D2")
	b.fill("email", "ada@example.com", "password", authtest.Password)
	b.leave("log in", submit)
	b.wantPath("/dashboard?tab=2")
}

// Everything works with JavaScript off.
func TestWithoutJavaScript(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := newTab(t, s.URL)
	b.expect("status of 422")
	b.disableScripts()

	b.open("/")
	const skeletons = `[...document.querySelectorAll(".skeleton, .skeletons")].filter((e) => e.checkVisibility()).length`
	if n := eval[int](b, skeletons); n != 0 {
		t.Errorf("%d skeletons that nothing will settle are visible on the home page", n)
	}
	b.leave("follow the only link of the corner", chromedp.Click(chromedp.CSS("#account a")))
	b.wantPath("/login")
	b.fill("email", "ada@example.com", "password", "not-the-password")
	b.leave("fail to log in", submit)
	b.wantText("[data-summary]", "That address and password do not belong together.")
	if !eval[bool](b, summaryFocused) {
		t.Error("the error summary has no focus")
	}

	b.signUp("Ada Lovelace", "ada@example.com")
	b.do(chromedp.Click(chromedp.CSS("#account > button")))
	b.leave("choose the dark theme", chromedp.Click(chromedp.CSS("#account [name=theme][value=dark]")))
	b.wantPath("/dashboard")
	if got := eval[string](b, `getComputedStyle(document.documentElement).colorScheme`); got != "dark" {
		t.Errorf("color scheme %q after choosing dark", got)
	}
	b.open("/dashboard?slow=100ms")
	b.wantText("#account", "Ada Lovelace")
	b.wantText(".defer", "This browser")
	if n := eval[int](b, skeletons); n != 0 {
		t.Errorf("%d skeletons are still visible, want none", n)
	}
	if eval[bool](b, `document.documentElement.hasAttribute("data-js")`) {
		t.Error("scripts ran: this test proves nothing")
	}
	b.logOut()
	b.wantPath("/login")
	b.open("/dashboard")
	b.wantPath("/login")
}

// The alarm every other test relies on: what the policy stops is reported.
func TestViolationsAreSeen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for name, script := range map[string]string{
		"inline script": `(() => { const e = document.createElement("script"); e.append("1"); document.head.append(e); })()`,
		"inline style":  `document.body.setAttribute("style", "color: red")`,
		"text as HTML":  `try { document.body.innerHTML = "<p>" } catch {}`,
		"console error": `console.error("broken")`,
	} {
		t.Run(name, func(t *testing.T) {
			b := newTab(t, s.URL)
			b.open("/login")
			b.do(chromedp.Evaluate[chromedp.Void](script))
			eval[bool](b, nextFrame) // violations are reported after the script
			if len(b.unexpected()) == 0 {
				t.Error("nothing reported")
			}
			b.expect("")
		})
	}
}
