package browser

import (
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"gorm.io/gorm"
)

// TestAdminAtWork: one among 100,000 is found, banned under the open browser, let in again, given a role, acted as;
// with scripts, and then the same without.
func TestAdminAtWork(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(_ *auth.Options, db *gorm.DB) { authtest.Crowd(t, db, 100_000) })
	s.addUser(t, "Ada Lovelace", "ada@example.com", "admin")
	s.addUser(t, "Grace Hopper", "grace@example.com", "user")
	b := newTab(t, s.URL)
	b.expect("status of 422")
	b.expect("status of 403")
	b.logIn("ada@example.com")

	b.open("/admin")
	b.wantText("main", "100,002")
	b.leave("go to the users", chromedp.Click(chromedp.CSS(`.sidebar a[href="/admin/users"]`)))
	b.do(chromedp.SendKeys(chromedp.ID("q"), "hopp"))
	b.wait(`document.querySelector("#found").textContent === "1 user"`)
	b.wait(`document.activeElement.id === "q"`)
	if got := eval[string](b, `document.querySelector("#q").value`); got != "hopp" {
		t.Errorf("after searching the box holds %q", got)
	}
	b.wait(`document.querySelector("#live").textContent === "1 user"`)
	b.wait(`location.search === "?q=hopp"`)
	b.do(chromedp.SendKeys(chromedp.ID("q"), strings.Repeat(kb.Backspace, 4)+"number 0"))
	b.wait(`document.querySelector("#found").textContent === "10,000 users"`)
	b.do(chromedp.Click(chromedp.ID("sort-name")))
	b.wait(`document.querySelector("th[aria-sort=ascending]")?.textContent.trim() === "Name"`)
	b.wait(`document.activeElement.id === "sort-name"`)
	b.do(chromedp.Click(chromedp.ID("next-page")))
	b.wait(`document.querySelector("#list nav").textContent.includes("51–100 of 10,000")`)
	b.wait(`document.activeElement.id === "found"`)
	b.wait(`location.search.includes("page=2") && location.search.includes("sort=name")`)
	b.back()
	b.wantText("#list nav", "1–50 of 10,000")
	b.wantPath("/admin/users?dir=asc&q=number+0&sort=name")

	victim := newTab(t, s.URL)
	victim.expect("status of 422")
	victim.logIn("grace@example.com")
	b.open("/admin/users?q=grace%40")
	b.leave("open the user", chromedp.Click(chromedp.CSS(`#list .key a`)))
	b.wantText("main", "grace@example.com")
	b.do(chromedp.Click(chromedp.ID("act-ban")))
	b.wait(`document.querySelector("dialog[open]")?.getAttribute("aria-label") === "Ban"`)
	b.do(chromedp.Click(chromedp.CSS("dialog [data-cancel]")))
	b.wait(`!document.querySelector("dialog[open]") && !document.querySelector("dialog form")`)
	b.wait(`document.activeElement.id === "act-ban"`)
	b.do(chromedp.Click(chromedp.ID("act-ban")))
	b.wait(`document.querySelector("dialog[open] #until")`)
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#until").value = "2020-01-01"`))
	b.do(chromedp.SendKeys(chromedp.ID("reason"), "spam"), chromedp.Click(chromedp.CSS("dialog .act")))
	b.wait(summaryFocused)
	if eval[string](b, `document.querySelector("#reason").value`) != "spam" {
		t.Error("a refused ban loses the reason")
	}
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#until").value = "2100-03-01"`))
	b.leave("ban", chromedp.Click(chromedp.CSS("dialog .act")))
	b.wantText("[role=status]", "banned and logged out")
	b.wantText("main", "spam")
	victim.open("/dashboard")
	victim.wantPath("/login")
	victim.fill("email", "grace@example.com", "password", authtest.Password)
	victim.do(submit)
	victim.wait(summaryFocused)
	victim.wantText("[data-summary]", "banned until Mar 1, 2100, 00:00 UTC: spam")

	act := func(name string) {
		t.Helper()
		b.do(chromedp.Click(chromedp.ID("act-" + name)))
		b.wait(`document.querySelector("dialog[open] .act")`)
	}
	act("unban")
	b.leave("lift the ban", chromedp.Click(chromedp.CSS("dialog .act")))
	victim.logIn("grace@example.com")
	act("role")
	b.do(chromedp.SendKeys(chromedp.ID("role"), "admin"))
	b.leave("change the role", chromedp.Click(chromedp.CSS("dialog .act")))
	b.wantText("[role=status]", "The role is changed")
	victim.open("/admin")
	victim.wantPath("/admin")
	act("role")
	b.do(chromedp.SendKeys(chromedp.ID("role"), "user"))
	b.leave("change it back", chromedp.Click(chromedp.CSS("dialog .act")))
	victim.expect("status of 403")
	victim.open("/admin")
	victim.wantText("main", "403")

	user := b.path()
	act("impersonate")
	b.leave("act as her", chromedp.Click(chromedp.CSS("dialog .act")))
	b.wantPath("/dashboard")
	b.wantText("#account", "Grace Hopper")
	b.wantText("#banners", "You are impersonating Grace Hopper")
	b.open("/")
	b.wait(`document.querySelector("#banners")?.textContent.includes("Grace Hopper")`)
	b.expect("404")
	b.open("/nowhere")
	b.wait(`document.querySelector("#banners")?.textContent.includes("Grace Hopper")`)
	for _, closed := range []string{"/settings/security", "/admin"} {
		b.open(closed)
		b.wantText("main", "403")
		b.wantText("#banners", "Grace Hopper")
	}
	b.open("/settings")
	b.do(chromedp.SendKeys(chromedp.ID("name"), kb.End+" Murray"))
	b.leave("change her name", submit)
	b.wantText("#banners", "Grace Hopper Murray")
	b.leave("be herself again", chromedp.Click(chromedp.CSS("#banners button")))
	b.wantPath(user)
	b.wantText("#account", "Ada Lovelace")
	b.wantText("[role=status]", "Impersonation ended.")
	// part:audit
	b.reads("/admin/audit?person=grace%40example.com", "stopped impersonating Grace", "changed the profile of",
		"Ada Lovelace as Grace Hopper", "banned Grace Hopper", "from User to Admin")
	// end:audit
	b.open(user)

	s.ahead.Add(int64(11 * time.Minute))
	b.leave("ask to delete, too late", chromedp.Click(chromedp.ID("act-delete")))
	b.fill("password", authtest.Password)
	b.wantText("main", "to delete the account of Grace Hopper Murray")
	b.leave("prove it", submit)
	b.wantPath(user + "/delete")

	b.disableScripts()
	b.open("/admin/users")
	b.fill("q", "grace@")
	b.leave("search", chromedp.Click(chromedp.CSS("#filter button")))
	b.leave("open the user", chromedp.Click(chromedp.CSS(`#list .key a`)))
	b.leave("ask to delete", chromedp.Click(chromedp.ID("act-delete")))
	b.wantText("main h2", "Delete")
	b.fill("confirm", "somebody@example.com")
	b.leave("delete the wrong one", chromedp.Click(chromedp.CSS("main .act")))
	b.wantText("[data-summary]", "Type grace@example.com to confirm")
	b.fill("confirm", kb.End+strings.Repeat(kb.Backspace, 30)+"grace@example.com")
	b.leave("delete", chromedp.Click(chromedp.CSS("main .act")))
	b.wantPath("/admin/users")
	b.wantText("[role=status]", "The account is deleted")
	victim.open("/dashboard")
	victim.wantPath("/login")
}

