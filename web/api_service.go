package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/servicetoken"
	"github.com/labstack/echo/v5"
)

// audience is what tokens for this app are made out to. Two apps that believe the same service need two names: a
// token for one would open the other.
const audience = "service:api"

const serviceKey = "service"

// servicePrefix begins the name of every service.
const servicePrefix = "service:"

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

// serviceDoor opens to no service until a route names its callers. It counts nothing: services prove more than an
// address.
type serviceDoor struct{ door door }

func (s *Server) serviceDoor() serviceDoor {
	d := s.door("service", private, s.requireService)
	d.uncounted = true
	return serviceDoor{d}
}

// from is the door for the named callers, such as "service:worker". It panics on a name that is no service's.
func (d serviceDoor) from(callers ...string) door {
	named := d.door
	named.guards = append(slices.Clone(named.guards), d.door.server.requireCaller(callers...))
	return named
}

// requireCaller refuses services that are not named. requireService has found out who calls; here it is decided what
// that service may do, because every holder of a key can sign any name.
func (s *Server) requireCaller(callers ...string) echo.MiddlewareFunc {
	if len(callers) == 0 {
		panic("web: a route of the service door names no caller")
	}
	for _, name := range callers {
		if !strings.HasPrefix(name, servicePrefix) || name == servicePrefix {
			panic("web: " + name + " is not the name of a service: it does not begin with " + servicePrefix)
		}
	}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			caller := service(c).Subject
			if !slices.Contains(callers, caller) {
				s.Logger.WarnContext(c.Request().Context(), "service not allowed", "caller", printable(caller), "route", c.Path())
				return errs.Forbidden()
			}
			return next(c)
		}
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
