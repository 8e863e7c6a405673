package magiclink

import (
	"cmp"
	"net/http"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/betterauth"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/payload"
)

// Endpoints is the plugin of betterauth that serves better-auth's magicLink, and of its emailOTP the codes that sign
// in. Neither makes an account. A nil MagicLink has none.
func (m *MagicLink) Endpoints(*auth.Auth) []betterauth.Endpoint {
	if m == nil {
		return nil
	}
	const get, post = http.MethodGet, http.MethodPost
	return []betterauth.Endpoint{
		{Method: post, Path: "/sign-in/magic-link", Handle: m.sendLink},
		{Method: get, Path: "/magic-link/verify", Handle: m.followLink},
		{Method: post, Path: "/email-otp/send-verification-otp", Handle: m.sendCode},
		{Method: post, Path: "/email-otp/check-verification-otp", Handle: m.checkCode},
		{Method: post, Path: "/sign-in/email-otp", Handle: m.signInByCode},
	}
}

// sendLink ignores the name: it is for new users.
func (m *MagicLink) sendLink(_ http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	email, callbackURL, errorURL := b.String("email"), b.Text("callbackURL"), b.Text("errorCallbackURL")
	b.OptionalString("name")
	if err := b.Err(); err != nil {
		return nil, err
	}
	return map[string]bool{"status": true}, m.Send(r, email, callbackURL, errorURL)
}

// followLink acts, as clients of the contract expect of this GET. A refusal redirects the browser to errorCallbackURL,
// with its code.
func (m *MagicLink) followLink(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	token, callbackURL := b.String("token"), b.Text("callbackURL")
	errorURL := cmp.Or(b.Text("errorCallbackURL"), callbackURL, "/")
	if err := b.Err(); err != nil {
		return nil, err
	}
	w.Header().Set("Referrer-Policy", "no-referrer") // the address holds the token
	visitor, err := m.auth.StoredSession(w, r)
	if err != nil {
		return nil, err
	}
	s, err := m.SignInLink(w, r, visitor, token, true)
	if err != nil {
		return betterauth.Follow(errorURL, err)
	}
	if callbackURL != "" {
		return betterauth.Follow(callbackURL, nil)
	}
	return map[string]any{"token": s.ID, "user": s.User, "session": s}, nil
}

// purpose refuses the codes that the contract knows for other purposes than signing in.
func purpose(b *payload.Body) error {
	kind := b.String("type")
	if err := b.Err(); err != nil {
		return err
	}
	switch kind {
	case "sign-in":
		return nil
	case "email-verification", "forget-password", "change-email":
		return errs.New(http.StatusBadRequest, "", "Invalid OTP type")
	}
	return errs.New(http.StatusBadRequest, "VALIDATION_ERROR", "[body.type] Invalid input")
}

func (m *MagicLink) sendCode(_ http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	email := b.String("email")
	if err := purpose(b); err != nil {
		return nil, err
	}
	if err := m.Send(r, email, "", ""); err != nil {
		return nil, invalidEmail(err)
	}
	return map[string]bool{"success": true}, nil
}

// invalidEmail gives the refusal of an address the code that the contract has for it here.
func invalidEmail(err error) error {
	if e := errs.Of(err); e != nil && e.Code == "VALIDATION_ERROR" {
		return errs.New(e.Status, "INVALID_EMAIL", "Invalid email")
	}
	return err
}

// checkCode spends a guess, and not the code.
func (m *MagicLink) checkCode(_ http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	email, code := b.String("email"), b.String("otp")
	if err := purpose(b); err != nil {
		return nil, err
	}
	_, err := m.guess(r, email, code)
	return map[string]bool{"success": true}, err
}

func (m *MagicLink) signInByCode(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	email, code := b.String("email"), b.String("otp")
	if err := b.Err(); err != nil {
		return nil, err
	}
	s, err := m.SignInCode(w, r, email, code, true)
	if err != nil {
		return nil, err
	}
	return map[string]any{"token": s.ID, "user": s.User}, nil
}
