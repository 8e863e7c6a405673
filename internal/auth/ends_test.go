package auth_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/betterauth"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// TestLogOutEverywhereEndsAThiefsChange: a copied cookie asks for another address; the owner ends every other session.
// What the thief has got by mail is worth nothing then, at the page and on the wire, with the password and without.
func TestLogOutEverywhereEndsAThiefsChange(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		box := &mailbox{}
		r := newRig(t, db, auth.Options{Mailer: box})
		id := r.SignUp("ada@example.com")
		thief, owner := r.Copy(), r.browser()
		if got := post(thief, "/change-email", `{"newEmail":"thief@example.com"}`); got.StatusCode != 200 {
			t.Fatal(got.Text)
		}
		token := linkToken(t, box.last())
		wantRefusal(t, r.browser().Get("/api/auth/verify-email?token="+token), 401, "INVALID_USER") // no session, no change
		owner.SignIn("ada@example.com", authtest.Password)
		if got := post(owner, "/revoke-other-sessions", `{}`); got.StatusCode != 200 {
			t.Fatal(got.Text)
		}
		r.wantWho("the thief", thief, "")
		wantRefusal(t, r.browser().Get("/api/auth/verify-email?token="+token), 401, "INVALID_TOKEN")
		if code := r.confirm(r.browser(), token, authtest.Password); code != "INVALID_TOKEN" {
			t.Errorf("the page: %q", code)
		}
		r.confirm(owner, token, "") // not even where the owner presses the button
		if u, err := r.auth.User(t.Context(), id); err != nil || u.Email != "ada@example.com" {
			t.Errorf("%+v, %v", u, err)
		}
	})
}

// lost is a session that somebody asked for links in, and its user's other one.
type lost struct {
	*rig
	box          *mailbox
	id, email    string
	session      string // the handle of the one that asked
	asker, other *authtest.Client
	admin        *auth.Session
	password     string // the present one
	gone         bool   // the account is deleted
}

func (l *lost) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

func (l *lost) call(c *authtest.Client, path, body string) {
	l.t.Helper()
	if got := post(c, path, body); got.StatusCode != http.StatusOK {
		l.t.Fatalf("%s: %d %s", path, got.StatusCode, got.Text)
	}
}

// endings are all ways in which a session ends.
var endings = map[string]func(*lost){
	"log-out":             func(l *lost) { l.call(l.asker, "/sign-out", `{}`) },
	"signing in again":    func(l *lost) { signIn(l.asker, l.email) },
	"somebody signs in":   func(l *lost) { signIn(l.asker, "root@example.com") },
	"revoked by itself":   func(l *lost) { l.call(l.asker, "/revoke-session", `{"token":"`+l.session+`"}`) },
	"revoked by its user": func(l *lost) { l.call(l.other, "/revoke-session", `{"token":"`+l.session+`"}`) },
	"all revoked":         func(l *lost) { l.call(l.other, "/revoke-sessions", `{}`) },
	"others revoked":      func(l *lost) { l.call(l.other, "/revoke-other-sessions", `{}`) },
	"revoked by an admin": func(l *lost) { l.must(l.auth.RevokeUserSession(l.t.Context(), l.admin, l.session)) }, // part:admin
	"all by an admin":     func(l *lost) { l.must(l.auth.RevokeSessions(l.t.Context(), l.admin, l.id)) },
	"banned, let in again": func(l *lost) {
		_, err := l.auth.BanUser(l.t.Context(), l.admin, l.id, "", nil)
		l.must(err)
		_, err = l.auth.UnbanUser(l.t.Context(), l.admin, l.id)
		l.must(err)
	},
	"banned by an update": func(l *lost) {
		for _, banned := range []bool{true, false} {
			_, err := l.auth.ChangeUser(l.t.Context(), l.admin, l.id, auth.UserChanges{Banned: &banned})
			l.must(err)
		}
	},
	"reset": func(l *lost) {
		l.call(l.browser(), "/request-password-reset", `{"email":"`+l.email+`"}`)
		l.password = "another-horse-2"
		l.call(l.browser(), "/reset-password", `{"newPassword":"another-horse-2","token":"`+linkToken(l.t, l.box.last())+`"}`)
	},
	"password changed": func(l *lost) {
		l.password = "another-horse-2"
		l.call(l.asker, "/change-password", `{"currentPassword":"`+authtest.Password+`","newPassword":"another-horse-2"}`)
	},
	"password changed elsewhere": func(l *lost) {
		l.password = "another-horse-2"
		l.call(l.other, "/change-password", `{"currentPassword":"`+authtest.Password+
			`","newPassword":"another-horse-2","revokeOtherSessions":true}`)
	},
	// part:admin
	"password set by an admin": func(l *lost) {
		l.password = "another-horse-2"
		l.must(l.auth.SetPassword(l.t.Context(), l.admin, l.id, l.password))
	},
	// end:admin
	"expired":        func(l *lost) { l.clock.advance(7 * day) },
	"expired, swept": func(l *lost) { l.clock.advance(7 * day); l.must(l.auth.Purge(l.t.Context())) },
	"all of everybody": func(l *lost) {
		_, _, err := l.auth.EndEverySession(l.t.Context())
		l.must(err)
	},
	// part:admin
	"deleted": func(l *lost) { l.gone = true; l.must(l.auth.RemoveUser(l.t.Context(), l.admin, l.id)) },
	// end:admin
}