// userPath is the page that admins have of a user.
func (s *site) userPath(t *testing.T, email string) string {
	t.Helper()
	u, err := s.auth.UserByEmail(t.Context(), email)
	if err != nil {
		t.Fatal(err)
	}
	return "/admin/users/" + u.ID
}

// TestAdminPages looks at every kind of page about users: pictures, widths, and the rules of axe.
func TestAdminPages(t *testing.T) {
	t.Parallel()
	axe := requireAxe(t)
	s := newSite(t)
	s.addUser(t, "Ada Lovelace", "ada@example.com", "admin")
	s.addUser(t, "Grace Hopper", "grace@example.com", "user")
	b := newTab(t, s.URL)
	b.logIn("ada@example.com")
	grace := s.userPath(t, "grace@example.com")
	look := func(name string) {
		b.Helper()
		b.takePictures("admin-" + name)
		b.checkRules(axe, name)
	}
	for name, page := range map[string]string{
		"users": "/admin/users", "nobody": "/admin/users?q=nobody-like-this", "invite": "/admin/users/new", "user": grace,
		"delete": grace + "/delete",
	} {
		b.open(page)
		look(name)
	}
	b.open(grace)
	b.do(chromedp.Click(chromedp.ID("act-ban")))
	b.wait(`document.querySelector("dialog[open] #until")`)
	look("ban-dialog")
	b.open(grace + "/impersonate")
	b.leave("act as her", chromedp.Click(chromedp.CSS("main .act")))
	look("acting")
}

