package web

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v5"
)

// door registers routes under its name and behind its guards.
type door struct {
	server    *Server
	name      string
	guards    []echo.MiddlewareFunc
	uncounted bool // for callers that prove more than an address
}

// doors are all the doors, for routes and appRoutes.
type doors struct {
	public, anyone, guest, user, fresh, admin, freshAdmin, dev door
	service                                                    serviceDoor
}

func (s *Server) doors() doors {
	return doors{
		public:     s.door("public", cacheable),
		anyone:     s.door("anyone", private, s.loadSession),
		guest:      s.door("guest", private, s.loadSession, s.requireGuest),
		user:       s.door("user", private, s.loadSession, s.requireAuth),
		fresh:      s.door("fresh", private, s.loadStoredSession, s.requireAuth, s.requireFresh),
		admin:      s.door("admin", private, s.loadStoredSession, s.requireAuth, s.requireRole("admin")),
		freshAdmin: s.door("freshAdmin", private, s.loadStoredSession, s.requireAuth, s.requireRole("admin"), s.requireFresh),
		dev:        s.door("dev", private, requireLocal, s.loadSession),
		service:    s.serviceDoor(),
	}
}

func (s *Server) door(name string, guards ...echo.MiddlewareFunc) door {
	return door{server: s, name: name, guards: guards}
}

// GET is a read: it is not counted.
func (d door) GET(path string, show echo.HandlerFunc) { d.add(http.MethodGet, path, show) }

// Mount gives every request below a path to h, which counts requests itself. A nil h has no route.
func (d door) Mount(path string, h http.Handler) {
	if h != nil {
		d.add(echo.RouteAny, path, echo.WrapHandler(h))
	}
}

// POST is counted before the guards, and refused there if there were too many. as is the endpoint of the provider that
// does the same: the route shares its budget. By default a route has its own.
func (d door) POST(path string, act echo.HandlerFunc, as ...string) {
	d.add(http.MethodPost, path, act, d.count(path, as, false))
}

// Form is POST for a form that shows the refusal itself: parseForm gives it to the handler, beside what was typed.
func (d door) Form(path string, act echo.HandlerFunc, as ...string) {
	d.add(http.MethodPost, path, act, d.count(path, as, true))
}

// add registers a route whose name is that of the door, where register looks for it.
func (d door) add(method, path string, h echo.HandlerFunc, first ...echo.MiddlewareFunc) {
	_, err := d.server.echo.AddRoute(echo.Route{
		Name: d.name, Method: method, Path: path, Handler: h, Middlewares: append(first, d.guards...),
	})
	if err != nil {
		panic(err)
	}
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

// register enters a route in the registry under the name of its door, and refuses a route without a door: a forgotten
// guard would open it to everybody.
func (s *Server) register(r echo.Route) error {
	if r.Name == "" {
		return fmt.Errorf("%s has no door: register it on one of the doors of routes.go", r.Path)
	}
	s.registry = append(s.registry, Route{strings.TrimPrefix(r.Method, "echo_route_"), r.Path, r.Name})
	return nil
}
