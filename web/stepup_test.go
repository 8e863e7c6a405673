package web_test

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/web"
	"gorm.io/gorm"
)

// A rule is the maximum age of a session for an act by one door, and the answer to an older one.
type rule struct {
	name string
	age  time.Duration // 0: however old the session
	code string        // of the refusal, to programs
	sure bool          // the requests of the table succeed
}

var (
	stepUp   = rule{"step-up", 10 * time.Minute, "SESSION_NOT_FRESH", true}
	idle     = rule{"step-up, of what is done already", 10 * time.Minute, "SESSION_NOT_FRESH", false}
	expires  = rule{"step-up, or the password", 10 * time.Minute, "SESSION_EXPIRED", true}
	daily    = rule{"a day", 24 * time.Hour, "SESSION_NOT_FRESH", false}
	password = rule{"the password in the request", 0, "", true}
	mailed   = rule{"a mailed secret in the request", 0, "", false}
	free     = rule{"nothing", 0, "", false}
)

// way is what an act asks for by one door, and the requests that do it.
type way struct {
	rule
	requests []string // method, path and body; braces stand for what cast makes
}

func by(r rule, requests ...string) way { return way{r, requests} }

// acts is the table of what is sensitive, by each door: every route and endpoint that changes something, and every page
// behind the fresh doors. A line that is missing fails TestStepUpTableIsWhole.
var acts = []struct {
	name             string
	role             string // that it asks for, "" for none
	page, wire, json way
}{
	{"use a form without an account", "", by(free, "POST /address to=/login", "POST /password-hint"), way{}, way{}},
	{"read the session", "", way{}, by(free, "GET /ok", "GET /error", "GET /get-session", "POST /get-session {}"), way{}},
	{"log in", "", by(free, "POST /login", "POST /signup"),
		by(free, "POST /sign-in/email {}", "POST /sign-up/email {}", "POST /sign-in/social {}", "GET /callback/x"), way{}},
	{"log in by passkey", "", by(free, "POST /login/passkey"), way{}, way{}},           // part:passkey
	{"re-authenticate by passkey", "", by(free, "POST /reauth/passkey"), way{}, way{}}, // part:passkey
	// part:passkey
	{"keep passkeys", "", by(idle, "GET /settings/security/passkeys", "POST /settings/security/passkeys",
		"GET /settings/security/passkeys/x", "POST /settings/security/passkeys/x name=X",
		"GET /settings/security/passkeys/x/delete", "POST /settings/security/passkeys/x/delete"), way{}, way{}},
	// end:passkey
	{"log out", "", by(free, "POST /logout"), by(free, "POST /sign-out {}", `POST /revoke-session {"token":"{mine}"}`), way{}},
	{"re-authenticate", "", by(password, "POST /reauth password={password}"),
		by(password, `POST /verify-password {"password":"{password}"}`), way{}},
	{"ask for a mail", "", by(free, "POST /forgot-password", "POST /verify-email/resend"),
		by(free, "POST /request-password-reset {}", "POST /send-verification-email {}"), way{}},
	{"use a mailed link", "", by(mailed, "POST /reset-password token=x", "POST /verify-email token=x",
		"POST /undo-email token=x", "POST /stop-email-change token=x"),
		by(mailed, "GET /reset-password/x", `POST /reset-password {"token":"x","newPassword":"{password}"}`,
			"GET /verify-email?token=x", "GET /delete-user/callback?token=x"), way{}},
	{"change the profile", "", by(free, "POST /settings name=X", "POST /theme", "POST /settings/appearance keys=off"),
		by(free, `POST /update-user {"name":"X"}`, "POST /update-session {}"), way{}},
	{"see the accounts", "", way{}, by(free, "GET /list-accounts", "GET /account-info", "POST /get-access-token {}",
		"POST /refresh-token {}"), way{}},
	{"link an account", "", way{}, by(free, "POST /link-social {}"), way{}},
	{"unlink an account", "", way{}, by(daily, `POST /unlink-account {"providerId":"credential","accountId":"{me}"}`), way{}},
	{"see the sessions", "", way{}, by(daily, "GET /list-sessions"), way{}},
	{"end another session", "", by(stepUp, "POST /settings/sessions/{other}"),
		by(stepUp, `POST /revoke-session {"token":"{other}"}`), way{}},
	{"end all other sessions", "", by(stepUp, "GET /settings/sessions/others", "POST /settings/sessions/others"),
		by(stepUp, "POST /revoke-other-sessions {}"), way{}},
	{"end all sessions", "", way{}, by(stepUp, "POST /revoke-sessions {}"), way{}},
	{"change the address", "", by(stepUp, "GET /settings/email", "POST /settings/email newEmail={new}"),
		by(stepUp, `POST /change-email {"newEmail":"{new}"}`), way{}},
	{"change the password", "", by(stepUp, "GET /settings/security",
		"POST /settings/security currentPassword={password}&newPassword=better-horse-2"),
		by(password, `POST /change-password {"currentPassword":"{password}","newPassword":"better-horse-2"}`), way{}},
	{"delete the account", "", by(stepUp, "GET /settings/delete",
		"POST /settings/delete confirm={mail}&password={password}"),
		by(password, `POST /delete-user {"password":"{password}"}`), way{}},
	{"delete the account without the password", "", way{}, by(expires, "POST /delete-user {}"), way{}},

	// part:magiclink
	{"log in by a mail", "", by(free, "POST /login/link email={mail}", "POST /login/link/code code=123456"), way{}, way{}},
	{"log in by a mailed link", "", by(mailed, "POST /magic-link token=x"), way{}, way{}},
	// end:magiclink
	// part:twofactor
	{"take the second step", "", by(free, "POST /login/code code=123456"), way{}, way{}},
	{"set up a second factor", "",
		by(stepUp, "GET /settings/security/two-factor", "POST /settings/security/two-factor"), way{}, way{}},
	{"make recovery codes", "",
		by(idle, "GET /settings/security/two-factor/codes", "POST /settings/security/two-factor/codes"), way{}, way{}},
	{"turn the second factor off", "",
		by(stepUp, "GET /settings/security/two-factor/off", "POST /settings/security/two-factor/off"), way{}, way{}},
	{"stop trusting a device", "",
		by(idle, "GET /settings/security/devices/{device}", "POST /settings/security/devices/{device}"), way{}, way{}},
	{"remove second factors", "admin",
		by(idle, "GET /admin/users/{id}/remove-factors", "POST /admin/users/{id}/remove-factors"), way{}, way{}}, // part:admin
	// end:twofactor
	// part:passkey,admin
	{"remove passkeys", "admin",
		by(idle, "GET /admin/users/{id}/remove-passkeys", "POST /admin/users/{id}/remove-passkeys"), way{}, way{}},
	// end:passkey,admin
	{"see users", "admin", way{}, by(free, "GET /admin/list-users", "GET /admin/get-user?id={id}",
		`POST /admin/list-user-sessions {"userId":"{id}"}`), way{}},
	{"ask for permissions", "", way{}, by(free, `POST /admin/has-permission {"permissions":{"user":["ban"]}}`), way{}},
	{"export users", "admin", by(stepUp, "GET /admin/users.csv"), way{}, way{}},
	{"make a user", "admin", by(stepUp, "GET /admin/users/new", "POST /admin/users/new name=X&email={new}&role=admin"),
		by(stepUp, `POST /admin/create-user {"name":"X","email":"{new}","role":"admin","password":"{password}"}`),
		by(stepUp, `POST /api/admin/users {"name":"X","email":"{new}","role":"admin","password":"{password}"}`)},
	{"change a user", "admin", way{}, by(stepUp, `POST /admin/update-user {"userId":"{id}","data":{"role":"admin"}}`), way{}},
	{"change a role", "admin", by(stepUp, "GET /admin/users/{id}/role", "POST /admin/users/{id}/role role=admin"),
		by(stepUp, `POST /admin/set-role {"userId":"{id}","role":"admin"}`), way{}},
	{"vouch for an address", "admin", by(stepUp, "GET /admin/users/{id}/verify", "POST /admin/users/{id}/verify"),
		by(stepUp, `POST /admin/update-user {"userId":"{id}","data":{"emailVerified":true}}`), way{}},
	{"reset a password", "admin", by(stepUp, "GET /admin/users/{id}/reset", "POST /admin/users/{id}/reset"),
		by(stepUp, `POST /admin/set-user-password {"userId":"{id}","newPassword":"better-horse-2"}`), way{}},
	{"ban", "admin", by(stepUp, "GET /admin/users/{id}/ban", "POST /admin/users/{id}/ban"),
		by(stepUp, `POST /admin/ban-user {"userId":"{id}"}`), way{}},
	{"vouch for several addresses", "admin", by(idle, "GET /admin/users/selected/verify?row={id}",
		"POST /admin/users/selected/verify row={id}"), way{}, way{}},
	{"ban several", "admin", by(stepUp, "GET /admin/users/selected/ban?row={id}",
		"POST /admin/users/selected/ban row={id}"), way{}, way{}},
	{"end the sessions of several", "admin", by(stepUp, "GET /admin/users/selected/sessions?row={id}",
		"POST /admin/users/selected/sessions row={id}"), way{}, way{}},
	{"lift a ban", "admin", by(stepUp, "GET /admin/users/{id}/unban", "POST /admin/users/{id}/unban"),
		by(stepUp, `POST /admin/unban-user {"userId":"{id}"}`), way{}},
	{"delete a user", "admin", by(stepUp, "GET /admin/users/{id}/delete",
		"POST /admin/users/{id}/delete confirm={target}"), by(stepUp, `POST /admin/remove-user {"userId":"{id}"}`), way{}},
	{"end a user's session", "admin", by(stepUp, "GET /admin/users/{id}/session",
		"POST /admin/users/{id}/session session={theirs}"),
		by(stepUp, `POST /admin/revoke-user-session {"sessionToken":"{theirs}"}`), way{}},
	{"end a user's sessions", "admin", by(stepUp, "GET /admin/users/{id}/sessions", "POST /admin/users/{id}/sessions"),
		by(stepUp, `POST /admin/revoke-user-sessions {"userId":"{id}"}`), way{}},
	{"act as a user", "admin", by(stepUp, "GET /admin/users/{id}/impersonate", "POST /admin/users/{id}/impersonate"),
		by(stepUp, `POST /admin/impersonate-user {"userId":"{id}"}`), way{}},
	{"be oneself again", "", by(free, "POST /impersonation/stop"), by(free, "POST /admin/stop-impersonating {}"), way{}},
}

