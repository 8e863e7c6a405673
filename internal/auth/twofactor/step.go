package twofactor

import (
	"crypto/rand"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/errs"
	"gorm.io/gorm"
)

// errNoStep is also the answer to a forged, spent or expired first step.
var errNoStep = errs.New(http.StatusUnauthorized, "INVALID_TWO_FACTOR_COOKIE", "Invalid two factor cookie")

// secondStep is a sign-in between its steps. The cookie's token is the only key to it.
type secondStep struct {
	ID        string // hash of the token
	UserID    string
	Remember  bool
	AMR       string // how the first step proved the user
	NewDevice bool   // the sign-in will warn of one
	Failures  int    // guesses so far
	ExpiresAt time.Time
}

// owedStep starts the second step of a user who has a factor, unless the browser is trusted.
func (f *Factor) owedStep(
	t *auth.Tx, w http.ResponseWriter, r *http.Request, u *auth.User, in auth.Start,
) (*auth.SecondStep, error) {
	if !u.SecondFactor {
		return nil, nil
	}
	if trusted, err := f.useTrust(t, w, r, u.ID); trusted || err != nil {
		return nil, err
	}
	token := rand.Text()
	step := secondStep{
		ID: auth.HashToken(token), UserID: u.ID, Remember: in.Remember, AMR: in.AMR, NewDevice: in.NewDevice,
		ExpiresAt: f.auth.Now().Add(f.opts.ChallengeTTL),
	}
	owed := &auth.SecondStep{Methods: []string{"totp"}, Cookie: f.stepCookie, Value: token, Life: f.opts.ChallengeTTL}
	return owed, errors.Join(t.Create(&step).Error, f.auth.Notice(t, r, nil, u, event.SecondStepOwed, "", ""))
}

// step returns the half-done sign-in of a browser, nil for none.
func (f *Factor) step(r *http.Request) (*secondStep, error) {
	token, ok := f.stepCookie.Read(r)
	if !ok {
		return nil, nil
	}
	db := f.db.WithContext(r.Context())
	return first[secondStep](db.Where("id = ? AND expires_at > ?", auth.HashToken(token), f.auth.Now()))
}

// count counts a guess, in t, which has locked the user. After the last one it voids the step, because a new one costs
// the first step again. A nil step counts nothing.
func (step *secondStep) count(t *auth.Tx) (refusal *errs.Error, err error) {
	if step == nil {
		return nil, nil
	}
	counted := t.Model(step).Where("failures < ?", maxPerStep).UpdateColumn("failures", gorm.Expr("failures + 1"))
	if counted.RowsAffected == 1 || counted.Error != nil {
		return nil, counted.Error
	}
	return errTooMany, refuseNone(t.Delete(step), errNoStep)
}

// Challenged returns the address of the user who has taken the first step in this browser and owes the second; ok is
// false without one.
func (f *Factor) Challenged(r *http.Request) (email string, ok bool) {
	step, err := f.step(r)
	if step == nil || err != nil {
		return "", false
	}
	u, err := f.auth.User(r.Context(), step.UserID)
	if err != nil {
		return "", false
	}
	return u.Email, true
}

// Verify takes the second step by a code of the app and starts the session. With trust this browser needs no second
// step for Options.TrustTTL. Refusals: 401 INVALID_TWO_FACTOR_COOKIE without a first step in the last
// Options.ChallengeTTL, INVALID_CODE; 400 TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE at the sixth code after one first step,
// which is then void; 429 ACCOUNT_TEMPORARILY_LOCKED; 403 BANNED_USER.
func (f *Factor) Verify(w http.ResponseWriter, r *http.Request, code string, trust bool) (*auth.Session, error) {
	return f.finish(w, r, byApp, code, trust)
}

// VerifyRecovery is Verify by a recovery code, which it spends. Blanks, hyphens and case do not matter. Its own refusal
// is 401 INVALID_BACKUP_CODE.
func (f *Factor) VerifyRecovery(
	w http.ResponseWriter, r *http.Request, code string, trust bool,
) (*auth.Session, error) {
	return f.finish(w, r, byRecovery, code, trust)
}

func (f *Factor) finish(
	w http.ResponseWriter, r *http.Request, m method, code string, trust bool,
) (s *auth.Session, err error) {
	err = f.answer(w, r, m, code, func(step *secondStep, take func(*auth.Tx) (*auth.User, error)) error {
		start := auth.Start{
			Event: event.SignIn, Remember: step.Remember, AMR: withCode(step.AMR), NewDevice: step.NewDevice,
		}
		s, err = f.auth.SignIn(w, r, start, func(t *auth.Tx) (*auth.User, error) {
			u, err := take(t)
			if err != nil || !trust {
				return u, err
			}
			return u, f.trust(t, w, r, u)
		})
		return err
	})
	return s, err
}

// spend takes the second step and starts no session.
func (f *Factor) spend(w http.ResponseWriter, r *http.Request, m method, code string) (u *auth.User, err error) {
	err = f.answer(w, r, m, code, func(_ *secondStep, take func(*auth.Tx) (*auth.User, error)) error {
		return f.auth.Transact(r.Context(), func(t *auth.Tx) (err error) {
			u, err = take(t)
			return err
		})
	})
	return u, err
}

// answer counts and compares the code for the half-done sign-in of a browser, and lets act go on with a right one. In
// its transaction act calls take, which spends code and step and returns the user, locked.
func (f *Factor) answer(
	w http.ResponseWriter, r *http.Request, m method, code string,
	act func(step *secondStep, take func(*auth.Tx) (*auth.User, error)) error,
) (err error) {
	defer func() {
		if err == nil || errors.Is(err, errNoStep) || errors.Is(err, errTooMany) {
			f.stepCookie.Clear(w, r)
		}
	}()
	step, err := f.step(r)
	if err != nil {
		return err
	}
	if step == nil {
		return errNoStep
	}
	accept, err := f.guess(r, nil, step.UserID, step, m, code)
	if err != nil {
		return err
	}
	return act(step, func(t *auth.Tx) (*auth.User, error) {
		u, _, err := f.locked(t, step.UserID)
		if err != nil {
			return nil, err
		}
		if err := refuseNone(t.Delete(step), errNoStep); err != nil {
			return nil, err
		}
		return u, accept(t, r, nil, u)
	})
}

const byCode = " otp mfa" // of Session.AMR (RFC 8176)

// withCode is the AMR of a session whose user was also proved by a code.
func withCode(amr string) string {
	if slices.Contains(strings.Fields(amr), "mfa") {
		return amr
	}
	return amr + byCode
}

// withoutCode undoes withCode. A passkey still counts as two factors.
func withoutCode(amr string) string { return strings.TrimSuffix(amr, byCode) }

// Abandon ends the half-done sign-in of a browser, if there is one: it signs out, or has signed in by another way.
func (f *Factor) Abandon(w http.ResponseWriter, r *http.Request) error {
	token, ok := f.stepCookie.Read(r)
	if !ok {
		return nil
	}
	err := f.db.WithContext(r.Context()).Where("id = ?", auth.HashToken(token)).Delete(&secondStep{}).Error
	if err != nil {
		return err
	}
	f.stepCookie.Clear(w, r)
	return nil
}
