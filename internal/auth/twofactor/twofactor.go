// Package twofactor is the second step of a sign-in: a code of an authenticator app (TOTP, RFC 6238) or, where the app
// is lost, a recovery code. It owns the tables two_factors, recovery_codes, trusted_devices and second_steps, and the
// budget of guesses. internal/auth knows nothing of it but its hooks.
//
//   - twofactor.go makes the Factor and answers the hooks; enrol.go demands a factor, and turns it on and off.
//   - step.go is a sign-in between its steps, device.go the browsers that need no second one.
//   - guess.go counts every code before it tells whether it was right; totp.go and recovery.go know the codes.
//   - endpoints.go serves the wire contract of better-auth's twoFactor plugin. // part:betterauth
//
// # Cookies
//
//	<prefix>.two_factor    for 10 minutes: the first step was taken in this browser
//	<prefix>.trust_device  for 30 days: this browser needs no second step; kept at sign-out
//
// # Threats
//
//   - A stolen database: it holds SHA-256 of recovery codes (120 random bits), of trust and of half-done sign-ins. The
//     secrets of apps are sealed with a key of APP_SECRET and bound to their user.
//   - A code that is read over the shoulder or by a relaying page: each works once (RFC 6238 §5.2).
//   - Guessing: 5 codes after one first step, 10 wrong ones in a row for an account, in all browsers together. Only a
//     person who can take the first step can lock an account, and its owner gets a mail.
//   - A key that was seen while it was set up: one that no code confirms ends after half an hour, and with all that was
//     proved before.
//   - A thief in a session: changes of the factor need a session that was proved minutes ago, by both factors if there
//     are two (auth.RecentlyAuthenticated). No admin changes a factor while impersonating. Every change is mailed.
//   - What was proved before: trusted devices and half-done sign-ins end with any change of password, address or
//     factor, with a ban, and when all other sessions end.
package twofactor

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/keys"
	"example.com/foyer/internal/purge"
	"gorm.io/gorm"
)

// Options configures a Factor. The zero value of a duration means its default.
type Options struct {
	// Issuer names the app in authenticator apps. Required.
	Issuer string

	// ChallengeTTL is how long a browser may take between the steps of a sign-in. Default 10 minutes.
	ChallengeTTL time.Duration

	// TrustTTL is how long a trusted device needs no second step, from the code that made it one. Default 30 days.
	TrustTTL time.Duration

	// LockTime is how long an account takes no codes after 10 wrong ones in a row. Default 15 minutes.
	LockTime time.Duration

	// RequireOfAdmins makes a second factor a duty of admins: see Factor.SetUpOwed.
	RequireOfAdmins bool

	// HasOther reports whether a user has another second factor, such as a passkey: see RequireProof. nil is no.
	HasOther func(ctx context.Context, userID string) (bool, error)
}

// Factor keeps the second factors of all users. It is safe for concurrent use; make one per process.
type Factor struct {
	auth *auth.Auth
	db   *gorm.DB
	opts Options

	stepCookie, trustCookie auth.Cookie

	seal keys.Sealer
	old  atomic.Bool // rows may be sealed by an older secret
}

// New makes the Factor of a and joins it. Call it before a is used. secrets seal the secrets of authenticator apps: the
// first seals, all open. It fails without Options.Issuer or with a weak secret.
func New(a *auth.Auth, db *gorm.DB, secrets []string, o Options) (*Factor, error) {
	if o.Issuer == "" {
		return nil, errors.New("twofactor: Options.Issuer is empty")
	}
	ring, err := keys.New(secrets)
	if err != nil {
		return nil, err
	}
	o.ChallengeTTL = cmp.Or(o.ChallengeTTL, 10*time.Minute)
	o.TrustTTL = cmp.Or(o.TrustTTL, 30*24*time.Hour)
	o.LockTime = cmp.Or(o.LockTime, 15*time.Minute)
	f := &Factor{
		auth: a, db: db, opts: o, stepCookie: a.Cookie("two_factor"), trustCookie: a.Cookie("trust_device"),
		seal: ring.Seal("two-factor secret"),
	}
	f.old.Store(len(secrets) > 1)
	a.Join(auth.Hooks{
		OwedStep: f.owedStep, ProveSecond: f.proveSecond, CredentialChanged: f.credentialChanged, TakenOver: f.takenOver,
		EndHalfDone: f.endHalfDone, Purge: f.purge,
	})
	return f, nil
}