// lose signs a person in twice, the one browser of which is to lose its session.
func (r *rig) lose(box *mailbox, admin *auth.Session, email string, verified bool) *lost {
	r.t.Helper()
	l := &lost{rig: r, box: box, email: email, admin: admin, password: authtest.Password, asker: r.browser(),
		other: r.browser()}
	u, err := r.auth.CreateUser(r.t.Context(), nil, auth.NewUser{Name: "Ada", Email: email, Password: l.password,
		Verified: verified})
	l.must(err)
	l.id = u.ID
	l.asker.SignIn(email, l.password)
	list, err := r.auth.Sessions(r.t.Context(), l.id)
	l.must(err)
	l.session = list[0].ID
	l.other.SignIn(email, l.password)
	return l
}

// ask has a session ask for a link, and gives its token.
func (l *lost) ask(path, body, purpose string) string {
	l.t.Helper()
	l.call(l.asker, path, body)
	if got := l.box.last().Purpose; string(got) != purpose {
		l.t.Fatalf("%s mailed %q, want %q", path, got, purpose)
	}
	return linkToken(l.t, l.box.last())
}

// askForAll gives the paths that use the links that a session can have at a time, by purpose.
func (l *lost) askForAll(verified bool) map[string]string {
	l.t.Helper()
	change := "change_email"
	if verified {
		change = "confirm_email_change"
	}
	const follow, erase = "/api/auth/verify-email?token=", "/api/auth/delete-user/callback?token="
	to := `{"newEmail":"thief@` + l.email[4:] + `"}`
	links := map[string]string{"delete_account": erase + l.ask("/delete-user", `{}`, "delete_account")}
	if !verified {
		links["verify_email"] = follow + l.ask("/send-verification-email", `{"email":"`+l.email+`"}`, "verify_email")
	}
	links[change] = follow + l.ask("/change-email", to, change)
	return links
}

// wantUnmoved: the account stands where it did.
func (l *lost) wantUnmoved(what string) {
	l.t.Helper()
	u, err := l.auth.User(l.t.Context(), l.id)
	if l.gone != (err != nil) || !l.gone && u.Email != l.email {
		l.t.Errorf("%s: %+v, %v", what, u, err)
	}
}

// TestWhatASessionSetGoingEndsWithIt: for every way a session ends and every link it can have asked for, the link does
// nothing afterwards, neither for strangers nor in a new session of its user. Only the link that verifies the address
// the account has already may work.
func TestWhatASessionSetGoingEndsWithIt(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		box := &mailbox{}
		r := newRig(t, db, auth.Options{
			Mailer: box, ConfirmEmailChange: true, VerifyTokenTTL: 30 * day, DeleteTokenTTL: 30 * day, ResetTokenTTL: 30 * day,
		}, betterauth.Options{ConfirmDeletion: true})
		root, err := r.auth.CreateUser(t.Context(), nil,
			auth.NewUser{Name: "Root", Email: "root@example.com", Password: authtest.Password, Role: "admin"})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for way, end := range endings {
			for _, verified := range []bool{false, true} {
				n++
				l := r.lose(box, authtest.SessionOf(t, r.auth, db, root), fmt.Sprintf("ada@%d.example.com", n), verified)
				links := l.askForAll(verified)
				end(l)
				l.wantDead(way, links)
			}
		}
	})
}

