package twofactor

import (
	"context"
	"net/http"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/errs"
)

// Demanded reports whether s has to set up a second factor before it may do anything else: Options.Demand is set, its
// user is an admin without a factor, and s did not start with two factors. A passkey counts as two.
func (f *Factor) Demanded(s *auth.Session) bool {
	u := s.User
	return f.opts.Demand && u.HasRole("admin") && !u.SecondFactor && !s.MultiFactor() && s.ImpersonatedBy == nil
}

// RequireProof refuses a session that is Demanded and whose user has another second factor (Options.HasOther): 403
// SESSION_NOT_FRESH until that is proved. Otherwise the password alone would put a new factor in its place.
func (f *Factor) RequireProof(ctx context.Context, s *auth.Session) error {
	if f.opts.HasOther == nil || !f.Demanded(s) {
		return nil
	}
	has, err := f.opts.HasOther(ctx, s.UserID)
	if !has || err != nil {
		return err
	}
	return errs.New(http.StatusForbidden, "SESSION_NOT_FRESH", "Session is not fresh")
}

// mayEnrol refuses a session that may not set a factor up, nor see the key of one.
func (f *Factor) mayEnrol(ctx context.Context, s *auth.Session) error {
	if err := f.auth.RequireRecent(s); err != nil {
		return err
	}
	return f.RequireProof(ctx, s)
}
