package auth_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// anotherPassword changes the password in a browser.
func (l *lost) anotherPassword(c *authtest.Client, others bool) {
	l.t.Helper()
	l.call(c, "/change-password", fmt.Sprintf(
		`{"currentPassword":%q,"newPassword":"another-horse-2","revokeOtherSessions":%t}`, l.password, others))
}

// reset chooses a password by a mailed link.
func (l *lost) reset() {
	l.t.Helper()
	l.call(l.browser(), "/request-password-reset", `{"email":"`+l.email+`"}`)
	l.call(l.browser(), "/reset-password", `{"newPassword":"another-horse-2","token":"`+linkToken(l.t, l.box.last())+`"}`)
}

// part:admin

// setByAdmin has an admin choose the password.
func (l *lost) setByAdmin() {
	l.t.Helper()
	l.must(l.auth.SetPassword(l.t.Context(), l.admin, l.id, "another-horse-2"))
}

// end:admin

// change changes the user as an admin.
func (l *lost) change(c auth.UserChanges) {
	l.t.Helper()
	_, err := l.auth.ChangeUser(l.t.Context(), l.admin, l.id, c)
	l.must(err)
}

// changing are acts after which no proof of the past may open anything.
var changing = map[string]func(*lost){
	"another password":                 func(l *lost) { l.anotherPassword(l.asker, false) },
	"another password, the others end": func(l *lost) { l.anotherPassword(l.asker, true) },
	"reset":                            (*lost).reset,
	"password set by an admin":         (*lost).setByAdmin, // part:admin
	"banned":                           func(l *lost) { l.change(auth.UserChanges{Banned: new(true)}) },
	"another address, by a link":       func(l *lost) { l.moved(l.asker, l.box, "new."+l.email) },
	"another address, by an admin":     func(l *lost) { l.change(auth.UserChanges{Email: new("new." + l.email)}) },
	"an account unlinked": func(l *lost) {
		l.link(l.id, "github", "7")
		l.call(l.asker, "/unlink-account", `{"accountId":"7"}`)
	},
	"all sessions revoked":              func(l *lost) { l.call(l.asker, "/revoke-sessions", `{}`) },
	"all other sessions revoked":        func(l *lost) { l.call(l.asker, "/revoke-other-sessions", `{}`) },
	"all sessions revoked, by an admin": func(l *lost) { l.must(l.auth.RevokeSessions(l.t.Context(), l.admin, l.id)) },
	"one's own credential, said by a part": func(l *lost) {
		l.must(l.auth.Transact(l.t.Context(), func(t *auth.Tx) error { return t.CredentialChanged(l.id) }))
	},
	"the other sessions, said by a part": func(l *lost) {
		l.must(l.auth.Transact(l.t.Context(), func(t *auth.Tx) error { return t.EndOtherSessions(l.id, l.session) }))
	},
}

// keeping are acts that leave every credential as it was.
var keeping = map[string]func(*lost){
	"signing in": func(l *lost) { signIn(l.browser(), l.email) },
	"a wrong password": func(l *lost) {
		post(l.browser(), "/sign-in/email", `{"email":"`+l.email+`","password":"wrong-horse-1"}`)
	},
	"signing out":         func(l *lost) { l.call(l.asker, "/sign-out", `{}`) },
	"one session revoked": func(l *lost) { l.call(l.other, "/revoke-session", `{"token":"`+l.session+`"}`) },
	"proving again":       func(l *lost) { l.reauthenticate(l.asker) },
	"another name":        func(l *lost) { l.call(l.asker, "/update-user", `{"name":"Grace"}`) },
	"another name, by an admin": func(l *lost) {
		l.change(auth.UserChanges{Profile: auth.Profile{Name: new("Grace")}})
	},
	"let in again":       func(l *lost) { l.change(auth.UserChanges{Banned: new(false)}) },
	"a change asked for": func(l *lost) { l.call(l.asker, "/change-email", `{"newEmail":"new.`+l.email+`"}`) },
	"a reset asked for":  func(l *lost) { l.call(l.browser(), "/request-password-reset", `{"email":"`+l.email+`"}`) },
	"a link that is dead": func(l *lost) {
		post(l.browser(), "/reset-password", `{"newPassword":"another-horse-2","token":"x"}`)
	},
}

