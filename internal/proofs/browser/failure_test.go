package browser

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"github.com/chromedp/chromedp"
	"gorm.io/gorm"
)

// failure is a way in which a request goes wrong, and what the page then says.
type failure struct {
	name, says string
	patience   time.Duration // of htmx, 0 for its own
	serve      func(app http.Handler, w http.ResponseWriter, r *http.Request)
}

var errAway = errors.New("the database is away")

var failures = []failure{
	{name: "connection lost", says: "The connection was lost.",
		serve: func(http.Handler, http.ResponseWriter, *http.Request) {
			panic(http.ErrAbortHandler)
		}},
	{name: "an error of the app", says: "Back in a moment. The service is busy",
		serve: func(app http.Handler, w http.ResponseWriter, r *http.Request) {
			r.Method, r.URL.Path, r.URL.RawQuery, r.Body = http.MethodGet, "/readyz", "", http.NoBody // asks errAway
			app.ServeHTTP(w, r)
		}},
	{name: "the page of a proxy", says: "The service did not answer as it should.",
		serve: func(_ http.Handler, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusBadGateway)
			io.WriteString(w, "<html><head><title>502</title></head><body><h1>502 Bad Gateway</h1></body></html>")
		}},
	{name: "no answer", says: "There was no answer in time.", patience: 100 * time.Millisecond,
		serve: func(_ http.Handler, _ http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body) // else the server does not see that the browser gives up
			<-r.Context().Done()
		}},
}

// request is one request of htmx, as a person causes it.
type request struct {
	file, attribute string // the template, and its hx- attribute or the path of its form
	page            string
	find            func(*site, *testing.T) string // or where it is
	fields          []string                       // what is typed before: name and value in turn
	open            string                         // what is clicked before, so that the fields are there
	click           string                         // what causes it; "" for a page that asks by itself
	typed           string                         // or a text typed into #q, of which each letter causes it
	script          string                         // or a script that does
	works           string                         // true when it has worked; "" for a form that is refused
}

// partRequests are those of parts that can be deleted, which add their own.
var partRequests []request

// everyRequest lists what strangers can cause, and what admins can. links are pages that mails lead to.
func everyRequest(reset, verify, undo, stop string) (strangers, admins []request) {
	const button = "main form .primary"
	wrong := []string{"password", "not-the-password"}
	strangers = []request{
		{file: "ui_nav", attribute: `"/nav"`, page: "/", works: `document.querySelector("#account [href='/signup']")`},
		{file: "auth_login", attribute: `"/login"`, page: "/login",
			fields: append([]string{"email", "ada@example.com"}, wrong...),
			click:  button},
		{file: "ui_form", attribute: `"/address"`, page: "/login", fields: []string{"email", "ada@example.com"},
			click: "button[value='/signup']",
			works: `document.getElementById("name") && document.getElementById("email").value === "ada@example.com"`},
		{file: "auth_signup", attribute: `"/signup"`, page: "/signup",
			fields: []string{"name", "Ada", "email", "new@example.com", "password", "short"},
			click:  button},
		{file: "auth_forgot", attribute: `"/forgot-password"`, page: "/forgot-password",
			fields: []string{"email", "ada@example"},
			click:  button},
		{file: "auth_reset", attribute: `"/reset-password"`, page: reset, fields: []string{"newPassword", "short"},
			click: button},
		{file: "auth_emaillink", attribute: `f.Path`, page: verify, fields: wrong, click: button},
		{file: "auth_verify", attribute: `"/verify-email/resend"`, page: "/verify-email",
			fields: []string{"email", "ada@example"},
			click:  button},
		{file: "auth_emaillink", attribute: `f.Path`, page: undo, click: button,
			works: `location.pathname === "/login"`},
		{file: "auth_emaillink", attribute: `f.Path`, page: stop, click: button,
			works: `location.pathname === "/forgot-password"`},
	}
	admins = []request{
		{file: "auth_reauth", attribute: `"/reauth"`, page: "/reauth", fields: wrong, click: button},
		{file: "settings_profile", attribute: `"/settings"`, page: "/settings", fields: []string{"name", " King"},
			click: button,
			works: `document.querySelector("#toasts")?.textContent.includes("Saved")`},
		{file: "settings_email", attribute: `"/settings/email"`, page: "/settings/email",
			fields: []string{"newEmail", "ada@example"},
			click:  button},
		{file: "settings_sessions", attribute: `{ "/settings/sessions/" + row.ID }`, page: "/settings/sessions",
			click: "button[formaction]", works: `document.activeElement.id === "sessions"`},
		{file: "settings_sessions", attribute: `"/settings/sessions/others"`, page: "/settings/sessions",
			click: "main form > div .danger", works: `document.activeElement.id === "sessions"`},
		{file: "settings_password", attribute: `securityLink.Href`, page: "/settings/security",
			fields: []string{"currentPassword", "not-it", "newPassword", "another-horse"},
			click:  button},
		{file: "settings_delete", attribute: `"/settings/delete"`, page: "/settings/delete",
			fields: append([]string{"confirm", "ada@example"}, wrong...),
			click:  "main form .danger"},
		{file: "dev_samples", attribute: `"/dev/components"`, page: "/dev/components", typed: "phone",
			works: `document.querySelector("#found").textContent === "1 icon"`},
		{file: "ui_list", attribute: `{ href }`, page: "/dev/components", click: "#sort-name",
			works: `document.querySelector("th[aria-sort=descending]")?.textContent.trim() === "Name"`},
		{file: "ui_pages", attribute: `{ href }`, page: "/dev/components", click: "#next-page",
			works: `document.querySelector("#list nav").textContent.includes("6–10 of")`},
		{file: "ui_pages", attribute: `{ l.Resized(size) }`, page: "/dev/components", click: "#per-25",
			works: `document.querySelector("#per-25[aria-current]")`},
		{file: "ui_rows", attribute: `{ a.Href }`, page: "/dev/components",
			script: `!document.querySelector("#g-menu .danger").click()`, works: `document.querySelector("dialog[open] .act")`},
		{file: "ui_dialog", attribute: `{ href }`, page: "/dev/components", click: "#g-question",
			works: `document.querySelector("dialog[open] .act")`},
		{file: "dev_mail", attribute: `{ p.href(p.Open.ID) }`, page: "/dev/mail", script: `htmx.trigger("#mails", "every")`,
			works: `document.querySelector("#problem").hidden`},
	}
	return strangers, append(admins, partRequests...)
}

