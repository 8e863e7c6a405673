package browser

import (
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/web/webtest"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const (
	twoFactorPath = "/settings/security/two-factor"
	noFactor      = `document.querySelector("#factor + p").textContent.includes("stolen password")`
)

// secrets are those of the authenticator apps, by address.
var secrets sync.Map

// appCode is what the app of an account shows next. It puts the clock forward, because a code works once.
func (s *site) appCode(t *testing.T, email string) string {
	t.Helper()
	secret, ok := secrets.Load(s.URL + email)
	if !ok {
		t.Fatalf("%s has no app", email)
	}
	s.ahead.Add(int64(30 * time.Second))
	return webtest.TOTP(t, secret.(string), s.now())
}

// keep puts the key that a page shows into the app of an account.
func (s *site) keepKey(t *testing.T, email, key string) {
	t.Helper()
	secrets.Store(s.URL+email, strings.ReplaceAll(key, " ", ""))
}

// addFactor gives a user a second factor, by a browser without scripts that trusts the device it is on.
func (s *site) addFactor(t *testing.T, email string) (codes []string) {
	t.Helper()
	c := authtest.NewClient(t, s.URL)
	c.SignIn(email, authtest.Password)
	find := func(page authtest.Answer, pattern string) string {
		t.Helper()
		found := regexp.MustCompile(pattern).FindStringSubmatch(page.Text)
		if found == nil {
			t.Fatalf("%d, no %s: %s", page.StatusCode, pattern, page.Text)
		}
		return found[1]
	}
	c.PostForm(twoFactorPath, nil)
	s.keepKey(t, email, find(c.Get(twoFactorPath), `<pre><code>([A-Z2-7 ]+)<`))
	done := c.PostForm(twoFactorPath, url.Values{"code": {s.appCode(t, email)}})
	codes = strings.Split(find(done, `(?s)<pre id="codes"><code>(.*?)<`), "\n")
	c.PostForm("/logout", nil)
	c.PostForm("/login", url.Values{"email": {email}, "password": {authtest.Password}})
	c.PostForm("/login/code", url.Values{"code": {s.appCode(t, email)}, "trust": {"on"}})
	return codes
}

// firstStep takes the first step of a log-in.
func (b *tab) firstStep(email string) {
	b.Helper()
	b.open("/login")
	b.fill("email", email, "password", authtest.Password)
	b.leave("log in", submit)
	b.wantPath("/login/code")
}

func init() {
	const ursula, code = "ursula@example.com", "code"
	key := func(s *site, b *tab) []string {
		s.keepKey(b.T, ursula, b.text("main pre"))
		return []string{code, s.appCode(b.T, ursula)}
	}
	next := func(s *site, b *tab) []string { return []string{code, s.appCode(b.T, ursula)} }
	partActs["user"] = append(partActs["user"], []act{
		{route: "POST " + twoFactorPath, page: twoFactorPath, clicks: []string{primary}},
		{route: "POST " + twoFactorPath, typed: key, clicks: []string{primary}},
		{route: "POST " + twoFactorPath + "/codes", page: twoFactorPath + "/codes", clicks: []string{primary}},
		{route: "POST /logout", page: "/dashboard", clicks: []string{"#account > button", `form[action="/logout"] button`}},
		{route: "POST /login", page: "/login", clicks: []string{primary},
			fields: []string{"email", ursula, "password", authtest.Password}},
		{route: "POST /login/code", typed: next, clicks: []string{"#trust", primary}},
		{route: "POST /reauth", page: "/reauth?returnTo=/settings/security", typed: next, clicks: []string{primary},
			fields: []string{"password", authtest.Password}},
		{route: "POST /settings/security/devices/:device", clicks: []string{`a[href*="/devices/"]`, "form .act.danger"}},
		{route: "POST " + twoFactorPath + "/off", page: "/settings/security", clicks: []string{"#act-off", "form .act.danger"}},
	}...)
	partFits = append(partFits, (*site).fitSecondFactor)
}

