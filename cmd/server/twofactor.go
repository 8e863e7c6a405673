package main

import (
	"context"

	"example.com/foyer/internal/auth/twofactor"
	"example.com/foyer/web"
)

// addTwoFactor asks users with a second factor for it.
func (a *app) addTwoFactor() (err error) {
	a.site.TwoFactor, err = twofactor.New(a.auth, a.db, a.Secrets, twofactor.Options{
		Issuer: web.AppName, RequireOfAdmins: a.RequireSecondFactor,
		// part:passkey
		HasOther: func(ctx context.Context, userID string) (bool, error) { return a.site.Passkeys.Has(ctx, userID) },
		// end:passkey
	})
	return err
}
