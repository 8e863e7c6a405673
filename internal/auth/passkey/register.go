package passkey

import (
	"encoding/json"
	"errors"
	"net/http"

	"example.com/foyer/internal/auth"
)

var errTodo = errors.New("passkey: not written yet")

// RegisterOptions starts to add a passkey for s's user: it returns PublicKeyCredentialCreationOptionsJSON and sends a
// cookie that has the challenge. A cookie holds one challenge: if a second tab has asked since, Register refuses the
// first one, and a retry helps. attachment is "platform", "cross-platform" or "" for either. Refusals: those of
// Register.
func (p *Passkeys) RegisterOptions(
	w http.ResponseWriter, r *http.Request, s *auth.Session, attachment string,
) (json.RawMessage, error) {
	return nil, errTodo
}

// Register adds the passkey that an authenticator made: response is its RegistrationResponseJSON. name has at most 100
// characters; "" is none. Refusals: 400 VALIDATION_ERROR for the name; 403 while impersonating; 403 SESSION_NOT_FRESH;
// 403 EMAIL_NOT_VERIFIED; 400 CHALLENGE_NOT_FOUND: ask for new options; 400 FAILED_TO_VERIFY_REGISTRATION; 400
// PREVIOUSLY_REGISTERED; 401 if s has ended.
func (p *Passkeys) Register(
	w http.ResponseWriter, r *http.Request, s *auth.Session, response []byte, name string,
) (*Passkey, error) {
	return nil, errTodo
}