func (l *lost) wantDead(way string, links map[string]string) {
	l.t.Helper()
	browsers := []*authtest.Client{l.browser()}
	if !l.gone {
		again := l.browser()
		again.SignIn(l.email, l.password)
		browsers = append(browsers, again)
	}
	for purpose, link := range links {
		for i, c := range browsers {
			what := fmt.Sprintf("%s, %s, browser %d", way, purpose, i)
			got := c.Get(link)
			if alive := got.StatusCode == http.StatusOK; alive && purpose != "verify_email" {
				l.t.Errorf("%s: %d %s", what, got.StatusCode, got.Text)
			}
			l.wantUnmoved(what)
		}
	}
	if n := l.links("confirm_email_change", "change_email", "delete_account"); n != 0 && way != "expired" {
		l.t.Errorf("%s: %d links are left", way, n)
	}
}

// links counts those of a user that are in the store.
func (l *lost) links(purposes ...string) (n int64) {
	l.t.Helper()
	l.must(l.db.Model(&auth.Verification{}).Where("user_id = ? AND purpose IN ?", l.id, purposes).Count(&n).Error)
	return n
}

// TestHonestWaysOfALink: it works in the session that asked, in another one of the same person, and after the password
// was asked for once more; the second link of a change belongs to the session that asked for the first.
func TestHonestWaysOfALink(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		box := &mailbox{}
		r := newRig(t, db, auth.Options{Mailer: box, ConfirmEmailChange: true}, betterauth.Options{ConfirmDeletion: true})
		again := func(l *lost) *authtest.Client { r.reauthenticate(l.asker); return l.asker }
		n := 0
		for way, by := range map[string]func(*lost) *authtest.Client{
			"here":         func(l *lost) *authtest.Client { return l.asker },
			"elsewhere":    func(l *lost) *authtest.Client { return l.other },
			"proved again": again,
			"proved again, elsewhere, here logged out of": func(l *lost) *authtest.Client {
				again(l)
				l.call(l.other, "/sign-out", `{}`)
				l.other.SignIn(l.email, l.password)
				return l.other
			},
		} {
			for _, verified := range []bool{false, true} {
				n++
				l := r.lose(box, nil, fmt.Sprintf("ada@%d.example.com", n), verified)
				links := l.askForAll(verified)
				c := by(l)
				if verified {
					if got := r.browser().Get(links["confirm_email_change"]); got.StatusCode != 200 { // the old address, anywhere
						t.Fatal(way, got.Text)
					}
					links["change_email"] = "/api/auth/verify-email?token=" + linkToken(t, box.last())
				}
				if got := c.Get(links["change_email"]); got.StatusCode != 200 || r.who(c) != "thief@"+l.email[4:] {
					t.Errorf("%s: %d %s", way, got.StatusCode, got.Text)
				}
			}
			n++
			l := r.lose(box, nil, fmt.Sprintf("ada@%d.example.com", n), true)
			links := l.askForAll(true)
			if got := by(l).Get(links["delete_account"]); got.StatusCode != 200 {
				t.Errorf("%s: %d %s", way, got.StatusCode, got.Text)
			}
			l.gone = true
			l.wantUnmoved(way)
		}

		// The second link of a change dies with the first one's session, too, and with it that which was handed on.
		l := r.lose(box, nil, "eve@last.example.com", true)
		links := l.askForAll(true)
		again(l)
		r.browser().Get(links["confirm_email_change"])
		change := "/api/auth/verify-email?token=" + linkToken(t, box.last())
		l.call(l.asker, "/sign-out", `{}`)
		wantCode(t, l.other.Get(change), 401, "INVALID_TOKEN")
		wantCode(t, l.other.Get(links["delete_account"]), 404, "INVALID_TOKEN")
		l.wantUnmoved("after the log-out")
	})
}