// TestAdminByKeyboard: a user is found, banned with a mistake on the way, let in again, acted as and left, with no
// mouse.
func TestAdminByKeyboard(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser(t, "Ada Lovelace", "ada@example.com", "admin")
	s.addUser(t, "Grace Hopper", "grace@example.com", "user")
	b := newTab(t, s.URL)
	b.expect("status of 422")
	b.logIn("ada@example.com")
	b.enterOn(`.main-nav a[href="/admin/users"]`)
	b.typeInto("#q", "grace")
	b.wait(`document.querySelector("#found").textContent === "1 user" && location.search === "?q=grace"`) // the last word's list
	b.enterOn("#list .key a")

	b.tabTo("#act-ban")
	b.press(kb.Enter)
	b.wait(`document.activeElement.id === "reason"`)
	b.press("spam", kb.Escape)
	b.wait(`!document.querySelector("dialog[open]") && document.activeElement.id === "act-ban"`)
	b.press(kb.Enter)
	b.wait(`document.activeElement.id === "reason"`)
	b.press("spam"+kb.Tab, "01012001", kb.Enter) // as people type a date here, into the past
	b.mend("#until", "01012099")
	b.leave("ban", typed(kb.Enter))
	b.wantText("main", "Jan 1, 2099")

	b.tabTo("#act-unban")
	b.press(kb.Enter)
	b.wait(`document.activeElement.matches("dialog .act")`)
	b.leave("lift the ban", typed(kb.Enter))
	b.tabTo("#act-impersonate")
	b.press(kb.Enter)
	b.wait(`document.activeElement.matches("dialog .act")`)
	b.leave("act as her", typed(kb.Enter))
	b.wantPath("/dashboard")
	b.enterOn("#banners button")
	b.wantText("[role=status]", "Impersonation ended.")
}

// TestAdminsFormOfTheOtherTab: the dialog of one admin bans nobody in the name of the next, whatever they are called;
// nor does a form without htmx.
func TestAdminsFormOfTheOtherTab(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser(t, "Ann Early", "ann@example.com", "admin")
	s.addUser(t, longName, longEmail("later"), "admin")
	s.addUser(t, "Tara Target", "tara@example.com", "user")
	target := newTab(t, s.URL)
	target.logIn("tara@example.com")

	b := newTab(t, s.URL)
	b.expect("status of 409")
	b.logIn("ann@example.com")
	b.open(s.userPath(t, "tara@example.com"))
	b.do(chromedp.Click(chromedp.ID("act-ban")))
	b.wait(`document.querySelector("dialog[open] .act")`)
	b.othersTurn(longEmail("later"))
	b.do(chromedp.Click(chromedp.CSS("dialog .act")))
	b.told("logged in as " + longName)
	b.fits("a dialog of another's")
	b.resize(1280, 800)
	if !eval[bool](b, `!!document.querySelector("dialog[open] #problem a.button")`) {
		t.Error("the way on is not in the dialog")
	}
	b.do(chromedp.Click(chromedp.CSS("dialog [data-cancel]")))
	b.leave("end a session", chromedp.Click(chromedp.CSS("main button[name=session]")))
	b.wantText("h1", "Something has changed")
	b.wantText("main", "logged in as "+longName)
	b.fits("a page of another's")
	b.leave("go on", chromedp.Click(chromedp.CSS(`[role=alert] a.button`)))
	b.wantPath("/dashboard")
	target.open("/dashboard")
	target.wantPath("/dashboard")
}

