package browser

import (
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth/passkey"
	"example.com/foyer/internal/id"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const passkeysPage = "/settings/security/passkeys"

func init() {
	for _, route := range []string{"/login/passkey", "/reauth/passkey", passkeysPage} {
		silent["POST "+route] = "needs an authenticator: passkey_test.go has one"
	}
	mine := func(path string) func(*site, *testing.T) string {
		return func(s *site, t *testing.T) string { return s.keepPasskey(t, "root@example.com", "Phone") + path }
	}
	partActs["admin"] = append(partActs["admin"],
		act{route: "POST " + passkeysPage + "/:passkey", find: mine(""), fields: []string{"name", "My phone"},
			clicks: []string{"main form .act"}},
		act{route: "POST " + passkeysPage + "/:passkey/delete", find: mine("/delete"), clicks: []string{"main form .act"}},
	)
	partFits = append(partFits, (*site).fitPasskeys)
	dialogPages = append(dialogPages, func(s *site, t *testing.T) string {
		s.keepPasskey(t, "root@example.com", "Phone")
		return passkeysPage
	})
}

// keepPasskey stores a passkey that no device has, and returns the path of its page.
func (s *site) keepPasskey(t *testing.T, email, name string) string {
	t.Helper()
	u, err := s.auth.UserByEmail(t.Context(), email)
	if err != nil {
		t.Fatal(err)
	}
	now := s.now()
	keyID := id.New()
	row := passkey.Passkey{
		ID: keyID, UserID: u.ID, Name: name, CredentialID: keyID, BackedUp: true, CreatedAt: now, LastUsedAt: &now,
	}
	if err := s.db.Create(&row).Error; err != nil {
		t.Fatal(err)
	}
	return passkeysPage + "/" + keyID
}

// authenticator is a device that keeps passkeys and knows its owner, as a phone does.
type authenticator struct {
	*tab
	id webauthn.AuthenticatorID
}

func command[P, R any](b *tab, c cdp.Command[P, R], params P) R {
	b.Helper()
	result, err := chromedp.Call(b.ctx, c, params)
	if err != nil {
		b.Fatal(err)
	}
	return result
}

// addAuthenticator gives the tab a device whose owner touches it whenever it asks.
func (b *tab) addAuthenticator() authenticator {
	b.Helper()
	command(b, webauthn.Enable, webauthn.EnableParams{})
	added := command(b, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{
		Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		},
	})
	return authenticator{b, added.AuthenticatorID}
}

// touched says whether the owner touches the device when it asks next. What it has asked for before stays open.
func (a authenticator) touched(yes bool) {
	a.Helper()
	command(a.tab, webauthn.SetAutomaticPresenceSimulation,
		webauthn.SetAutomaticPresenceSimulationParams{AuthenticatorID: a.id, Enabled: yes})
}

// knows says whether the device recognizes its owner.
func (a authenticator) knows(yes bool) {
	a.Helper()
	command(a.tab, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: a.id, IsUserVerified: yes})
}

// lies makes the device say that it has not recognized its owner, although the browser wants that.
func (a authenticator) lies(yes bool) {
	a.Helper()
	command(a.tab, webauthn.SetResponseOverrideBits,
		webauthn.SetResponseOverrideBitsParams{AuthenticatorID: a.id, IsBadUV: &yes})
}

// keeps fails unless the device keeps n passkeys.
func (a authenticator) keeps(n int) {
	a.Helper()
	for deadline := time.Now().Add(patience); ; { // signals are no answer that a page could wait for
		kept := command(a.tab, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: a.id}).Credentials
		if len(kept) == n {
			return
		}
		if time.Now().After(deadline) {
			a.Fatalf("the device keeps %d passkeys, want %d", len(kept), n)
		}
	}
}

const (
	passkeyButton = "[form=passkey]"
	passkeyAsked  = "POST /login/passkey"
)

// arrives waits until a passkey has led to the dashboard.
func (b *tab) arrives() {
	b.Helper()
	b.wait(`location.pathname === "/dashboard"`)
	b.settle()
}

