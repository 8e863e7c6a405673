package auth

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/auth/password"
	"example.com/foyer/internal/errs"
	"gorm.io/gorm"
)

// providerCredential names the account that is an e-mail address and a password.
const providerCredential = "credential"

// Registration is what a person types to sign up.
type Registration struct {
	Name     string
	Email    string
	Password string
	Image    *string // an https address or a path of this site; nil or "" is none
	Remember bool    // keep the session when the browser closes

	CallbackURL string // where the mailed link leads in the end, with Options.RequireEmailVerification

	// Pending is for pages, which show the mailed link to ConfirmEmail: a cookie of an hour then tells it that this
	// browser signed up. CallbackURL goes into the cookie in place of the link. It is set alike for a taken address.
	Pending bool
}

// SignUpEmail makes a user with the first of Options.Roles, starts a session and sets its cookies on w; all of it
// or nothing. With Options.RequireEmailVerification the session is nil and a mail is on its way; then a taken
// address is answered alike, with a user that is not kept, and a pending account (see User.Pending) is replaced where the
// address may get another mail. Refusals: 400 VALIDATION_ERROR, PASSWORD_TOO_SHORT,
// PASSWORD_TOO_LONG, PASSWORD_TOO_COMMON; 422 USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL; 429 when tried too often; 503
// when too many sign up at once.
func (a *Auth) SignUpEmail(w http.ResponseWriter, r *http.Request, in Registration) (*User, *Session, error) {
	user, hash, err := a.prepare(r.Context(), a.strangerPlace(r), NewUser{Name: in.Name, Email: in.Email, Password: in.Password, Image: in.Image}, true)
	if err != nil {
		return nil, nil, err
	}
	if a.opts.RequireEmailVerification {
		user.Pending = true
		link := in.CallbackURL
		if in.Pending {
			link = ""
		}
		if err = a.signUpUnverified(r, user, hash, link); err == nil && in.Pending {
			a.setPending(w, user, in.Remember, in.CallbackURL)
		}
		return user, nil, err
	}
	var s *Session
	readAt := a.opts.Now() // before the transaction: see load
	err = a.transact(r.Context(), func(t *transaction) error {
		if err := a.addUser(t, user, hash); err != nil {
			return err
		}
		if s, err = a.newSession(t, r, user, in.Remember); err != nil {
			return err
		}
		t.event(s, event.SignUp, user.ID)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	a.setSessionCookies(w, r, s, readAt)
	a.knowDevice(w, r, user)
	return user, s, nil
}

// signUpUnverified makes the user and mails the link. An account that squats on the address gives way, but only to a mail:
// else anybody could undo somebody's sign-up and leave the address without a link. All of it takes the same time.
func (a *Auth) signUpUnverified(r *http.Request, user *User, hash, callbackURL string) error {
	defer a.padTiming(r.Context())()
	squatter, taken, err := a.heldBy(r.Context(), user.Email, "")
	if err != nil {
		return err
	}
	if taken {
		return a.noteExisting(r, user.Email)
	}
	may, err := a.mayMailTo(r.Context(), false, letter.VerifyEmail, user.Email)
	if err != nil || squatter != "" && !may {
		return err
	}
	by := &Session{UserID: user.ID, from: a.from(r)}
	err = a.transact(r.Context(), func(t *transaction) error {
		if err := a.evict(t, by, squatter, user.Email); err != nil {
			return err
		}
		if err := a.addUser(t, user, hash); err != nil {
			return err
		}
		t.event(by, event.SignUp, user.ID)
		if !may {
			return nil
		}
		return a.mailLink(t, by, user, letter.VerifyEmail, user.Email, callbackURL)
	})
	var e *errs.Error
	if errors.As(err, &e) && e.Code == codeTaken {
		return nil
	}
	return err
}

const codeTaken = "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"

func takenError(status int) error {
	return &errs.Error{
		Status: status, Code: codeTaken, Message: "User already exists. Use another email.",
		Fields: map[string]string{"email": "There is already an account with this address. Log in, or use another address."},
	}
}

// NewUser is a user somebody else makes. Role "" means the first of Options.Roles. An empty Password makes an
// account nobody can sign in to until a password is set, which Invite mails a link for.
type NewUser struct {
	Name     string
	Email    string
	Password string
	Role     string
	Image    *string
	Verified bool // whoever makes the user vouches for the address
	Invite   bool
}

// CreateUser makes a user without signing anyone in. by is who does it, nil for the command line. A pending account of the
// address (see User.Pending) gives way.
// Refusals are those of SignUpEmail, and 400 YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE for an unknown role, 403 where
// by is no admin any more; of an invitation 429 where the address has had its mails for this hour.
func (a *Auth) CreateUser(ctx context.Context, by *Session, in NewUser) (*User, error) {
	user, hash, err := a.prepare(ctx, password.Place{}, in, false)
	if err == nil && in.Invite {
		err = a.mustMail(ctx, letter.SetPassword, user.Email)
	}
	if err != nil {
		return nil, err
	}
	squatter, _, err := a.heldBy(ctx, user.Email, "")
	if err != nil {
		return nil, err
	}
	err = a.transact(ctx, func(t *transaction) error {
		if _, err := t.adminsFor(by, squatter); err != nil {
			return err
		}
		if err := a.evict(t, by, squatter, user.Email); err != nil {
			return err
		}
		if err := a.addUser(t, user, hash); err != nil {
			return err
		}
		t.event(by, event.UserCreated, user.ID).Detail = "role: " + user.Role
		if err := a.notifyAdmins(t, &User{}, user); err != nil || !in.Invite {
			return err
		}
		return a.mailLink(t, by, user, letter.SetPassword, user.Email, "")
	})
	if err != nil {
		return nil, err
	}
	return user, nil
}

// prepare checks a new user and hashes the password, all before anything is written.
func (a *Auth) prepare(ctx context.Context, p password.Place, in NewUser, needsPassword bool) (*User, string, error) {
	email, ok := normalEmail(in.Email)
	var emailErr error
	if !ok {
		emailErr = errs.Invalid("email", "VALIDATION_ERROR", "Enter an e-mail address such as name@example.com.")
	}
	role, roleErr := a.roles(or(in.Role, a.opts.Roles[0]))
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
	return &User{ID: newID(), Name: in.Name, Email: email, EmailVerified: in.Verified, Image: noImage(in.Image), Role: role, CreatedAt: now, UpdatedAt: now}, hash, nil
}

// roles checks a comma list of roles and gives its normal form.
func (a *Auth) roles(list string) (string, error) {
	roles := strings.Split(list, ",")
	for i, role := range roles {
		roles[i] = strings.TrimSpace(role)
		if !slices.Contains(a.opts.Roles, roles[i]) {
			return "", errs.Invalid("role", "YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE", "You are not allowed to set a non-existent role value")
		}
	}
	return strings.Join(roles, ","), nil
}

// firstOf gives the first refusal, told of every field at once.
func firstOf(refusals ...error) error {
	var first *errs.Error
	for _, err := range refusals {
		var e *errs.Error
		if !errors.As(err, &e) {
			continue
		}
		if first == nil {
			first = e
			continue
		}
		for field, message := range e.Fields {
			first.Fields[field] = message
		}
	}
	if first == nil {
		return nil
	}
	return first
}

// addUser writes a user and, with a hash, the account that proves who they are.
func (a *Auth) addUser(t *transaction, u *User, hash string) error {
	err := t.Create(u).Error
	if err == nil && hash != "" {
		err = t.Create(&Account{
			ID: newID(), UserID: u.ID, ProviderID: providerCredential, AccountID: u.ID, Password: hash, CreatedAt: u.CreatedAt, UpdatedAt: u.CreatedAt,
		}).Error
	}
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return takenError(http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	return a.claim(t, u, http.StatusUnprocessableEntity)
}
