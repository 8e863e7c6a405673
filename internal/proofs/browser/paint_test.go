package browser

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// watchShifts keeps what moved without being asked to.
const watchShifts = `
window.shifts = [];
new PerformanceObserver((list) => {
	for (const e of list.getEntries()) shifts.push(e.value + " by " + e.sources.map((s) => s.node?.outerHTML?.slice(0, 100)).join(", "));
}).observe({ type: "layout-shift", buffered: true });
`

// shifts lists what moved since the page began. What the last frame moved is reported after it.
func (b *tab) shifts() []string {
	b.Helper()
	eval[bool](b, nextFrame)
	eval[bool](b, nextFrame)
	return eval[[]string](b, `shifts`)
}

// Nothing moves while a page settles: the skeletons have the size of what replaces them.
func TestNothingMoves(t *testing.T) {
	s := newSite(t)
	s.addUser(t, "Ada Lovelace", "ada@example.com", "user")
	for _, width := range []int64{1280, 375} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			b := newTab(t, s.URL)
			b.everyPage(watchShifts)
			b.do(chromedp.EmulateViewport(width, 800))
			still := func(name string) {
				t.Helper()
				for _, shift := range b.shifts() {
					t.Errorf("%s moves: %s", name, shift)
				}
			}

			settle := func() {
				t.Helper()
				release := s.hold("GET /nav")
				defer release()
				b.open("/")
				release()
				b.wait(`!document.querySelector("#account .skeleton")`)
			}
			settle()
			still("the front page for a stranger")
			b.open("/login")
			still("the login page")
			b.logIn("ada@example.com")
			settle()
			still("the front page for a user")
			b.open("/dashboard?slow=3s") // time enough for a frame with the skeleton
			b.wait(`framesSeen.includes("panel")`)
			if !eval[bool](b, `framesSeen.includes("skeleton")`) {
				t.Error("no frame showed the skeleton: this proves nothing")
			}
			still("the dashboard")

			b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("main").prepend(document.querySelector(".card").cloneNode(true))`))
			if len(b.shifts()) == 0 {
				t.Error("what is made to move is not reported: this proves nothing")
			}
		})
	}
}

// A panel of which only a part has arrived is not shown: its skeleton stays.
func TestAPanelIsShownWhole(t *testing.T) {
	s := newSite(t)
	s.addUser(t, "Ada Lovelace", "ada@example.com", "user")
	b := newTab(t, s.URL)
	b.logIn("ada@example.com")
	b.open("/dashboard")
	shown := func() string {
		t.Helper()
		return eval[string](b, `[...document.querySelectorAll(".defer > .skeletons, .defer > .table")]
			.filter((e) => e.checkVisibility()).map((e) => e.className).join()`)
	}
	if got := shown(); got != "table" {
		t.Errorf("at the end %q is shown, want the table", got)
	}
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector(".defer > .loaded").remove()`)) // which comes last
	if got := shown(); got != "skeletons" {
		t.Errorf("in between %q is shown, want the skeleton", got)
	}
}

// TestBudget: what the first visit of the login page costs, in requests and compressed bytes. The picture in the tab,
// which is the brand's too, and the files of a clone are not counted.
func TestBudget(t *testing.T) {
	s := newSite(t)
	b := newTab(t, s.URL)
	b.open("/login")
	b.wait(`document.readyState === "complete"`)
	type file struct {
		Name             string
		Encoded, Decoded int
	}
	files := eval[[]file](b, `[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
		.map((e) => ({ Name: new URL(e.name).pathname, Encoded: e.encodedBodySize, Decoded: e.decodedBodySize }))`)
	sum, counted := 0, map[string]bool{}
	for _, f := range files {
		counted["GET "+f.Name] = true
		if strings.HasPrefix(f.Name, "/static/icon.") || strings.HasPrefix(f.Name, "/static/site.") {
			continue
		}
		if sum += f.Encoded; f.Encoded == 0 || f.Encoded >= f.Decoded {
			t.Errorf("%s comes uncompressed, in %d bytes", f.Name, f.Encoded)
		}
	}
	n := 0
	for _, r := range s.requests() {
		path := strings.TrimPrefix(r, "GET /static/")
		if strings.HasPrefix(path, "speculation.") || strings.HasPrefix(path, "icon.") || strings.HasPrefix(path, "site.") {
			continue // the browser decides when it loads the first
		}
		if n++; !counted[r] {
			t.Errorf("the bytes of %s are not counted", r)
		}
	}
	most, largest := 5, 22<<10
	most, largest = most+1, largest+3<<9 // the script of passkeys and its button // part:passkey
	if n > most || sum > largest {
		t.Errorf("%d bytes in %d requests, want at most %d in %d: %v", sum, n, largest, most, files)
	}
	t.Logf("%d bytes in %d requests", sum, n)
}

