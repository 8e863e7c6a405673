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

	CallbackURL string // where the mailed link leads in the end, should the address not be verified yet
	Pending     bool   // then remember this browser for that link, as for Registration
}

// SignInEmail starts a session and sets its cookies on w. It ends the session the request came with. Refusals:
// 400 INVALID_EMAIL, VALIDATION_ERROR, PASSWORD_TOO_LONG; 401 INVALID_EMAIL_OR_PASSWORD, alike in text and time whether the
// address is unknown or the password wrong; 403 BANNED_USER, EMAIL_NOT_VERIFIED (a new link is mailed), with the
// right password only; 429 after too many failures; 503 when too many sign in at once.
//
// Who signs up with an address and then signs in with the same password learns one thing: EMAIL_NOT_VERIFIED says that no
// confirmed account has it. The wire contract asks for that answer. Every such try mails the holder of the address.
func (a *Auth) SignInEmail(w http.ResponseWriter, r *http.Request, in Credentials) (*Session, error) {
	email, ok := normalEmail(in.Email)
	var emailErr error
	if !ok {
		emailErr = errs.Invalid("email", "INVALID_EMAIL", "Enter an e-mail address such as name@example.com.")
	}
	typed, passwordErr := password.Normal(in.Password)
	if in.Password == "" {
		passwordErr = errs.Invalid("password", "VALIDATION_ERROR", "Enter your password.")
	}
	if err := firstOf(emailErr, passwordErr); err != nil {
		return nil, err
	}
	account, err := a.credential(r.Context(), email)
	if err != nil {
		return nil, err
	}
	match, upgrade, err := a.check(r, a.guessOf(r, email, account), typed)
	if err != nil {
		return nil, err
	}
	if !match {
		if err := a.tell(r.Context(), &Session{from: a.from(r)}, event.SignInFailed, account.UserID); err != nil {
			return nil, err
		}
		return nil, errs.New(http.StatusUnauthorized, "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password")
	}
	mayMail := false
	if a.opts.RequireEmailVerification && !account.User.EmailVerified {
		if mayMail, err = a.mayMail(r.Context(), letter.VerifyEmail, email); err != nil {
			return nil, err
		}
	}
	strange := a.strange(r, account.UserID)
	if strange {
		if strange, err = a.mayTellDevice(r.Context(), account.UserID); err != nil {
			return nil, err
		}
	}
	var s *Session
	var unverified *User
	readAt := a.opts.Now() // before the transaction: see load
	err = a.transact(r.Context(), func(t *transaction) error {
		user, err := a.admit(t, account, upgrade)
		if err != nil {
			return err
		}
		if a.opts.RequireEmailVerification && !user.EmailVerified {
			if unverified = user; !mayMail {
				return nil
			}
			link := in.CallbackURL
			if in.Pending {
				link = ""
			}
			return a.mailLink(t, &Session{UserID: user.ID, from: a.from(r)}, user, letter.VerifyEmail, user.Email, link)
		}
		if s, err = a.newSession(t, r, user, in.Remember); err != nil {
			return err
		}
		if strange {
			if err := a.notify(t, user, letter.NewDevice); err != nil {
				return err
			}
		}
		t.event(s, event.SignIn, user.ID)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if unverified != nil {
		if in.Pending {
			a.setPending(w, unverified, in.Remember, in.CallbackURL)
		}
		return nil, errs.New(http.StatusForbidden, "EMAIL_NOT_VERIFIED", "Email not verified")
	}
	a.setSessionCookies(w, r, s, readAt)
	a.knowDevice(w, r, s.User)
	return s, nil
}

// credential finds the password account of an address by one query; an empty account where there is none.
func (a *Auth) credential(ctx context.Context, email string) (Account, error) {
	var account Account
	err := a.db.WithContext(ctx).Joins("User").Where(`"User"."email" = ? AND accounts.provider_id = ?`, email, providerCredential).Take(&account).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Account{}, nil
	}
	return account, err
}

// admit looks again, under the user's lock, at what may have changed while the password was hashed: a ban, a
// new password, the account's end. It lifts a ban that has run out and stores an upgraded hash.
func (a *Auth) admit(t *transaction, account Account, upgrade string) (*User, error) {
	user, err := t.lockUser(account.UserID)
	if err == nil {
		err = t.Where("id = ? AND password = ?", account.ID, account.Password).Take(&Account{}).Error
	}
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, errs.New(http.StatusUnauthorized, "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password")
	}
	if err != nil {
		return nil, err
	}
	now := a.opts.Now()
	if user.banned(now) {
		return nil, bannedError(user)
	}
	if user.Banned {
		user.Banned, user.BanReason, user.BanExpires, user.UpdatedAt = false, nil, nil, now
		if err := t.Select("banned", "ban_reason", "ban_expires", "updated_at").Updates(user).Error; err != nil {
			return nil, err
		}
	}
	if upgrade != "" {
		err = t.Model(&Account{}).Where("id = ?", account.ID).Updates(map[string]any{"password": upgrade, "updated_at": now}).Error
	}
	return user, err
}

func bannedError(u *User) error {
	e := errs.New(http.StatusForbidden, "BANNED_USER", "You have been banned from this application. Please contact support if you believe this is an error.")
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
