package browser

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/audit"
	"example.com/foyer/static"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// live puts the browser into a zone.
func (b *tab) live(zone string) {
	b.Helper()
	if _, err := chromedp.Call(b.ctx, emulation.SetTimezoneOverride,
		emulation.SetTimezoneOverrideParams{TimezoneID: zone}); err != nil {
		b.Fatal(err)
	}
}

// Times are those of the person's own zone. Recent ones say how long ago it was, and when it was to the mouse, the
// keyboard and screen readers. Without script they are those of the server, which says UTC. Nothing moves when a slow
// script rewrites them.
func TestOwnTime(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.ahead.Store(int64(-72 * time.Hour))
	before := s.now()
	s.addUser(t, "Ada Lovelace", "ada@example.com", "admin")
	after := s.now()
	s.ahead.Store(0)
	s.addUser(t, "Grace Hopper", "grace@example.com", "")
	var first audit.Row
	if err := s.db.Order("seq").First(&first).Error; err != nil {
		t.Fatal(err)
	}
	joined := first.At // a second may end while she is added
	if joined.Before(before) || joined.After(after) {
		t.Errorf("she was added at %s, between %s and %s", joined, before, after)
	}
	zone, err := time.LoadLocation("Asia/Kolkata")
	if err != nil {
		t.Fatal(err)
	}
	const dateTime = "Jan 2, 2006, 15:04"
	local, utc := joined.In(zone).Format(dateTime), joined.UTC().Format(dateTime)+" UTC"

	b := newTab(t, s.URL)
	b.live("Asia/Kolkata")
	b.everyPage(watchShifts)
	b.do(chromedp.EmulateViewport(1280, 800))
	b.logIn("ada@example.com")
	b.wantText("main td time", "this minute") // the log-in
	shown := `[...document.querySelectorAll("main td time span")].slice(0, 2).map((e) => getComputedStyle(e).opacity).join()`
	if got := eval[string](b, shown); got != "1,0" {
		t.Errorf("at first the opacity of distance and time is %s", got)
	}
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("main td time").focus()`))
	if got := eval[string](b, shown); got != "0,1" {
		t.Errorf("with focus the opacity of distance and time is %s", got)
	}
	if _, err := chromedp.Call(b.ctx, network.SetCacheDisabled,
		network.SetCacheDisabledParams{CacheDisabled: true}); err != nil {
		t.Fatal(err)
	}
	pages := []string{"/dashboard", "/settings/sessions", "/admin/audit"}
	pages = append(pages, s.userPath(t, "ada@example.com"), s.userPath(t, "grace@example.com")) // part:admin
	for _, width := range []int64{1280, 375, 320} {
		b.resize(width, 800)
		for _, page := range pages {
			release := s.hold("GET " + static.URL("shell.js"))
			b.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`location.assign(%q)`, page)))
			b.wait(fmt.Sprintf(`location.pathname === %q && [...document.querySelectorAll("main time")].some((e) => e.textContent.includes("UTC"))
				&& performance.getEntriesByType("paint").length > 0`, page))
			release()
			b.wait(`document.readyState === "complete" && ![...document.querySelectorAll("main time")].some((e) => e.textContent.includes("UTC"))`)
			for _, shift := range b.shifts() {
				t.Errorf("%s at %d px moves: %s", page, width, shift)
			}
		}
	}
	b.resize(1280, 800)
	const oldest = ".entry:last-of-type time"
	b.open("/admin/audit")
	b.wantText(oldest, local)
	if got := eval[string](b, `document.querySelector(".entry:last-of-type time").title`); got != joined.In(zone).Format("Jan 2, 2006, 15:04:05")+" GMT+5:30" {
		t.Errorf("the exact time is %q", got)
	}
	b.do(chromedp.SendKeys(chromedp.ID("person"), "ada@example.com"+kb.Enter)) // what is swapped in is rewritten, too
	b.wait(`location.search.includes("ada")`)
	b.wantText(oldest, local)

	b.open("/admin/audit")
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector(".entry:last-of-type time").tabIndex = 0`),
		chromedp.Evaluate[chromedp.Void](`document.querySelector(".entry:last-of-type time").focus()`))
	alone := eval[string](b, `getComputedStyle(document.querySelector(".entry:last-of-type time span")).opacity`)
	if alone != "1" {
		t.Errorf("with focus the opacity of a time without a distance is %s", alone)
	}

	b.disableScripts()
	b.open("/admin/audit")
	b.wantText(oldest, utc)
}

// TestPrint: what is printed is what a page says, in light colors, without what it can do.
func TestPrint(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser(t, "Ada Lovelace", "ada@example.com", "admin")
	b := newTab(t, s.URL)
	b.logIn("ada@example.com")
	for _, page := range []string{
		"/admin/users", // part:admin
		"/admin/audit", // part:audit
		"/dashboard", "/admin", "/settings/sessions",
	} {
		b.open(page)
		b.setLook(look{media: "print", theme: "dark"})
		if got := eval[[]string](b, `[...document.querySelectorAll("nav, button, .button, [role=search], [type=checkbox]")]
			.filter((e) => e.checkVisibility()).map((e) => e.outerHTML.slice(0, 80))`); len(got) > 0 {
			t.Errorf("%s prints %q", page, got)
		}
		if got := eval[string](b, `getComputedStyle(document.documentElement).backgroundColor`); got != "rgb(250, 250, 248)" {
			t.Errorf("%s prints on %s", page, got)
		}
		if got := eval[string](b, `[...document.querySelectorAll(".table")].map((e) => getComputedStyle(e).overflowX).join("")`); strings.Trim(got, "visble") != "" {
			t.Errorf("%s cuts its table: overflow %s", page, got)
		}
		b.setLook(look{theme: "light"})
	}
}
