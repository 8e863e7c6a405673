package web_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/twofactor"
	"example.com/foyer/internal/database"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/ratelimit"
	"example.com/foyer/web/webtest"
	"gorm.io/gorm"
)

const (
	security  = "/settings/security"
	twoFactor = security + "/two-factor"
)

// phone is an authenticator app.
type phone struct {
	s      *site
	secret string
}

// code is what the app shows next. It puts the clock forward, because a code works once.
func (p phone) code(t *testing.T) string {
	t.Helper()
	p.s.ahead.Add(int64(30 * time.Second))
	return webtest.TOTP(t, p.secret, p.s.now())
}

var (
	shownSecret = regexp.MustCompile(`<pre><code>([A-Z2-7 ]{39})</code>`)
	shownCodes  = regexp.MustCompile(`<pre id="codes"><code>([^<]+)</code>`)
)

// scan sets an app up by the page of the set-up.
func (s *site) scan(t *testing.T, page authtest.Answer) phone {
	t.Helper()
	found := shownSecret.FindStringSubmatch(page.Text)
	if found == nil {
		t.Fatalf("no key on %s", page.Text)
	}
	return phone{s, strings.ReplaceAll(found[1], " ", "")}
}

// addFactor sets a second factor up by the pages. It returns the app and the recovery codes.
func (s *site) addFactor(t *testing.T, c *authtest.Client) (phone, []string) {
	t.Helper()
	expect(t, c.PostForm(twoFactor, nil, navigate...), 303, "Location", twoFactor)
	app := s.scan(t, c.Get(twoFactor, navigate...))
	done := c.PostForm(twoFactor, url.Values{"code": {app.code(t)}}, navigate...)
	expect(t, done, 200, "Cache-Control", "private, no-store")
	return app, codesOn(t, done)
}

// codesOn are the recovery codes on a page.
func codesOn(t *testing.T, page authtest.Answer) []string {
	t.Helper()
	found := shownCodes.FindStringSubmatch(page.Text)
	if found == nil {
		t.Fatalf("no codes on %s", page.Text)
	}
	return strings.Split(found[1], "\n")
}

// firstStep takes the first step in a new browser.
func (s *site) firstStep(t *testing.T, email string) *authtest.Client {
	t.Helper()
	c := s.stranger(t)
	expect(t, c.PostForm("/login", credentials(email, authtest.Password), navigate...), 303, "Location", "/login/code")
	return c
}

// enters fails unless a code opens the dashboard.
func enters(t *testing.T, c *authtest.Client, typed url.Values) {
	t.Helper()
	expect(t, c.PostForm("/login/code", typed, navigate...), 303, "Location", "/dashboard")
	expect(t, c.Get("/dashboard", navigate...), 200)
}

// TestSetUp: a factor is set up by pages alone, in steps that a person may leave and take again.
func TestSetUp(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		s := newSiteOn(t, db)
		ada, _ := s.person(t, "ada@example.com")
		elsewhere := s.stranger(t)
		elsewhere.SignIn("ada@example.com", authtest.Password)
		contains(t, ada.Get(security, navigate...), "Set it up")
		begin := ada.Get(twoFactor, navigate...)
		contains(t, begin, "Add a second factor", "Begin")
		lacks(t, begin, "otpauth:")

		expect(t, ada.PostForm(twoFactor, nil, s.htmx(twoFactor)...), 204, "HX-Redirect", twoFactor)
		page := ada.Get(twoFactor, navigate...)
		contains(t, page, `role="img"`, `href="otpauth://totp/`, `inputmode="numeric"`, `autocomplete="one-time-code"`)
		app := s.scan(t, page)
		if again := s.scan(t, ada.Get(twoFactor, navigate...)); again != app {
			t.Error("the page that was left shows another key")
		}
		enter(t, s, "ada@example.com") // nothing asks for a code yet

		wrong := ada.PostForm(twoFactor, url.Values{"code": {"12 34 56 7"}}, navigate...)
		expect(t, wrong, 422)
		contains(t, wrong, `id="code-error">This code is wrong, or was used already.`, `role="img"`)
		lacks(t, wrong, "12 34 56", "1234567", "not the code") // nor is it false of a code that was used already
		code := app.code(t)
		done := ada.PostForm(twoFactor, url.Values{"code": {code[:3] + " " + code[3:]}}, navigate...)
		expect(t, done, 200, "Cache-Control", "private, no-store")
		codes := codesOn(t, done)
		contains(t, done, "<title>Second factor · ", "The second factor is on", `href="data:text/plain,`+codes[0]+"%0D%0A")
		if len(slices.Compact(slices.Sorted(slices.Values(codes)))) != 10 {
			t.Errorf("recovery codes %q", codes)
		}
		contains(t, ada.Get(security, navigate...), "10 recovery codes left", "Turn it off")
		expect(t, ada.Get(twoFactor, navigate...), 303, "Location", security)
		expect(t, ada.PostForm(twoFactor, nil, navigate...), 303, "Location", security)
		expect(t, elsewhere.Get("/dashboard", navigate...), 303)
		for _, line := range append(codes, app.secret, code) {
			if strings.Contains(s.log.text(), line) {
				t.Errorf("%q is in the log", line)
			}
		}
	})
}

