package browser

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"github.com/chromedp/chromedp"
	"gorm.io/gorm"
)

// act is something that a person does on a page, and the route that does it.
type act struct {
	route  string
	page   string                         // "" for the page that the last act has led to
	find   func(*site, *testing.T) string // or where it is
	fields []string                       // what is typed: name and value in turn
	typed  func(*site, *tab) []string     // and what depends on the page; nil for nothing
	clicks []string                       // what is pressed; the last causes it
	seen   string                         // true when the page shows it to everybody without a word
}

// silent are the routes that no page offers as an act, and why.
var silent = map[string]string{
	"POST /password-hint":   "the hint changes while one types, and the field is described by it",
	"POST /api/admin/users": "for programs",
}

// partActs are the acts of parts that can be deleted, by their role.
var partActs = map[string][]act{}

const primary = "main form .primary"

// life is all that one can do without being an admin, in an order in which one person can.
var life = []act{
	{route: "POST /address", page: "/login", fields: []string{"email", "new@example.com"},
		clicks: []string{`[formaction="/address"][value="/forgot-password"]`}},
	{route: "POST /forgot-password", fields: nil, clicks: []string{primary}},
	{route: "POST /reset-password", fields: []string{"newPassword", "better-horse-1"}, clicks: []string{primary},
		find: func(s *site, t *testing.T) string { return s.mailed(t, "/forgot-password", "grace@example.com") }},
	{route: "POST /verify-email/resend", page: "/verify-email", fields: []string{"email", "grace@example.com"},
		clicks: []string{primary}},
	{route: "POST /verify-email", fields: []string{"password", authtest.Password}, clicks: []string{primary},
		find: func(s *site, t *testing.T) string {
			s.unverified(t, "Vera", "vera@example.com")
			return s.mailed(t, "/verify-email/resend", "vera@example.com")
		}},
	{route: "POST /logout", page: "/settings", clicks: []string{"#account > button", `form[action="/logout"] button`}},
	{route: "POST /undo-email", clicks: []string{primary},
		find: func(s *site, t *testing.T) string { return s.undoLink(t, "eve@example.com") }},
	{route: "POST /stop-email-change", clicks: []string{primary},
		find: func(s *site, t *testing.T) string { return s.stopLink(t, "mallory@example.com") }},
	{route: "POST /signup", page: "/signup", clicks: []string{primary},
		fields: []string{"name", "Ada", "email", "ada@example.com", "password", authtest.Password}},
	{route: "POST /theme", page: "/settings/appearance", clicks: []string{"main [name=theme][value=dark]"},
		seen: `document.documentElement?.dataset.theme === "dark"`},
	{route: "POST /settings/appearance", page: "/settings/appearance", clicks: []string{"main [name=keys][value=off]"},
		seen: `document.documentElement?.hasAttribute("data-no-keys")`},
	{route: "POST /settings", page: "/settings", fields: []string{"name", "Ada King"}, clicks: []string{primary}},
	{route: "POST /settings/email", page: "/settings/email", fields: []string{"newEmail", "lady@example.com"},
		clicks: []string{primary}},
	{route: "POST /settings/sessions/:session", find: (*site).sessionsPath, clicks: []string{"button[formaction]"}},
	{route: "POST /settings/sessions/:session", find: (*site).sessionsPath, clicks: []string{"main form > div .danger"}},
	{route: "POST /settings/sessions/:session", page: "/settings/sessions/others", clicks: []string{"main form .danger"}},
	{route: "POST /settings/security", page: "/settings/security", clicks: []string{primary},
		fields: []string{"currentPassword", authtest.Password, "newPassword", "better-horse-2"}},
	{route: "POST /reauth", page: "/reauth?returnTo=/settings/email", fields: []string{"password", "better-horse-2"},
		clicks: []string{primary}},
	{route: "POST /logout", page: "/dashboard", clicks: []string{"#account > button", `form[action="/logout"] button`}},
	{route: "POST /login", page: "/login", fields: []string{"email", "ada@example.com", "password", "better-horse-2"},
		clicks: []string{primary}},
	{route: "POST /settings/delete", page: "/settings/delete",
		fields: []string{"confirm", "ada@example.com", "password", "better-horse-2"}, clicks: []string{"main form .danger"}},
}

// sessionsPath is the list of the sessions of Ada, who is logged in twice more.
func (s *site) sessionsPath(t *testing.T) string {
	for range 2 {
		authtest.NewClient(t, s.URL).SignIn("ada@example.com", authtest.Password)
	}
	return "/settings/sessions"
}

