package main

import (
	"example.com/foyer/internal/auth/betterauth"
	"example.com/foyer/internal/auth/betterauth/admin"
	"example.com/foyer/web"
)

// addWireLinks mails links to /api/auth for purposes without a page of the app, or for all with MAIL_LINKS=wire.
func (a *app) addWireLinks() error {
	links := web.Links
	if a.WireLinks {
		links = web.WireLinks
	}
	a.options.Links = links(a.AppURL, betterauth.Links(a.AppURL))
	return nil
}

// addWire serves the npm client's contract under /api/auth.
func (a *app) addWire() (err error) {
	a.site.API, err = betterauth.New(a.auth, betterauth.Options{
		ResetPages:     []string{web.ResetPage},
		SecondStepPage: web.CodePage, // part:twofactor
		Plugins: []betterauth.Plugin{
			admin.Endpoints,            // part:admin
			a.site.TwoFactor.Endpoints, // part:twofactor
			a.site.MagicLink.Endpoints, // part:magiclink
			a.site.Passkeys.Endpoints,  // part:passkey
		},
		Logger: a.log,
	})
	return err
}
