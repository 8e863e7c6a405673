package browser

import (
	"regexp"
	"testing"

	"example.com/foyer/internal/auth/authtest"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const askLinkPath = "/login/link"

var (
	newestMail = regexp.MustCompile(`href="(/dev/mail/[0-9a-f]+)`)
	mailedCode = regexp.MustCompile(`Your code is (\d{6})\.`)
)

// lastCode is the code in the newest mail.
func (s *site) lastCode(t *testing.T) string {
	t.Helper()
	c := authtest.NewClient(t, s.URL)
	mail := newestMail.FindStringSubmatch(c.Get("/dev/mail").Text)
	if mail == nil {
		t.Fatal("no mail")
	}
	code := mailedCode.FindStringSubmatch(c.Get(mail[1] + "?view=text").Text)
	if code == nil {
		t.Fatal("no code in the newest mail")
	}
	return code[1]
}

func init() {
	const grace, ursula = "grace@example.com", "ursula@example.com" // Grace's address is verified
	out := act{route: "POST /logout", page: "/dashboard",
		clicks: []string{"#account > button", `form[action="/logout"] button`}}
	code := func(s *site, b *tab) []string { return []string{"code", s.lastCode(b.T)} }
	partActs["user"] = append(partActs["user"], out,
		act{route: "POST " + askLinkPath, page: askLinkPath, fields: []string{"email", grace}, clicks: []string{primary}},
		act{route: "POST " + askLinkPath + "/code", typed: code, clicks: []string{primary}}, out,
		act{route: "POST /magic-link", clicks: []string{primary},
			find: func(s *site, t *testing.T) string { return s.mailed(t, askLinkPath, grace) }},
		out,
		act{route: "POST /login", page: "/login", fields: []string{"email", ursula, "password", authtest.Password},
			clicks: []string{primary}},
	)
	partFits = append(partFits, (*site).fitMagicLinks)
}

// fitMagicLinks looks at the pages of a stranger with a nasty address.
func (s *site) fitMagicLinks(t *testing.T, admin fitted) {
	tab := newTab(t, s.URL)
	tab.expect("status of 422")
	tab.expect("status of 410")
	tab.everyPage(watchShifts)
	if admin.begin != nil {
		admin.begin(tab)
	}
	b := fitted{tab, admin.walk, admin.routes}
	email := longEmail("user")
	b.page(askLinkPath, askLinkPath)
	b.fill("email", longEmail("x")+"x")
	b.refused(askLinkPath, primary)
	b.page(askLinkPath, askLinkPath+"?done=sent")
	b.open(askLinkPath)
	b.fill("email", email)
	b.leave("ask", submit)
	b.fits(askLinkPath + ", sent")
	b.fill("code", "1")
	b.refused(askLinkPath+", sent", primary)
	b.page("/magic-link", s.mailed(t, askLinkPath, email))
	b.page("/magic-link", "/magic-link?token=x")
}

// TestMagicLinkByKeyboard: from the log-in to the page that was asked for, by the keyboard alone.
func TestMagicLinkByKeyboard(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser(t, "Ada Lovelace", "ada@example.com", "user")
	b := newTab(t, s.URL)
	b.expect("status of 422")
	b.open("/login?returnTo=/settings/sessions")
	b.fill("email", "ada@example.com")
	b.tabTo(`button[value="` + askLinkPath + `"]`)
	b.leave("go to the page of mails", typed(kb.Enter))
	b.wantPath(askLinkPath + "?returnTo=%2Fsettings%2Fsessions")
	if got := eval[string](b, `document.getElementById("email").value`); got != "ada@example.com" {
		t.Errorf("the address is %q", got)
	}
	b.tabTo(primary)
	b.leave("ask for a mail", typed(kb.Enter))
	b.wantText("main", "If ada@example.com has an account")
	b.wantFocus("#code")
	b.press("1", kb.Enter)
	b.wait(summaryFocused)
	b.tabTo("#code")
	b.press(s.lastCode(t))
	b.leave("enter the code", typed(kb.Enter))
	b.wantPath("/settings/sessions")
}

// TestMagicLinkWithoutScripts: link and code work without JavaScript.
func TestMagicLinkWithoutScripts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser(t, "Ada Lovelace", "ada@example.com", "user")
	b := newTab(t, s.URL)
	b.expect("status of 422")
	b.disableScripts()
	b.open("/login?returnTo=/settings")
	b.click("go to the page of mails", `button[value="`+askLinkPath+`"]`)
	b.fill("email", "ada@example.com")
	b.leave("ask for a mail", submit)
	b.fill("code", "1")
	b.leave("enter a wrong code", submit)
	b.wantText("#code-error", "That is not the code")
	b.fill("code", s.lastCode(t))
	b.leave("enter the code", submit)
	b.wantPath("/settings")
	b.leave("log out", chromedp.Submit(chromedp.CSS(`form[action="/logout"]`)))
	b.open(s.mailed(t, askLinkPath, "ada@example.com"))
	b.leave("follow the link", submit)
	b.wantPath("/dashboard")
}

// TestMagicLinkIsAccessible runs axe-core over every page of it, and takes pictures.
func TestMagicLinkIsAccessible(t *testing.T) {
	t.Parallel()
	axe := requireAxe(t)
	s := newSite(t)
	s.addUser(t, "Ada Lovelace", "ada@example.com", "user")
	b := newTab(t, s.URL)
	b.expect("status of 422")
	b.expect("status of 410")
	look := func(name string) {
		b.Helper()
		b.checkRules(axe, name)
		b.takePictures("magiclink-" + name)
		b.resize(1280, 800)
		b.setTheme("light")
	}
	b.open("/login")
	look("login")
	b.open(askLinkPath)
	look("ask")
	b.fill("email", "ada@example")
	b.do(submit)
	b.wait(summaryFocused)
	look("ask-refused")
	b.open(askLinkPath)
	b.fill("email", "ada@example.com")
	b.leave("ask", submit)
	look("sent")
	b.fill("code", "1")
	b.do(submit)
	b.wait(summaryFocused)
	look("code-refused")
	b.open("/dev/mail")
	look("mail")
	b.open(s.mailed(t, askLinkPath, "ada@example.com"))
	look("link")
	b.open("/magic-link?token=x")
	look("dead")
}
