package webtest

import (
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/passkey"
	"example.com/foyer/web"
)

// addPasskeys signs users in with passkeys.
func (s *site) addPasskeys() {
	var err error
	s.Passkeys, err = passkey.New(s.Auth, s.db, []string{authtest.Secret}, passkey.Options{
		AppName: web.AppName, BaseURL: s.auth.BaseURL, Origins: s.auth.TrustedOrigins,
		RequireProof: s.TwoFactor.RequireProof, // part:twofactor
	})
	if err != nil {
		s.Fatal(err)
	}
}
