package twofactor

import (
	"crypto/rand"
	"errors"
	"net/http"
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

// count counts a guess, in t, which has locked the user; a nil step counts nothing. After the last guess it refuses,
// reports that the step is over, and voids it, because a new one costs the first step again.
func (step *secondStep) count(t *auth.Tx) (over bool, err error) {
	if step == nil {
		return false, nil
	}
	counted := t.Model(step).Where("failures < ?", maxPerStep).UpdateColumn("failures", gorm.Expr("failures + 1"))
	if counted.RowsAffected == 1 || counted.Error != nil {
		return false, counted.Error
	}
	t.Refuse(errTooMany)
	return true, auth.RefuseNone(t.Delete(step), errNoStep)
}

// Challenged returns the address of the user who has taken the first step in this browser and owes the second, "" for
// none.
func (f *Factor) Challenged(r *http.Request) (email string, err error) {
	step, err := f.step(r)
	if step == nil || err != nil {
		return "", err
	}
	u, err := f.auth.User(r.Context(), step.UserID)
	if err != nil {
		return "", err
	}
	return u.Email, nil
}

// Verify takes the second step by a code of the app, or by a recovery code, which it spends, and starts the session.
// Blanks, and in a recovery code hyphens and case, do not matter. With trust this browser needs no second step for
// Options.TrustTTL. Refusals: 401 INVALID_TWO_FACTOR_COOKIE without a first step in the last Options.ChallengeTTL,
// INVALID_CODE, INVALID_BACKUP_CODE; 400 TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE at the sixth code after one first step,
// which is then void; 429 ACCOUNT_TEMPORARILY_LOCKED. A ban has ended the first step.
func (f *Factor) Verify(
	w http.ResponseWriter, r *http.Request, code string, recovery, trust bool,
) (*auth.Session, error) {
	m := byApp
	if recovery {
		m = byRecovery
	}
	_, s, err := f.finish(w, r, m, code, trust, true)
	return s, err
}

// finish spends a code and the half-done sign-in of a browser, and returns their user. If enter is set it starts the
// session, else s is nil and trust is ignored.
func (f *Factor) finish(
	w http.ResponseWriter, r *http.Request, m method, code string, trust, enter bool,
) (u *auth.User, s *auth.Session, err error) {
	defer func() {
		if err == nil && s == nil || errors.Is(err, errNoStep) || errors.Is(err, errTooMany) {
			f.stepCookie.Clear(w, r)
		}
	}()
	step, err := f.step(r)
	if err != nil {
		return nil, nil, err
	}
	if step == nil {
		return nil, nil, errNoStep
	}
	start := auth.Start{
		Event: event.SignIn, Remember: step.Remember, AMR: step.AMR + byCode, NewDevice: step.NewDevice,
	}
	s, err = f.auth.SignIn(w, r, start, func(t *auth.Tx) (*auth.User, error) {
		if u, err = t.LockUser(step.UserID); err != nil {
			return nil, err
		}
		if ok, err := f.guess(t, r, nil, u, step, m, code); !ok || err != nil {
			return nil, err
		}
		if err := t.Delete(step).Error; err != nil || !enter {
			return nil, err
		}
		if !trust {
			return u, nil
		}
		return u, f.trust(t, w, r, u)
	})
	return u, s, err
}

const byCode = " otp mfa" // of Session.AMR after the word of the first step (RFC 8176)

// endHalfDone ends the half-done sign-in of a browser, if there is one.
func (f *Factor) endHalfDone(w http.ResponseWriter, r *http.Request) error {
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