// logsIn presses the button of the log-in, and its owner touches the device: not before the button has ended the
// suggestion, which a touch would answer, too, while it is on its way to the device.
func (a authenticator) logsIn(s *site, press chromedp.Action[chromedp.Void]) {
	a.Helper()
	release := s.hold(passkeyAsked)
	defer release()
	n := s.count(passkeyAsked)
	a.do(press)
	s.await(a.tab, passkeyAsked, n+1)
	a.touched(true)
	release()
	a.arrives()
}

// addPasskey adds one by the form.
func (b *tab) addPasskey(name string) {
	b.Helper()
	b.open(passkeysPage)
	eval[string](b, `document.getElementById("add-name").value = ""`)
	b.fill("add-name", name)
	b.leave("add a passkey", chromedp.Click(chromedp.CSS(passkeyButton)))
	b.wantText("#toasts", "The passkey is added.")
	b.wantText("main", name)
}

// press the button of passkeys, and read what is wrong.
func (b *tab) wantPasskeyProblem(want string) {
	b.Helper()
	eval[bool](b, `document.querySelector("#problem").hidden = true`)
	b.do(chromedp.Click(chromedp.CSS(passkeyButton)))
	b.wait(`!document.querySelector("#problem").hidden`)
	b.wantText("#problem", want)
}

// owner opens a tab of a person who is logged in and has a passkey on a device.
func owner(t *testing.T, s *site) (*tab, authenticator) {
	t.Helper()
	s.addUser(t, "Ada Lovelace", "ada@example.com", "user")
	b := newTab(t, s.URL)
	b.logIn("ada@example.com")
	device := b.addAuthenticator()
	b.addPasskey("My phone")
	device.keeps(1)
	return b, device
}

// TestPasskey: a person adds a passkey, logs in with it by the button and by a suggestion, and deletes it.
func TestPasskey(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b, phone := owner(t, s)
	b.wantPasskeyProblem("This device has a passkey of yours already.")
	phone.keeps(1)

	phone.touched(false)
	b.logOut()
	b.wantPath("/login")
	phone.logsIn(s, chromedp.Click(chromedp.CSS(passkeyButton)))
	b.logOut() // and the suggestion of the log-in needs no click
	b.arrives()

	b.open("/settings/security")
	b.wantText("main", "You have 1 passkey.")
	b.click("open the list", `a[href="`+passkeysPage+`"]`)
	b.do(chromedp.Click(chromedp.CSS(".more > button")))
	b.wait(`document.querySelector(".menu:popover-open")`)
	b.do(chromedp.Click(chromedp.CSS(`.menu [href$="/delete"]`)))
	b.wait(`document.querySelector("dialog[open] .act")`)
	b.leave("delete it", chromedp.Click(chromedp.CSS("dialog .act")))
	b.wantText("#toasts", "The passkey is deleted.")
	b.wait(`!document.querySelector("#passkeys")`)
	phone.keeps(0) // its owner does not meet it again
}

// TestPasskeySuggestion: a suggestion is renewed when its question has expired and when the page is shown again, also
// after a wrong password has replaced the field.
func TestPasskeySuggestion(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b, phone := owner(t, s)
	b.expect("status of 400")
	b.expect("status of 422")
	release := s.hold(passkeyAsked)
	b.logOut()
	s.await(b, passkeyAsked, 1)
	s.ahead.Add(int64(6 * time.Minute))
	release()
	b.arrives()
	if n := s.count(passkeyAsked); n != 3 { // an answer that comes too late, a new question and its answer
		t.Errorf("%d requests, want 3", n)
	}

	phone.touched(false)
	b.logOut()
	b.fill("email", "ada@example.com", "password", "wrong-password-9")
	b.do(submit)
	b.wait(summaryFocused)
	phone.touched(true)
	if n := s.count(passkeyAsked); n != 3 {
		t.Errorf("%d requests, although the page brought its question", n)
	}
	eval[bool](b, `document.dispatchEvent(new Event("visibilitychange"))`)
	b.arrives()
	if n := s.count(passkeyAsked); n != 5 {
		t.Errorf("%d requests, want 5", n)
	}
}

