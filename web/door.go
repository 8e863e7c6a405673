package web

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v5"
)

// door registers routes that have its name in the registry and its guards before them.
type door struct {
	server    *Server
	name      string
	guards    []echo.MiddlewareFunc
	uncounted bool // whoever comes through has to prove more than an address
}

func (s *Server) door(name string, guards ...echo.MiddlewareFunc) door {
	return door{server: s, name: name, guards: guards}
}

// GET is a read: it is not counted.
func (d door) GET(path string, show echo.HandlerFunc) { d.add(http.MethodGet, path, show) }

// Mount gives every request below a path to h, which counts what has to be counted. A nil h has no route.
func (d door) Mount(path string, h http.Handler) {
	if h != nil {
		d.add(echo.RouteAny, path, echo.WrapHandler(h))
	}
}

// POST is counted before the guards, and refused before them where there were too many. as is the endpoint of the provider
// that does the same, whose budget it shares; by default the route has one of its own.
func (d door) POST(path string, act echo.HandlerFunc, as ...string) {
	d.add(http.MethodPost, path, act, d.count(path, as, false))
}

// Form is POST for a form that says itself that there were too many: parseForm gives its handler that refusal, beside
// what was typed.
func (d door) Form(path string, act echo.HandlerFunc, as ...string) {
	d.add(http.MethodPost, path, act, d.count(path, as, true))
}

// add registers a route. Echo keeps nothing about where a route comes from, so register finds the door's name here.
func (d door) add(method, path string, h echo.HandlerFunc, first ...echo.MiddlewareFunc) {
	d.server.adding = d.name
	defer func() { d.server.adding = "" }()
	d.server.echo.Add(method, path, h, append(first, d.guards...)...)
}

func (d door) count(path string, as []string, form bool) echo.MiddlewareFunc {
	budget := path
	if len(as) > 0 {
		budget = as[0]
	}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		if d.uncounted {
			return next
		}
		return func(c *echo.Context) error {
			typed := func() string {
				values, _ := readForm(c) // one that cannot be read names nobody
				return values.Get("email")
			}
			err := d.server.Auth.Count(c.Request(), budget, typed)
			if err != nil && !form {
				return err
			}
			c.Set(refusedKey, err)
			return next(c)
		}
	}
}

// register enters a route in the registry under the name of the door that adds it, and refuses one without.
func (s *Server) register(r echo.Route) error {
	if s.adding == "" {
		return fmt.Errorf("%s has no door: register it on one of the doors of routes.go", r.Path)
	}
	s.registry = append(s.registry, Route{strings.TrimPrefix(r.Method, "echo_route_"), r.Path, s.adding})
	return nil
}
