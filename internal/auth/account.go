package auth

import (
	"context"
	"errors"
	"net/http"
	"time"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/password"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/id"
	"gorm.io/gorm"
)

// providerCredential names the account that is an e-mail address and a password.
const providerCredential = "credential"

// credential finds the password account of an address by one query; an empty account if there is none.
func (a *Auth) credential(ctx context.Context, email string) (Account, error) {
	var account Account
	err := a.db.WithContext(ctx).Joins("User").
		Where(`"User"."email" = ? AND accounts.provider_id = ?`, email, providerCredential).Take(&account).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Account{}, nil
	}
	return account, err
}

// checkPassword checks the password of u and returns its account. It counts failures like those of a sign-in, and
// records a wrong password as the event failed.
func (a *Auth) checkPassword(r *http.Request, by actor, u *User, failed event.Name, typed string) (Account, error) {
	wrong := errs.Invalid("password", "INVALID_PASSWORD", "Invalid password")
	normal, err := password.Normal(typed)
	if err != nil {
		return Account{}, wrong
	}
	account, err := a.credential(r.Context(), u.Email)
	if err != nil {
		return Account{}, err
	}
	if account.ID == "" {
		return Account{}, errs.New(http.StatusBadRequest, "CREDENTIAL_ACCOUNT_NOT_FOUND", "Credential account not found")
	}
	match, _, err := a.tryPassword(r, u.Email, account, normal)
	if err != nil {
		return Account{}, err
	}
	if !match {
		if err := a.recordEvent(r.Context(), by, failed, u.ID); err != nil {
			return Account{}, err
		}
		return Account{}, wrong
	}
	return account, nil
}

// tryPassword compares a password with that of the account, empty if email has none. It counts a failure before the
// comparison, so that parallel tries cannot pass together, and refunds it, with earlier ones of the same source, if
// the password is right. upgrade is a better hash of the password, "" for none. Refusals: 429 after too many
// failures, 503 if hashing is overloaded or the counters are away.
func (a *Auth) tryPassword(
	r *http.Request, email string, account Account, typed string,
) (match bool, upgrade string, err error) {
	try := a.passwordTry(r, email, account)
	if err := a.countFailure(r, try); err != nil {
		return false, "", err
	}
	match, upgrade, err = a.hasher.Verify(r.Context(), try.place, try.account.Password, typed)
	if err != nil {
		a.refundFailure(r, try)
		return false, "", err
	}
	if !match || a.opts.RateLimit.Limiter == nil {
		return match, upgrade, nil
	}
	return true, upgrade, a.opts.RateLimit.Limiter.Forgive(r.Context(), try.counter, try.source)
}

// passwordTry is one try of the password of an account, "" for an unknown one. counter and source are where a failure
// of it counts: one counter per account, plus one per known device, so that an attacker cannot lock out the owner's
// device.
type passwordTry struct {
	account         Account
	counter, source string
	place           password.Place
}

func (a *Auth) passwordTry(r *http.Request, email string, account Account) passwordTry {
	try := passwordTry{account: account, counter: "account|" + HashToken(email)}
	if device := a.knownDevice(r, account); device != "" {
		try.counter += "|" + device
		try.place = password.Place{Account: account.UserID}
		return try
	}
	try.source, try.place = a.strangerPlace(r)
	return try
}

func (a *Auth) countFailure(r *http.Request, try passwordTry) error {
	limit := a.opts.RateLimit
	if limit.Limiter == nil {
		return nil
	}
	wait, err := limit.Limiter.Fail(r.Context(), try.counter, try.source, limit.FreeFailures, limit.FailureWindow)
	if wait > 0 {
		e := newEvent(a.stranger(r), event.RateLimited, try.account.UserID)
		if try.account.User != nil {
			e.SubjectName = try.account.User.title()
		}
		a.recordRefusal(r, e, "password")
	}
	return limitRefusal(wait, err)
}

// refundWithin bounds the time to refund a failure, because the deadline of the request may have passed.
const refundWithin = time.Second

// refundFailure takes back a try that compared nothing, even if the client has left.
func (a *Auth) refundFailure(r *http.Request, try passwordTry) {
	limit := a.opts.RateLimit
	if limit.Limiter == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), refundWithin)
	defer cancel()
	if err := limit.Limiter.Recall(ctx, try.counter, try.source, limit.FreeFailures, limit.FailureWindow); err != nil {
		a.opts.Logger.WarnContext(ctx, "refunding a password try failed: it counts as a wrong password", "error", err)
	}
}

// recheckLocked checks under the user's lock that the account still has the password that was proved: hashing takes
// long enough for it to change. It stores upgrade, a better hash of the same password, unless that is "". The time of
// the password stays, so that the user's devices stay known.
func (a *Auth) recheckLocked(t *Tx, account Account, upgrade string) (*User, error) {
	user, err := t.LockUser(account.UserID)
	err = errors.Join(err, t.Where("id = ? AND password = ?", account.ID, account.Password).Take(&Account{}).Error)
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, errWrongCredentials
	}
	if err != nil || upgrade == "" {
		return user, err
	}
	return user, t.Model(&Account{}).Where("id = ?", account.ID).UpdateColumn("password", upgrade).Error
}

// setPassword changes the password of a user who has one.
func (t *Tx) setPassword(userID, hash string, now time.Time) *gorm.DB {
	return t.Model(&Account{}).Where("user_id = ? AND provider_id = ?", userID, providerCredential).
		Updates(map[string]any{"password": hash, "updated_at": now})
}

func (t *Tx) addPassword(userID, hash string, now time.Time) error {
	return t.Create(&Account{
		ID: id.New(), UserID: userID, ProviderID: providerCredential, AccountID: userID, Password: hash,
		CreatedAt: now, UpdatedAt: now,
	}).Error
}

// clearPassword deletes a user's password.
func (t *Tx) clearPassword(userID string, now time.Time) error {
	return t.Model(&Account{}).Where("user_id = ? AND provider_id = ?", userID, providerCredential).
		Updates(map[string]any{"password": "", "updated_at": now}).Error
}
