package web

import (
	"errors"
	"net/http"
	"strings"

	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/servicetoken"
	"github.com/labstack/echo/v5"
)

// audience is what tokens for this app are made out to. Two apps that believe the same service need two names: a
// token for one would open the other.
const audience = "service:api"

const serviceKey = "service"

// requireService refuses whoever shows no service token. It looks at nothing else, and no other door looks at
// Authorization: a session opens nothing here, a token nothing there.
func (s *Server) requireService(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		caller, err := s.identifyService(c.Request())
		if err != nil {
			s.Logger.WarnContext(c.Request().Context(), "service token refused", "reason", errors.Unwrap(err), "route", c.Path())
			c.Response().Header().Set("WWW-Authenticate", "Bearer")
			return err
		}
		c.Set(serviceKey, caller)
		return next(c)
	}
}

func (s *Server) identifyService(r *http.Request) (servicetoken.Identity, error) {
	refusal := errs.Unauthenticated()
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	switch {
	case len(r.Header.Values("Authorization")) != 1 || !strings.EqualFold(scheme, "Bearer"):
		refusal.Err = errors.New("no bearer token, or several")
	case r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "":
		refusal.Err = errors.New("sent by a browser, where no token should be")
	default:
		return s.services().Verify(r.Context(), token, audience)
	}
	return servicetoken.Identity{}, refusal
}

// services gives the keys; a server without any knows no service.
func (s *Server) services() *servicetoken.Keyring {
	if s.Services == nil {
		return &servicetoken.Keyring{}
	}
	return s.Services
}

// service returns who calls. It panics behind any other door: see session.
func service(c *echo.Context) servicetoken.Identity {
	caller, err := echo.ContextGet[servicetoken.Identity](c, serviceKey)
	if err != nil {
		panic("web: service asked for on a route whose door lets none in: " + c.Path())
	}
	return caller
}

// whoami tells a service what its token says.
func (s *Server) whoami(c *echo.Context) error {
	caller := service(c)
	return c.JSON(http.StatusOK, map[string]any{"sub": caller.Subject, "aud": caller.Audience, "exp": caller.Expires.Unix()})
}

// showKeys publishes the keys that tokens of this app are checked with. It stays at what the door says of caching,
// "no-cache": who asks has met a key that is not in their copy, and an older one from some cache would make them
// refuse the tokens of a key just rotated in. Verifiers keep their own copy.
func (s *Server) showKeys(c *echo.Context) error {
	set, err := s.services().JWKS()
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, "application/jwk-set+json", set)
}