// State is what a user's settings show.
type State struct {
	On        bool      // sign-ins ask for a second step
	Since     time.Time // when it was turned on
	CodesLeft int       // recovery codes that are not used yet
}

// State returns the state of a user.
func (f *Factor) State(ctx context.Context, userID string) (State, error) {
	db := f.db.WithContext(ctx)
	row, err := f.factorOf(db, userID)
	if row == nil || row.ConfirmedAt == nil || err != nil {
		return State{}, err
	}
	left, err := codesLeft(db, userID)
	return State{On: true, Since: *row.ConfirmedAt, CodesLeft: int(left)}, err
}

// proveSecond answers a re-authentication by either kind of code; a recovery code is longer.
func (f *Factor) proveSecond(t *auth.Tx, r *http.Request, u *auth.User, code string) (ok bool, err error) {
	if _, ok := normalCode(code); ok {
		return f.guess(t, r, nil, u, nil, byRecovery, code)
	}
	return f.guess(t, r, nil, u, nil, byApp, code)
}

// credentialChanged ends what was proved before, and the set-up that no code has confirmed.
func (f *Factor) credentialChanged(t *auth.Tx, userID string) error {
	of := t.Where("TRUE")
	if userID != "" {
		of = t.Where("user_id = ?", userID)
	}
	of = of.Session(&gorm.Session{}) // for several statements
	return errors.Join(of.Delete(&secondStep{}).Error, of.Delete(&TrustedDevice{}).Error, endSetups(of, of))
}

// endSetups deletes the set-ups in ended that no code has confirmed, and the recovery codes in of that they leave.
func endSetups(ended, of *gorm.DB) error {
	gone := ended.Where("confirmed_at IS NULL").Delete(&twoFactor{})
	if gone.RowsAffected == 0 || gone.Error != nil {
		return gone.Error
	}
	const left = "NOT EXISTS (SELECT 1 FROM two_factors WHERE two_factors.user_id = recovery_codes.user_id)"
	return of.Where(left).Delete(&recoveryCode{}).Error
}

// takenOver deletes a factor that was turned on at since or later. Of an older one it deletes the recovery codes that
// were made at since or later. credentialChanged ends a factor that is not on yet.
func (f *Factor) takenOver(t *auth.Tx, u *auth.User, since time.Time, tell auth.Tell) error {
	row, err := f.factorOf(t.DB, u.ID)
	if row == nil || row.ConfirmedAt == nil || err != nil {
		return err
	}
	if !row.ConfirmedAt.Before(since) {
		return errors.Join(turnOff(t, u), tell(event.TwoFactorDisabled, letter.TwoFactorDisabled, ""))
	}
	gone := t.Where("user_id = ? AND created_at >= ?", u.ID, since).Delete(&recoveryCode{})
	if gone.RowsAffected == 0 || gone.Error != nil {
		return gone.Error
	}
	return tell(event.RecoveryCodesEnded, letter.RecoveryCodesEnded, "")
}

// purge deletes what has expired and, once after a start, seals anew what an older secret has sealed: that secret
// leaves APP_SECRET some day.
func (f *Factor) purge(ctx context.Context) error {
	db, now := f.db.WithContext(ctx), f.auth.Now()
	err := errors.Join(
		f.auth.PurgeExpired(ctx, &secondStep{}, "id", now), f.auth.PurgeExpired(ctx, &TrustedDevice{}, "id", now),
		endSetups(db.Where("created_at <= ?", now.Add(-setupLife)), db),
	)
	if err != nil || !f.old.Load() {
		return err
	}
	var rows []twoFactor
	err = db.FindInBatches(&rows, purge.Batch, func(*gorm.DB, int) error { return f.reseal(db, rows) }).Error
	f.old.Store(err != nil)
	return err
}

// reseal seals the secrets of rows with the newest key. One that no key opens stays: its user has recovery codes.
func (f *Factor) reseal(db *gorm.DB, rows []twoFactor) (err error) {
	for _, row := range rows {
		secret, unknown := f.open(&row)
		if unknown == nil { // guarded, because the user may have set up another app meanwhile
			sealed := db.Model(&row).Where("secret = ?", row.Secret).Update("secret", f.sealed(secret, row.UserID))
			err = errors.Join(err, sealed.Error)
		}
	}
	return err
}

// sealed is how a row keeps the secret of a user's app.
func (f *Factor) sealed(secret []byte, userID string) string {
	return base64.StdEncoding.EncodeToString(f.seal.Seal(secret, []byte(userID)))
}
