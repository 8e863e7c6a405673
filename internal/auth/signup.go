package auth

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

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
	Image    *string // an https address, or nil
	Remember bool    // keep the session when the browser closes
}

// SignUpEmail makes a user with the first of Options.Roles, starts a session and sets its cookies on w; all of it
// or nothing. Refusals: 400 VALIDATION_ERROR, PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG, PASSWORD_TOO_COMMON; 422
// USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL; 503 when too many sign up at once.
func (a *Auth) SignUpEmail(w http.ResponseWriter, r *http.Request, in Registration) (*Session, error) {
	user, hash, err := a.prepare(r.Context(), NewUser{Name: in.Name, Email: in.Email, Password: in.Password, Image: in.Image}, true)
	if err != nil {
		return nil, err
	}
	var s *Session
	var token string
	readAt := a.opts.Now() // before the transaction: see load
	err = a.transact(r.Context(), func(t *transaction) error {
		if err := t.addUser(user, hash); err != nil {
			return err
		}
		if s, token, err = a.newSession(t, r, user, in.Remember); err != nil {
			return err
		}
		return a.event(t.DB, s, EventSignUp, user.ID)
	})
	if err != nil {
		return nil, err
	}
	a.setSessionCookies(w, r, s, token, readAt)
	return s, nil
}

// NewUser is a user somebody else makes. Role "" means the first of Options.Roles. An empty Password makes an
// account nobody can sign in to until a password is set.
type NewUser struct {
	Name     string
	Email    string
	Password string
	Role     string
	Image    *string
}

// CreateUser makes a user without signing anyone in. by is who does it, nil for the command line.
// Refusals are those of SignUpEmail, and 400 YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE for an unknown role.
func (a *Auth) CreateUser(ctx context.Context, by *Session, in NewUser) (*User, error) {
	user, hash, err := a.prepare(ctx, in, false)
	if err != nil {
		return nil, err
	}
	err = a.transact(ctx, func(t *transaction) error {
		if err := t.addUser(user, hash); err != nil {
			return err
		}
		return a.event(t.DB, by, EventUserCreated, user.ID)
	})
	if err != nil {
		return nil, err
	}
	return user, nil
}

// prepare checks a new user and hashes the password, all before anything is written.
func (a *Auth) prepare(ctx context.Context, in NewUser, needsPassword bool) (*User, string, error) {
	email, ok := normalEmail(in.Email)
	var emailErr error
	if !ok {
		emailErr = errs.Invalid("email", "VALIDATION_ERROR", "Enter an e-mail address such as name@example.com.")
	}
	role, roleErr := a.roles(in.Role)
	var password string
	var passwordErr error
	if in.Password != "" || needsPassword {
		password, passwordErr = a.newPassword(in.Password, email)
	}
	if err := firstOf(checkName(in.Name), emailErr, checkImage(in.Image), passwordErr, roleErr); err != nil {
		return nil, "", err
	}
	var hash string
	if password != "" {
		var err error
		if hash, err = a.hashPassword(ctx, password); err != nil {
			return nil, "", err
		}
	}
	now := a.opts.Now()
	return &User{ID: newID(), Name: in.Name, Email: email, Image: in.Image, Role: role, CreatedAt: now, UpdatedAt: now}, hash, nil
}

// roles checks a comma list of roles and gives its normal form.
func (a *Auth) roles(list string) (string, error) {
	if list == "" {
		return a.opts.Roles[0], nil
	}
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
func (t *transaction) addUser(u *User, hash string) error {
	err := t.Create(u).Error
	if err == nil && hash != "" {
		err = t.Create(&Account{
			ID: newID(), UserID: u.ID, ProviderID: providerCredential, AccountID: u.ID, Password: hash, CreatedAt: u.CreatedAt, UpdatedAt: u.CreatedAt,
		}).Error
	}
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return &errs.Error{
			Status: http.StatusUnprocessableEntity, Code: "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL", Message: "User already exists. Use another email.",
			Fields: map[string]string{"email": "There is already an account with this address. Log in, or use another address."},
		}
	}
	return err
}