// unverified makes a user whose address is not verified, if there is none.
func (s *site) unverified(t *testing.T, name, email string) {
	t.Helper()
	if _, err := s.auth.UserByEmail(t.Context(), email); err == nil {
		return
	}
	in := auth.NewUser{Name: name, Email: email, Password: authtest.Password}
	if _, err := s.auth.CreateUser(t.Context(), nil, in); err != nil {
		t.Fatal(err)
	}
}

// TestEveryActIsAnnounced: after every act of every page a person sees and hears what happened: a toast, an error,
// another page, or the focus on what has changed.
func TestEveryActIsAnnounced(t *testing.T) {
	t.Parallel()
	wantEveryAct(t, newSite(t))
	for name, scripts := range map[string]bool{"with scripts": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(o *auth.Options, _ *gorm.DB) { o.Notices = true })
			s.addUser(t, "Grace Hopper", "grace@example.com", "user")
			b := newTab(t, s.URL)
			if !scripts {
				b.disableScripts()
			}
			for _, a := range life {
				b.act(s, a)
			}
			s.addUser(t, "Ursula", "ursula@example.com", "user")
			b.logIn("ursula@example.com")
			for _, a := range partActs["user"] {
				b.act(s, a)
			}
			b.open("/dashboard")
			b.logOut()
			s.addUser(t, "Root", "root@example.com", "admin")
			b.logIn("root@example.com")
			for _, a := range partActs["admin"] {
				b.act(s, a)
			}
		})
	}
}

// wantEveryAct fails unless each POST of web/routes.go is walked or silent. Those of web/app.go are not asked for.
func wantEveryAct(t *testing.T, s *site) {
	t.Helper()
	walked := map[string]bool{}
	for _, list := range [][]act{life, partActs["user"], partActs["admin"]} {
		for _, a := range list {
			walked[a.route] = true
		}
	}
	source, err := os.ReadFile("../../../web/routes.go")
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, r := range s.app.Routes() {
		key := r.Method + " " + r.Path
		there[key] = true
		if r.Method == "POST" && !walked[key] && silent[key] == "" && strings.Contains(string(source), `"`+r.Path+`"`) {
			t.Errorf("no act walks %s: list it in life or partActs, or in silent with a reason", key)
		}
	}
	for key := range walked {
		if !there[key] {
			t.Errorf("there is no %s any more", key)
		}
	}
}

// told names what tells a person that an act is done; "" for nothing. before is the heading of the page of the act.
func told(before string) string {
	return fmt.Sprintf(`(() => {
		const inSight = (e) => {
			const box = e?.getBoundingClientRect();
			return box && e.contains(document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2));
		};
		const focus = document.activeElement, stayed = window.actedHere, heading = document.querySelector("h1")?.innerText;
		const error = document.querySelector("[data-summary]"), problem = document.querySelector("#problem:not([hidden])");
		const heard = stayed || focus?.id === "toasts" || focus?.getAttribute("aria-describedby")?.includes("toasts");
		if (heard && inSight(document.querySelector("#toasts[role=status] .toast"))) return "a toast";
		if (inSight(error) && focus === error) return "an error";
		if (inSight(problem) && problem.role === "alert") return "a problem";
		if (focus?.matches("main [tabindex='-1']") && inSight(focus)) return "the focus on " + focus.innerText;
		if (!stayed && document.readyState === "complete" && heading && heading !== %q) return "the page " + heading;
		return "";
	})()`, before)
}

// act does it, and fails if nothing tells the person so.
func (b *tab) act(s *site, a act) {
	b.Helper()
	if a.find != nil {
		a.page = a.find(s, b.T)
	}
	if a.page != "" {
		b.open(a.page)
	}
	last := len(a.clicks) - 1
	for i, selector := range a.clicks {
		b.do(chromedp.WaitVisible(chromedp.CSS(selector)))
		b.settle() // else the focus moves while one types
		if i == last {
			if a.typed != nil {
				a.fields = append(slices.Clone(a.fields), a.typed(s, b)...)
			}
			for f := 0; f < len(a.fields); f += 2 { // an address that was typed on another page is filled in
				eval[string](b, fmt.Sprintf(`document.getElementById(%q).value = ""`, a.fields[f]))
			}
			b.fill(a.fields...)
			eval[bool](b, `window.actedHere = true`)
			a.page = b.path()
		}
		before := b.text("h1")
		b.do(chromedp.Click(chromedp.CSS(selector)))
		if i < last {
			continue
		}
		if a.seen != "" {
			b.wait(a.seen)
			return
		}
		b.wait(told(before))
		b.settle()
		b.Logf("%s on %s: %s", a.route, a.page, eval[string](b, told(before)))
	}
}
