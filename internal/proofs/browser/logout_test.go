package browser

import (
	"fmt"
	"strings"
	"testing"

	"example.com/foyer/internal/auth/authtest"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// After a log-out no page that was fetched before it is shown again, however the browser kept it: in memory for the
// Back button, fetched ahead, or drawn ahead. The log-out is another tab's, so that this one learns nothing by its own
// scripts.
func TestNothingIsShownAfterALogOut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		keep   func(s *site, b *tab)
		goBack func(b *tab)
	}{
		"in memory": {
			keep:   func(s *site, b *tab) { b.leave("go to the front page", chromedp.Click(chromedp.CSS(".brand"))) },
			goBack: (*tab).back,
		},
		"in memory, where no script of the page can reload it": {
			keep: func(s *site, b *tab) {
				b.disableScripts()
				b.open("/dashboard")
				b.leave("go to the front page", chromedp.Click(chromedp.CSS(".brand")))
			},
			goBack: (*tab).back,
		},
		"fetched ahead": {
			keep:   func(s *site, b *tab) { b.ahead(s, "prefetch", "/dashboard", "/settings") },
			goBack: func(b *tab) { b.leave("go to the settings", followAhead) },
		},
		"drawn ahead": {
			keep:   func(s *site, b *tab) { b.ahead(s, "prerender", "/dashboard", "/settings") },
			goBack: func(b *tab) { b.leave("go to the settings", followAhead) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.addUser(t, "Ada Lovelace", "ada@example.com", "user")
			b := newWindow(t, s.URL)
			b.logIn("ada@example.com")
			other := b.beside()
			c.keep(s, b)
			other.open("/dashboard")
			other.logOut()
			other.wantPath("/login")
			c.goBack(b)
			b.wait(`location.pathname === "/login"`)
			b.settle()
			if body := b.text("body"); strings.Contains(body, "ada@example.com") || strings.Contains(body, "Ada Lovelace") {
				t.Errorf("after the log-out it shows %q", body)
			}
		})
	}
}

// TestTheFrontPageForgetsItsVisitor: the browser keeps the front page in memory. Back shows it with the user of the
// present session, and no frame shows the user of an earlier one.
func TestTheFrontPageForgetsItsVisitor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser(t, "Mary Somerville", "mary@example.com", "user")
	b := newWindow(t, s.URL)
	b.everyPage(`addEventListener("pageshow", ({ persisted }) => {
		const shown = [...document.querySelectorAll("#account, #banners, #guard-state")].map((e) => e.textContent).join("");
		if (persisted && shown) console.error("the page from memory flashes " + shown);
	})`)
	fromMemory := func(shown string) {
		t.Helper()
		before := len(b.fromMemory())
		b.back()
		b.wait(shown)
		if len(b.fromMemory()) == before {
			t.Error("the page does not come from memory, which this test is about")
		}
	}
	b.open("/")
	b.wait(`document.querySelector("#account [href='/login']")`)
	b.leave("log in", chromedp.Evaluate[chromedp.Void](`location.assign("/login")`))
	other := b.beside()
	other.logIn("mary@example.com")
	fromMemory(`document.querySelector("#account b")?.textContent === "Mary Somerville"`)
	b.wantText("#guard-state", "Mary Somerville")
	b.leave("look elsewhere", chromedp.Evaluate[chromedp.Void](`location.assign("/forgot-password")`))
	other.logOut()
	fromMemory(`document.querySelector("#account [href='/login']")`)
	b.wantText("#guard-state", "You are not logged in.")
	if body := b.text("body"); strings.Contains(body, "mary@example.com") || strings.Contains(body, "Mary Somerville") {
		t.Errorf("after the log-out it shows %q", body)
	}
}

// TestAChangeIsSeenAtOnce: what was fetched ahead is fetched again after anything was changed, in the same tab without
// leaving its page, or in another one.
func TestAChangeIsSeenAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser(t, "Ada Lovelace", "ada@example.com", "user")
	authtest.NewClient(t, s.URL).SignIn("ada@example.com", authtest.Password)
	b := newWindow(t, s.URL)
	b.logIn("ada@example.com")
	const browsers = `document.querySelectorAll("main tbody tr").length`
	if n := eval[int](b, browsers); n != 2 {
		t.Fatalf("%d browsers are listed, want 2", n)
	}

	b.ahead(s, "prefetch", "/settings/sessions", "/dashboard")
	b.do(chromedp.Click(chromedp.CSS("#main button[formaction]")))
	b.wait(`!document.querySelector("#main button[formaction]")`)
	b.leave("go to the dashboard", followAhead)
	if n := eval[int](b, browsers); n != 1 {
		t.Errorf("%d browsers are listed, want 1", n)
	}

	other := b.beside()
	b.ahead(s, "prefetch", "/settings/sessions", "/dashboard")
	other.open("/settings")
	other.fill("name", "Byron")
	other.leave("save", submit)
	b.leave("go to the dashboard", followAhead)
	b.wantText("h1", "Byron")
}

// TestAHoveredLinkIsAskedForOnce: a pointer over a link fetches nothing, because minutes may pass before the click, and
// the session may end meanwhile.
func TestAHoveredLinkIsAskedForOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser(t, "Ada Lovelace", "ada@example.com", "user")
	b := newWindow(t, s.URL)
	b.logIn("ada@example.com")
	b.open("/settings")
	link := eval[[2]float64](b, `(({ x, y, width, height }) => [x + width / 2, y + height / 2])(
		document.querySelector(".main-nav [href='/dashboard']").getBoundingClientRect())`)
	b.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, link[0], link[1]))
	eval[bool](b, `new Promise((done) => setTimeout(() => done(true), 1000))`) // a "moderate" rule takes 200 ms
	phone := authtest.NewClient(t, s.URL)
	phone.SignIn("ada@example.com", authtest.Password)
	phone.PostForm("/settings/sessions/others", nil)
	b.leave("go to the dashboard", chromedp.MouseClickXY(link[0], link[1]))
	b.wantPath("/login")
}

// followAhead clicks the link that ahead has added.
var followAhead = chromedp.Evaluate[chromedp.Void](`document.getElementById("ahead").click()`)

// ahead has the browser fetch or draw the page path before a click asks for it, from another page, by rules of the
// test's own.
func (b *tab) ahead(s *site, kind, from, path string) {
	b.Helper()
	if _, err := chromedp.Call(b.ctx, page.SetBypassCSP, page.SetBypassCSPParams{Enabled: true}); err != nil {
		b.Fatal(err)
	}
	b.open(from)
	before := s.count("GET " + path)
	eval[int](b, fmt.Sprintf(`(() => {
		const link = document.createElement("a");
		link.id = "ahead"; link.href = %[2]q; link.textContent = "ahead";
		document.querySelector("main").append(link);
		const rules = document.createElement("script");
		rules.type = "speculationrules";
		rules.textContent = JSON.stringify({ %[1]s: [{ urls: [%[2]q], eagerness: "immediate" }] });
		document.head.append(rules);
		return 0;
	})()`, kind, path))
	s.await(b, "GET "+path, before+1)
}
