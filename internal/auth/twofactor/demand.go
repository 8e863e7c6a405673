package twofactor

import "example.com/foyer/internal/auth"

// Demanded reports whether s has to set up a second factor before it may do anything else: Options.Demand is set, its
// user is an admin without a factor, and s began with less than two, as it does not with a passkey.
func (f *Factor) Demanded(s *auth.Session) bool {
	u := s.User
	return f.opts.Demand && u.HasRole("admin") && !u.SecondFactor && !s.MultiFactor() && s.ImpersonatedBy == nil
}