// reauthenticate types the password once more.
func (r *rig) reauthenticate(c *authtest.Client) {
	r.t.Helper()
	r.page(c, func(w http.ResponseWriter, req *http.Request) {
		s, err := r.auth.StoredSession(w, req)
		if err == nil {
			_, err = r.auth.Reauthenticate(w, req, s, authtest.Password, "")
		}
		if err != nil {
			r.t.Fatal(err)
		}
	})
}

// TestAnEndedSessionChangesNothing: a session that ends while its password is hashed neither goes on as another one nor
// deletes the account.
func TestAnEndedSessionChangesNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		id := r.SignUp("ada@example.com")
		s, req := r.stored(r.Client)
		if err := r.auth.RevokeSessions(t.Context(), nil, id); err != nil {
			t.Fatal(err)
		}
		for _, others := range []bool{false, true} {
			_, err := r.auth.ChangePassword(httptest.NewRecorder(), req, s, authtest.Password, "another-horse-2", others)
			if code := codeOf(t, err); code != "UNAUTHORIZED" {
				t.Errorf("another password: %q", code)
			}
		}
		if code := codeOf(t, r.auth.DeleteUser(httptest.NewRecorder(), req, s)); code != "UNAUTHORIZED" {
			t.Errorf("deletion: %q", code)
		}
		if n := r.count(&auth.Session{}); n != 0 {
			t.Errorf("%d sessions", n)
		}
		r.browser().SignIn("ada@example.com", authtest.Password)
	})
}

// TestNoLinkOfAnEndedSession: what was asked for while the session ended is refused, and mails nothing.
func TestNoLinkOfAnEndedSession(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		box := &mailbox{}
		r := newRig(t, db, auth.Options{Mailer: box})
		r.SignUp("ada@example.com")
		r.page(r.Copy(), func(w http.ResponseWriter, req *http.Request) {
			s, err := r.auth.StoredSession(w, req)
			if err != nil {
				t.Fatal(err)
			}
			post(r.Client, "/sign-out", `{}`)
			err = r.auth.ChangeEmail(httptest.NewRequest("POST", "/page", nil), s, "new@example.com", "")
			if code := codeOf(t, err); code != "UNAUTHORIZED" || len(box.all()) != 0 {
				t.Errorf("%q, mails %+v", code, box.all())
			}
		})
	})
}

// part:admin

// actAs has an admin's browser act as somebody else.
func (r *rig) actAs(c *authtest.Client, id string) {
	r.t.Helper()
	r.page(c, func(w http.ResponseWriter, req *http.Request) {
		s, err := r.auth.StoredSession(w, req)
		if err == nil {
			_, err = r.auth.Impersonate(w, req, s, id)
		}
		if err != nil {
			r.t.Fatal(err)
		}
	})
}

// end:admin

// boss signs an admin in.
func (r *rig) boss(email string) *authtest.Client {
	r.t.Helper()
	_, err := r.auth.CreateUser(r.t.Context(), nil, auth.NewUser{Name: "Root", Email: email, Password: authtest.Password,
		Role: "admin"})
	if err != nil {
		r.t.Fatal(err)
	}
	c := r.browser()
	c.SignIn(email, authtest.Password)
	return c
}

// part:admin

// TestAnImpersonationAsksForNothing that could outlive it, and uses no link of the person.
func TestAnImpersonationAsksForNothing(t *testing.T) {
	t.Parallel()
	box := &mailbox{}
	r := sqliteRig(t, auth.Options{Mailer: box}, betterauth.Options{ConfirmDeletion: true})
	id, admin := r.SignUp("ada@example.com"), r.boss("root@example.com")
	r.actAs(admin, id)
	wantCode(t, post(admin, "/change-email", `{"newEmail":"new@example.com"}`), 403, "FORBIDDEN")
	wantCode(t, post(admin, "/delete-user", `{}`), 403, "FORBIDDEN")
	post(r.Client, "/change-email", `{"newEmail":"new@example.com"}`)
	wantCode(t, admin.Get("/api/auth/verify-email?token="+linkToken(t, box.last())), 401, "INVALID_USER")
	r.wantWho("the user", r.Client, "ada@example.com")
}