// TestSetUpBeginsAnew: a key that was shown half an hour ago is not shown again, and no code of it counts.
func TestSetUpBeginsAnew(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _ := s.person(t, "ada@example.com")
	ada.PostForm(twoFactor, nil, navigate...)
	app := s.scan(t, ada.Get(twoFactor, navigate...))
	s.ahead.Add(int64(30 * time.Minute))
	expect(t, ada.PostForm("/reauth", url.Values{"password": {authtest.Password}}, navigate...), 303)
	late := ada.PostForm(twoFactor, url.Values{"code": {app.code(t)}}, navigate...)
	expect(t, late, 422)
	contains(t, late, "This set-up has ended.", "Begin")
	lacks(t, ada.Get(twoFactor, navigate...), "otpauth:")
	if next, _ := s.addFactor(t, ada); next == app {
		t.Error("the old key is used again")
	}
}

// TestSetUpNeedsAProvenAddress, where a log-in does, and says how to prove it.
func TestSetUpNeedsAProvenAddress(t *testing.T) {
	t.Parallel()
	s := newSiteWith(t, dbtest.Open(t, dbtest.SQLite(t)), auth.Options{RequireEmailVerification: true})
	u, err := s.auth.CreateUser(t.Context(), nil,
		auth.NewUser{Name: "Ada", Email: "ada@example.com", Password: authtest.Password, Verified: true})
	if err != nil {
		t.Fatal(err)
	}
	ada := s.stranger(t)
	ada.SignIn("ada@example.com", authtest.Password)
	unverify := func() {
		t.Helper()
		if err := s.db.Model(u).Update("email_verified", false).Error; err != nil {
			t.Fatal(err)
		}
	}
	expect(t, ada.PostForm(twoFactor, nil, navigate...), 303, "Location", twoFactor)
	app := s.scan(t, ada.Get(twoFactor, navigate...))
	unverify()
	for _, typed := range []url.Values{{}, {"code": {app.code(t)}}} {
		refused := ada.PostForm(twoFactor, typed, navigate...)
		expect(t, refused, 422)
		contains(t, refused, "Your address is not confirmed.")
	}
	lacks(t, ada.Get(security, navigate...), "Turn it off")
}

// TestSetUpIsToldOnce: the page replaces the recovery codes with the change that turns the factor on, so that one mail
// tells of both.
func TestSetUpIsToldOnce(t *testing.T) {
	t.Parallel()
	s := newSiteWith(t, dbtest.Open(t, dbtest.SQLite(t)), auth.Options{Notices: true})
	ada, _ := s.person(t, "ada@example.com")
	_, codes := s.addFactor(t, ada)
	told := len(s.mailed(t, "two_factor_enabled", "ada@example.com"))
	again := len(s.mailed(t, "recovery_codes_made", "ada@example.com"))
	if told != 1 || again != 0 {
		t.Errorf("%d mails of the factor, %d of new codes", told, again)
	}
	enters(t, s.firstStep(t, "ada@example.com"), url.Values{"code": {codes[0]}, "way": {"recovery"}})
}

// part:ratelimit

// TestHalfLogInsUseUpNoWarning: the mail of a new device comes, however many first steps were taken before.
func TestHalfLogInsUseUpNoWarning(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.SQLite(t))
	limits := auth.RateLimit{Limiter: ratelimit.New(db, database.Now), Rules: []auth.RateRule{}}
	s := newSiteWith(t, db, auth.Options{Notices: true, RateLimit: limits})
	ada, _ := s.person(t, "ada@example.com")
	app, _ := s.addFactor(t, ada)
	for range 4 {
		s.firstStep(t, "ada@example.com")
	}
	before := len(s.mailed(t, "new_device", "ada@example.com"))
	enters(t, s.firstStep(t, "ada@example.com"), url.Values{"code": {app.code(t)}})
	if n := len(s.mailed(t, "new_device", "ada@example.com")) - before; n != 1 {
		t.Errorf("%d mails of a new device", n)
	}
}

// end:ratelimit

// enter fails unless a password opens the dashboard.
func enter(t *testing.T, s *site, email string) {
	t.Helper()
	expect(t, s.stranger(t).PostForm("/login", credentials(email, authtest.Password), navigate...), 303, "Location",
		"/dashboard")
}

