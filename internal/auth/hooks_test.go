package auth_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/betterauth"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

const stepAnswer = `{"twoFactorRedirect":true,"twoFactorMethods":["totp"]}`

// TestEveryWayInAsksForTheSecondStep before a session, a row or a cookie of one exists. What the part wrote is kept.
func TestEveryWayInAsksForTheSecondStep(t *testing.T) {
	t.Parallel()
	const body = `{"email":"%s","password":"` + authtest.Password + `"%s}`
	type way func(f *fakePart, c *authtest.Client, email, token string) (answer string)
	link := "/api/auth/verify-email?token="
	for name, enter := range map[string]way{
		"password": func(_ *fakePart, c *authtest.Client, email, _ string) string {
			return post(c, "/sign-in/email", fmt.Sprintf(body, email, "")).Text
		},
		"password, not remembered": func(_ *fakePart, c *authtest.Client, email, _ string) string {
			return post(c, "/sign-in/email", fmt.Sprintf(body, email, `,"rememberMe":false`)).Text
		},
		"password, in another's session": func(f *fakePart, c *authtest.Client, email, _ string) string {
			bob := c.SignUp("bob." + email)
			defer func() {
				if n := f.sessions(bob); n != 0 {
					f.t.Errorf("the session that the browser had goes on: %d", n)
				}
			}()
			return post(c, "/sign-in/email", fmt.Sprintf(body, email, "")).Text
		},
		"verification link": func(_ *fakePart, c *authtest.Client, _, token string) string {
			return c.Get(link + token).Text
		},
		"verification link of the wire": func(f *fakePart, c *authtest.Client, _, token string) string {
			got := c.Get(link + token + "&callbackURL=%2Fin%3Fa%3Db")
			if to := got.Header.Get("Location"); got.StatusCode != 302 || to != "/code?returnTo=%2Fin%3Fa%3Db" {
				f.t.Errorf("%d to %q", got.StatusCode, to)
			}
			return stepAnswer
		},
		"link on a page, by the password": func(f *fakePart, c *authtest.Client, _, token string) string {
			return f.confirmStep(c, token)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
				box := &mailbox{}
				r := newRig(t, db, auth.Options{Mailer: box, AutoSignInAfterVerification: true},
					betterauth.Options{SecondStepPage: "/code"})
				f := join(r)
				id := r.browser().SignUp("ada@example.com")
				post(r.browser(), "/send-verification-email", `{"email":"ada@example.com"}`)
				f.factor(id)
				r.db.Exec("DELETE FROM sessions")
				f.all()
				if got := enter(f, r.Client, "ada@example.com", linkToken(t, box.last())); got != stepAnswer {
					t.Errorf("answer %s", got)
				}
				f.wantStep(name, r.Client, id)
				heard := slices.DeleteFunc(f.all(), func(s string) bool { return s != "asked "+id })
				if remember := name != "password, not remembered"; f.steps() != 1 || len(heard) != 1 ||
					f.start.Remember != remember || (value(r.Client, forgetCookie) == "") != remember {
					t.Errorf("%d steps, heard %q, %+v, cookies %v", f.steps(), heard, f.start, r.Cookies())
				}
			})
		})
	}
}

// TestTheSecondStepSignsIn: it is a SignIn with both factors. Who is banned meanwhile stays outside.
func TestTheSecondStepSignsIn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		f := join(r)
		id := r.SignUp("ada@example.com")
		f.factor(id)
		signIn(r.Client, "ada@example.com")
		f.wantStep("after the first step", r.Client, id)
		f.all()
		if err := f.second(r.Client, id); err != nil {
			t.Fatal(err)
		}
		if row := r.row(); row.AMR != whole || !slices.Equal(f.all(), []string{"half-done ended"}) {
			t.Errorf("%+v", row)
		}
		r.wantWho("after the second", r.Client, "ada@example.com")
		if _, err := r.auth.BanUser(t.Context(), nil, id, "", nil); err != nil {
			t.Fatal(err)
		}
		if code := codeOf(t, f.second(r.Client, id)); code != "BANNED_USER" {
			t.Errorf("banned: %q", code)
		}
	})
}

// TestNoSecondStep for a user who cannot owe one, who is refused before it, or who is proved in a session.
func TestNoSecondStep(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		f := join(r)
		id := r.SignUp("ada@example.com") // a sign-up is asked, too
		if heard := f.all(); !slices.Equal(heard, []string{"asked " + id, "half-done ended"}) || r.row().AMR != "pwd" {
			t.Errorf("sign-up: %q, %+v", heard, r.row())
		}
		f.factor(id)
		change := fmt.Sprintf(`{"currentPassword":%q,"newPassword":%[1]q}`, authtest.Password)
		if got := post(r.Client, "/change-password", change); got.StatusCode != 200 {
			t.Fatal(got.Text)
		}
		if heard := f.all(); !slices.Equal(heard, []string{"changed " + id, "half-done ended"}) || r.row().AMR != "pwd" {
			t.Errorf("another password: %q, %+v", heard, r.row())
		}
		// part:admin
		boss := r.boss("root@example.com")
		f.all()
		r.actAs(boss, id)
		if heard := f.all(); len(heard) != 0 {
			t.Errorf("an impersonation: %q", heard)
		}
		// end:admin
		f.fail = errors.New("the part is away")
		stranger := r.browser()
		before := f.sessions(id)
		got := signIn(stranger, "ada@example.com")
		if got.StatusCode != 500 || len(stranger.Cookies()) != 0 || f.steps() != 0 || f.sessions(id) != before {
			t.Errorf("a part that fails: %d %s, %v, %d steps", got.StatusCode, got.Text, stranger.Cookies(), f.steps())
		}
	})
}

// TestRefusalsComeBeforeTheSecondStep: a refused user does not learn of a factor.
func TestRefusalsComeBeforeTheSecondStep(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{Mailer: &mailbox{}, RequireEmailVerification: true})
		f := join(r)
		_, banned := r.confirmed("banned@example.com")
		u, err := r.auth.CreateUser(t.Context(), nil,
			auth.NewUser{Name: "Ada", Email: "unverified@example.com", Password: authtest.Password})
		if err != nil {
			t.Fatal(err)
		}
		f.factor(banned)
		f.factor(u.ID)
		if _, err := r.auth.BanUser(t.Context(), nil, banned, "", nil); err != nil {
			t.Fatal(err)
		}
		f.all()
		wantRefusal(t, signIn(r.browser(), "banned@example.com"), 403, "BANNED_USER")
		wantRefusal(t, signIn(r.browser(), "unverified@example.com"), 403, "EMAIL_NOT_VERIFIED")
		wrong := post(r.browser(), "/sign-in/email", `{"email":"unverified@example.com","password":"wrong-horse-1"}`)
		wantRefusal(t, wrong, 401, "INVALID_EMAIL_OR_PASSWORD")
		if heard := strings.Join(f.all(), " "); heard != "" || f.steps() != 0 {
			t.Errorf("heard %q, %d steps", heard, f.steps())
		}
	})
}