// doors lists the ways of an act by door.
func doors(page, wire, json way) map[string]way {
	return map[string]way{"page": page, "wire": wire, "json": json}
}

// stepUpSite is a site as the app runs it, with the admin plugin.
func stepUpSite(t *testing.T, db *gorm.DB) *site {
	t.Helper()
	return newSiteWith(t, db, auth.Options{StepUp: true})
}

// TestStepUpTableIsWhole: the table names every route and endpoint there is, and no other.
func TestStepUpTableIsWhole(t *testing.T) {
	t.Parallel()
	s := stepUpSite(t, dbtest.Open(t, dbtest.SQLite(t)))
	there := map[string]bool{}
	own := s.server.AppRoutes()
	for _, r := range s.server.Routes() {
		sensitive := r.Method == http.MethodPost || r.Door == "fresh" || r.Door == "freshAdmin"
		if !sensitive || r.Door == "service" || r.Path == "/api/auth/*" || slices.Contains(own, r) {
			continue
		}
		if !strings.HasSuffix(r.Path, ":action") {
			there[r.Method+" "+r.Path] = true
			continue
		}
		names := web.UserActions()
		if strings.Contains(r.Path, "/selected/") {
			names = web.SelectedActions()
		}
		for _, name := range names {
			there[r.Method+" "+strings.Replace(r.Path, ":action", name, 1)] = true
		}
	}
	for _, e := range endpoints(t) {
		there["wire "+e[0]+" "+e[1]] = true
	}
	if len(there) < 70 {
		t.Fatalf("only %d routes and endpoints are found", len(there))
	}
	named := map[string]bool{}
	for _, a := range acts {
		for door, way := range doors(a.page, a.wire, a.json) {
			for _, request := range way.requests {
				method, path, _ := parts(request)
				path, _, _ = strings.Cut(path, "?")
				path = strings.NewReplacer("{id}", ":id", "{other}", ":session", "/sessions/others", "/sessions/:session",
					"{device}", ":device",
					"/passkeys/x", "/passkeys/:passkey", // part:passkey
					"/reset-password/x", "/reset-password/{token}", "/callback/x",
					"/callback/{provider}").Replace(path)
				if door == "wire" {
					method = "wire " + method
				}
				named[method+" "+path] = true
			}
		}
	}
	for one := range there {
		if !named[one] {
			t.Errorf("%s is missing from the table of acts: say what it asks for", one)
		}
	}
	for one := range named {
		if !there[one] {
			t.Errorf("%s is in the table of acts and does not exist", one)
		}
	}
}