// TestSecondStep: the password of a user with a second factor opens nothing before the code.
func TestSecondStep(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		s := newSiteOn(t, db)
		ada, _ := s.person(t, "ada@example.com")
		app, codes := s.addFactor(t, ada)

		c := s.stranger(t)
		login := credentials("ada@example.com", authtest.Password)
		login.Set("returnTo", "/settings?tab=2")
		owed := c.PostForm("/login", login, s.htmx("/login")...)
		expect(t, owed, 204, "HX-Redirect", "/login/code?returnTo=%2Fsettings%3Ftab%3D2")
		expect(t, c.Get("/dashboard", navigate...), 303, "Location", "/login")
		page := c.Get(owed.Header.Get("HX-Redirect"), navigate...)
		expect(t, page, 200, "Cache-Control", "private, no-store")
		contains(t, page, "ada@example.com", `name="returnTo" value="/settings?tab=2"`,
			`href="/login/code?returnTo=%2Fsettings%3Ftab%3D2&amp;way=recovery"`, `href="/login?returnTo=%2Fsettings%3Ftab%3D2"`)

		wrong := c.PostForm("/login/code", url.Values{"code": {"1"}, "returnTo": {"/settings?tab=2"}}, navigate...)
		expect(t, wrong, 422, "Cache-Control", "private, no-store")
		contains(t, wrong, `id="code-error">This code is wrong, or was used already.`, `name="returnTo" value="/settings?tab=2"`)
		wrong = c.PostForm("/login/code", url.Values{"code": {"1"}, "way": {"recovery"}}, navigate...)
		contains(t, wrong, `id="code-error">That is none of your recovery codes`, `name="way" value="recovery"`)
		code := app.code(t)
		typed := url.Values{"code": {" " + code[:3] + " " + code[3:]}, "returnTo": {"/settings?tab=2"}}
		expect(t, c.PostForm("/login/code", typed, navigate...), 303, "Location", "/settings?tab=2")
		expect(t, c.Get("/login/code", navigate...), 303, "Location", "/dashboard")

		recovery := url.Values{"code": {strings.ToLower(codes[3])}, "way": {"recovery"}}
		enters(t, s.firstStep(t, "ada@example.com"), recovery)
		expect(t, s.firstStep(t, "ada@example.com").PostForm("/login/code", recovery, navigate...), 422)
		contains(t, ada.Get(security, navigate...), "9 recovery codes left")
	})
}

// TestSecondStepWhileTheStoreIsAway: an outage is not taken for a log-in without its first step.
func TestSecondStepWhileTheStoreIsAway(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c, _ := s.person(t, "ada@example.com")
	s.addFactor(t, c)
	between := s.firstStep(t, "ada@example.com")
	s.close(t)
	expect(t, between.Copy().Get("/login/code", navigate...), 503, "Retry-After", "5")
	expect(t, between.Copy().PostForm("/login/code", url.Values{"code": {"123456"}}, navigate...), 503, "Retry-After", "5")
}

// TestSecondStepEnds: without a first step, and after too many codes, a visitor is back at the log-in and knows why.
func TestSecondStepEnds(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _ := s.person(t, "ada@example.com")
	app, _ := s.addFactor(t, ada)

	expect(t, s.Get("/login/code?returnTo=/settings", navigate...), 303, "Location", "/login?returnTo=%2Fsettings")
	c := s.stranger(t)
	expect(t, c.PostForm("/login/code", url.Values{"code": {app.code(t)}}, navigate...), 303, "Location", "/login")
	contains(t, c.Get("/login", navigate...), "This log-in took too long")

	c = s.firstStep(t, "ada@example.com")
	s.ahead.Add(int64(11 * time.Minute))
	expect(t, c.PostForm("/login/code", url.Values{"code": {app.code(t)}}, navigate...), 303, "Location", "/login")

	c = s.firstStep(t, "ada@example.com")
	for range 5 {
		expect(t, c.PostForm("/login/code", url.Values{"code": {"x"}}, navigate...), 422)
	}
	expect(t, c.PostForm("/login/code", url.Values{"code": {app.code(t)}}, navigate...), 303, "Location", "/login")
	c = s.firstStep(t, "ada@example.com")
	for range 4 {
		expect(t, c.PostForm("/login/code", url.Values{"code": {"x"}}, navigate...), 422)
	}
	c.PostForm("/login/code", url.Values{"code": {"x"}}, navigate...)
	c = s.firstStep(t, "ada@example.com")
	locked := c.PostForm("/login/code", url.Values{"code": {app.code(t)}}, navigate...)
	expect(t, locked, 429)
	contains(t, locked, "Too many tries. Wait 1", "minutes and try again.")
}

