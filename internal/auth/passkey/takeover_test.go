package passkey_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/auth/passkey"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// Ways by which a stranger would leave a passkey behind in an account, and keep it.

// TestRevokedSessionMakesNoPasskey: it holds a cached copy that still answers reads.
func TestRevokedSessionMakesNoPasskey(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{}, passkey.Options{})
		c, id, _ := r.withKey("ada@example.com")
		key := r.list(id)[0].ID
		body := `{"response":` + r.device().Register(options(t, c, "register")) + `}`
		thief := c.Copy()
		owner := r.browser()
		owner.SignIn("ada@example.com", authtest.Password)
		wantOK(t, "revoking", post(owner, "/revoke-other-sessions", `{}`))
		for what, call := range map[string]func(*authtest.Client) authtest.Answer{
			"asking": func(c *authtest.Client) authtest.Answer {
				return c.Get("/api/auth/passkey/generate-register-options")
			},
			"answering": func(c *authtest.Client) authtest.Answer { return post(c, "/passkey/verify-registration", body) },
			"listing":   func(c *authtest.Client) authtest.Answer { return c.Get("/api/auth/passkey/list-user-passkeys") },
			"renaming": func(c *authtest.Client) authtest.Answer {
				return post(c, "/passkey/update-passkey", `{"id":"`+key+`","name":"x"}`)
			},
			"deleting": func(c *authtest.Client) authtest.Answer {
				return post(c, "/passkey/delete-passkey", `{"id":"`+key+`"}`)
			},
		} {
			wantRefusal(t, what, call(thief.Copy()), 401, "UNAUTHORIZED")
		}
		if got := options(t, thief.Copy(), "authenticate"); strings.Contains(got, "allowCredentials") {
			t.Errorf("it is told of passkeys: %s", got)
		}
		r.wantKeys("in the end", id, 1)
	})
}

// TestSessionThatEndsMeanwhile: a session that ended after the request was let in makes and deletes no passkey.
func TestSessionThatEndsMeanwhile(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{}, passkey.Options{})
		c, id, _ := r.withKey("ada@example.com")
		response := r.device().Register(options(t, c, "register"))
		s, req := r.stored(c)
		if err := r.auth.RevokeSessions(t.Context(), nil, id); err != nil {
			t.Fatal(err)
		}
		key := r.list(id)[0].ID
		_, err := r.keys.Register(&quiet{}, req, s, []byte(response), "")
		_, renamed := r.keys.Rename(req, s, key, "x")
		for what, err := range map[string]error{"adding": err, "renaming": renamed, "deleting": r.keys.Delete(req, s, key)} {
			if code(err) != "UNAUTHORIZED" {
				t.Errorf("%s: %v", what, err)
			}
		}
		r.wantKeys("in the end", id, 1)
	})
}

// quiet drops an answer.
type quiet struct{ header http.Header }

// Header, Write and WriteHeader implement http.ResponseWriter.
func (q *quiet) Header() http.Header {
	if q.header == nil {
		q.header = http.Header{}
	}
	return q.header
}

func (q *quiet) Write(b []byte) (int, error) { return len(b), nil }

func (q *quiet) WriteHeader(int) {}

// part:admin

// TestImpersonatorChangesNoPasskey: else an admin could sign in as the user for ever, without a trace.
func TestImpersonatorChangesNoPasskey(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{}, passkey.Options{})
		_, id, d := r.withKey("ada@example.com")
		key := r.list(id)[0].ID
		boss := r.browser()
		if _, err := r.auth.SetRole(t.Context(), nil, boss.SignUp("boss@example.com"), "admin"); err != nil {
			t.Fatal(err)
		}
		wantOK(t, "impersonating", post(boss, "/admin/impersonate-user", `{"userId":"`+id+`"}`))
		r.wantWho("the admin", boss, "ada@example.com")
		wantRefusal(t, "asking", boss.Get("/api/auth/passkey/generate-register-options"), 403, "FORBIDDEN")
		wantRefusal(t, "answering", post(boss, "/passkey/verify-registration", `{"response":{}}`), 403, "FORBIDDEN")
		wantRefusal(t, "renaming", post(boss, "/passkey/update-passkey", `{"id":"`+key+`","name":"x"}`), 403, "FORBIDDEN")
		wantRefusal(t, "deleting", post(boss, "/passkey/delete-passkey", `{"id":"`+key+`"}`), 403, "FORBIDDEN")
		if _, err := r.reauthenticate(boss, d); code(err) != "FORBIDDEN" {
			t.Errorf("proving again: %v", err)
		}
		r.wantKeys("in the end", id, 1)
	})
}