// TestFailedRequests: whatever goes wrong with a request of htmx, the page says so where it can be seen and heard,
// keeps all that it showed and all that was typed, and the next try works.
func TestFailedRequests(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *auth.Options, db *gorm.DB) {
		o.Notices = true // for the links that stop and undo a change
		authtest.Crowd(t, db, 120)
	})
	s.addUser(t, "Ada Lovelace", "ada@example.com", "admin")
	s.addUser(t, "Grace Hopper", "grace@example.com", "user")
	for range 2 { // sessions to end
		authtest.NewClient(t, s.URL).SignIn("ada@example.com", authtest.Password)
	}
	strangers, admins := everyRequest(
		s.mailed(t, "/forgot-password", "grace@example.com"), s.mailed(t, "/verify-email/resend", "grace@example.com"),
		s.undoLink(t, "eve@example.com"), s.stopLink(t, "mallory@example.com"))
	wantEveryRequest(t, append(strangers, admins...))

	stranger := newTab(t, s.URL)
	for _, r := range strangers {
		stranger.tryFailures(s, r)
	}
	admin := newTab(t, s.URL)
	admin.logIn("ada@example.com")
	for _, r := range admins {
		if r.find != nil {
			r.page = r.find(s, t)
		}
		admin.tryFailures(s, r)
	}
}

// requestAttribute finds what causes requests of htmx: an attribute, or the path of a form or list.
var requestAttribute = regexp.MustCompile(`hx-(?:get|post|put|patch|delete|action)=("[^"]*"|\{[^}]*\})` +
	`|Title: +(?:[^\n]*\n){0,2}?[^\n]*?\bPath: ([^,\n]*),`)

// wantEveryRequest fails unless list has every request that an attribute of a template causes, and none that nothing
// causes any more. Forms and lists that are data share the attributes of their block, so not each of them must be in
// list.
func wantEveryRequest(t *testing.T, list []request) {
	t.Helper()
	files, err := filepath.Glob("../../../views/*")
	if err != nil {
		t.Fatal(err)
	}
	tried := map[string]bool{} // whether a request of a template is in list or need not be
	for _, file := range files {
		if strings.HasSuffix(file, "_templ.go") || strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range requestAttribute.FindAllStringSubmatch(string(source), -1) {
			name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
			key, data := name+" "+match[1], match[2] != ""
			if data {
				key += match[2]
			}
			tried[key] = data || key == "ui_form { f.Path }" || key == "ui_list { l.Path }" ||
				key == `ui_form "/password-hint"` // which fails in silence
		}
	}
	for _, r := range list {
		key := r.file + " " + r.attribute
		if _, known := tried[key]; !known {
			t.Errorf("no template causes %s any more", key)
		}
		tried[key] = true
	}
	for key, done := range tried {
		if !done {
			t.Errorf("%s is not tried: add it to partRequests", key)
		}
	}
}

// undoLink moves a new account from an address to another one, and returns the link that undoes it.
func (s *site) undoLink(t *testing.T, email string) string {
	t.Helper()
	c := s.moving(t, email, "moved@example.com")
	token := s.newest(t, c, `/verify-email\?token=[A-Za-z0-9_-]+`)
	_, token, _ = strings.Cut(token, "=")
	c.PostForm("/verify-email", url.Values{"token": {token}})
	return s.newest(t, c, `/undo-email\?token=[A-Za-z0-9_-]+`)
}