// TestFactorIsAskedAgain: what is sensitive asks for password and code, and a recovery code will do.
func TestFactorIsAskedAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _ := s.person(t, "ada@example.com")
	app, codes := s.addFactor(t, ada)
	s.ahead.Add(int64(10 * time.Minute))
	expect(t, ada.Get(security, navigate...), 303, "Location", "/reauth?returnTo=%2Fsettings%2Fsecurity")
	page := ada.Get("/reauth?returnTo=/settings/security", navigate...)
	contains(t, page, "This account has a second factor", `autocomplete="one-time-code"`,
		`href="/reauth?returnTo=%2Fsettings%2Fsecurity&amp;way=recovery"`)
	bob, _ := s.person(t, "bob@example.com")
	lacks(t, bob.Get("/reauth", navigate...), "second factor", "one-time-code")

	typed := url.Values{"password": {authtest.Password}, "returnTo": {security}}
	without := ada.PostForm("/reauth", typed, navigate...)
	expect(t, without, 422)
	contains(t, without, `id="code-error"`)
	typed.Set("code", app.code(t))
	expect(t, ada.PostForm("/reauth", url.Values{"password": {"x"}, "code": typed["code"]}, navigate...), 422)
	expect(t, ada.PostForm("/reauth", typed, navigate...), 303, "Location", security)
	expect(t, ada.Get(security, navigate...), 200)

	s.ahead.Add(int64(10 * time.Minute))
	typed.Set("code", codes[0])
	typed.Set("way", "recovery")
	expect(t, ada.PostForm("/reauth", typed, navigate...), 303, "Location", security)
	expect(t, ada.Get(security, navigate...), 200)

	change := url.Values{"currentPassword": {authtest.Password}, "newPassword": {"better-horse-1"}}
	expect(t, ada.PostForm(security, change, navigate...), 303, "Location", security)
	contains(t, ada.Get(security, navigate...), "Your password is changed.")
}

// TestTrustedDevices: a browser that its owner trusts needs no code to log in, until the owner stops that.
func TestTrustedDevices(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _ := s.person(t, "ada@example.com")
	bob, _ := s.person(t, "bob@example.com")
	app, _ := s.addFactor(t, ada)
	lacks(t, ada.Get(security, navigate...), "Trusted devices")
	c := s.firstStep(t, "ada@example.com")
	enters(t, c, url.Values{"code": {app.code(t)}, "trust": {"on"}})
	again := func(to string) {
		t.Helper()
		expect(t, c.PostForm("/logout", nil, navigate...), 303)
		expect(t, c.PostForm("/login", credentials("ada@example.com", authtest.Password), navigate...), 303, "Location", to)
	}
	again("/dashboard")
	expect(t, c.Get(security, navigate...), 303, "Location", "/reauth?returnTo=%2Fsettings%2Fsecurity")

	list := ada.Get(security, navigate...)
	path := regexp.MustCompile(security + `/devices/\w+`).FindString(list.Text)
	contains(t, list, "Trusted devices", "127.0.0.1")
	contains(t, ada.Get(path, navigate...), "Stop trusting Unknown browser?", "Its IP address is 127.0.0.1.")
	expect(t, bob.Get(path, navigate...), 404)
	bob.PostForm(path, nil, navigate...)
	contains(t, ada.Get(security, navigate...), "Trusted devices")
	expect(t, ada.PostForm(path, nil, navigate...), 303, "Location", security)
	rest := ada.Get(security, navigate...)
	contains(t, rest, "That device needs a code")
	lacks(t, rest, "Trusted devices")
	again("/login/code")
}

// TestNewCodesAndOff: new recovery codes end the old ones, and without the factor the password is enough.
func TestNewCodesAndOff(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _ := s.person(t, "ada@example.com")
	_, old := s.addFactor(t, ada)
	contains(t, ada.Get(twoFactor+"/codes", navigate...), "stop working")
	fragment := ada.PostForm(twoFactor+"/codes", nil, s.htmx(twoFactor+"/codes")...)
	expect(t, fragment, 200)
	lacks(t, fragment, "<html")
	contains(t, fragment, "<title>New recovery codes · ") // it had been "Error: …" if a code was refused before
	codes := codesOn(t, fragment)
	by := func(code string) url.Values { return url.Values{"code": {code}, "way": {"recovery"}} }
	expect(t, s.firstStep(t, "ada@example.com").PostForm("/login/code", by(old[0]), navigate...), 422)
	enters(t, s.firstStep(t, "ada@example.com"), by(codes[0]))

	contains(t, ada.Get(twoFactor+"/off", navigate...), "Turn off the second factor?")
	expect(t, ada.PostForm(twoFactor+"/off", nil, navigate...), 303, "Location", security)
	contains(t, ada.Get(security, navigate...), "The second factor is off.", "Set it up")
	enter(t, s, "ada@example.com")
}