func (s *site) gracePath(t *testing.T) string { return s.userPath(t, "grace@example.com") }

func init() {
	const list, button = `document.querySelector("#found").textContent`, "main form .primary"
	partRequests = append(partRequests, []request{
		{file: "admin_users", attribute: `"/admin/users"`, page: "/admin/users", typed: "perso",
			works: list + ` === "120 users"`},
		{file: "ui_dialog", attribute: `{ href }`, find: (*site).gracePath,
			click: "#act-ban",
			works: `document.querySelector("dialog[open] #reason")`},
		{file: "admin_user", attribute: `at + "/" + f.Action`, find: (*site).gracePath,
			open: "#act-delete", fields: []string{"confirm", "ada@example"}, click: "dialog .act"},
		{file: "admin_invite", attribute: `"/admin/users/new"`, page: "/admin/users/new",
			fields: []string{"name", "New", "email", "new@example"},
			click:  button},
	}...)
	partFits = append(partFits, (*site).fitUserLists)
	dialogPages = append(dialogPages, (*site).gracePath,
		func(*site, *testing.T) string { return "/admin/users?q=grace" })
}

// fitUserLists looks at the pages about users, and acts as one in the end.
func (s *site) fitUserLists(t *testing.T, b fitted) {
	b.page("/admin/users", "/admin/users")
	for _, width := range []int64{1920, 1280} {
		b.resize(width, 800)
		if eval[bool](b.tab, `(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)(document.querySelector("#list .table"))`) {
			b.Errorf("at %d px a name hides columns of the users", width)
		}
	}
	user := s.userPath(t, longEmail("user"))
	b.page("/admin/users/selected/:action", "/admin/users/selected/ban?row="+strings.TrimPrefix(user, "/admin/users/"))
	for _, action := range []string{"ban", "delete"} {
		b.page("/admin/users/:id/:action", user+"/"+action)
	}
	b.page("/admin/users/:id", user)
	for _, action := range []string{"role", "reset", "verify", "sessions", "impersonate", "delete"} {
		b.dialog("act-" + action)
		b.closeDialog()
	}
	b.dialog("act-delete")
	b.fill("confirm", longEmail("other"))
	b.refused("delete", "dialog .act")

	b.page("/admin/users/:id", s.userPath(t, "arabic@example.com"))
	b.page("/admin/users/:id", s.userPath(t, "emoji@example.com"))
	b.dialog("act-ban")
	b.fill("reason", longName)
	b.leave("ban", chromedp.Click(chromedp.CSS("dialog .act")))
	b.wait(`document.activeElement.matches(".toast, .toast *, [role=status]")`) // else it is not spoken
	b.fits("/admin/users/:id, banned")
	b.dialog("act-unban")

	b.open(user + "/impersonate")
	b.leave("act as them", chromedp.Click(chromedp.CSS("main .act")))
	b.wantPath("/dashboard")
	b.fits("/dashboard, acting")
	b.menu("/dashboard, acting")
	b.page("forbidden, acting", "/admin")
	b.page("/settings", "/settings")
	b.page("/", "/")
	b.menu("/, acting")
}