// watchBackground keeps every background that a frame of the page showed.
const watchBackground = `
window.backgrounds = [];
(function watch() {
	const shown = getComputedStyle(document.documentElement).backgroundColor;
	if (backgrounds.at(-1) !== shown) backgrounds.push(shown);
	requestAnimationFrame(watch);
})();
`

// A chosen theme is in the HTML itself: no frame shows the other one.
func TestChosenThemeFromTheFirstFrame(t *testing.T) {
	const light, dark = "rgb(250, 250, 248)", "rgb(15, 17, 19)"
	s := newSite(t)
	s.addUser(t, "Ada Lovelace", "ada@example.com", "user")
	b := newTab(t, s.URL)
	b.open("/login")
	b.setTheme("light")
	b.everyPage(`requestAnimationFrame(() => {` + watchBackground + `})`)
	// served is the start tag as it came, before any script.
	served := func() string {
		t.Helper()
		return eval[string](b, `fetch(location.href).then((r) => r.text()).then((s) => s.match(/<html[^>]*>/)[0])`)
	}
	check := func(want, theme string) {
		t.Helper()
		b.wait(`backgrounds.length > 0`)
		if got := eval[[]string](b, `backgrounds`); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: frames showed the backgrounds %q, want only %q", b.path(), got, want)
		}
		if got := served(); theme != "" && !strings.Contains(got, `data-theme="`+theme+`"`) ||
			theme == "" && strings.Contains(got, "data-theme") {
			t.Errorf("%s begins with %s, want theme %q", b.path(), got, theme)
		}
	}
	choose := func(theme string) {
		t.Helper()
		b.do(chromedp.Click(chromedp.CSS("#account > button")))
		b.leave("choose a theme", chromedp.Click(chromedp.CSS(fmt.Sprintf("#account [name=theme][value=%q]", theme))))
		b.wantPath("/dashboard")
	}

	b.logIn("ada@example.com")
	check(light, "")
	choose("dark")
	check(dark, "dark")
	b.open("/") // a public page, drawn before anyone is looked up
	check(dark, "dark")
	b.open("/dashboard")
	choose("")
	check(light, "")
}

// A click on the navigation that comes while the transition from the last page still runs is not lost. What moves,
// main, cannot be clicked until then: css-view-transitions takes it out of hit-testing.
func TestClickDuringTransition(t *testing.T) {
	s := newSite(t)
	b := newTab(t, s.URL)
	b.everyPage(`addEventListener("pagereveal", (e) => {
		if (location.pathname !== "/signup") return;
		window.held = Promise.resolve(e.viewTransition?.ready).then(() => {
			document.getAnimations().forEach((a) => a.pause());
			return Boolean(e.viewTransition) && document.activeViewTransition === e.viewTransition;
		}, () => false);
	})`)
	follow := func(href string) {
		t.Helper()
		click := chromedp.Click(chromedp.CSS(fmt.Sprintf(".auth :is([href=%q], [value=%[1]q])", href)))
		run(b, "follow "+href, chromedp.WaitEvent(page.LoadEventFired, nil, click))
		b.wantPath(href)
	}
	for deadline := time.Now().Add(patience); ; { // a busy browser may go without a transition: it is asked again
		b.open("/login")
		follow("/signup")
		b.wait(`window.held`)
		if eval[bool](b, `held`) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("no page begins with a transition")
		}
	}
	follow("/")
}