// TestPasskeyRefused: what is wrong is said in a sentence, and a passkey that was deleted leaves the device.
func TestPasskeyRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b, phone := owner(t, s)
	b.expect("status of 401")
	b.open("/reauth") // which suggests nothing
	phone.knows(false)
	b.wantPasskeyProblem("No passkey was used. Try again, or go on without one.")
	phone.knows(true)
	phone.lies(true)
	b.wantPasskeyProblem("your device did not confirm that it is you")
	b.wantPath("/reauth")
	phone.lies(false)
	if err := s.db.Where("1 = 1").Delete(&passkey.Passkey{}).Error; err != nil {
		t.Fatal(err)
	}
	b.wantPasskeyProblem("This site does not know that passkey any more.")
	phone.keeps(0)
}

// TestPasskeyUnanswered: the page tells a page in place of an answer, and a lost connection, from a ceremony that the
// user broke off. It says nothing where a suggestion fails.
func TestPasskeyUnanswered(t *testing.T) {
	t.Parallel()
	const lost = `window.fetch = () => { window.tried = true; return Promise.reject(new TypeError("lost")); }, true`
	s := newSite(t)
	b, phone := owner(t, s)
	b.expect("status of 409")
	eval[string](b, `document.querySelector("#passkey [name=for]").value = "another"`)
	b.wantPasskeyProblem("That did not work. Load the page again.")
	eval[bool](b, lost)
	b.wantPasskeyProblem("The connection was lost.")
	phone.touched(false)
	b.open("/dashboard")
	b.logOut()
	eval[bool](b, lost)
	eval[bool](b, `document.dispatchEvent(new Event("visibilitychange"))`)
	b.wait(`window.tried`)
	eval[bool](b, nextFrame)
	if !eval[bool](b, `document.querySelector("#problem").hidden`) {
		t.Errorf("unasked, the page says %q", b.text("#problem"))
	}
}

// TestPasskeyReauth: a passkey proves again who the visitor is, and leads back.
func TestPasskeyReauth(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b, _ := owner(t, s)
	b.expect("status of 403")
	s.ahead.Add(int64(11 * time.Minute))
	b.leave("add another one, too late", chromedp.Click(chromedp.CSS(passkeyButton)))
	b.wantPath("/reauth?returnTo=%2Fsettings%2Fsecurity%2Fpasskeys")
	b.wantText("main", "change your passkeys")
	b.leave("use the passkey", chromedp.Click(chromedp.CSS(passkeyButton)))
	b.wantPath(passkeysPage)
}

// part:twofactor

// TestPasskeyAsSecondStep: a passkey is enough where a code is asked for, and needs no code of its own.
func TestPasskeyAsSecondStep(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b, phone := owner(t, s)
	s.addFactor(t, "ada@example.com")
	b.open("/login") // the factor has ended the session, and the suggestion needs no code
	b.arrives()
	phone.touched(false)
	b.logOut()
	b.firstStep("ada@example.com")
	b.wantText("main", "Log in with a passkey")
	phone.logsIn(s, chromedp.Click(chromedp.CSS(passkeyButton)))
}

// end:twofactor

// TestPasskeyByKeyboard: nothing of it needs a mouse.
func TestPasskeyByKeyboard(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser(t, "Ada Lovelace", "ada@example.com", "user")
	b := newTab(t, s.URL)
	b.logIn("ada@example.com")
	phone := b.addAuthenticator()
	b.open(passkeysPage)
	b.tabTo("#add-name")
	b.leave("add it", typed(kb.Enter))
	b.wantText("#toasts", "The passkey is added.")
	phone.touched(false)
	b.logOut()
	b.tabTo(passkeyButton)
	phone.logsIn(s, typed(" "))

	b.open(passkeysPage)
	b.tabTo(".more > button")
	b.press(kb.Enter)
	b.wait(`document.querySelector(".menu:popover-open")`)
	b.tabTo(`.menu [href$="/delete"]`)
	b.press(kb.Enter)
	b.wait(`document.querySelector("dialog[open] .act")`)
	b.do(chromedp.Focus(chromedp.CSS("dialog .act")))
	b.leave("delete it", typed(kb.Enter))
	b.wantText("#toasts", "The passkey is deleted.")
}

// TestNoPasskeys: a browser that has no passkeys shows no button for them, and keeps no place for one.
func TestNoPasskeys(t *testing.T) {
	t.Parallel()
	b := newTab(t, newSite(t).URL)
	b.everyPage(`delete window.PublicKeyCredential`)
	b.open("/login")
	b.wait(`document.documentElement.dataset.passkeys === "no"`)
	if height := eval[float64](b, `document.querySelector(".with-passkeys").offsetHeight`); height != 0 {
		t.Errorf("the hidden button is %g px high", height)
	}
}

