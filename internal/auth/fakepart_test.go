package auth_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/errs"
)

const stepCookie = "better-auth.fake_step"

// whole is the AMR of a sign-in by two factors.
const whole = "pwd otp mfa"

// fakePart asks users who have a second factor for it, and notes what it hears. Its rows are in fake_steps.
type fakePart struct {
	*rig
	cookie auth.Cookie
	fail   error // of OwedStep, after its write

	mu    sync.Mutex
	heard []string // "asked ID", "changed ID", "taken over ID", "signed out", "purged"
	start auth.Start
}

// join makes the part of a provider that no request has met yet.
func join(r *rig) *fakePart {
	r.t.Helper()
	f := &fakePart{rig: r, cookie: r.auth.Cookie("fake_step")}
	if err := r.db.Exec("CREATE TABLE fake_steps (user_id TEXT NOT NULL)").Error; err != nil {
		r.t.Fatal(err)
	}
	r.auth.Join(auth.Hooks{}) // of a part that adds nothing
	r.auth.Join(auth.Hooks{
		OwedStep:          f.owedStep,
		ProveSecond:       f.proveSecond,
		CredentialChanged: func(t *auth.Tx, id string) error { return f.hear(t, "changed "+id) },
		TakenOver: func(t *auth.Tx, u *auth.User, since time.Time, _ auth.Tell) error {
			if !since.IsZero() {
				return f.hear(t, "taken over since "+since.Format(time.RFC3339Nano))
			}
			return f.hear(t, "taken over "+u.ID)
		},
		EndHalfDone: func(w http.ResponseWriter, r *http.Request) error {
			f.cookie.Clear(w, r)
			return f.hear(nil, "half-done ended")
		},
		Purge: func(context.Context) error { return f.hear(nil, "purged") },
	})
	return f
}

func (f *fakePart) hear(t *auth.Tx, what string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.heard = append(f.heard, what)
	if t == nil {
		return nil
	}
	return t.Exec("UPDATE fake_steps SET user_id = user_id").Error // in the transaction of core, on both databases
}

// all returns what was heard since the last call.
func (f *fakePart) all() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	heard := f.heard
	f.heard = nil
	return heard
}

func (f *fakePart) owedStep(
	t *auth.Tx, _ http.ResponseWriter, r *http.Request, u *auth.User, in auth.Start,
) (*auth.SecondStep, error) {
	f.start = in
	if err := f.hear(t, "asked "+u.ID); err != nil || !u.SecondFactor {
		return nil, err
	}
	if err := t.Exec("INSERT INTO fake_steps (user_id) VALUES (?)", u.ID).Error; err != nil || f.fail != nil {
		return nil, errors.Join(err, f.fail)
	}
	return &auth.SecondStep{Methods: []string{"totp"}, Cookie: f.cookie, Value: "step of " + u.ID, Life: time.Minute}, nil
}

// proveSecond takes the code 123456; 654321 is refused by an error after a write, which is rolled back.
func (f *fakePart) proveSecond(t *auth.Tx, _ *http.Request, u *auth.User, code string) (ok bool, err error) {
	wrong := errs.New(http.StatusUnauthorized, "INVALID_CODE", "Invalid code")
	if code != "123456" && code != "654321" {
		t.Refuse(wrong)
		return false, nil
	}
	if err := t.Exec("INSERT INTO fake_steps (user_id) VALUES (?)", u.ID).Error; err != nil {
		return false, err
	}
	if code == "654321" {
		return false, wrong
	}
	return true, nil
}

// steps counts the rows of the part.
func (f *fakePart) steps() (n int64) {
	f.t.Helper()
	if err := f.db.Raw("SELECT count(*) FROM fake_steps").Scan(&n).Error; err != nil {
		f.t.Fatal(err)
	}
	return n
}

// factor gives a user a second factor.
func (f *fakePart) factor(id string) {
	f.t.Helper()
	err := f.auth.Transact(f.t.Context(), func(t *auth.Tx) error {
		u, err := t.LockUser(id)
		if err != nil {
			return err
		}
		return t.SetSecondFactor(u, true)
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

// sessions counts those of a user.
func (f *fakePart) sessions(id string) (n int64) {
	f.t.Helper()
	if err := f.db.Model(&auth.Session{}).Where("user_id = ?", id).Count(&n).Error; err != nil {
		f.t.Fatal(err)
	}
	return n
}

// wantStep expects that c is between the steps: the user has no session, and c has no cookie of one.
func (f *fakePart) wantStep(what string, c *authtest.Client, id string) {
	f.t.Helper()
	if n := f.sessions(id); n != 0 || value(c, tokenCookie)+value(c, cacheCookie) != "" || value(c, stepCookie) == "" {
		f.t.Errorf("%s: %d sessions, cookies %v", what, n, c.Cookies())
	}
	f.wantWho(what, c, "")
}

// second takes the second step, as a part does.
func (f *fakePart) second(c *authtest.Client, id string) (err error) {
	f.page(c, func(w http.ResponseWriter, req *http.Request) {
		_, err = f.auth.SignIn(w, req, auth.Start{Event: event.SignIn, Remember: true, AMR: whole},
			func(t *auth.Tx) (*auth.User, error) { return t.LockUser(id) })
	})
	return err
}

// confirmStep opens a mailed link on a page, by the password, and returns the answer that the wire would give.
func (f *fakePart) confirmStep(c *authtest.Client, token string) (answer string) {
	f.t.Helper()
	f.page(c, func(w http.ResponseWriter, req *http.Request) {
		link, err := f.auth.PeekConfirmation(req, nil, token)
		if err != nil {
			f.t.Fatal(err)
		}
		s, err := f.auth.ConfirmEmail(w, req, nil, link, authtest.Password)
		var step *auth.SecondStep
		if errors.As(err, &step) && s == nil {
			answer = stepAnswer
		}
	})
	return answer
}