// part:admin

// part:audit,betterauth,ratelimit

// everyFactorEvent does everything about second factors that is recorded. It returns the secrets that it came by.
func (s *site) everyFactorEvent(t *testing.T, admin *authtest.Client) (secrets []string) {
	t.Helper()
	const email = "factor@example.com"
	c, id := s.person(t, email)
	app, codes := s.addFactor(t, c)
	for range 2 {
		other := s.firstStep(t, email)
		for range 5 {
			s.ahead.Add(int64(time.Minute)) // past every limit of requests
			other.PostForm("/login/code", url.Values{"code": {"x"}}, navigate...)
		}
	}
	s.ahead.Add(int64(time.Hour)) // past the lock
	c = s.firstStep(t, email)
	enters(t, c, url.Values{"code": {codes[0]}, "way": {"recovery"}, "trust": {"on"}})
	device := regexp.MustCompile(security + `/devices/\w+`).FindString(c.Get(security, navigate...).Text)
	expect(t, c.PostForm(device, nil, navigate...), 303)
	renewed := codesOn(t, c.PostForm(twoFactor+"/codes", nil, navigate...))
	expect(t, c.PostForm(twoFactor+"/off", nil, navigate...), 303, "Location", security)
	again, more := s.addFactor(t, c)
	s.ahead.Add(int64(time.Minute))
	expect(t, admin.PostForm("/reauth", url.Values{"password": {authtest.Password}}, navigate...), 303)
	expect(t, admin.PostForm("/admin/users/"+id+"/remove-factors", nil, navigate...), 303, "Location", "/admin/users/"+id)
	return append(slices.Concat(codes, renewed, more, s.undoneCodes(t)), app.secret, again.secret)
}

// undoneCodes makes recovery codes after a change of address, and undoes it.
func (s *site) undoneCodes(t *testing.T) []string {
	t.Helper()
	const old, next = "moved@example.com", "moved.on@example.com"
	c, id := s.person(t, old)
	_, codes := s.addFactor(t, c)
	long := s.auth.Now().Add(-2 * time.Hour) // so that the undo leaves the factor
	err := errors.Join(s.db.Model(&auth.User{}).Where("id = ?", id).Update("email_verified", true).Error,
		s.db.Exec("UPDATE two_factors SET confirmed_at = ? WHERE user_id = ?", long, id).Error)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, c.PostForm("/settings/email", url.Values{"newEmail": {next}}, navigate...), 303)
	change := url.Values{"token": {tokenOf(t, s.lastMailed(t, "change_email", next))}}
	expect(t, c.PostForm("/verify-email", change, navigate...), 303)
	s.ahead.Add(int64(time.Second))
	later := codesOn(t, c.PostForm(twoFactor+"/codes", nil, navigate...))
	undo := tokenOf(t, s.lastMailed(t, "email_changed", old))
	expect(t, s.stranger(t).PostForm("/undo-email", url.Values{"token": {undo}}, navigate...), 303)
	return append(slices.Concat(codes, later), undo)
}

// end:audit,betterauth,ratelimit

// TestAdminRemovesFactors: an admin helps a user who has lost phone and recovery codes.
func TestAdminRemovesFactors(t *testing.T) {
	t.Parallel()
	s := newSiteWith(t, dbtest.Open(t, dbtest.SQLite(t)), auth.Options{Notices: true})
	boss := s.admin(t, "boss@example.com")
	ada, id := s.person(t, "ada@example.com")
	lacks(t, boss.Get("/admin/users/"+id, navigate...), "Remove second factors")
	s.addFactor(t, ada)
	contains(t, boss.Get("/admin/users/"+id, navigate...), "Remove second factors")
	contains(t, boss.Get("/admin/users/"+id+"/remove-factors", navigate...), "lost phone and recovery codes")
	expect(t, boss.PostForm("/admin/users/"+id+"/remove-factors", nil, navigate...), 303, "Location", "/admin/users/"+id)
	contains(t, boss.Get("/admin/users/"+id, navigate...), "Their second factors are removed")
	expect(t, ada.Get("/dashboard", navigate...), 303)
	enter(t, s, "ada@example.com")
}

// end:admin