// fitSecondFactor looks at the pages of a user with a nasty name who sets a second factor up and has one.
func (s *site) fitSecondFactor(t *testing.T, admin fitted) {
	email := longEmail("factor")
	s.addUser(t, longName, email, "user")
	tab := newTab(t, s.URL)
	tab.expect("status of 422")
	tab.everyPage(watchShifts)
	if admin.begin != nil {
		admin.begin(tab)
	}
	b := fitted{tab, admin.walk, admin.routes}
	b.logIn(email)
	b.page(twoFactorPath, twoFactorPath)
	b.leave("begin", submit)
	b.fits(twoFactorPath + ", a key")
	b.page(twoFactorPath, twoFactorPath)
	s.keepKey(t, email, b.text("main pre"))
	b.fill("code", "123")
	b.refused(twoFactorPath, primary)
	b.fill("code", s.appCode(t, email))
	b.do(chromedp.Click(chromedp.CSS(primary)))
	b.wait(`document.querySelector("#codes")`)
	b.fits(twoFactorPath + ", codes")
	b.page(twoFactorPath+"/codes", twoFactorPath+"/codes")
	b.page(twoFactorPath+"/off", twoFactorPath+"/off")
	b.page("/reauth", "/reauth?way=recovery")
	b.page("/settings/security", "/settings/security")
	b.dialog("act-off")
	b.closeDialog()

	b.logOut()
	b.firstStep(email)
	b.page("/login/code", "/login/code")
	b.fill("code", "1")
	b.refused("/login/code", primary)
	b.page("/login/code", "/login/code?way=recovery")
	b.page("/login/code", "/login/code")
	b.do(chromedp.Click(chromedp.ID("trust")))
	b.fill("code", s.appCode(t, email))
	b.leave("enter the code", submit)
	b.open("/reauth?returnTo=/settings/security")
	b.fill("password", authtest.Password, "code", s.appCode(t, email))
	b.leave("prove oneself", submit)
	b.fits("/settings/security, a device")
	device := eval[string](b.tab, `document.querySelector('a[href*="/devices/"]').pathname`)
	b.page("/settings/security/devices/:device", device)
}

// TestSecondFactorByKeyboard: a person without a mouse sets a second factor up and logs in with it.
func TestSecondFactorByKeyboard(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser(t, "Ada Lovelace", "ada@example.com", "user")
	b := newTab(t, s.URL)
	b.expect("status of 422")
	b.logIn("ada@example.com")
	b.open("/settings/security")
	b.tabTo(`a[href="` + twoFactorPath + `"]`)
	b.leave("open the set-up", typed(kb.Enter))
	b.tabTo("main form .primary")
	b.leave("begin", typed(kb.Enter))
	b.wantFocus("#code")
	s.keepKey(t, "ada@example.com", b.text("main pre"))
	b.press("1", "2", kb.Enter)
	b.wait(summaryFocused)
	b.tabTo(`[data-summary] a[href="#code"]`)
	b.press(kb.Enter)
	b.awaitFocus("#code")
	code := s.appCode(t, "ada@example.com")
	b.press(code[:3] + " " + code[3:])
	b.press(kb.Enter)
	b.wait(`document.activeElement.textContent.includes("keep your recovery codes")`)
	b.tabTo(`[href="/settings/security"].primary`)
	b.leave("go on", typed(kb.Enter))
	b.wantText("main", "10 recovery codes left")

	b.logOut()
	b.open("/login?returnTo=/settings/sessions")
	b.wantFocus("#email")
	b.press("ada@example.com")
	b.tabTo("#password")
	b.press(authtest.Password)
	b.leave("take the first step", typed(kb.Enter))
	b.wantPath("/login/code?returnTo=%2Fsettings%2Fsessions")
	b.wantFocus("#code")
	b.press("1", kb.Enter)
	b.wait(summaryFocused)
	b.tabTo("#code")
	b.press(s.appCode(t, "ada@example.com"))
	b.tabTo("#trust")
	b.press(" ")
	b.tabTo("main form .primary")
	b.leave("take the second step", typed(kb.Enter))
	b.wantPath("/settings/sessions")
}

// TestSecondFactorWithoutScripts: everything about a second factor works without JavaScript.
func TestSecondFactorWithoutScripts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser(t, "Ada Lovelace", "ada@example.com", "user")
	b := newTab(t, s.URL)
	b.expect("status of 422")
	b.disableScripts()
	b.logIn("ada@example.com")
	b.open(twoFactorPath)
	b.leave("begin", submit)
	s.keepKey(t, "ada@example.com", b.text("main pre"))
	b.fill("code", "1")
	b.leave("enter a wrong code", submit)
	b.wantText("#code-error", "This code is wrong")
	b.fill("code", s.appCode(t, "ada@example.com"))
	b.leave("enter the code", submit)
	b.wantText("h1", "Second factor")
	for _, selector := range []string{"[data-copy]", "[data-print]"} {
		if eval[bool](b, `document.querySelector("`+selector+`").checkVisibility()`) {
			t.Errorf("%s is shown, and does nothing", selector)
		}
	}
	b.do(chromedp.Click(chromedp.CSS("#codes code")))
	codes := strings.Fields(b.text("#codes"))
	if got := strings.Fields(eval[string](b, `getSelection().toString()`)); strings.Join(got, " ") != strings.Join(codes, " ") {
		t.Errorf("a click selects %q of %q", got, codes)
	}

	b.open("/dashboard")
	b.leave("log out", chromedp.Submit(chromedp.CSS(`form[action="/logout"]`)))
	b.firstStep("ada@example.com")
	b.click("use a recovery code", `a[href*="way=recovery"]`)
	b.fill("code", strings.ToLower(codes[0]))
	b.leave("enter it", submit)
	b.wantPath("/dashboard")
	b.open("/settings/security")
	b.wantText("main", "9 recovery codes left")
	b.click("turn it off", "#act-off")
	b.leave("turn it off", chromedp.Click(chromedp.CSS("main .danger")))
	b.wantText("#toasts", "The second factor is off.")
	b.wait(noFactor)
}

