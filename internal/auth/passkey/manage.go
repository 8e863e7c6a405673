package passkey

import (
	"context"
	"net/http"

	"example.com/foyer/internal/auth"
)

// List returns a user's passkeys, the oldest first.
func (p *Passkeys) List(ctx context.Context, userID string) ([]Passkey, error) { return nil, errTodo }

// Rename gives one of s's user's passkeys a name of 1 to 100 characters. Refusals: 400 VALIDATION_ERROR; 403 while
// impersonating; 404 PASSKEY_NOT_FOUND, also for another user's.
func (p *Passkeys) Rename(r *http.Request, s *auth.Session, id, name string) (*Passkey, error) {
	return nil, errTodo
}

// Delete removes one of s's user's passkeys. Refusals: 403 while impersonating; 403 SESSION_NOT_FRESH; 404
// PASSKEY_NOT_FOUND, also for another user's; 400 LAST_WAY_IN for the only passkey of a user without a password.
func (p *Passkeys) Delete(r *http.Request, s *auth.Session, id string) error { return errTodo }

// Accepted returns what PublicKeyCredential.signalAllAcceptedCredentials takes, so that password managers forget
// passkeys that were deleted here. handle is "" for a user who never had one.
func (p *Passkeys) Accepted(ctx context.Context, userID string) (rpID, handle string, ids []string, err error) {
	return "", "", nil, errTodo
}
