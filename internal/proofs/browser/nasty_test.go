package browser

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"github.com/chromedp/chromedp"
	"gorm.io/gorm"
)

// Data that is legal and hard to draw: one word of the widest letter, as long as a name and an address can be.
var (
	longName  = strings.Repeat("W", 200)
	longEmail = func(who string) string {
		local := who + strings.Repeat("m", 64-len(who))
		return local + "@" + strings.Repeat("w", 59) + "." + strings.Repeat("w", 60) + "." + strings.Repeat("w",
			60) + ".example"
	}
	emojiName   = strings.Repeat("👩‍👩‍👧‍👦", 20)
	arabicName  = strings.Repeat("عبدالرحمن", 11)
	chineseName = strings.Repeat("張偉", 50)
)

// noPages are routes that answer with no page of the app. A letter is drawn as the mail program of its reader does.
var noPages = []string{
	"/static/*", "/healthz", "/readyz", "/.well-known/change-password", "/.well-known/jwks.json", "/nav",
	"/dev/reload", "/dev/mail/:id/html",
	"/.well-known/passkey-endpoints", // part:passkey
}

// fitted is a tab that looks at pages, and remembers their routes.
type fitted struct {
	*tab
	walk
	routes map[string]bool
}

// walk is how pages are looked at.
type walk struct {
	width int64                     // of the screen on which a page opens; 0 for the last one
	begin func(*tab)                // prepares a tab; nil for nothing
	proof func(b *tab, name string) // looks at a page; nil for nothing
}

func (b fitted) fits(name string) {
	b.Helper()
	if b.proof != nil {
		b.proof(b.tab, name)
	}
}

// page opens an address of a route and looks at it.
func (b fitted) page(route, path string) {
	b.Helper()
	b.routes[route] = true
	if b.width > 0 {
		b.do(chromedp.EmulateViewport(b.width, 800))
	}
	b.open(path)
	b.wait(`!document.querySelector("#account > .skeleton")`)
	for _, shift := range b.shifts() {
		b.Errorf("%s moves: %s", route, shift)
	}
	b.fits(route)
}

// refused presses a form's button, and looks at the form that comes back.
func (b fitted) refused(name, button string) {
	b.Helper()
	b.do(chromedp.Click(chromedp.CSS(button)))
	b.wait(summaryFocused)
	b.fits(name + ", refused")
}

// menu looks at the account menu.
func (b fitted) menu(name string) {
	b.Helper()
	b.resize(1280, 800)
	b.do(chromedp.Click(chromedp.CSS("#account > button")))
	b.wait(`document.querySelector("#account-menu:popover-open")`)
	b.fits(name + ", menu")
	if !eval[bool](b.tab, `document.querySelector("#account-menu .who b").offsetWidth > 100`) {
		b.Errorf("%s: the menu hides the name", name)
	}
}

// dialog opens the dialog of the link with an id, and looks at it.
func (b fitted) dialog(id string) {
	b.Helper()
	b.resize(1280, 800)
	b.do(chromedp.Click(chromedp.ID(id)))
	b.wait(`document.querySelector("dialog[open] .act")`)
	b.fits("dialog " + id)
	if got, want := b.dialogName(), b.text("dialog h2"); got != want {
		b.Errorf("the dialog %s is called %q", id, got)
	}
}

func (b fitted) closeDialog() {
	b.Helper()
	b.do(chromedp.Click(chromedp.CSS("dialog [data-cancel]")))
	b.wait(`!document.querySelector("dialog[open]")`)
}

// TestNastyData: pages fit on every screen, whatever people are called, and nothing moves while they load.
func TestNastyData(t *testing.T) {
	t.Parallel()
	walkAll(t, walk{proof: (*tab).fits})
}