// end:admin

// TestTakenOverAccount: a stranger signs up with a victim's address and adds a passkey. When the victim proves the
// address by a mailed link, the passkey ends with the password and the sessions. A verified account keeps its passkeys.
func TestTakenOverAccount(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{}, passkey.Options{})
		_, id, d := r.withKey("victim@example.com")
		owner := r.browser()
		reset := func(password string) {
			t.Helper()
			wantOK(t, "asking", post(owner, "/request-password-reset", `{"email":"victim@example.com"}`))
			wantOK(t, "resetting", post(owner, "/reset-password",
				`{"newPassword":"`+password+`","token":"`+r.token(letter.ResetPassword)+`"}`))
		}
		reset("another-horse-2")
		r.wantKeys("after the take-over", id, 0)
		c := r.browser()
		r.wantNoEntry("the stranger", c, r.enter(c, d), 401, "PASSKEY_NOT_FOUND")

		wantOK(t, "the owner", post(owner, "/sign-in/email", `{"email":"victim@example.com","password":"another-horse-2"}`))
		own := r.device()
		wantOK(t, "the owner's passkey", r.register(owner, own))
		reset("another-horse-3")
		wantOK(t, "a verified account", r.enter(r.browser(), own))
	})
}

// TestUndoneChangeEndsLaterPasskeys: a thief in a fresh session adds a passkey, moves the account to an address of
// theirs, and adds another one, of which only that address is told. When the owner undoes the change, both end, and the
// owner's passkey stays.
func TestUndoneChangeEndsLaterPasskeys(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{Notices: true}, passkey.Options{})
		c, id, own := r.withKey("ada@example.com")
		if err := db.Model(&auth.User{}).Where("id = ?", id).Update("email_verified", true).Error; err != nil {
			t.Fatal(err)
		}
		long := r.auth.Now().Add(-2 * time.Hour)
		if err := db.Model(&passkey.Passkey{}).Where("user_id = ?", id).Update("created_at", long).Error; err != nil {
			t.Fatal(err)
		}
		r.advance(time.Minute)
		wantOK(t, "the thief's first passkey", r.register(c, r.device()))
		wantOK(t, "asking", post(c, "/change-email", `{"newEmail":"thief@example.com"}`))
		wantOK(t, "moving", c.Get("/api/auth/verify-email?token="+r.token(letter.ChangeEmail)))
		r.advance(time.Minute)
		thief := r.device()
		wantOK(t, "the thief's passkey", r.register(c, thief))
		if err := r.auth.UndoEmailChange(r.request(r.browser()), r.token(letter.EmailChanged)); err != nil {
			t.Fatal(err)
		}
		r.wantKeys("after the undo", id, 1)
		b := r.browser()
		r.wantNoEntry("the thief", b, r.enter(b, thief), 401, "PASSKEY_NOT_FOUND")
		wantOK(t, "the owner", r.enter(r.browser(), own))
		if n := r.mailed(letter.PasskeyRemoved); n != 1 || !r.recorded(event.PasskeyRemoved, id) {
			t.Errorf("%d mails of it; recorded: %t", n, r.recorded(event.PasskeyRemoved, id))
		}
	})
}

// TestUnprovenAddressHasNoPasskey: where the address has to be proved, a user neither adds a passkey before that nor
// signs in.
func TestUnprovenAddressHasNoPasskey(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{RequireEmailVerification: true}, passkey.Options{})
		u, err := r.auth.CreateUser(t.Context(), nil, auth.NewUser{
			Name: "Ada", Email: "ada@example.com", Password: authtest.Password, Verified: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		c, d := r.browser(), r.device()
		c.SignIn("ada@example.com", authtest.Password)
		wantOK(t, "a verified user", r.register(c, d))
		body := `{"response":` + r.device().Register(options(t, c, "register")) + `}`
		no := false
		if _, err := r.auth.ChangeUser(t.Context(), nil, u.ID, auth.UserChanges{EmailVerified: &no}); err != nil {
			t.Fatal(err)
		}
		if value(c, tokenCookie) == "" {
			t.Fatal("the session ended")
		}
		wantRefusal(t, "answering", post(c, "/passkey/verify-registration", body), 403, "EMAIL_NOT_VERIFIED")
		wantRefusal(t, "asking", c.Get("/api/auth/passkey/generate-register-options"), 403, "EMAIL_NOT_VERIFIED")
		r.wantKeys("in the end", u.ID, 1)
		other := r.browser()
		r.wantNoEntry("signing in", other, r.enter(other, d), 403, "EMAIL_NOT_VERIFIED")
	})
}
