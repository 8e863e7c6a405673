package browser

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// axeFile is put there by npm ci, run in this folder.
const axeFile = "node_modules/axe-core/axe.min.js"

// requireAxe returns the program that knows the rules, or skips the test where it is not installed.
func requireAxe(t *testing.T) string {
	t.Helper()
	program, err := os.ReadFile(axeFile)
	switch {
	case err == nil:
	case os.Getenv("CI") == "true":
		t.Fatal("axe-core is required under CI=true, run npm ci in internal/proofs/browser: ", err)
	default:
		t.Skip("no axe-core, run npm ci in internal/proofs/browser: ", err)
	}
	return string(program)
}

// TestAccessibilityRules runs axe-core over every kind of page, in both themes, on a wide and a narrow screen.
func TestAccessibilityRules(t *testing.T) {
	t.Parallel()
	axe := requireAxe(t)
	s := newSite(t)
	s.addUser(t, "Ada Lovelace", "ada@example.com", "admin")
	s.addUser(t, "Grace Hopper", "grace@example.com", "user")

	t.Run("stranger", func(t *testing.T) {
		b := newTab(t, s.URL)
		b.expect("status of 422")
		b.expect("status of 404")
		b.expect("status of 410")
		check := func(name string) { b.Helper(); b.checkRules(axe, name) }

		b.open("/")
		b.wait(`!document.querySelector("#account .skeleton")`)
		check("home")
		b.open("/login")
		check("login")
		b.fill("email", "ada@example.com", "password", "not-the-password")
		b.do(submit)
		b.wait(`document.querySelector("[data-summary]")`)
		check("failed login")
		b.open("/signup")
		check("sign-up")
		b.fill("name", " ", "email", "ada@example", "password", "short")
		b.do(submit)
		b.wait(`document.querySelector("[data-summary]")`)
		if n := eval[int](b, `document.querySelectorAll("[data-summary] a").length`); n < 2 {
			t.Errorf("the failed sign-up has %d errors, want several", n)
		}
		check("failed sign-up")
		b.open("/forgot-password")
		check("forgot password")
		b.open("/forgot-password?done=sent")
		check("forgot password, sent")
		b.open(s.mailed(t, "/forgot-password", "grace@example.com"))
		check("reset password")
		b.fill("newPassword", "short")
		b.do(submit)
		b.wait(`document.querySelector("[data-summary]")`)
		check("failed reset")
		b.open("/verify-email")
		check("await a mail")
		b.open(s.mailed(t, "/verify-email/resend", "grace@example.com"))
		check("verify")
		b.open("/verify-email?token=x")
		check("dead link")
		b.open("/no-such-page")
		check("404")
	})
	t.Run("user", func(t *testing.T) {
		b := newTab(t, s.URL)
		b.expect("status of 403")
		b.logIn("grace@example.com")
		b.checkRules(axe, "dashboard")
		for _, page := range []string{"/settings", "/settings/security", "/settings/sessions", "/settings/appearance",
			"/settings/email", "/settings/delete", "/reauth", "/forgot-password"} {
			b.open(page)
			b.wantPath(page)
			b.checkRules(axe, page)
		}
		b.open("/admin")
		b.wantText("main", "403")
		b.checkRules(axe, "403")
	})
	t.Run("admin", func(t *testing.T) {
		b := newTab(t, s.URL)
		b.logIn("ada@example.com")
		b.open("/")
		b.wait(`!document.querySelector("#account .skeleton")`)
		b.checkRules(axe, "home, signed in")
		b.open("/admin")
		b.wantPath("/admin")
		b.checkRules(axe, "admin")
		b.do(chromedp.Click(chromedp.CSS("#account > button")))
		b.wait(`document.querySelector("#account-menu:popover-open")`)
		b.checkRules(axe, "account menu")
		b.open("/dev/guards")
		b.checkRules(axe, "guards")
		b.open("/dev/components")
		b.checkRules(axe, "components")
		b.do(chromedp.Click(chromedp.CSS("#g-question")))
		b.wait(`document.querySelector("dialog[open]")`)
		b.checkRules(axe, "dialog")
		s.mailReset(t, "ada@example.com")
		b.open("/dev/mail")
		b.wantText("main", "Choose a new password")
		b.checkRules(axe, "mail")
		b.click("open the mail", "#mails a")
		b.checkRules(axe, "mail, open")
		b.click("read it as text", `.tabs a[href$="text"]`)
		b.checkRules(axe, "mail, text")
	})
}