// TestPasskeysWithoutScripts: what cannot work is not seen, and the rest works.
func TestPasskeysWithoutScripts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser(t, "Ada Lovelace", "ada@example.com", "user")
	b := newTab(t, s.URL)
	b.disableScripts()
	unseen := func() {
		t.Helper()
		if eval[bool](b, `document.querySelector("`+passkeyButton+`").checkVisibility({ visibilityProperty: true })`) {
			t.Errorf("%s shows a button that does nothing", b.where())
		}
	}
	b.open("/login")
	unseen()
	b.logIn("ada@example.com")
	own := s.keepPasskey(t, "ada@example.com", "Phone")
	b.open(passkeysPage)
	unseen()
	b.wantText("main", "Adding a passkey needs JavaScript")
	b.open(own)
	eval[string](b, `document.getElementById("name").value = ""`)
	b.fill("name", "Phone of mine")
	b.leave("rename it", chromedp.Click(chromedp.CSS("main form .act")))
	b.wantText("main", "Phone of mine")
	b.open(own + "/delete")
	b.leave("delete it", chromedp.Click(chromedp.CSS("main form .act")))
	b.wait(`!document.querySelector("#passkeys")`)
}

// passkeyPages opens the pages and states of passkeys of a person who is logged in, one after the other.
func (s *site) passkeyPages(t *testing.T, b *tab, email string, look func(name, route string)) {
	t.Helper()
	b.open(passkeysPage)
	look("passkeys, none", passkeysPage)
	var own string
	for _, name := range []string{strings.Repeat("W", 100), arabicName[:100], strings.Repeat("張", 100), ""} {
		own = s.keepPasskey(t, email, name)
	}
	b.open("/settings/security")
	look("security", "/settings/security")
	b.open("/reauth")
	look("reauth, by passkey", "/reauth")
	b.open(own)
	look("rename a passkey", passkeysPage+"/:passkey")
	b.do(chromedp.Click(chromedp.CSS("main form .act")))
	b.wait(summaryFocused)
	look("rename a passkey, refused", passkeysPage+"/:passkey")
	b.open(own + "/delete")
	look("delete a passkey", passkeysPage+"/:passkey/delete")
	device := b.addAuthenticator()
	b.open(passkeysPage)
	look("passkeys", passkeysPage)
	device.knows(false)
	b.wantPasskeyProblem("No passkey was used. Try again, or go on without one.")
	look("passkeys, refused", passkeysPage)
	b.do(chromedp.Click(chromedp.CSS(".more > button")))
	b.wait(`document.querySelector(".menu:popover-open")`)
	look("passkeys, menu", passkeysPage)
	b.do(chromedp.Click(chromedp.CSS(`.menu:popover-open [href$="/delete"]`)))
	b.wait(`document.querySelector("dialog[open] .act")`)
	look("delete a passkey, dialog", passkeysPage)
}

// fitPasskeys looks at them in a tab of its own, because the one of the walk may act as another user.
func (s *site) fitPasskeys(t *testing.T, walk fitted) {
	b := fitted{newTab(t, s.URL), walk.walk, walk.routes}
	b.expect("status of 422")
	if b.begin != nil {
		b.begin(b.tab)
	}
	b.logIn(longEmail("user"))
	s.passkeyPages(t, b.tab, longEmail("user"), func(name, route string) {
		b.routes[route] = true
		b.fits(name)
		b.resize(1280, 800)
	})
}

// TestPasskeyRules is TestAccessibilityRules for the pages of passkeys.
func TestPasskeyRules(t *testing.T) {
	t.Parallel()
	axe := requireAxe(t)
	s := newSite(t)
	s.addUser(t, "Ada Lovelace", "ada@example.com", "user")
	b := newTab(t, s.URL)
	b.expect("status of 422")
	b.logIn("ada@example.com")
	s.passkeyPages(t, b, "ada@example.com", func(name, _ string) {
		b.checkRules(axe, name)
		b.resize(1280, 800)
	})
}
