package passkey

import (
	"encoding/json"
	"net/http"

	"example.com/foyer/internal/auth"
)

// SignInOptions starts to sign in, or to prove the user of s again: it returns PublicKeyCredentialRequestOptionsJSON and
// sends a cookie that has the challenge. s is nil for a stranger, whose authenticator offers every passkey of this site.
func (p *Passkeys) SignInOptions(w http.ResponseWriter, r *http.Request, s *auth.Session) (json.RawMessage, error) {
	return nil, errTodo
}

// SignIn starts a session by the AuthenticationResponseJSON of an authenticator. A second factor is not asked for.
// Refusals: 400 CHALLENGE_NOT_FOUND: ask for new options; 401 PASSKEY_NOT_FOUND: the authenticator may forget this
// passkey; 401 AUTHENTICATION_FAILED; 403 BANNED_USER, EMAIL_NOT_VERIFIED.
func (p *Passkeys) SignIn(w http.ResponseWriter, r *http.Request, response []byte) (*auth.Session, error) {
	return nil, errTodo
}

// Reauthenticate proves the user of s again by one of the user's passkeys, and replaces s with a new session, as
// auth.Reauthenticate does by password. It takes the options that SignInOptions made for s. Refusals: those of SignIn;
// 403 while impersonating; 401 AUTHENTICATION_FAILED for another user's passkey.
func (p *Passkeys) Reauthenticate(
	w http.ResponseWriter, r *http.Request, s *auth.Session, response []byte,
) (*auth.Session, error) {
	return nil, errTodo
}