// end:admin

// part:admin

// TestImpersonationsEndWithTheirSession: a copy of an admin's session acts as somebody else; once the admin ends that
// session, in whichever way, the copy is nobody. A session that only proves itself again goes on.
func TestImpersonationsEndWithTheirSession(t *testing.T) {
	t.Parallel()
	const change = `{"currentPassword":"` + authtest.Password + `","newPassword":"another-horse-2"}`
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		id := r.SignUp("ada@example.com")
		n := 0
		for way, c := range map[string]struct {
			end  func(admin *authtest.Client, email string)
			want string
		}{
			"log-out":              {func(c *authtest.Client, _ string) { post(c, "/sign-out", `{}`) }, ""},
			"another password":     {func(c *authtest.Client, _ string) { post(c, "/change-password", change) }, ""},
			"signing in again":     {func(c *authtest.Client, email string) { signIn(c, email) }, ""},
			"another signs in":     {func(c *authtest.Client, _ string) { signIn(c, "ada@example.com") }, ""},
			"log-out while acting": {func(c *authtest.Client, _ string) { r.actAs(c, id); post(c, "/sign-out", `{}`) }, ""},
			"its last moment":      {func(c *authtest.Client, _ string) { r.clock.advance(2 * time.Minute) }, ""},
			"proving again":        {func(c *authtest.Client, _ string) { r.reauthenticate(c) }, "ada@example.com"},
		} {
			n++
			email := fmt.Sprintf("root%d@example.com", n)
			admin := r.boss(email)
			if way == "its last moment" {
				soon := map[string]any{"expires_at": r.clock.Now().Add(time.Minute), "remember": false} // and does not slide
				err := r.db.Model(&auth.Session{}).Where("user_id <> ?", id).Updates(soon).Error
				if err != nil {
					t.Fatal(err)
				}
			}
			thief := admin.Copy()
			r.actAs(thief, id)
			r.wantWho(way+", before", thief, "ada@example.com")
			c.end(admin, email)
			r.wantWho(way, thief, c.want)
			r.wantWho("the person", r.Client, "ada@example.com")
		}
	})
}

// end:admin

// TestEndingsAndLinksMeet: whatever ends a session and whatever uses its links come in at once, and none waits for
// another that waits for it: everybody gets an answer.
func TestEndingsAndLinksMeet(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		box := &mailbox{}
		r := newRig(t, db, auth.Options{Mailer: box, ConfirmEmailChange: true}, betterauth.Options{ConfirmDeletion: true})
		for n := range 8 {
			l := r.lose(box, nil, fmt.Sprintf("ada@%d.example.com", n), n%2 == 0)
			links := l.askForAll(n%2 == 0)
			calls := []func(c, other *authtest.Client) authtest.Answer{
				func(c, _ *authtest.Client) authtest.Answer { return post(c, "/sign-out", `{}`) },
				func(c, _ *authtest.Client) authtest.Answer {
					return post(c, "/change-email", `{"newEmail":"again@`+l.email[4:]+`"}`)
				},
				func(c, _ *authtest.Client) authtest.Answer { return post(c, "/delete-user", `{}`) },
				func(_, o *authtest.Client) authtest.Answer { return post(o, "/revoke-other-sessions", `{}`) },
				func(_, o *authtest.Client) authtest.Answer {
					return o.Get(links["confirm_email_change"] + links["change_email"])
				},
				func(c, _ *authtest.Client) authtest.Answer {
					return c.Get(links["confirm_email_change"] + links["change_email"])
				},
			}
			var copies []*authtest.Client
			for range 4 * len(calls) {
				copies = append(copies, l.asker.Copy(), l.other.Copy())
			}
			atOnce(len(copies)/2, func(i int) {
				if got := calls[i%len(calls)](copies[2*i], copies[2*i+1]); got.StatusCode >= 500 {
					t.Errorf("%d: %d %s", i%len(calls), got.StatusCode, got.Text)
				}
			})
		}
	})
}
