package browser

import (
	"fmt"
	"testing"

	"example.com/foyer/web"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// part:admin

// reads opens a page of the trail, which says all of this.
func (b *tab) reads(path string, words ...string) {
	b.Helper()
	b.open(path)
	for _, w := range words {
		b.wantText("#trail", w)
	}
}

// end:admin

// TestAuditPages looks at the trail, full and empty: pictures, widths, and the rules of axe.
func TestAuditPages(t *testing.T) {
	t.Parallel()
	axe := requireAxe(t)
	s := newSite(t)
	s.addUser(t, "Ada Lovelace", "ada@example.com", "admin")
	b := newTab(t, s.URL)
	b.logIn("ada@example.com")
	for name, page := range map[string]struct{ path, says string }{
		"audit": {"/admin/audit", "Logged in"}, "audit-none": {"/admin/audit?from=2001-01-01&to=2001-01-01", "No events"},
	} {
		b.open(page.path)
		b.wantText("main", page.says)
		b.takePictures("admin-" + name)
		b.checkRules(axe, name)
	}
}

// TestAuditFilter: the trail is filtered in place by script: the address can be shared, Back comes back, the focus
// stays where it was, and the number of events is spoken. Without script the same form is a plain one.
func TestAuditFilter(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser(t, "Ada Lovelace", "ada@example.com", "admin")
	s.addUser(t, "Grace Hopper", "grace@example.com", "user")
	b := newTab(t, s.URL)
	b.expect("status of 422")
	b.logIn("ada@example.com")
	b.open("/admin/audit")
	b.wantText("#trail", "created the account of Grace Hopper")

	b.do(chromedp.SendKeys(chromedp.ID("person"), "ada@example.com"+kb.Enter))
	b.wait(`!document.querySelector("#trail").textContent.includes("Grace")`)
	b.wantText("#trail", "Ada Lovelace")
	b.wantPath("/admin/audit?event=&person=ada%40example.com&from=&to=")
	if got := eval[string](b, `document.activeElement.id`); got != "person" {
		t.Errorf("the focus is on %q", got)
	}
	b.wantText("#live", "events on this page")

	b.do(chromedp.SendKeys(chromedp.ID("person"), "x"+kb.Enter))
	b.wait(`document.querySelector("#person-error")?.textContent.includes("Enter the id of a user")`)
	if got := eval[string](b, `document.activeElement.id + " " + document.activeElement.value`); got != "person ada@example.comx" {
		t.Errorf("with the error the focus is on %q", got)
	}
	b.wait(`document.title.startsWith("Error: ")`)
	b.wantText("#live", "There is a problem.")
	b.back()
	b.wantText("#trail", "Ada Lovelace")
	if got := eval[string](b, `document.getElementById("person").value + " " + document.title`); got != "ada@example.com Audit trail · "+web.AppName {
		t.Errorf("after Back: %s", got)
	}

	// A choice filters at once. A wrong day is refused beside its field.
	b.open("/admin/audit")
	choose := func(id, value string) {
		t.Helper()
		b.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`{
			const field = document.getElementById(%q);
			field.value = %q;
			field.dispatchEvent(new Event("change", { bubbles: true }));
		}`, id, value)))
	}
	choose("event", "sign_in")
	b.wait(`!document.querySelector("#trail").textContent.includes("created the account")`)
	b.wantText("#trail", "Ada Lovelace logged in")
	choose("from", "2026-05-02")
	choose("to", "2026-05-01")
	b.wait(`document.querySelector("#to-error")`)
	if got := eval[string](b, `document.getElementById("to").getAttribute("aria-invalid")`); got != "true" {
		t.Errorf("the wrong field is not marked: %q", got)
	}
	choose("to", "")
	b.wait(`!document.querySelector("#to-error") && document.querySelector("#trail .entry")`)
	b.leave("theme", chromedp.Evaluate[chromedp.Void](`document.querySelector(".themes [value=dark]").click()`))
	b.wantPath("/admin/audit?event=sign_in&person=&from=2026-05-02&to=")

	plain := newTab(t, s.URL)
	plain.logIn("ada@example.com")
	plain.disableScripts()
	plain.open("/admin/audit")
	plain.do(chromedp.SetValue(chromedp.ID("event"), "user_created"))
	plain.leave("filter without script", chromedp.Click(chromedp.CSS(".filters button")))
	plain.wantText("#trail", "created the account of Grace Hopper")
	plain.wantPath("/admin/audit?event=user_created&person=&from=&to=")
}

func init() {
	partRequests = append(partRequests, []request{
		{file: "admin_audit", attribute: `"/admin/audit"`, page: "/admin/audit",
			fields: []string{"person", "grace@example.com"},
			click:  ".filters button", works: `location.search.includes("grace")`},
	}...)
}
