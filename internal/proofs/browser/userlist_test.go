package browser

import (
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"gorm.io/gorm"
)

// crowdedSite has an admin, Ada, and 60 others.
func crowdedSite(t *testing.T) (*site, *tab) {
	t.Helper()
	s := newSite(t, func(_ *auth.Options, db *gorm.DB) { authtest.Crowd(t, db, 60) })
	s.addUser(t, "Ada Lovelace", "ada@example.com", "admin")
	b := newTab(t, s.URL)
	b.do(chromedp.EmulateViewport(1280, 1000)) // so that the bar of a selection covers no row that is pressed
	b.logIn("ada@example.com")
	return s, b
}

// TestListByKeyboard: "/" goes to the search, j and k along the rows, and Enter opens one; none of them while a person
// types or a dialog is open.
func TestListByKeyboard(t *testing.T) {
	t.Parallel()
	_, b := crowdedSite(t)
	b.open("/admin/users?q=number+0000&sort=name&dir=asc")
	on := func(name string) {
		b.Helper()
		b.wait(`document.activeElement.textContent === "` + name + `"`)
	}
	b.press("j")
	on("Person Number 00000")
	b.press("jj")
	on("Person Number 00002")
	b.press("k")
	on("Person Number 00001")
	b.press("/")
	b.wait(`document.activeElement.id === "q"`)
	b.press(kb.End + "/jk")
	b.wait(`document.querySelector("#q").value === "number 0000/jk"`)
	b.wait(`document.querySelector("#found").textContent === "0 users"`)
	b.wait(`location.search.includes("jk")`) // with the last letter
	b.open("/admin/users?q=number+0000&sort=name&dir=asc")
	b.press("jj")
	on("Person Number 00001")
	b.leave("open it", typed(kb.Enter))
	b.wantText("h1", "Person Number 00001")

	b.open("/admin/users?q=number+0000&sort=name&dir=asc")
	b.do(chromedp.Click(chromedp.CSS("#list .more button")))
	b.wait(`document.querySelector(":popover-open a")`)
	b.do(chromedp.Click(chromedp.CSS(`:popover-open a[href$="/ban"]`)))
	b.wait(`document.querySelector("dialog[open] #reason")`)
	b.press(kb.Tab + kb.Tab + "j/")
	b.do(chromedp.Click(chromedp.CSS("dialog [data-cancel]")))
	b.wait(`!document.querySelector("dialog[open]") && document.activeElement.matches(".more button")`)

	b.open("/settings/appearance")
	b.leave("switch the keys off", chromedp.Click(chromedp.CSS("main [name=keys][value=off]")))
	b.open("/admin/users?q=number+0000&sort=name&dir=asc")
	b.press("j/")
	if !eval[bool](b, `document.activeElement === document.body`) {
		t.Error("a key that is switched off moved the focus")
	}
}

// TestExportOfSelectedAsksAgain: the password is asked for between a selection and its file. Then the same page of the
// list has the same rows selected, and says that the file is not made yet.
func TestExportOfSelectedAsksAgain(t *testing.T) {
	t.Parallel()
	s, b := crowdedSite(t)
	const list = "/admin/users?q=number&sort=name&dir=asc&page=2"
	b.open(list)
	b.do(chromedp.Click(chromedp.CSS("#list tbody tr:nth-child(3) td.pick input")))
	name := b.text("#list tbody tr:nth-child(3) .key a")
	s.ahead.Add(int64(11 * time.Minute))
	b.leave("export it", chromedp.Click(chromedp.CSS(`#selection .bar [formaction$=".csv"]`)))
	b.wantText("#toasts", "The file is not made yet. After your password")
	b.fill("password", authtest.Password)
	b.leave("prove it", submit)
	b.wantText("#toasts", "The file is not made yet. Check what is selected")
	if got := b.text("#list tbody tr:has(td.pick :checked) .key a"); got != name {
		t.Errorf("%q is selected, want %q", got, name)
	}
}

// TestRowsLeadOn: a click anywhere in a row opens it, except on its own controls.
func TestRowsLeadOn(t *testing.T) {
	t.Parallel()
	_, b := crowdedSite(t)
	b.open("/admin/users?q=number+00007")
	b.do(chromedp.Click(chromedp.CSS("#list td.pick input")))
	b.wantPath("/admin/users?q=number+00007")
	b.leave("click on the role", clickAt(b, "#list td:nth-of-type(3)"))
	b.wantText("h1", "Person Number 00007")
}

// clickAt clicks where an element is, on whatever lies above it.
func clickAt(b *tab, selector string) chromedp.Action[chromedp.Void] {
	b.Helper()
	at := eval[[]float64](b, `(({ x, y, width, height }) => [x + width / 2, y + height / 2])(
		document.querySelector("`+selector+`").getBoundingClientRect())`)
	return chromedp.MouseClickXY(at[0], at[1])
}