// TestPartsHearOfChangedCredentials: each act that changes a credential or ends all sessions says so, about its user
// alone and in its transaction, and no other act does.
func TestPartsHearOfChangedCredentials(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r, box := noticingRig(t, db, false)
		f := join(r)
		n := 0
		for want, acts := range map[bool]map[string]func(*lost){true: changing, false: keeping} {
			for name, act := range acts {
				n++
				l := r.lose(box, nil, fmt.Sprintf("ada@%d.example.com", n), true)
				f.all()
				act(l)
				f.wantChanged(name, l.id, want)
			}
		}
		l := r.lose(box, nil, "eve@last.example.com", true)
		r.moved(l.asker, box, "thief@last.example.com")
		f.factor(l.id)
		f.all()
		var moved time.Time
		l.must(db.Table("verifications").Where("purpose = ?", letter.UndoEmailChange).Select("created_at").Scan(&moved).Error)
		l.must(undo(r, undoToken(t, box, l.email)))
		since := "taken over since " + moved.Add(-70*time.Minute).UTC().Format(time.RFC3339Nano)
		if heard := f.all(); !slices.Equal(heard, []string{since, "changed " + l.id}) {
			t.Errorf("a change of address undone: heard %q", heard)
		}
		if u, err := r.auth.User(t.Context(), l.id); err != nil || !u.SecondFactor {
			t.Errorf("a factor that the part keeps: %+v, %v", u, err)
		}
		_, _, err := r.auth.EndEverySession(t.Context())
		l.must(err)
		f.wantChanged("every session ended", "", true)
	})
}

func (f *fakePart) wantChanged(name, id string, want bool) {
	f.t.Helper()
	changed := slices.DeleteFunc(f.all(), func(s string) bool { return s == "asked "+id || s == "half-done ended" })
	if len(changed) > 0 != want || slices.ContainsFunc(changed, func(s string) bool { return s != "changed "+id }) {
		f.t.Errorf("%s: heard %q", name, changed)
	}
}

// TestPartsHearOfATakeover: the first proof of an address takes the account over, and nothing that was added before is
// left. A link that only verifies is no such proof, and a verified account has no other owner.
func TestPartsHearOfATakeover(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r, box := noticingRig(t, db, false)
		f := join(r)
		verify := func(l *lost) {
			l.call(l.asker, "/send-verification-email", `{"email":"`+l.email+`"}`)
			if got := l.browser().Get("/api/auth/verify-email?token=" + linkToken(t, box.last())); got.StatusCode != 200 {
				t.Fatal(got.Text)
			}
		}
		vouch := func(l *lost) { l.change(auth.UserChanges{EmailVerified: new(true)}) }
		pend := func(l *lost) {
			l.must(db.Exec("UPDATE users SET pending = TRUE WHERE id = ?", l.id).Error)
			vouch(l)
		}
		n := 0
		for _, c := range []struct {
			name     string
			verified bool
			act      func(*lost)
			taken    bool
		}{
			{"reset", false, (*lost).reset, true},
			{"an admin's word for a pending account", false, pend, true},
			{"reset of a verified account", true, (*lost).reset, false},
			{"verification link", false, verify, false},
			{"an admin's word for an account that was signed in to", false, vouch, false},
		} {
			n++
			l := r.lose(box, nil, fmt.Sprintf("ada@%d.example.com", n), c.verified)
			f.factor(l.id)
			f.all()
			c.act(l)
			taken := slices.Contains(f.all(), "taken over "+l.id)
			u, err := r.auth.User(t.Context(), l.id)
			if err != nil || taken != c.taken || u.SecondFactor == c.taken || !u.EmailVerified {
				t.Errorf("%s: %t, %+v, %v", c.name, taken, u, err)
			}
		}
	})
}

// TestPartsHearOfASignOut: also of a stranger's, who may be between the steps. If the part fails, the browser keeps its
// cookies and can try again.
func TestPartsHearOfASignOut(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	f := join(r)
	id := r.SignUp("ada@example.com")
	f.factor(id)
	f.all()
	if post(r.Client, "/sign-out", `{}`); !slices.Equal(f.all(), []string{"half-done ended"}) {
		t.Error("a sign-out is not heard")
	}
	signIn(r.Client, "ada@example.com")
	f.wantStep("between the steps", r.Client, id)
	f.all()
	if post(r.Client, "/sign-out", `{}`); !slices.Equal(f.all(), []string{"half-done ended"}) || len(r.Cookies()) != 0 {
		t.Errorf("a stranger's is not heard, or leaves cookies: %v", r.Cookies())
	}
	away := true
	r.auth.Join(auth.Hooks{EndHalfDone: func(http.ResponseWriter, *http.Request) error {
		if away {
			return gorm.ErrInvalidDB
		}
		return nil
	}})
	bob := r.browser()
	bob.SignUp("bob@example.com")
	if got := post(bob, "/sign-out", `{}`); got.StatusCode != 500 || value(bob, tokenCookie) == "" {
		t.Errorf("%d, cookies %v", got.StatusCode, bob.Cookies())
	}
	away = false
	if got := post(bob, "/sign-out", `{}`); got.StatusCode != 200 || value(bob, tokenCookie) != "" {
		t.Errorf("again: %d, cookies %v", got.StatusCode, bob.Cookies())
	}
	f.all()
	if err := r.auth.Purge(t.Context()); err != nil || !slices.Equal(f.all(), []string{"purged"}) {
		t.Errorf("a purge is not heard: %v", err)
	}
}