// stopLink makes somebody who asks for another address, and gives the link that stops the change.
func (s *site) stopLink(t *testing.T, email string) string {
	t.Helper()
	return s.newest(t, s.moving(t, email, "moving@example.com"), `/stop-email-change\?token=[A-Za-z0-9_-]+`)
}

// moving makes somebody who asks for another address.
func (s *site) moving(t *testing.T, email, to string) *authtest.Client {
	t.Helper()
	in := auth.NewUser{Name: "Eve", Email: email, Password: authtest.Password, Verified: true}
	if _, err := s.auth.CreateUser(t.Context(), nil, in); err != nil {
		t.Fatal(err)
	}
	c := authtest.NewClient(t, s.URL)
	c.SignIn(in.Email, in.Password)
	c.PostForm("/settings/email", url.Values{"newEmail": {to}})
	return c
}

// newest is the newest mailed link of a form.
func (s *site) newest(t *testing.T, c *authtest.Client, form string) string {
	t.Helper()
	link := regexp.MustCompile(form).FindString(c.Get("/dev/mail").Text)
	if link == "" {
		t.Fatalf("no link like %s was mailed", form)
	}
	return link
}

// kept is all of a page that a failure must leave alone. What is typed into #q is looked at by itself. A time may get
// other words meanwhile, such as "1 minute ago".
const kept = `(() => {
	const main = document.querySelector("main").cloneNode(true);
	main.querySelectorAll("#problem, .verdict").forEach((e) => e.remove());
	main.querySelectorAll("time").forEach((e) => { e.textContent = e.dateTime; });
	const fields = [...document.querySelectorAll("main input:not(#q), main select")];
	return JSON.stringify([
		location.href, document.title, main.textContent, document.querySelectorAll("[hx-get], [hx-post]").length,
		...fields.map((e) => e.type === "checkbox" ? e.checked : e.value),
	]);
})()`

// said is true when the problem is in sight, and the request over.
func (f failure) said() string {
	return fmt.Sprintf(`(() => {
		const problem = document.querySelector("#problem"), box = problem?.getBoundingClientRect();
		return problem && !problem.hidden && problem.role === "alert" && problem.textContent.startsWith(%q) && /try again/i.test(problem.textContent) &&
			problem.contains(document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2)) &&
			!document.querySelector(".htmx-request, main button:disabled:not(#g-busy)");
	})()`, f.says)
}

// problemGap is the distance between the problem and what follows it, in pixels.
const problemGap = `(() => {
	const problem = document.querySelector("#problem");
	return problem.nextElementSibling.getBoundingClientRect().top - problem.getBoundingClientRect().bottom;
})()`

// tryFailures causes a request that fails in every way, and then one that does not.
func (b *tab) tryFailures(s *site, r request) {
	b.Helper()
	b.Logf("%s on %s", r.attribute, r.page)
	for _, problem := range []string{"ERR_EMPTY_RESPONSE", "htmx:error", "status of 404", "status of 422", "status of 502",
		"status of 503"} {
		b.expect(problem)
	}
	defer s.failure.Store(nil)
	byItself := r.click+r.typed+r.script == ""
	b.open(r.page)
	if r.open != "" {
		b.do(chromedp.Click(chromedp.CSS(r.open)), chromedp.WaitVisible(chromedp.CSS(r.click)))
	}
	b.fill(r.fields...)
	before := eval[string](b, kept)
	for i, how := range failures {
		if byItself && how.patience > 0 {
			continue
		}
		s.failure.Store(&how)
		if how.patience > 0 {
			eval[int](b, fmt.Sprintf(`htmx.config.defaultTimeout = %d`, how.patience.Milliseconds()))
		}
		b.cause(r, i)
		b.wait(how.said())
		eval[int](b, `htmx.config.defaultTimeout = 15000`)
		if after := eval[string](b, kept); after != before && !byItself {
			b.Errorf("%s, %s: the page was\n%s\nand is\n%s", r.attribute, how.name, before, after)
		}
		if gap := eval[float64](b, problemGap); gap < 8 {
			b.Errorf("%s, %s: the problem stands %g px above what follows it", r.attribute, how.name, gap)
		}
		if r.click != "" && b.hasFocus("body") {
			b.Errorf("%s, %s: nothing has the focus", r.attribute, how.name)
		}
	}
	s.failure.Store(nil)
	b.cause(r, len(failures))
	if r.works == "" {
		r.works = summaryFocused
	}
	b.wait(r.works + ` && document.querySelector("#problem").hidden`)
	b.settle()
}

// cause does for the nth time what a request comes from.
func (b *tab) cause(r request, n int) {
	b.Helper()
	switch {
	case r.click != "":
		b.do(chromedp.Click(chromedp.CSS(r.click)))
	case r.typed != "":
		b.do(chromedp.SendKeys(chromedp.ID("q"), r.typed[n:n+1]))
		if got := eval[string](b, `document.querySelector("#q").value`); got != r.typed[:n+1] {
			b.Errorf("#q holds %q, typed was %q", got, r.typed[:n+1])
		}
	case r.script != "":
		eval[bool](b, r.script)
	default:
		b.open(r.page)
	}
}
