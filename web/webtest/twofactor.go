package webtest

import (
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/twofactor"
)

// addTwoFactor asks for second steps, with the twofactor.Options that New was given.
func (s *site) addTwoFactor() {
	var err error
	s.TwoFactor, err = twofactor.New(s.Auth, s.db, []string{authtest.Secret}, option[twofactor.Options](s))
	if err != nil {
		s.Fatal(err)
	}
}