// walkAll looks at all pages of a site whose people have nasty names.
func walkAll(t *testing.T, w walk) {
	t.Helper()
	s := newSite(t, func(o *auth.Options, db *gorm.DB) {
		o.Notices = true
		authtest.Crowd(t, db, 60)
	})
	for _, u := range []auth.NewUser{
		{Name: emojiName, Email: "emoji@example.com"}, {Name: arabicName, Email: "arabic@example.com"},
		{Name: chineseName, Email: "chinese@example.com"}, {Name: "<script>alert(1)</script>", Email: "script@example.com"},
		{Name: longName, Email: longEmail("user")}, {Name: longName, Email: longEmail("admin"), Role: "admin"},
	} {
		s.addUser(t, u.Name, u.Email, u.Role)
	}
	routes := map[string]bool{}
	open := func() fitted {
		b := newTab(t, s.URL)
		for _, status := range []string{"403", "404", "410", "422"} {
			b.expect("status of " + status)
		}
		b.everyPage(watchShifts)
		if w.begin != nil {
			w.begin(b)
		}
		return fitted{b, w, routes}
	}
	s.fitStrangers(t, open())
	s.fitUsers(open())
	s.fitAdmins(t, open())
	rest := open()
	rest.logIn(longEmail("admin"))
	for _, r := range s.app.Routes() {
		noPage := strings.HasPrefix(r.Path, "/api/") || strings.HasSuffix(r.Path, ".csv") || slices.Contains(noPages, r.Path)
		switch {
		case r.Method != http.MethodGet || noPage || routes[r.Path]:
		case strings.Contains(r.Path, ":"):
			t.Errorf("GET %s was not looked at: add a function to partFits that opens one", r.Path)
		default:
			rest.page(r.Path, r.Path)
		}
	}
}

func (s *site) fitStrangers(t *testing.T, b fitted) {
	b.page("/", "/")
	b.page("/login", "/login")
	b.fill("email", longEmail("nobody"), "password", longName)
	b.refused("/login", "main form .primary")
	b.page("/signup", "/signup")
	b.fill("name", arabicName, "email", longEmail("x")+"x", "password", "short")
	b.refused("/signup", "main form .primary")
	b.page("/forgot-password", "/forgot-password")
	b.page("/forgot-password", "/forgot-password?done=sent")
	b.page("/reset-password", s.mailed(t, "/forgot-password", longEmail("user")))
	b.page("/verify-email", "/verify-email")
	b.page("/verify-email", s.mailed(t, "/verify-email/resend", longEmail("user")))
	b.page("/verify-email", "/verify-email?token=x")
	b.page("/undo-email", s.undoLink(t, longEmail("undo")))
	b.page("/stop-email-change", s.stopLink(t, longEmail("stop")))
	b.page("not found", "/"+longName)
}

func (s *site) fitUsers(b fitted) {
	b.logIn(longEmail("user"))
	b.page("/", "/")
	b.menu("/")
	for _, route := range []string{"/dashboard", "/reauth", "/settings", "/settings/security", "/settings/sessions",
		"/settings/appearance", "/settings/email"} {
		b.page(route, route)
		b.wantPath(route)
	}
	b.page("/settings/sessions/:session", "/settings/sessions/others")
	b.page("/settings/delete", "/settings/delete")
	b.fill("confirm", longEmail("other"), "password", authtest.Password)
	b.refused("/settings/delete", "main form .danger")
	b.page("forbidden", "/admin")
}

func (s *site) fitAdmins(t *testing.T, b fitted) {
	b.logIn(longEmail("admin"))
	for _, route := range []string{
		"/admin/audit", // part:audit
		"/admin", "/admin/users/new", "/dev/guards", "/dev/mail", "/dev/components",
	} {
		b.page(route, route)
		b.wantPath(route)
	}
	b.dialog("g-question")
	b.closeDialog()

	b.open("/dev/mail")
	letter := eval[string](b.tab, `document.querySelector("#mails a").pathname`)
	for _, view := range []string{"", "?view=dark", "?view=phone", "?view=text"} {
		b.page("/dev/mail/:id", letter+view)
	}
	for _, fit := range partFits {
		fit(s, t, b)
	}
	b.page("/settings", "/settings")
	b.page("/", "/")
	b.menu("/")
}

// partFits look at the pages of parts that can be deleted, which add their own.
var partFits []func(*site, *testing.T, fitted)

