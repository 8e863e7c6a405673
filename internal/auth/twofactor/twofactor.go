// Package twofactor is the second step of a sign-in: a code of an authenticator app (TOTP, RFC 6238) or, where the app
// is lost, a recovery code. It owns the tables two_factors, recovery_codes, trusted_devices and second_steps, and the
// budget of guesses. internal/auth knows nothing of it but its hooks.
//
//   - twofactor.go makes the Factor and answers the hooks; enrol.go turns a factor on and off.
//   - step.go is a sign-in between its steps, device.go the browsers that need no second one.
//   - guess.go counts every code before it is compared, in totp.go or recovery.go.
//   - endpoints.go serves the wire contract of better-auth's twoFactor plugin.
package twofactor

import (
	"context"
	"net/http"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/keys"
	"gorm.io/gorm"
)

// Options configures a Factor. The zero value of a field means its default.
type Options struct {
	// Issuer names the app in authenticator apps. Default: the host of the app.
	Issuer string

	// ChallengeTTL is how long a browser may take between the steps of a sign-in. Default 10 minutes.
	ChallengeTTL time.Duration

	// TrustTTL is how long a trusted device needs no second step, from the code that made it one. Default 30 days.
	TrustTTL time.Duration

	// LockTime is how long an account takes no codes after 10 wrong ones in a row. Default 15 minutes.
	LockTime time.Duration

	// Demand makes a second factor a duty of admins: see Factor.Demanded.
	Demand bool
}

// Factor keeps the second factors of all users. It is safe for concurrent use; make one per process.
type Factor struct {
	auth *auth.Auth
	db   *gorm.DB
	opts Options
	seal keys.Sealer
}

// New makes the Factor of a and joins it. Call it before a is used. secrets seal the secrets of authenticator apps: the
// first seals, all open.
func New(a *auth.Auth, db *gorm.DB, secrets []string, o Options) (*Factor, error) {
	ring, err := keys.New(secrets)
	if err != nil {
		return nil, err
	}
	f := &Factor{auth: a, db: db, opts: o, seal: ring.Seal("two-factor secret")}
	return f, nil
}

// State is what a user's settings show.
type State struct {
	On        bool      // sign-ins ask for a second step
	Pending   bool      // Enable has made a secret that no code has confirmed yet
	Since     time.Time // when it was turned on
	CodesLeft int       // recovery codes that are not used yet
}

// Setup is what a user needs once to set an authenticator app up. All of it is secret.
type Setup struct {
	URI    string   // otpauth://totp/…, as a QR code shows it
	Secret string   // of the URI, to type: 32 characters of base32
	Codes  []string // recovery codes, 10
}

// Device is a browser that needs no second step.
type Device struct {
	ID                         string
	UserAgent, IPAddress       string // when it was last used
	Created, LastUsed, Expires time.Time
}

var errTODO = errs.New(http.StatusNotImplemented, "NOT_IMPLEMENTED", "Not implemented.")

// State returns the state of a user.
func (f *Factor) State(ctx context.Context, userID string) (State, error) { return State{}, nil }

// Enable makes a secret and recovery codes for s's user, in place of those that are not confirmed. Nothing asks for a
// code before Confirm. issuer replaces Options.Issuer, "" does not. Refusals: those of auth.CheckPassword; 403
// SESSION_NOT_FRESH, or while impersonating; 400 TOTP_ALREADY_ENABLED, VALIDATION_ERROR for an issuer of more than 100
// bytes.
func (f *Factor) Enable(r *http.Request, s *auth.Session, password, issuer string) (Setup, error) {
	return Setup{}, errTODO
}

// EnableFresh is Enable without a password, for pages behind the fresh door.
func (f *Factor) EnableFresh(r *http.Request, s *auth.Session) (Setup, error) {
	return Setup{}, errTODO
}

// PendingSetup returns what Enable made for s's user, without codes, so that a page can show it again. Refusals: 403 as
// Enable; 400 TOTP_NOT_ENABLED without a secret, TOTP_ALREADY_ENABLED for a confirmed one, which nobody sees again.
func (f *Factor) PendingSetup(ctx context.Context, s *auth.Session) (Setup, error) {
	return Setup{}, errTODO
}

// Confirm turns the factor of s's user on by a code of the app. It starts a new session in place of s and ends all
// others, which were started with less proof. Refusals: 403 as Enable; 400 TOTP_NOT_ENABLED without a secret that waits
// for it; 401 INVALID_CODE; 429 ACCOUNT_TEMPORARILY_LOCKED.
func (f *Factor) Confirm(w http.ResponseWriter, r *http.Request, s *auth.Session, code string) (*auth.Session, error) {
	return nil, errTODO
}

// NewCodes replaces the recovery codes of s's user. Refusals: 403 as Enable; 400 TWO_FACTOR_NOT_ENABLED.
func (f *Factor) NewCodes(r *http.Request, s *auth.Session) ([]string, error) { return nil, errTODO }

// Disable turns the factor of s's user off: its secret and recovery codes are deleted, every other session ends, and a
// new one starts in place of s. Without a factor it returns s. Refusals: 403 as Enable.
func (f *Factor) Disable(w http.ResponseWriter, r *http.Request, s *auth.Session) (*auth.Session, error) {
	return nil, errTODO
}

// Remove turns a user's factor off as an admin, for a user who has lost app and codes; every session of the user ends.
// by is nil for the command line. Refusals: 403 if by is no longer an admin; 404 USER_NOT_FOUND.
func (f *Factor) Remove(r *http.Request, by *auth.Session, userID string) error { return errTODO }

// Challenged returns the address of the user who has taken the first step in this browser and owes the second; ok is
// false without one.
func (f *Factor) Challenged(r *http.Request) (email string, ok bool) { return "", false }

// Verify takes the second step by a code of the app and starts the session. With trust this browser needs no second
// step for Options.TrustTTL. Refusals: 401 INVALID_TWO_FACTOR_COOKIE without a first step in the last
// Options.ChallengeTTL, INVALID_CODE; 400 TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE at the sixth code after one first step,
// which is then void; 429 ACCOUNT_TEMPORARILY_LOCKED; 403 BANNED_USER.
func (f *Factor) Verify(w http.ResponseWriter, r *http.Request, code string, trust bool) (*auth.Session, error) {
	return nil, errTODO
}

// VerifyRecovery is Verify by a recovery code, which it spends. Blanks, hyphens and case do not matter. Its own refusal
// is 401 INVALID_BACKUP_CODE.
func (f *Factor) VerifyRecovery(w http.ResponseWriter, r *http.Request, code string, trust bool) (*auth.Session, error) {
	return nil, errTODO
}

// Devices lists the trusted devices of a user, most recently used first.
func (f *Factor) Devices(ctx context.Context, userID string) ([]Device, error) { return nil, nil }

// RevokeDevice ends the trust in a device of s's user. An unknown id, or another user's, has no effect and is no error.
// Refusals: 403 while impersonating.
func (f *Factor) RevokeDevice(r *http.Request, s *auth.Session, id string) error { return errTODO }
