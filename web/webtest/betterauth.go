package webtest

import (
	"net/http"

	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/betterauth"
	"example.com/foyer/internal/auth/betterauth/admin"
	"example.com/foyer/web"
)

// wire is a Config.API that New still has to make.
type wire struct {
	http.Handler
	options betterauth.Options
}

// Wire is for a Config.API with options of its own.
func Wire(o betterauth.Options) http.Handler { return wire{options: o} }

// addWire serves the npm client's contract.
func (s *site) addWire() {
	w, _ := s.API.(wire)
	w.options.Plugins = []betterauth.Plugin{
		admin.Endpoints,       // part:admin
		s.TwoFactor.Endpoints, // part:twofactor
		s.MagicLink.Endpoints, // part:magiclink
		s.Passkeys.Endpoints,  // part:passkey
	}
	w.options.SecondStepPage = web.CodePage // part:twofactor
	w.options.Logger = s.Logger
	s.API = authtest.Wire(s, s.Auth, w.options)
}