// TestSetUpIsOwed: an admin who has to have a second factor and has none meets its set-up and nothing else.
func TestSetUpIsOwed(t *testing.T) {
	t.Parallel()
	s := newSiteOf(t, dbtest.Open(t, dbtest.SQLite(t)), auth.Options{}, []any{twofactor.Options{RequireOfAdmins: true}})
	user, id := s.person(t, "user@example.com")
	boss := s.admin(t, "boss@example.com")
	seen := 0
	for _, r := range s.server.Routes() {
		open := slices.Contains([]string{"public", "anyone", "guest", "service", "dev"}, r.Door)
		if open || r.Path == twoFactor || strings.HasPrefix(r.Path, "/reauth") {
			continue
		}
		seen++
		path := strings.NewReplacer(":id", id, ":action", "ban").Replace(r.Path)
		got := boss.Do(r.Method, path, "", append([]string{"Origin", s.Base}, program...)...)
		expect(t, got, 403)
		contains(t, got, `"code":"SECOND_FACTOR_OWED"`)
		if r.Method == http.MethodGet && !strings.HasPrefix(path, "/api/") {
			expect(t, boss.Get(path, navigate...), 303, "Location", twoFactor)
			expect(t, boss.Get(path, s.htmx("/dashboard")...), 403, "HX-Redirect", twoFactor)
		}
	}
	if seen < 20 {
		t.Errorf("only %d routes are guarded", seen)
	}
	expect(t, user.Get("/dashboard", navigate...), 200)
	// part:betterauth,admin
	owed := boss.Get("/api/auth/admin/list-users", program...)
	expect(t, owed, 403)
	contains(t, owed, `"code":"SECOND_FACTOR_OWED"`)
	contains(t, boss.PostJSON("/api/auth/update-user", map[string]string{"name": "Eve"}, "Origin", s.Base),
		`"code":"SECOND_FACTOR_OWED"`)
	expect(t, user.PostJSON("/api/auth/update-user", map[string]string{"name": "Ada"}, "Origin", s.Base), 200)
	expect(t, boss.Get("/api/auth/get-session", program...), 200)
	expect(t, user.Get("/api/auth/admin/list-users", program...), 403)
	expect(t, s.Get("/api/auth/admin/list-users", program...), 401)
	// end:betterauth,admin

	contains(t, boss.Get(twoFactor, navigate...), "Admins of this app need a second factor")
	s.ahead.Add(int64(10 * time.Minute))
	expect(t, boss.Get(twoFactor, navigate...), 303, "Location", "/reauth?returnTo="+url.QueryEscape(twoFactor))
	expect(t, boss.PostForm("/reauth", url.Values{"password": {authtest.Password}, "returnTo": {twoFactor}}, navigate...),
		303, "Location", twoFactor)
	refused := boss.PostForm("/reauth/passkey", nil, program...) // part:passkey
	expect(t, refused, 400)                                      // part:passkey
	contains(t, refused, `"code":"PASSKEYS_NOT_AVAILABLE"`)      // part:passkey
	left := boss.Copy()
	expect(t, left.PostForm("/logout", nil, navigate...), 303, "Location", "/login")

	boss = s.stranger(t)
	boss.SignIn("boss@example.com", authtest.Password)
	begin := boss.Get(twoFactor, navigate...)
	expect(t, boss.PostForm(twoFactor, nil, navigate...), 303)
	for _, page := range []authtest.Answer{begin, boss.Get(twoFactor, navigate...)} {
		contains(t, page, "Admins of this app need a second factor")
		lacks(t, page, "data-cancel") // it would lead back here
	}
	s.addFactor(t, boss)
	expect(t, boss.Get("/admin", navigate...), 200)
	off := boss.Copy()
	expect(t, off.PostForm(twoFactor+"/off", nil, navigate...), 303, "Location", security)
	expect(t, off.Get("/admin", navigate...), 303, "Location", twoFactor)
	s.addFactor(t, off)
	boss = off
	expect(t, boss.Get("/api/auth/admin/list-users", program...), 200) // part:betterauth,admin
}

// part:betterauth,passkey

// keyHolder is a person who is logged in and has a passkey.
func (s *site) keyHolder(t *testing.T, email string) *entrant {
	t.Helper()
	_, id := s.person(t, email)
	e := &entrant{site: s, t: t, c: s.stranger(t), id: id}
	e.c.SignIn(email, authtest.Password)
	e.addPasskey(e.c)
	return e
}

// becomesAdmin makes an admin of e. The sessions of e go on.
func (e *entrant) becomesAdmin() {
	e.t.Helper()
	_, err := e.auth.SetRole(e.t.Context(), nil, e.id, "admin")
	e.must(err)
}