// TestBanSelected: several users are selected, listed and banned in a dialog; then let go without JavaScript.
func TestBanSelected(t *testing.T) {
	t.Parallel()
	axe := requireAxe(t)
	_, b := crowdedSite(t)
	b.open("/admin/users?q=number+0000&sort=name&dir=asc")
	shown := func(want string) {
		b.Helper()
		b.wait(`(document.querySelector(".bar").checkVisibility() ? document.querySelector("#selected").textContent : "") === "` +
			want + `"`)
	}
	shown("")
	b.do(chromedp.Click(chromedp.CSS("#list tbody .pick input")))
	shown("1 selected")
	b.wait(`document.querySelector("#live").textContent === "1 selected"`)
	b.do(chromedp.Click(chromedp.CSS("#list thead .pick input")))
	shown("10 selected")
	b.takePictures("users-selected")
	b.checkRules(axe, "selected users")
	b.do(chromedp.Click(chromedp.CSS("#list thead .pick input")))
	shown("")
	b.do(chromedp.Click(chromedp.CSS("#list tbody tr:nth-child(3) .pick input")),
		chromedp.Click(chromedp.CSS("#list tbody tr:nth-child(4) .pick input")))
	shown("2 selected")
	b.do(chromedp.Click(chromedp.CSS(".bar .danger")))
	b.wait(`document.querySelector("dialog[open] #reason")`)
	b.wantText("dialog", "2 users")
	b.wantText("dialog", "person00002@example.com")
	b.takePictures("users-ban")
	b.checkRules(axe, "question about selected users")
	b.do(chromedp.Click(chromedp.CSS("dialog [data-cancel]")))
	b.wait(`!document.querySelector("dialog[open]")`)
	shown("2 selected")
	b.do(chromedp.Click(chromedp.CSS(".bar .danger")))
	b.wait(`document.querySelector("dialog[open] #reason")`)
	b.leave("ban them", chromedp.Click(chromedp.CSS("dialog .act")))
	b.wantPath("/admin/users?q=number+0000&sort=name&dir=asc")
	b.wantText("#toasts", "everywhere: 2.")
	b.wantText("#list tbody tr:nth-child(3)", "Banned")

	b.disableScripts()
	b.open("/admin/users?q=number+0000&sort=name&dir=asc")
	b.do(chromedp.Click(chromedp.CSS("#list tbody tr:nth-child(5) .pick input")))
	b.leave("ask", chromedp.Click(chromedp.CSS(".bar button")))
	b.wantText("main", "1 user")
	b.leave("log them out", chromedp.Click(chromedp.CSS("main .act")))
	b.wantPath("/admin/users")
	b.wantText("#toasts", "Users who are logged out: 1.")
}

// TestListPictures looks at the list of users on all screens, with its menu and its filters.
func TestListPictures(t *testing.T) {
	t.Parallel()
	axe := requireAxe(t)
	_, b := crowdedSite(t)
	b.open("/admin/users")
	b.takePictures("users-list")
	b.open("/admin/users?status=unverified&page=2&per=25&dir=asc&sort=name")
	b.takePictures("users-filtered")
	b.resize(375, 812)
	b.do(chromedp.Click(chromedp.CSS("#list .more button")))
	b.wait(`document.querySelector(":popover-open a")`)
	b.takePictures("users-menu")
	b.checkRules(axe, "menu of a row")
}

// TestListOnAPhone: a row is a card with its menu in reach, filters are folded, and what is pressed is 44 px high.
func TestListOnAPhone(t *testing.T) {
	t.Parallel()
	_, b := crowdedSite(t)
	b.resize(375, 812)
	b.open("/admin/users")
	for _, fact := range []string{
		`!document.querySelector("#by-role").checkVisibility()`,
		`document.querySelector("#list .table").scrollWidth <= document.querySelector("#list .table").clientWidth`,
		`[...document.querySelectorAll("#list .more button")].every((e) => e.getBoundingClientRect().right <= 375)`,
		`[...document.querySelectorAll("#list .more button, #list .check, #list .sort, .filter summary, #list nav a")]
			.every((e) => e.getBoundingClientRect().height >= 44)`,
		`document.querySelector("#list tbody tr").getBoundingClientRect().height < 120`,
	} {
		if !eval[bool](b, fact) {
			b.Errorf("not true: %s", fact)
		}
	}
	b.do(chromedp.Click(chromedp.CSS(".filter summary")))
	b.wait(`document.querySelector("#by-role").checkVisibility()`)
	b.open("/admin/users?status=active")
	b.wait(`document.querySelector("#by-status").checkVisibility()`)
	b.resize(1280, 800)
	b.open("/admin/users")
	b.wait(`document.querySelector("#by-role").checkVisibility() && !document.querySelector(".filter summary").checkVisibility()`)
}

