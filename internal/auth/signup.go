package auth

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/auth/password"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/id"
	"gorm.io/gorm"
)

// Registration is what a person types to sign up.
type Registration struct {
	Name     string
	Email    string
	Password string
	Image    *string // an https address or a path of this site; nil or "" is none
	Remember bool    // keep the session when the browser closes

	CallbackURL string // where the mailed link leads in the end, with Options.RequireEmailVerification

	// FromPage is for pages, which hand the mailed link to ConfirmEmail: for an hour a cookie proves to it that this
	// browser signed up. CallbackURL goes into the cookie instead of the link. The cookie is set alike for a taken
	// address.
	FromPage bool
}

// SignUpEmail makes a user with the first of Options.Roles, starts a session and sets its cookies on w; all of it or
// nothing. With Options.RequireEmailVerification the session is nil and a link is mailed instead. A taken address is
// then answered alike, with a user that is not stored, and a pending account (see User.Pending) is replaced if the
// address may get another mail. Refusals: 400 VALIDATION_ERROR, PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG,
// PASSWORD_TOO_COMMON; 422 USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL; 503 when too many sign up at once.
func (a *Auth) SignUpEmail(w http.ResponseWriter, r *http.Request, in Registration) (*User, *Session, error) {
	made := NewUser{Name: in.Name, Email: in.Email, Password: in.Password, Image: in.Image}
	_, place := a.strangerPlace(r)
	user, hash, err := a.prepare(r.Context(), place, made, true)
	if err != nil {
		return nil, nil, err
	}
	if a.opts.RequireEmailVerification {
		user.Pending = true
		if err := a.signUpUnverified(r, user, hash, linkCallback(in.FromPage, in.CallbackURL)); err != nil {
			return nil, nil, err
		}
		if in.FromPage {
			a.setPending(w, user, in.Remember, in.CallbackURL)
		}
		return user, nil, nil
	}
	start := Start{Event: event.SignUp, Remember: in.Remember, AMR: amrPassword}
	s, err := a.SignIn(w, r, start, func(t *Tx) (*User, error) {
		return user, a.addUser(t, user, hash)
	})
	if err != nil {
		return nil, nil, err
	}
	return user, s, nil
}

// signUpUnverified makes the user and mails the link. It replaces a pending account only if a mail goes out: else an
// attacker could undo a sign-up and leave the address without a link. Every outcome takes the same time.
func (a *Auth) signUpUnverified(r *http.Request, user *User, hash, callbackURL string) error {
	defer a.PadTiming(r.Context())()
	pendingID, taken, err := a.addressTaken(r.Context(), user.Email, "")
	if err != nil {
		return err
	}
	if taken {
		return a.mailOwner(r, user.Email)
	}
	may, err := a.mayMailTo(r.Context(), nil, letter.VerifyEmail, user.Email)
	if err != nil || pendingID != "" && !may {
		return err
	}
	by := a.actorFor(r, user.ID)
	err = a.Transact(r.Context(), func(t *Tx) error {
		if err := a.deletePending(t, by, pendingID, user.Email); err != nil {
			return err
		}
		if err := a.addUser(t, user, hash); err != nil {
			return err
		}
		t.recordEvent(by, event.SignUp, user.ID)
		if !may {
			return nil
		}
		return a.mailLink(t, by, user, letter.VerifyEmail, user.Email, callbackURL)
	})
	if e := errs.Of(err); e != nil && e.Code == codeTaken {
		return nil
	}
	return err
}

// NewUser is a user that an admin makes. Role "" means the first of Options.Roles. With an empty Password nobody can
// sign in until a password is set; Invite mails a link for that.
type NewUser struct {
	Name     string
	Email    string
	Password string
	Role     string
	Image    *string
	Verified bool // the admin vouches for the address
	Invite   bool
}

// prepare checks a new user and hashes the password, before anything is written.
func (a *Auth) prepare(ctx context.Context, p password.Place, in NewUser, needsPassword bool) (*User, string, error) {
	email, emailErr := validEmail(in.Email)
	role, roleErr := a.roles(cmp.Or(in.Role, a.opts.Roles[0]))
	var normal string
	var passwordErr error
	if in.Password != "" || needsPassword {
		normal, passwordErr = a.policy.Check(in.Password, email)
	}
	if err := firstOf(checkName(in.Name), emailErr, a.checkImage(in.Image), passwordErr, roleErr); err != nil {
		return nil, "", err
	}
	var hash string
	if normal != "" {
		var err error
		if hash, err = a.hasher.Hash(ctx, p, normal); err != nil {
			return nil, "", err
		}
	}
	now := a.opts.Now()
	return &User{
		ID: id.New(), Name: in.Name, Email: email, EmailVerified: in.Verified, Image: noImage(in.Image), Role: role,
		CreatedAt: now, UpdatedAt: now,
	}, hash, nil
}

// addUser writes a user and, with a hash, the password account.
func (a *Auth) addUser(t *Tx, u *User, hash string) error {
	err := t.Create(u).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return takenError(http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	if hash != "" {
		if err := t.addPassword(u.ID, hash, u.CreatedAt); err != nil {
			return err
		}
	}
	return a.refuseReserved(t, u, http.StatusUnprocessableEntity)
}