// TestPasskeyAtTheSecondStep: it takes the place of the code, and nothing of the half-done log-in is left.
func TestPasskeyAtTheSecondStep(t *testing.T) {
	t.Parallel()
	s := newPasskeySite(t)
	ada := s.keyHolder(t, "ada@example.com")
	s.addFactor(t, ada.c)
	ada.c = s.firstStep(t, "ada@example.com")
	copied := ada.c.Copy()
	contains(t, ada.c.Get("/login/code", navigate...), `action="/login/passkey"`)
	expect(t, byPasskey("/login/passkey")(ada), 204)
	if ada.has("two_factor") || !ada.has("session_token") {
		t.Errorf("cookies %s", cookies(ada.c))
	}
	expect(t, copied.Get("/login/code", navigate...), 303, "Location", "/login")

	ada.c = s.firstStep(t, "ada@example.com") // and if that cannot be deleted, the log-in is as good
	ada.must(s.db.Exec("CREATE TRIGGER kept BEFORE DELETE ON second_steps BEGIN SELECT RAISE(ABORT, 'kept'); END").Error)
	expect(t, byPasskey("/login/passkey")(ada), 204)
	expect(t, ada.c.Get("/dashboard", navigate...), 200)
}

// TestPasskeyIsASecondFactor: a log-in by passkey is two factors, and stays so when the password is entered again,
// until the passkey is deleted.
func TestPasskeyIsASecondFactor(t *testing.T) {
	t.Parallel()
	s := newPasskeySite(t, twofactor.Options{RequireOfAdmins: true})
	boss := s.keyHolder(t, "boss@example.com")
	boss.becomesAdmin()
	boss.c = s.stranger(t)
	expect(t, byPasskey("/login/passkey")(boss), 204)
	expect(t, boss.c.Get("/admin", navigate...), 200)
	s.ahead.Add(int64(time.Hour))
	expect(t, boss.c.PostForm("/reauth", url.Values{"password": {authtest.Password}}, navigate...), 303)
	expect(t, boss.c.Get("/admin", navigate...), 200)
	s.ahead.Add(int64(time.Hour))
	change := url.Values{"currentPassword": {authtest.Password}, "newPassword": {"better-horse-1"}}
	expect(t, boss.c.PostForm("/reauth", url.Values{"password": {authtest.Password}}, navigate...), 303)
	expect(t, boss.c.PostForm(security, change, navigate...), 303, "Location", security)
	expect(t, boss.c.Get("/admin", navigate...), 200)

	var key string
	boss.must(s.db.Table("passkeys").Where("user_id = ?", boss.id).Pluck("id", &key).Error)
	expect(t, boss.c.PostForm("/settings/security/passkeys/"+key+"/delete", url.Values{}, navigate...), 303)
	expect(t, boss.c.Get("/admin", navigate...), 303, "Location", twoFactor)
	expect(t, boss.c.PostForm("/reauth", url.Values{"password": {"better-horse-1"}}, navigate...), 303)
	expect(t, boss.c.Get("/admin", navigate...), 303, "Location", twoFactor)

	boss.c = s.stranger(t)
	boss.c.SignIn("boss@example.com", "better-horse-1")
	expect(t, boss.c.Get("/admin", navigate...), 303, "Location", twoFactor)
}

// TestOwedSetUpAsksForThePasskey: where admins need a second factor, the password alone does not put one in the place
// of the passkeys that an admin has.
func TestOwedSetUpAsksForThePasskey(t *testing.T) {
	t.Parallel()
	s := newPasskeySite(t, twofactor.Options{RequireOfAdmins: true})
	boss := s.keyHolder(t, "boss@example.com")
	boss.becomesAdmin()
	thief := s.stranger(t)
	thief.SignIn("boss@example.com", authtest.Password)
	for _, path := range []string{"/admin", twoFactor} {
		expect(t, thief.Get(path, navigate...), 303, "Location", "/reauth?returnTo="+url.QueryEscape(path))
	}
	expect(t, thief.PostForm("/reauth", url.Values{"password": {authtest.Password}}, navigate...), 303)
	expect(t, thief.Get("/admin", navigate...), 303, "Location", "/reauth?returnTo=%2Fadmin")
	contains(t, thief.Get("/reauth", navigate...), "Use a passkey", "the password alone is not enough")

	boss.c = thief // whose browser it was
	expect(t, byPasskey("/reauth/passkey")(boss), 204)
	expect(t, boss.c.Get("/admin", navigate...), 200)
	s.addFactor(t, boss.c)
	expect(t, boss.c.Get("/admin", navigate...), 200)
}