// TestHeadsStay: the heads of columns stay below the top of the page while a person scrolls.
func TestHeadsStay(t *testing.T) {
	t.Parallel()
	_, b := crowdedSite(t)
	b.resize(1280, 800)
	b.open("/admin/users")
	b.do(chromedp.Evaluate[chromedp.Void](`scrollTo({ top: 900, behavior: "instant" })`))
	b.wait(`(() => {
		const head = document.querySelector("#list th .sort").getBoundingClientRect();
		return scrollY === 900 && document.elementFromPoint(head.x + 2, head.y + 2).closest("th");
	})()`)
}

// TestStaleRowsDim: rows are marked as busy while others are on their way, and no longer.
func TestStaleRowsDim(t *testing.T) {
	t.Parallel()
	s, b := crowdedSite(t)
	b.open("/admin/users")
	release := s.hold("GET /admin/users")
	defer release()
	b.fill("q", "number 00007")
	b.wait(`document.querySelector("#list[aria-busy=true]")`)
	release()
	b.wait(`document.querySelector("#found").textContent === "1 user" && !document.querySelector("[aria-busy=true]")`)
}

// TestTheListAsItWas: choosing a theme keeps the search, whose address is htmx's, and a selection that Back restores is
// counted.
func TestTheListAsItWas(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser(t, "Ada Lovelace", "ada@example.com", "admin")
	s.addUser(t, "Grace Hopper", "grace@example.com", "user")
	b := newWindow(t, s.URL)
	b.logIn("ada@example.com")
	b.open("/admin/users")
	b.do(chromedp.SendKeys(chromedp.ID("q"), "hopper"))
	b.wait(`location.search === "?q=hopper"`)
	b.do(chromedp.Click(chromedp.CSS("#account > button")))
	b.wait(`document.querySelector("#account-menu:popover-open")`)
	b.leave("choose a theme", chromedp.Click(chromedp.CSS("#account-menu [name=theme][value=dark]")))
	b.wantPath("/admin/users?q=hopper")
	b.wantText("#found", "1 user")

	b.open("/admin/users")
	b.do(chromedp.Click(chromedp.CSS("#selection [name=row]")))
	b.wantText("#selected", "1 selected")
	b.leave("look elsewhere", chromedp.Evaluate[chromedp.Void](`location.assign("/dashboard")`))
	b.back()
	b.wait(`document.querySelector("#selection [name=row]:checked")`)
	b.settle()
	b.wantText("#selected", "1 selected")
}

// TestListAfterATimeoutInSafari: there a request that timed out fails with an AbortError, as one that was given up does.
// The page says what happened all the same, and the rows are no longer dim.
func TestListAfterATimeoutInSafari(t *testing.T) {
	t.Parallel()
	s, b := crowdedSite(t)
	b.everyPage(`(() => {
		const fetched = window.fetch;
		window.fetch = (...all) => fetched(...all).catch(() => { throw new DOMException("aborted", "AbortError"); });
	})()`)
	b.expect("htmx:error")
	b.open("/admin/users")
	silence := failures[len(failures)-1]
	s.failure.Store(&silence)
	defer s.failure.Store(nil)
	eval[int](b, `htmx.config.defaultTimeout = 100`)
	b.do(chromedp.SendKeys(chromedp.ID("q"), "a"))
	b.wait(silence.said())
	b.wait(`!document.querySelector("[aria-busy=true]")`)
}

// TestMenuAtTheEdge: the menu of a row shows all of its acts, also where the row stands at an edge of the window.
func TestMenuAtTheEdge(t *testing.T) {
	t.Parallel()
	_, b := crowdedSite(t)
	for _, size := range [][2]int64{{1280, 800}, {1280, 600}, {360, 640}} {
		b.do(chromedp.EmulateViewport(size[0], size[1]))
		b.open("/admin/users")
		for _, block := range []string{"start", "end"} {
			b.do(chromedp.Evaluate[chromedp.Void](`(button => {
				button.scrollIntoView({ block: "` + block + `" });
				button.click();
			})(document.querySelector("#list tr:nth-child(20) .more button"))`))
			b.wait(`document.querySelector(":popover-open a")`)
			b.wait(`(menu => menu.scrollHeight <= menu.clientHeight)(document.querySelector(":popover-open"))`)
			b.wait(`(box => box.top >= 0 && box.bottom <= innerHeight)(
				document.querySelector(":popover-open").getBoundingClientRect())`)
			b.press(kb.Escape)
			b.wait(`!document.querySelector(":popover-open")`)
		}
	}
}
