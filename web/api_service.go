package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/origins"
	"example.com/foyer/internal/servicetoken"
	"github.com/labstack/echo/v5"
)

// audience is the audience of tokens for this app. Two apps that trust the same service need different ones, or a token
// for one would be valid for the other.
const audience = "service:api"

const serviceKey = "service"

// servicePrefix begins the name of every service.
const servicePrefix = "service:"

// requireService refuses requests without a valid service token. It ignores sessions, and all other doors ignore
// Authorization.
func (s *Server) requireService(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		caller, err := s.identifyService(c.Request())
		if err != nil {
			s.warnOfService(c, "service token refused", "reason", errors.Unwrap(err))
			c.Response().Header().Set("WWW-Authenticate", "Bearer")
			return err
		}
		c.Set(serviceKey, caller)
		return next(c)
	}
}

// serviceDoor admits no service until a route names its callers. It counts no requests, because services prove who they
// are.
type serviceDoor struct{ door door }

func (s *Server) serviceDoor() serviceDoor {
	d := s.door("service", private, s.requireService)
	d.uncounted = true
	return serviceDoor{d}
}

// from is the door for the named services, such as "service:worker". It panics if a name does not begin with
// servicePrefix.
func (d serviceDoor) from(callers ...string) door {
	named := d.door
	named.guards = append(slices.Clone(named.guards), d.door.server.requireCaller(callers...))
	return named
}

// requireCaller refuses services that are not named. It stands behind requireService, which identifies the service.
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
				s.warnOfService(c, "service not allowed", "caller", origins.Printable(caller))
				return errs.Forbidden()
			}
			return next(c)
		}
	}
}

// warnOfService logs that a service was refused, and where it asked from.
func (s *Server) warnOfService(c *echo.Context, message string, attrs ...any) {
	ip, _ := s.Auth.Browser(c.Request())
	s.Logger.WarnContext(c.Request().Context(), message, append(attrs, "route", c.Path(), "ip", ip)...)
}

func (s *Server) identifyService(r *http.Request) (servicetoken.Identity, error) {
	refusal := errs.Unauthenticated()
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	switch {
	case len(r.Header.Values("Authorization")) != 1 || !strings.EqualFold(scheme, "Bearer"):
		refusal.Err = errors.New("no bearer token, or more than one")
	case r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "":
		refusal.Err = errors.New("sent by a browser, which should have no service token")
	default:
		return s.services().Verify(token, audience)
	}
	return servicetoken.Identity{}, refusal
}

// services returns the keys of services; without Config.Services there are none.
func (s *Server) services() *servicetoken.Keyring {
	if s.Services == nil {
		return &servicetoken.Keyring{}
	}
	return s.Services
}

// service returns the service that sent the request. Like session, it panics behind other doors.
func service(c *echo.Context) servicetoken.Identity {
	caller, err := echo.ContextGet[servicetoken.Identity](c, serviceKey)
	if err != nil {
		panic("web: the door of this route admits no services: " + c.Path())
	}
	return caller
}

// whoami answers with the content of the caller's token.
func (s *Server) whoami(c *echo.Context) error {
	caller := service(c)
	return c.JSON(http.StatusOK, map[string]any{
		"sub": caller.Subject, "aud": caller.Audience, "exp": caller.Expires.Unix(),
	})
}

// showKeys publishes the public keys of this app's tokens. The door's "no-cache" is right: verifiers keep their own
// copy and ask when they meet an unknown key, so a stale answer would make them refuse the tokens of a new key.
func (s *Server) showKeys(c *echo.Context) error {
	set, err := s.services().JWKS()
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, "application/jwk-set+json", set)
}
