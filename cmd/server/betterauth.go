package main

import (
	"net/http"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/betterauth"
	"example.com/foyer/internal/auth/betterauth/admin"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/web"
)

// links builds the addresses in mails: pages of the app, and endpoints of the contract where MAIL_LINKS or a client asks
// for them.
func (a *app) links() func(purpose letter.Purpose, token, callbackURL string) string {
	wire := betterauth.Links(a.AppURL)
	if a.WireLinks {
		return web.WireLinks(a.AppURL, wire)
	}
	return web.Links(a.AppURL, wire)
}

// api makes the HTTP contract of the npm client.
func (a *app) api(provider *auth.Auth) (http.Handler, error) {
	return betterauth.New(provider, betterauth.Options{
		ResetPages: []string{web.ResetPage},
		Plugins:    []betterauth.Plugin{admin.Endpoints},
		Logger:     a.log,
	})
}
