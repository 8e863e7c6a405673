package twofactor

import "example.com/foyer/internal/auth"

// Demanded reports whether s has to set up a second factor before it may do anything else: Options.Demand is set, its
// user is an admin without a factor, and s did not start with two factors. A passkey counts as two.
func (f *Factor) Demanded(s *auth.Session) bool {
	u := s.User
	return f.opts.Demand && u.HasRole("admin") && !u.SecondFactor && !s.MultiFactor() && s.ImpersonatedBy == nil
}