// parts of a request of the table.
func parts(request string) (method, path, body string) {
	method, rest, _ := strings.Cut(request, " ")
	path, body, _ = strings.Cut(rest, " ")
	return method, path, body
}

// cast is an actor, and a user to act on.
type cast struct {
	actor *authtest.Client
	fill  *strings.Replacer
	ids   []string
}

// cast signs an actor in, and with others also has a second session of theirs and one of the target, which acts end;
// without, the target cannot sign in, which saves the hash.
func (s *site) cast(t *testing.T, role string, others bool) *cast {
	t.Helper()
	name := strings.ToLower(rand.Text()) + "@example.com"
	if role == "" {
		role = "user"
	}
	enter := func(name, role, password string) (id string) {
		t.Helper()
		u, err := s.auth.CreateUser(t.Context(), nil, auth.NewUser{Name: "Test Person", Email: name, Role: role,
			Password: password, Verified: true})
		if err != nil {
			t.Fatal(err)
		}
		return u.ID
	}
	handle := func(c *authtest.Client) string {
		t.Helper()
		found := regexp.MustCompile(`"token":"([0-9a-f]{32})"`).FindStringSubmatch(c.Get("/api/auth/get-session").Text)
		if found == nil {
			t.Fatal("no session")
		}
		return found[1]
	}
	signIn := func(email string) *authtest.Client {
		c := s.stranger(t)
		c.SignIn(email, authtest.Password)
		return c
	}
	targets, other, theirs := "", "x", "x"
	if others {
		targets = authtest.Password
	}
	id, target := enter("actor-"+name, role, authtest.Password), enter("target-"+name, "user", targets)
	c := signIn("actor-" + name)
	if others {
		other, theirs = handle(signIn("actor-"+name)), handle(signIn("target-"+name))
	}
	return &cast{c, strings.NewReplacer("{me}", id, "{mail}", "actor-"+name, "{mine}", handle(c), "{other}", other,
		"{password}", authtest.Password,
		"{id}", target, "{target}", "target-"+name, "{theirs}", theirs, "{new}", "new-"+name), []string{id, target}}
}