// TestKeepingCodes: recovery codes are copied, printed and stored as a file by buttons.
func TestKeepingCodes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser(t, "Ada Lovelace", "ada@example.com", "user")
	codes := s.addFactor(t, "ada@example.com")
	b := newTab(t, s.URL)
	b.firstStep("ada@example.com")
	b.fill("code", s.appCode(t, "ada@example.com"))
	b.leave("enter the code", submit)
	b.open(twoFactorPath + "/codes")
	b.do(submit)
	b.wait(`document.querySelector("#codes")`)
	b.wantText("main", "Keep your new recovery codes")
	shown := strings.Fields(b.text("#codes"))
	if len(shown) != 10 || shown[0] == codes[0] {
		t.Errorf("new codes %q, old %q", shown, codes)
	}
	eval[bool](b, `(() => {
		Object.defineProperty(navigator, "clipboard", { value: { writeText: async (text) => { window.copied = text; } } });
		window.print = () => { window.printed = true; };
		return true;
	})()`)
	b.do(chromedp.Click(chromedp.CSS("[data-copy]")))
	b.wait(`document.querySelector("#live").textContent === "Copied"`)
	if got := strings.Fields(eval[string](b, `window.copied`)); strings.Join(got, " ") != strings.Join(shown, " ") {
		t.Errorf("copied %q of %q", got, shown)
	}
	b.do(chromedp.Click(chromedp.CSS("[data-print]")))
	b.wait(`window.printed`)
	file := eval[string](b, `decodeURIComponent(document.querySelector("[download]").href.split(",")[1])`)
	if file != strings.Join(shown, "\r\n") {
		t.Errorf("the file is %q", file)
	}
	b.setLook(look{media: "print", theme: "light"})
	if !eval[bool](b, `document.querySelector("#codes").checkVisibility() && !document.querySelector("[data-print]").checkVisibility()`) {
		t.Error("the print shows other things than the codes")
	}
	b.setTheme("light")
}

// TestSecondFactorIsAccessible: no page of the second factor breaks a rule, in any state.
func TestSecondFactorIsAccessible(t *testing.T) {
	t.Parallel()
	axe := requireAxe(t)
	s := newSite(t)
	s.addUser(t, "Ada Lovelace", "ada@example.com", "user")
	b := newTab(t, s.URL)
	b.expect("status of 422")
	look := func(name string) {
		b.Helper()
		b.checkRules(axe, name)
		b.takePictures("factor-" + name)
		b.resize(1280, 800)
		b.setTheme("light")
	}
	b.logIn("ada@example.com")
	b.open("/settings/security")
	look("none")
	b.open(twoFactorPath)
	look("begin")
	b.leave("begin", submit)
	look("key")
	s.keepKey(t, "ada@example.com", b.text("main pre"))
	b.fill("code", "1")
	b.do(submit)
	b.wait(summaryFocused)
	look("key-refused")
	b.fill("code", s.appCode(t, "ada@example.com"))
	b.do(submit)
	b.wait(`document.querySelector("#codes")`)
	look("codes")
	b.open(twoFactorPath + "/codes")
	look("new-codes")
	b.open(twoFactorPath + "/off")
	look("off")

	b.logOut()
	b.firstStep("ada@example.com")
	look("step")
	b.fill("code", "1")
	b.do(submit)
	b.wait(summaryFocused)
	look("step-refused")
	b.click("use a recovery code", `a[href*="way=recovery"]`)
	look("step-recovery")
	b.open("/login/code")
	b.do(chromedp.Click(chromedp.ID("trust")))
	b.fill("code", s.appCode(t, "ada@example.com"))
	b.leave("enter the code", submit)
	b.open("/reauth?returnTo=/settings/security")
	look("reauth")
	b.fill("password", authtest.Password, "code", s.appCode(t, "ada@example.com"))
	b.leave("prove oneself", submit)
	b.wantPath("/settings/security")
	look("on")
	b.do(chromedp.Click(chromedp.ID("act-off")))
	b.wait(`document.querySelector("dialog[open]")`)
	look("dialog")
	b.open(eval[string](b, `document.querySelector('a[href*="/devices/"]').pathname`))
	look("device")
}
