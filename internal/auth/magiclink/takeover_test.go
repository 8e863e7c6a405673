package magiclink_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// ways are the two ways to sign in by a mail.
var ways = map[string]func(c *authtest.Client, m auth.Mail) bool{
	"link": func(c *authtest.Client, m auth.Mail) bool { return follow(c, m).Header.Get("Location") == "/" },
	"code": func(c *authtest.Client, m auth.Mail) bool { return enter(c, m.To, m.Code).StatusCode == http.StatusOK },
}

// TestTheMailboxTakesAnAccountOver: a stranger has signed up with the address. When its owner signs in by a mail,
// nothing that the stranger chose, holds or added is left, and the owner hears that the password is gone.
func TestTheMailboxTakesAnAccountOver(t *testing.T) {
	t.Parallel()
	for name, enterBy := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
				var takenOver []string
				r := newRig(t, db, auth.Options{Notices: true}, auth.Hooks{
					TakenOver: func(_ *auth.Tx, u *auth.User, since time.Time, _ auth.Tell) error {
						takenOver = append(takenOver, u.ID+since.Format("/2006"))
						return nil
					},
				})
				mallory := r.browser()
				id := mallory.SignUp(ada)
				r.must(db.Table("users").Where("id = ?", id).Update("second_factor", true).Error)
				want(t, post(r.browser(), "/request-password-reset", map[string]string{"email": ada}), 200, "")
				reset := r.last().URL
				m := r.ask(ada)
				if m.Name != "" {
					t.Errorf("the mail greets an unproved address as %q", m.Name)
				}
				owner := r.browser()
				if !enterBy(owner, m) {
					t.Fatal("the owner is refused")
				}
				r.wantWho(owner, ada)
				r.wantWho(mallory, "")
				u, err := r.auth.User(t.Context(), id)
				if err != nil || !u.EmailVerified || u.SecondFactor || !slices.Equal(takenOver, []string{id + "/0001"}) {
					t.Errorf("%+v, %v; taken over: %q", u, err, takenOver)
				}
				want(t, post(r.browser(), "/sign-in/email", map[string]string{"email": ada, "password": authtest.Password}),
					401, "INVALID_EMAIL_OR_PASSWORD")
				token := strings.TrimSuffix(strings.TrimPrefix(reset, home+"/api/auth/reset-password/"), "?callbackURL=")
				want(t, post(r.browser(), "/reset-password", map[string]string{"newPassword": "better-horse-2", "token": token}),
					400, "INVALID_TOKEN")
				if last := r.last(); last.Purpose != "password_changed" || last.To != ada {
					t.Errorf("the last mail is %+v", last)
				}
				var names []string
				for _, e := range r.events {
					if e.ActorID == id {
						names = append(names, string(e.Name))
					}
				}
				if !slices.Contains(names, "email_verified") {
					t.Errorf("events %q", names)
				}
			})
		})
	}
}

// TestAPendingAccountIsTakenOver: where an address must be verified before the first sign-in, the mail verifies it.
func TestAPendingAccountIsTakenOver(t *testing.T) {
	t.Parallel()
	for name, enterBy := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := sqliteRig(t, auth.Options{RequireEmailVerification: true})
			up := map[string]string{"name": "Ada", "email": ada, "password": authtest.Password}
			want(t, post(r.browser(), "/sign-up/email", up), 200, "")
			owner := r.browser()
			if !enterBy(owner, r.ask(ada)) {
				t.Fatal("the owner is refused")
			}
			r.wantWho(owner, ada)
			u, err := r.auth.UserByEmail(t.Context(), ada)
			if err != nil || !u.EmailVerified || u.Pending {
				t.Errorf("%+v, %v", u, err)
			}
		})
	}
}

// TestAVerifiedAccountLosesNothing: its owner has a password, sessions and credentials of parts.
func TestAVerifiedAccountLosesNothing(t *testing.T) {
	t.Parallel()
	for name, enterBy := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := dbtest.Open(t, dbtest.SQLite(t))
			r := newRig(t, db, auth.Options{Notices: true}, auth.Hooks{
				TakenOver: func(*auth.Tx, *auth.User, time.Time, auth.Tell) error { t.Error("taken over"); return nil },
			})
			r.addUser(ada)
			other := r.browser()
			other.SignIn(ada, authtest.Password)
			m := r.ask(ada)
			if !enterBy(r.browser(), m) || r.last().Purpose != "magic_link" {
				t.Errorf("refused, or %+v", r.last())
			}
			r.wantWho(other, ada)
			want(t, post(r.browser(), "/sign-in/email", map[string]string{"email": ada, "password": authtest.Password}), 200, "")
		})
	}
}

// TestASecondStepIsOwed: a mail is one factor. Link and code are spent, and no session starts.
func TestASecondStepIsOwed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		var r *rig
		var asked []auth.Start
		r = newRig(t, db, auth.Options{}, auth.Hooks{OwedStep: func(
			_ *auth.Tx, _ http.ResponseWriter, _ *http.Request, _ *auth.User, in auth.Start,
		) (*auth.SecondStep, error) {
			asked = append(asked, in)
			return &auth.SecondStep{Methods: []string{"totp"}, Cookie: r.auth.Cookie("step"), Value: "x"}, nil
		}})
		r.addUser(ada)
		const owed = `{"twoFactorRedirect":true,"twoFactorMethods":["totp"]}`
		m := r.ask(ada)
		browser := r.browser()
		if got := enter(browser, ada, m.Code); got.StatusCode != 200 || got.Text != owed {
			t.Errorf("%d %s", got.StatusCode, got.Text)
		}
		r.wantWho(browser, "")
		wantTo(t, follow(r.browser(), m), "/?error=INVALID_TOKEN")
		wantTo(t, follow(r.browser(), r.ask(ada)), "/step?returnTo=%2F")
		if got := r.browser().Get("/api/auth/magic-link/verify?token=" + tokenOf(r.ask(ada))); got.Text != owed {
			t.Errorf("%d %s", got.StatusCode, got.Text)
		}
		if len(asked) != 3 || asked[0].AMR != "email" || !asked[0].Remember {
			t.Errorf("%+v", asked)
		}
	})
}