// state is what an act may change of the cast, and the number of users.
func (s *site) state(t *testing.T, c *cast) string {
	t.Helper()
	text := s.userRows(t)
	for _, id := range c.ids {
		list, err := s.auth.UserSessions(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		accounts, err := s.auth.Accounts(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		text += fmt.Sprintln(len(list), accounts)
	}
	return text
}

// try sends one request of the table by one door.
func (c *cast) try(s *site, by *authtest.Client, door, request string) authtest.Answer {
	method, path, body := parts(c.fill.Replace(request))
	media, header := "application/json", program
	switch door {
	case "wire":
		path = "/api/auth" + path
	case "page":
		media, header = "application/x-www-form-urlencoded", navigate
		if values, err := url.ParseQuery(body); err == nil {
			body = values.Encode()
		}
	}
	return by.Do(method, path, body, append([]string{"Content-Type", media, "Origin", s.Base}, header...)...)
}

// stale reports whether an answer asks for a fresher session.
func stale(got authtest.Answer, code string) bool {
	if to := got.Header.Get("Location"); to != "" {
		return got.StatusCode == 303 && strings.HasPrefix(to, "/reauth")
	}
	return got.StatusCode >= 400 && strings.Contains(got.Text, `"code":"`+code+`"`)
}

// each calls fn with every way of the table that has the rule.
func each(t *testing.T, fits func(rule) bool, fn func(t *testing.T, role, door string, w way)) {
	for _, a := range acts {
		for door, w := range doors(a.page, a.wire, a.json) {
			if fits(w.rule) && len(w.requests) > 0 {
				t.Run(a.name+", "+door, func(t *testing.T) { fn(t, a.role, door, w) })
			}
		}
	}
}

// TestStepUp drives the table: a fresh session may do each act. One that is too old for the rule is refused and changes
// nothing. No other act checks the age of a session. Strangers and users without the role are refused before that.
func TestStepUp(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		s := stepUpSite(t, db)
		if _, err := s.auth.CreateUser(t.Context(), nil,
			auth.NewUser{Name: "Root", Email: "root@example.com", Role: "admin"}); err != nil {
			t.Fatal(err)
		}
		told := func(what, request string, got authtest.Answer) {
			t.Helper()
			t.Errorf("%s, %s: %d %s %.200s", what, request, got.StatusCode, got.Header.Get("Location"), got.Text)
		}
		asked := func(r rule) bool { return r.age > 0 }
		each(t, asked, func(t *testing.T, role, door string, w way) {
			c := s.cast(t, role, false)
			for _, request := range w.requests {
				if got := c.try(s, c.actor, door, request); stale(got, w.code) || w.sure && got.StatusCode >= 400 {
					told("a fresh session", request, got)
				}
			}
		})

		old := map[string]*cast{"": s.cast(t, "", true), "admin": s.cast(t, "admin", true)}
		passed := time.Duration(0)
		for _, age := range []time.Duration{stepUp.age, daily.age} {
			s.ahead.Add(int64(age - passed))
			passed = age
			each(t, func(r rule) bool { return r.age == age }, func(t *testing.T, role, door string, w way) {
				c := old[role]
				before := s.state(t, c)
				for _, request := range w.requests {
					if got := c.try(s, old[""].actor, door, request); role != "" && (got.StatusCode != 403 || stale(got, w.code)) {
						told("without the role", request, got)
					}
					got := c.try(s, s.stranger(t), door, request)
					if login := strings.HasPrefix(got.Header.Get("Location"), "/login"); !login && got.StatusCode != 401 {
						told("a stranger", request, got)
					}
					if got := c.try(s, c.actor, door, request); !stale(got, w.code) {
						told("an old session is let through", request, got)
					}
				}
				for _, line := range differences(before, s.state(t, c)) {
					t.Errorf("refused, and yet it changed: %s", line)
				}
			})
		}

		each(t, func(r rule) bool { return !asked(r) }, func(t *testing.T, role, door string, w way) {
			c := s.cast(t, role, false)
			s.ahead.Add(int64(25 * time.Hour))
			for _, request := range w.requests {
				got := c.try(s, c.actor, door, request)
				if stale(got, stepUp.code) || stale(got, expires.code) || w.sure && got.StatusCode >= 400 {
					told("an old session", request, got)
				}
			}
		})
	})
}

