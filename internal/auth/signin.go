package auth

import (
	"context"
	"errors"
	"net/http"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/auth/password"
	"example.com/foyer/internal/errs"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

var forUpdate = clause.Locking{Strength: clause.LockingStrengthUpdate}

// Credentials is what a person types to sign in.
type Credentials struct {
	Email    string
	Password string
	Remember bool // keep the session when the browser closes

	CallbackURL string // where the mailed link leads in the end, if the address is not verified yet
	Pending     bool   // for pages, as in Registration
}

// SignInEmail starts a session and sets its cookies on w. It ends the session the request came with. Refusals: 400
// INVALID_EMAIL, VALIDATION_ERROR, PASSWORD_TOO_LONG; 401 INVALID_EMAIL_OR_PASSWORD, alike in text and time whether
// the address is unknown or the password wrong; with the right password 403 BANNED_USER, EMAIL_NOT_VERIFIED (a new
// link is mailed); 429 after too many failures; 503 when too many sign in at once.
//
// EMAIL_NOT_VERIFIED tells an attacker who signed up with an address that no verified account has it. The wire
// contract demands that answer. Every such try mails the holder of the address.
func (a *Auth) SignInEmail(w http.ResponseWriter, r *http.Request, in Credentials) (*Session, error) {
	email, typed, err := checkCredentials(in)
	if err != nil {
		return nil, err
	}
	account, err := a.credential(r.Context(), email)
	if err != nil {
		return nil, err
	}
	match, upgrade, err := a.tryPassword(r, a.passwordTry(r, email, account), typed)
	if err != nil {
		return nil, err
	}
	if !match {
		if err := a.recordEvent(r.Context(), a.stranger(r), event.SignInFailed, account.UserID); err != nil {
			return nil, err
		}
		return nil, errWrongCredentials()
	}
	mayMail := true
	if a.mustVerify(account.User) {
		if mayMail, err = a.mayMail(r.Context(), letter.VerifyEmail, email); err != nil {
			return nil, err
		}
	}
	newDevice, err := a.mayWarnOfDevice(r, account.UserID)
	if err != nil {
		return nil, err
	}
	way := entry{event: event.SignIn, remember: in.Remember, newDevice: newDevice}
	var unverified *User
	way.unverified = func(t *transaction, u *User) error {
		unverified = u
		if !mayMail {
			return nil
		}
		return a.mailLink(t, a.actorFor(r, u.ID), u, letter.VerifyEmail, u.Email, linkCallback(in.Pending, in.CallbackURL))
	}
	s, err := a.signIn(w, r, way, func(t *transaction) (*User, error) { return a.recheckLocked(t, account, upgrade) })
	if in.Pending && errors.Is(err, errUnverified) {
		a.setPending(w, unverified, in.Remember, in.CallbackURL)
	}
	return s, err
}

func checkCredentials(in Credentials) (email, typed string, err error) {
	email, ok := normalEmail(in.Email)
	var emailErr error
	if !ok {
		emailErr = errs.Invalid("email", "INVALID_EMAIL", "Enter an e-mail address such as name@example.com.")
	}
	typed, passwordErr := password.Normal(in.Password)
	if in.Password == "" {
		passwordErr = errs.Invalid("password", "VALIDATION_ERROR", "Enter your password.")
	}
	return email, typed, firstOf(emailErr, passwordErr)
}

func errWrongCredentials() error {
	return errs.New(http.StatusUnauthorized, "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password")
}

// linkCallback is the callbackURL of the link mailed for a sign-up. For pages the pending cookie has it instead.
func linkCallback(pending bool, callbackURL string) string {
	if pending {
		return ""
	}
	return callbackURL
}

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

// recheckLocked checks under the user's lock that the account still has the password that was proved: hashing takes
// long enough for it to change. It stores upgrade, a better hash of the same or another password, unless that is "".
func (a *Auth) recheckLocked(t *transaction, account Account, upgrade string) (*User, error) {
	user, err := t.lockUser(account.UserID)
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, errWrongCredentials()
	}
	if err != nil {
		return nil, err
	}
	err = t.Where("id = ? AND password = ?", account.ID, account.Password).Take(&Account{}).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, errWrongCredentials()
	}
	if err != nil || upgrade == "" {
		return user, err
	}
	hashed := map[string]any{"password": upgrade, "updated_at": a.opts.Now()}
	return user, t.Model(&Account{}).Where("id = ?", account.ID).Updates(hashed).Error
}

func bannedError(u *User) error {
	e := errs.New(http.StatusForbidden, "BANNED_USER",
		"You have been banned from this application. Please contact support if you believe this is an error.")
	reason := "This account is banned"
	if u.BanExpires != nil {
		reason += " until " + u.BanExpires.Format("2 January 2006, 15:04 UTC")
	}
	if u.BanReason != nil && *u.BanReason != "" {
		reason += ": " + *u.BanReason
	}
	e.Fields = map[string]string{"email": reason}
	return e
}
