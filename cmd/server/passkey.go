package main

import (
	"example.com/foyer/internal/auth/passkey"
	"example.com/foyer/web"
)

// addPasskeys signs users in with passkeys.
func (a *app) addPasskeys() (err error) {
	a.site.Passkeys, err = passkey.New(a.auth, a.db, a.Secrets, passkey.Options{
		AppName: web.AppName, BaseURL: a.AppURL, Origins: a.TrustedOrigins,
		RequireProof: a.site.TwoFactor.RequireProof, // part:twofactor
	})
	return err
}