// TestStepUpIsOptional: where it is off, the wire asks for the role alone. The JSON door is a fresh one all the same.
func TestStepUpIsOptional(t *testing.T) {
	t.Parallel()
	s := newSiteWith(t, dbtest.Open(t, dbtest.SQLite(t)), auth.Options{})
	boss := s.admin(t, "boss@example.com")
	s.ahead.Add(int64(25 * time.Hour))
	user := map[string]string{"name": "X", "email": "x@example.com"}
	refused(t, boss.PostJSON(usersPath, user, "Origin", s.Base), 403, stepUp.code)
	expect(t, boss.PostJSON("/api/auth/admin/create-user", user, "Origin", s.Base), 200)
	if got := boss.PostJSON("/api/auth/revoke-other-sessions", map[string]string{}, "Origin",
		s.Base); got.StatusCode != 200 {
		t.Errorf("%d %s", got.StatusCode, got.Text)
	}
}

// TestStopImpersonatingNeedsNoFreshSession: ending an impersonation asks for nothing, however old the admin's session is.
func TestStopImpersonatingNeedsNoFreshSession(t *testing.T) {
	t.Parallel()
	s := stepUpSite(t, dbtest.Open(t, dbtest.SQLite(t)))
	_, id := s.person(t, "ada@example.com")
	for i, path := range []string{"/impersonation/stop", "/api/auth/admin/stop-impersonating"} {
		boss := s.actAs(t, s.admin(t, fmt.Sprintf("boss%d@example.com", i)), id)
		for _, act := range []string{"/api/auth/revoke-sessions", "/api/auth/revoke-other-sessions"} { // even fresh, it is somebody else's
			if got := boss.PostJSON(act, map[string]string{}, "Origin", s.Base); !stale(got, "SESSION_NOT_FRESH") {
				t.Errorf("acting, %s: %d %s", act, got.StatusCode, got.Text)
			}
		}
		s.ahead.Add(int64(30 * time.Minute))
		if i == 0 {
			expect(t, boss.PostForm(path, nil), 303)
		} else {
			expect(t, boss.PostJSON(path, map[string]string{}, "Origin", s.Base), 200)
		}
		contains(t, boss.Get("/settings", navigate...), fmt.Sprintf("boss%d@example.com", i))
	}
}