// misfits lists what is wrong with the page as it stands: what sticks out or is cut, and what covers something else.
// Some things may scroll sideways, and some be cut because they stand elsewhere in full.
const misfits = `(async () => {
	const scrollable = ".table, .tabs, .sidebar", short = ".fit, .identity, .breadcrumb bdi, .account b, #banners .banner span", hidden = "svg, .sr-only, .skip, input, select";
	const list = [], name = (e) => e.outerHTML.replace(/\s+/g, " ").slice(0, 100);
	if (document.documentElement.scrollWidth > innerWidth) list.push("the page is " + document.documentElement.scrollWidth + " px wide");
	for (const e of document.querySelectorAll("body *")) {
		if (!e.checkVisibility({ contentVisibilityAuto: true }) || e.closest(hidden)) continue;
		const style = getComputedStyle(e), box = e.getBoundingClientRect();
		if (style.clipPath === "inset(50%)") continue; // for screen readers
		if (e.matches(".avatar") && Math.abs(box.width - box.height) > 1) list.push("is no circle: " + name(e));
		if (!e.closest(scrollable) && !e.parentElement.closest(short) && (box.right > innerWidth + 1 || box.left < -1)) list.push("sticks out: " + name(e));
		if (style.display === "inline" || e.closest(short) || e.matches(scrollable)) continue;
		if (e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0) list.push(e.scrollWidth + " px in " + e.clientWidth + ": " + name(e));
		if (style.overflowY === "hidden" && e.scrollHeight > e.clientHeight + 1) list.push("is cut: " + name(e));
	}
	const apart = (a, b) => {
		const [x, y] = [a, b].map((selector) => document.querySelector(selector)?.getBoundingClientRect());
		if (x?.width && y?.width && x.left < y.right - 1 && y.left < x.right - 1 && x.top < y.bottom - 1 && y.top < x.bottom - 1) list.push(a + " covers " + b);
	};
	const inSight = (selector) => {
		const box = document.querySelector(selector)?.getBoundingClientRect();
		if (box && (box.top < -1 || box.top > innerHeight - 40)) list.push(selector + " is not in sight, but at " + box.top);
	};
	for (const top of [0, document.documentElement.scrollHeight]) {
		scrollTo({ top, behavior: "instant" });
		if (document.querySelector(":popover-open")) await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))); // it follows its button
		apart("#banners .banner", ".sidebar");
		apart("#account > button", "#account-menu:popover-open");
		inSight("#banners .banner");
		inSight(".sidebar");
	}
	scrollTo({ top: 0, behavior: "instant" });
	if (document.querySelector("aside:empty")) list.push("an empty landmark");
	return [...new Set(list)].slice(0, 6);
})()`

type screen struct{ width, height int64 }

var screens = []screen{{1920, 1080}, {1280, 800}, {768, 1024}, {375, 812}, {320, 640}}

// fits looks at the page as it is on five screens, in both directions of reading.
func (b *tab) fits(name string) {
	b.Helper()
	b.fitsOn(name, screens...)
}

func (b *tab) fitsOn(name string, screens ...screen) {
	b.Helper()
	for _, screen := range screens {
		b.resize(screen.width, screen.height)
		for _, direction := range []string{"rtl", "ltr"} {
			b.turn(direction)
			for _, problem := range eval[[]string](b, misfits) {
				b.Errorf("%s, %s, at %d px: %s", name, direction, screen.width, problem)
			}
		}
		if pictures != "" {
			file := strings.NewReplacer("/", "_", " ", "_").Replace(name)
			b.keep(fmt.Sprintf("nasty-%s-%d.png", file, screen.width), run(b, "take a picture", chromedp.CaptureScreenshot()))
		}
	}
}

// turn sets the direction of reading.
func (b *tab) turn(direction string) {
	b.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.documentElement.dir = %q`, direction)))
}

// dialogName is what a screen reader calls the open dialog.
func (b *tab) dialogName() string {
	b.Helper()
	return eval[string](b, `(() => {
		const dialog = document.querySelector("dialog[open]");
		return document.getElementById(dialog.getAttribute("aria-labelledby"))?.innerText ?? dialog.getAttribute("aria-label");
	})()`)
}
