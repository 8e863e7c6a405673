package webtest

import (
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/twofactor"
	"example.com/foyer/web"
)

// addTwoFactor asks for second steps, with the twofactor.Options that New was given.
func (s *site) addTwoFactor() {
	o, err := option[twofactor.Options](s), error(nil)
	o.Issuer = web.AppName
	if s.TwoFactor, err = twofactor.New(s.Auth, s.db, []string{authtest.Secret}, o); err != nil {
		s.Fatal(err)
	}
}