// TestExportAsksAgain: the way of an admin from the link to the password and back to the list, which exports then.
func TestExportAsksAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.admin(t, "boss@example.com")
	s.ahead.Add(int64(10 * time.Minute))
	list := boss.Get("/admin/users?role=admin", navigate...)
	contains(t, list, `href="/admin/users.csv?role=admin"`)
	to := boss.Get("/admin/users.csv?role=admin", navigate...)
	expect(t, to, 303, "Location", "/reauth?returnTo=%2Fadmin%2Fusers%3Frole%3Dadmin", "Content-Disposition", "")
	lacks(t, to, "boss@example.com")
	expect(t, boss.Get("/admin/users.csv", program...), 403, "Content-Disposition", "")
	contains(t, boss.Get(to.Header.Get("Location"), navigate...), `name="returnTo" value="/admin/users?role=admin"`,
		"The file is not made yet. After your password")
	back := boss.PostForm("/reauth", url.Values{"password": {authtest.Password}, "returnTo": {"/admin/users?role=admin"}})
	expect(t, back, 303, "Location", "/admin/users?role=admin")
	contains(t, boss.Get("/admin/users?role=admin", navigate...), "The file is not made yet. Check what is selected")
	file := boss.Get("/admin/users.csv?role=admin", navigate...)
	expect(t, file, 200, "Content-Disposition", `attachment; filename="users.csv"`)
	contains(t, file, "boss@example.com")
}
