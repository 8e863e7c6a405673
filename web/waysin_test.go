package web_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/ratelimit"
	"example.com/foyer/web"
	"gorm.io/gorm"
)

// The kinds of user that try each way in, as the columns of waysIn.
var entrants = []string{"no factor", "TOTP", "passkey", "both", "locked", "trusted", "banned", "unverified"}

// waysIn says for each way to sign in, and each kind of user, what happens. "in pwd" is a session at once, with that
// AMR. "step pwd" is a second step and then a session with that AMR and both factors. "locked" is a second step that
// takes no code. "banned" and "unverified" are refusals that say so. "nothing" neither signs in nor refuses. "-" cannot
// be tried.
var waysIn = []struct {
	name    string
	prepare func(*entrant) // asks for the mail, before a ban; nil for none
	try     func(*entrant) authtest.Answer
	want    string // by entrants
}{
	{"the password, on the page", nil, byPassword,
		"in pwd | step pwd | in pwd | step pwd | locked | in pwd | banned | unverified"},
	{"the password and a recovery code, on the page", nil, byRecoveryCode,
		"in pwd | in pwd otp mfa | in pwd | in pwd otp mfa | locked | in pwd | banned | unverified"},
	// part:betterauth
	{"the password, on the wire", nil, byWirePassword,
		"in pwd | step pwd | in pwd | step pwd | locked | in pwd | banned | unverified"},
	{"a verification link, on the wire", verification, byWireLink,
		"in email | step email | in email | step email | locked | in email | nothing | step email"},
	// end:betterauth
	{"a sign-up", nil, bySignUp,
		"in pwd | - | - | - | - | - | - | nothing"},
	{"a verification link and the password, on the page", verification, byLinkAndPassword,
		"in pwd | step pwd | in pwd | step pwd | locked | in pwd | banned | step pwd"},
	// part:passkey
	{"a passkey, on the page", nil, byPasskey("/login/passkey"),
		"- | - | in pop mfa | in pop mfa | in pop mfa | in pop mfa | banned | unverified"},
	// end:passkey
	// part:passkey,betterauth
	{"a passkey, on the wire", nil, byWirePasskey,
		"- | - | in pop mfa | in pop mfa | in pop mfa | in pop mfa | banned | unverified"},
	// end:passkey,betterauth
	// part:magiclink
	{"a mailed link, on the page", magic, byMagicLink,
		"in email | step email | in email | step email | locked | in email | banned | in email"},
	{"a mailed code, on the page", magic, byMailedCode,
		"in email | step email | in email | step email | locked | in email | banned | in email"},
	// end:magiclink
	// part:magiclink,betterauth
	{"a mailed link, on the wire", magic, byWireMagicLink,
		"in email | step email | in email | step email | locked | in email | banned | in email"},
	{"a mailed code, on the wire", magic, byWireCode,
		"in email | step email | in email | step email | locked | in email | banned | in email"},
	// end:magiclink,betterauth
}

// TestEveryWayIn tries each way in as each kind of user: what is asked for, what the browser is given, and when the
// session appears.
func TestEveryWayIn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		open := newWaysSite(t, db, auth.Options{})
		// Where an address is verified before the first sign-in.
		strict := newWaysSite(t, db, auth.Options{RequireEmailVerification: true})
		n := 0
		for _, way := range waysIn {
			for i, want := range strings.Split(way.want, " | ") {
				n++
				if want == "-" {
					continue
				}
				t.Run(way.name+", "+entrants[i], func(t *testing.T) {
					s := open
					if entrants[i] == "unverified" {
						s = strict
					}
					e := newEntrant(t, s, entrants[i], fmt.Sprintf("ada%d@example.com", n), way.prepare)
					e.want(want, way.try(e))
				})
			}
		}
	})
}

// part:ratelimit

// TestEveryWayInWarnsOfANewDevice: it mails its user, once for each device.
func TestEveryWayInWarnsOfANewDevice(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.SQLite(t))
	limits := auth.RateLimit{Limiter: ratelimit.New(db, database.Now), Rules: []auth.RateRule{}}
	s := newWaysSite(t, db, auth.Options{Notices: true, RateLimit: limits})
	n := 0
	for _, way := range waysIn {
		for i, want := range strings.Split(way.want, " | ") {
			if !is(entrants[i], "passkey", "both") || want == "-" || strings.HasPrefix(way.name, "a verification") {
				continue
			}
			n++
			e := newEntrant(t, s, entrants[i], fmt.Sprintf("ada%d@example.com", n), way.prepare)
			warned := func() int { return len(s.mailed(t, "new_device", e.email)) }
			before := warned()
			e.want(want, way.try(e))
			if first := warned() - before; first != 1 {
				t.Errorf("%s, %s: %d mails", way.name, entrants[i], first)
			}
			expect(t, e.c.PostForm("/logout", nil), 303)
			if way.prepare != nil {
				way.prepare(e)
			}
			way.try(e)
			if all := warned() - before; all != 1 {
				t.Errorf("%s, %s, again: %d mails", way.name, entrants[i], all)
			}
		}
	}
}

// end:ratelimit

