package auth_test

import (
	"net/http"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// late is a request with the old cookies of a browser. It is a stranger's, and its answer leaves the browser the cookies
// that another tab has received meanwhile.
func late(t *testing.T, what string, old *authtest.Client) {
	t.Helper()
	got := old.Get("/api/auth/get-session")
	if got.Text != "null" || len(got.Header["Set-Cookie"]) > 0 {
		t.Errorf("%s: a late request is answered %s, cookies %v", what, got.Text, got.Header["Set-Cookie"])
	}
	wantRefusal(t, post(old, "/update-user", `{"name":"Eve"}`), 401, "UNAUTHORIZED")
}

// cleared expects that the next answer takes all cookies from a browser.
func cleared(t *testing.T, what string, c *authtest.Client) {
	t.Helper()
	if got := c.Get("/api/auth/get-session"); got.Text != "null" || len(c.Cookies()) > 0 {
		t.Errorf("%s: answered %s, cookies left %v", what, got.Text, c.Cookies())
	}
}

// TestALateRequestLeavesTheNewCookies: one tab gets a session in place of the old one, while another tab asks with the
// old cookies. A minute later the old cookies are deleted, and those of a session that has ended are at once.
func TestALateRequestLeavesTheNewCookies(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		id := r.SignUp("ada@example.com")
		if _, err := r.auth.SetRole(t.Context(), nil, id, "admin"); err != nil {
			t.Fatal(err)
		}
		in := func(c *authtest.Client, verb func(w http.ResponseWriter, req *http.Request, s *auth.Session) error) {
			t.Helper()
			r.page(c, func(w http.ResponseWriter, req *http.Request) {
				s, err := r.auth.StoredSession(w, req)
				if err == nil {
					err = verb(w, req, s)
				}
				if err != nil {
					t.Fatal(err)
				}
			})
		}
		prove := func(c *authtest.Client) {
			in(c, func(w http.ResponseWriter, req *http.Request, s *auth.Session) error {
				_, err := r.auth.Reauthenticate(w, req, s, authtest.Password, "")
				return err
			})
		}
		nothing := func(*authtest.Client) {}
		// part:admin
		bob := r.addUser("bob@example.com", "")
		impersonate := func(c *authtest.Client) {
			in(c, func(w http.ResponseWriter, req *http.Request, s *auth.Session) error {
				_, err := r.auth.Impersonate(w, req, s, bob.ID)
				return err
			})
		}
		// end:admin
		for name, way := range map[string]struct{ before, replace func(c *authtest.Client) }{
			"sign-in":           {nothing, func(c *authtest.Client) { signIn(c, "ada@example.com") }},
			"re-authentication": {nothing, prove},
			"change of password": {nothing, func(c *authtest.Client) {
				in(c, func(w http.ResponseWriter, req *http.Request, s *auth.Session) error {
					_, err := r.auth.ChangePassword(w, req, s, authtest.Password, authtest.Password, true)
					return err
				})
			}},
			"change of a factor": {nothing, func(c *authtest.Client) {
				in(c, func(w http.ResponseWriter, req *http.Request, s *auth.Session) error {
					start := auth.Start{Event: event.SignIn, Remember: true, Presented: s, KeepAge: true}
					_, err := r.auth.SignIn(w, req, start, func(t *auth.Tx) (*auth.User, error) {
						u, err := t.LockOwner(s)
						if err != nil {
							return nil, err
						}
						return u, t.EndOtherSessions(u.ID, "")
					})
					return err
				})
			}},
			// part:admin
			"end of an impersonation": {impersonate, func(c *authtest.Client) {
				in(c, func(w http.ResponseWriter, req *http.Request, s *auth.Session) error {
					_, err := r.auth.StopImpersonating(w, req, s)
					return err
				})
			}},
			// end:admin
		} {
			t.Run(name, func(t *testing.T) {
				c := r.browser()
				c.SignIn("ada@example.com", authtest.Password)
				way.before(c)
				old := c.Copy()
				way.replace(c)
				late(t, name, old)
				r.wantWho("the tab with the new cookies", c, "ada@example.com")

				newer := c.Copy() // and once more
				prove(c)
				late(t, "the first", old)
				late(t, "the second", newer)
				r.clock.advance(time.Minute)
				late(t, "within a minute", newer)
				r.clock.advance(time.Millisecond)
				cleared(t, "after a minute", old)
				r.wantWho("the tab with the new cookies, after a minute", c, "ada@example.com")
				if err := r.auth.RevokeSessions(t.Context(), nil, id); err != nil {
					t.Fatal(err)
				}
				cleared(t, "a session that has ended", c)
			})
		}
	})
}

// TestALateRequestLeavesTheSecondStep: a browser that is between the steps keeps what the first step has set.
func TestALateRequestLeavesTheSecondStep(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	f := join(r)
	id := r.SignUp("ada@example.com")
	f.factor(id)
	old := r.Copy()
	post(r.Client, "/sign-in/email", `{"email":"ada@example.com","password":"314-159-265","rememberMe":false}`)
	f.wantStep("between the steps", r.Client, id)
	late(t, "between the steps", old)
}

// TestAPurgeForgetsNoTokenTooSoon, not even where there is no cache.
func TestAPurgeForgetsNoTokenTooSoon(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{CacheMaxAge: -time.Hour})
	r.SignUp("ada@example.com")
	old := r.Copy()
	signIn(r.Client, "ada@example.com")
	r.clock.advance(time.Minute)
	if err := r.auth.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	late(t, "after a purge", old)
}

// TestALateRequestBesideTheCommit: the old session is gone, and the new cookies are not sent yet.
func TestALateRequestBesideTheCommit(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	r.SignUp("ada@example.com")
	old, first, asked := r.Copy(), r.row().ID, false
	afterCommit(t, r.db, func() error {
		if !asked && r.row().ID != first {
			asked = true
			late(t, "beside the commit", old)
		}
		return nil
	})
	signIn(r.Client, "ada@example.com")
	if !asked {
		t.Error("no session was replaced")
	}
	r.wantWho("afterwards", r.Client, "ada@example.com")
}

// TestALateRequestToAnotherInstance: what one instance replaces, the others know when its answer goes out.
func TestALateRequestToAnotherInstance(t *testing.T) {
	t.Parallel()
	url := dbtest.Postgres(t)
	_, one := instance(t, url, &mailbox{})
	_, two := instance(t, url, &mailbox{})
	one.SignUp("ada@example.com")
	settled(t, through(t, one, one))
	settled(t, through(t, one, two))
	old := through(t, one, two)
	signIn(one, "ada@example.com")
	late(t, "to another instance", old)
}
