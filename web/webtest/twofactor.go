package webtest

import (
	"context"

	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/twofactor"
	"example.com/foyer/web"
)

// addTwoFactor asks for second steps, with the twofactor.Options that New was given.
func (s *site) addTwoFactor() {
	var o twofactor.Options
	for _, given := range s.options {
		if is, ok := given.(twofactor.Options); ok {
			o = is
		}
	}
	o.Issuer = web.AppName
	// part:passkey
	o.HasOther = func(ctx context.Context, userID string) (bool, error) { return s.Passkeys.Has(ctx, userID) }
	// end:passkey
	var err error
	if s.TwoFactor, err = twofactor.New(s.Auth, s.db, []string{authtest.Secret}, o); err != nil {
		s.Fatal(err)
	}
}