func newWaysSite(t *testing.T, db *gorm.DB, o auth.Options) *site {
	t.Helper()
	o.AutoSignInAfterVerification = true
	s := newSiteWith(t, db, o, func(c *web.Config) { c.AppURL = strings.Replace(c.AppURL, "127.0.0.1", "localhost", 1) })
	s.Base = strings.Replace(s.Base, "127.0.0.1", "localhost", 1) // a name, as passkeys demand
	return s
}

// entrant is a user of a kind, and the browser that tries to sign in.
type entrant struct {
	*site
	t         *testing.T
	c         *authtest.Client
	id, email string
	app       phone
	codes     []string
	key       *authtest.Authenticator // part:passkey
}

func (e *entrant) must(err error) {
	e.t.Helper()
	if err != nil {
		e.t.Fatal(err)
	}
}

// is reports whether a kind is one of these.
func is(kind string, kinds ...string) bool { return slices.Contains(kinds, kind) }

func newEntrant(t *testing.T, s *site, kind, email string, prepare func(*entrant)) *entrant {
	t.Helper()
	e := &entrant{site: s, t: t, c: s.stranger(t), email: email}
	u, err := s.auth.CreateUser(t.Context(), nil,
		auth.NewUser{Name: "Ada", Email: email, Password: authtest.Password, Verified: true})
	e.must(err)
	e.id = u.ID
	setUp := s.stranger(t)
	setUp.SignIn(email, authtest.Password)
	if !is(kind, "no factor", "TOTP") {
		e.addPasskey(setUp) // part:passkey
	}
	if !is(kind, "no factor", "passkey") {
		e.app, e.codes = s.addFactor(t, setUp)
	}
	if kind == "trusted" {
		e.trust()
	}
	e.must(s.db.Where("user_id = ?", e.id).Delete(&auth.Session{}).Error)
	if kind == "unverified" {
		e.must(s.db.Model(u).Update("email_verified", false).Error)
	}
	if prepare != nil {
		prepare(e)
	}
	if kind == "banned" {
		_, err := s.auth.BanUser(t.Context(), nil, e.id, "", nil)
		e.must(err)
	}
	if kind == "locked" {
		until := s.now().Add(time.Hour)
		e.must(s.db.Exec("UPDATE two_factors SET failures = 10, locked_until = ? WHERE user_id = ?", until, e.id).Error)
	}
	return e
}

// trust makes the browser a trusted device, and signs it out.
func (e *entrant) trust() {
	e.t.Helper()
	e.c.PostForm("/login", credentials(e.email, authtest.Password), navigate...)
	enters(e.t, e.c, url.Values{"code": {e.app.code(e.t)}, "trust": {"on"}})
	expect(e.t, e.c.PostForm("/logout", nil), 303)
}

// has reports whether the browser has a cookie.
func (e *entrant) has(name string) bool {
	return slices.Contains(strings.FieldsFunc(cookies(e.c), func(r rune) bool { return r == ';' || r == ' ' || r == '=' }),
		web.CookiePrefix+"."+name)
}

// sessions are the AMRs of the user's sessions.
func (e *entrant) sessions() (list []string) {
	e.t.Helper()
	e.must(e.db.Model(&auth.Session{}).Where("user_id = ?", e.id).Pluck("amr", &list).Error)
	return list
}

// stands fails unless the user has exactly the session with this AMR, "" for none, and the browser is signed in just
// then. step says whether the browser is between the steps.
func (e *entrant) stands(what, amr string, step bool) {
	e.t.Helper()
	in, want := amr != "", []string{amr}
	if !in {
		want = nil
	}
	if got := e.sessions(); !slices.Equal(got, want) || e.has("session_token") != in || !in && e.has("session_data") ||
		e.has("two_factor") != step {
		e.t.Errorf("%s: sessions %q, cookies %s", what, got, cookies(e.c))
	}
	if got := e.c.Get("/dashboard", navigate...).StatusCode; got == 200 != in {
		e.t.Errorf("%s: the dashboard answers %d", what, got)
	}
}

// want checks what became of a try.
func (e *entrant) want(want string, got authtest.Answer) {
	e.t.Helper()
	what, amr, _ := strings.Cut(want, " ")
	said := strings.ToLower(got.Text + got.Header.Get("Location"))
	asked := strings.HasPrefix(got.Header.Get("Location"), "/login/code") ||
		strings.Contains(said, `"twofactorredirect":true`)
	switch what {
	case "in":
		e.stands(want, amr, false)
	case "step", "locked":
		e.stands("before the second step", "", true)
		e.secondStep(what, amr)
	case "nothing":
		e.stands(want, "", false)
	default:
		e.stands(want, "", false)
		if !strings.Contains(said, strings.TrimPrefix(what, "un")[:5]) || got.StatusCode < 300 {
			e.t.Errorf("%d, %s", got.StatusCode, said)
		}
	}
	if asked != is(what, "step", "locked") || got.StatusCode >= 500 {
		e.t.Errorf("asked for a second step: %t; %d %s", asked, got.StatusCode, said)
	}
}

func (e *entrant) secondStep(what, amr string) {
	e.t.Helper()
	got := e.c.PostForm("/login/code", url.Values{"code": {e.app.code(e.t)}}, navigate...)
	if what == "locked" {
		expect(e.t, got, 429)
		e.stands("locked", "", true)
		return
	}
	expect(e.t, got, 303)
	e.stands("after the second step", amr+" otp mfa", false)
}