// TestThiefOfAPassword: a session by the password alone, of an admin who has a passkey, puts no factor of its own in
// its place, also not one that it began before its user became an admin. It learns no key that the admin sets up.
func TestThiefOfAPassword(t *testing.T) {
	t.Parallel()
	s := newPasskeySite(t, twofactor.Options{RequireOfAdmins: true})
	boss := s.keyHolder(t, "boss@example.com")
	thief := &entrant{site: s, t: t, c: s.stranger(t), key: authtest.NewAuthenticator(t, s.Base)}
	thief.c.SignIn("boss@example.com", authtest.Password)
	options := thief.c.Get("/api/auth/passkey/generate-register-options", program...)
	expect(t, options, 200)
	boss.becomesAdmin()
	expect(t, byPasskey("/reauth/passkey")(boss), 204)
	expect(t, boss.c.PostForm(twoFactor, nil, navigate...), 303, "Location", twoFactor)
	app := s.scan(t, boss.c.Get(twoFactor, navigate...)) // a thief may look over the shoulder, too

	const toReauth = "/reauth?returnTo="
	password, code := map[string]string{"password": authtest.Password}, url.Values{"code": {app.code(t)}}
	toSetUp := toReauth + url.QueryEscape(twoFactor)
	expect(t, thief.c.PostForm(twoFactor, nil, navigate...), 303, "Location", toSetUp)
	expect(t, thief.c.PostForm(twoFactor, code, navigate...), 303, "Location", toSetUp)
	var key string
	boss.must(s.db.Table("passkeys").Where("user_id = ?", boss.id).Pluck("id", &key).Error)
	path := security + "/passkeys/" + key + "/delete"
	expect(t, thief.c.PostForm(path, nil, navigate...), 303, "Location", toReauth+url.QueryEscape(path))
	own := json.RawMessage(thief.key.Register(options.Text))
	for _, step := range []struct {
		path string
		body any
	}{
		{"/two-factor/get-totp-uri", password},
		{"/two-factor/verify-totp", map[string]string{"code": code.Get("code")}},
		{"/two-factor/enable", password},
		{"/passkey/verify-registration", map[string]any{"response": own, "createSession": true}},
		{"/passkey/delete-passkey", map[string]string{"id": key}},
		{"/passkey/update-passkey", map[string]string{"id": key, "name": "Eve"}},
		{"/update-user", map[string]string{"name": "Eve"}},
		{"/change-email", map[string]string{"newEmail": "eve@example.com"}},
		{"/change-password", map[string]string{"currentPassword": authtest.Password, "newPassword": "another-horse-2"}},
		{"/revoke-session", map[string]string{"token": "x"}},
		{"/revoke-other-sessions", map[string]string{}},
		{"/unlink-account", map[string]string{"accountId": "x"}},
		{"/delete-user", password},
	} {
		got := thief.post(step.path, step.body)
		if got.StatusCode != 403 || !strings.Contains(got.Text, "SESSION_NOT_FRESH") {
			t.Errorf("%s: %d %s", step.path, got.StatusCode, got.Text)
		}
	}
	expect(t, thief.c.Get("/admin", navigate...), 303, "Location", toReauth+"%2Fadmin")

	expect(t, boss.c.PostForm(path, nil, navigate...), 303, "Location", security+"/passkeys")
	expect(t, boss.c.Get("/admin", navigate...), 303, "Location", twoFactor) // which is how one starts anew
	s.addFactor(t, boss.c)
	expect(t, boss.c.Get("/admin", navigate...), 200)
}

// TestPasswordSetsUpAFactor: where nothing asks for the passkey, the password is enough: for other users, where admins
// need no second factor, and after another admin has removed the passkeys that were lost.
func TestPasswordSetsUpAFactor(t *testing.T) {
	t.Parallel()
	for _, required := range []bool{true, false} {
		s := newPasskeySite(t, twofactor.Options{RequireOfAdmins: required})
		_, id := s.person(t, "user@example.com")
		s.addPasskey(t, id, "Lost", false)
		user := s.stranger(t)
		user.SignIn("user@example.com", authtest.Password)
		if required {
			s.addFactor(t, user.Copy())
			continue
		}
		_, err := s.auth.SetRole(t.Context(), nil, id, "admin")
		if err != nil {
			t.Fatal(err)
		}
		s.addFactor(t, user)
	}
	// part:admin
	s := newPasskeySite(t, twofactor.Options{RequireOfAdmins: true})
	boss := &entrant{site: s, t: t, c: s.admin(t, "boss@example.com")}
	s.addFactor(t, boss.c)
	s.admin(t, "ada@example.com")
	id := s.idOf(t, "ada@example.com")
	s.addPasskey(t, id, "Lost", false)
	expect(t, boss.c.PostForm("/admin/users/"+id+"/remove-passkeys", nil, navigate...), 303)
	ada := s.stranger(t)
	ada.SignIn("ada@example.com", authtest.Password)
	expect(t, ada.Get("/admin", navigate...), 303, "Location", twoFactor)
	s.addFactor(t, ada)
	expect(t, ada.Get("/admin", navigate...), 200)
	// end:admin
}

// end:betterauth,passkey