// dialogPages open the pages of parts that lead to dialogs, for an admin who is root@example.com.
var dialogPages []func(*site, *testing.T) string

// TestDialogsNameTheirFields: a form in a dialog stands on a page with fields of its own. No id is there twice, so that
// every field has its label, its hint and the link of its error.
func TestDialogsNameTheirFields(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser(t, "Root", "root@example.com", "admin")
	s.addUser(t, "Grace Hopper", "grace@example.com", "user")
	b := newTab(t, s.URL)
	b.logIn("root@example.com")
	pages := []string{"/dev/components"}
	for _, page := range dialogPages {
		pages = append(pages, page(s, t))
	}
	const openers = `[...document.querySelectorAll("main [hx-get]")].filter((e) =>
		e.getAttribute("hx-target") === "#dialog" || e.closest(".menu"))`
	for _, path := range pages {
		b.open(path)
		n := eval[int](b, openers+".length")
		if n == 0 {
			t.Errorf("%s has no dialog", path)
		}
		for i := range n {
			b.open(path)
			opener := fmt.Sprintf("%s[%d]", openers, i)
			if eval[bool](b, opener+`.hasAttribute("formaction")`) {
				b.do(chromedp.Click(chromedp.CSS("#list tbody [name=row]")))
			}
			eval[bool](b, opener+".click(), true")
			b.wait(`document.querySelector("dialog[open] h2")`)
			for _, fault := range eval[[]string](b, unnamed) {
				t.Errorf("%s, %s: %s", path, b.text("dialog h2"), fault)
			}
		}
	}
}

// unnamed lists the ids that are there twice and the fields without a label.
const unnamed = `(() => {
	const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
	const fields = [...document.querySelectorAll("input:not([type=hidden]), select, textarea")];
	return [
		...ids.filter((id, i) => ids.indexOf(id) < i).map((id) => "the id " + id + " is there twice"),
		...fields.filter((e) => !e.labels.length && !e.ariaLabel).map((e) => "no label: " + e.outerHTML.slice(0, 100)),
	];
})()`

// The rules of WCAG 2.2 AA that a program can check, and axe's own advice.
const runAxe = `axe.run(document, {
	runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
	resultTypes: ["violations"],
}).then((r) => JSON.stringify({
	passed: r.passes.length,
	violations: r.violations.flatMap((v) => v.nodes.map((n) => v.id + " at " + n.target.join(" ") + ": " + n.failureSummary)),
}))`

// checkRules runs axe over the page as it is, on every screen and in both themes. axe lives in a world of its
// own beside the page's scripts: the page's policy does not bind it, and the page does not see it.
func (b *tab) checkRules(axe, name string) {
	b.Helper()
	frames, err := chromedp.Call(b.ctx, page.GetFrameTree, cdp.Empty{})
	if err != nil {
		b.Fatal(err)
	}
	world, err := chromedp.Call(b.ctx, page.CreateIsolatedWorld,
		page.CreateIsolatedWorldParams{FrameID: frames.FrameTree.Frame.ID, WorldName: "axe"})
	if err != nil {
		b.Fatal(err)
	}
	inWorld := func(p *runtime.EvaluateParams) { p.ContextID, p.AwaitPromise = world.ExecutionContextID, new(true) }
	run(b, "load axe", chromedp.Evaluate[chromedp.Void](axe, inWorld))
	for _, screen := range []struct{ width, height int64 }{{1280, 800}, {375, 812}} {
		b.resize(screen.width, screen.height)
		for _, theme := range []string{"light", "dark"} {
			b.setTheme(theme)
			var result struct {
				Passed     int
				Violations []string
			}
			if err := json.Unmarshal([]byte(run(b, "run axe", chromedp.Evaluate[string](runAxe, inWorld))),
				&result); err != nil {
				b.Fatal(err)
			}
			for _, violation := range result.Violations {
				b.Errorf("%s, %s, %d px: %s", name, theme, screen.width, violation)
			}
			if result.Passed < 10 {
				b.Errorf("%s, %s, %d px: only %d rules passed: axe saw no page", name, theme, screen.width, result.Passed)
			}
		}
	}
}
