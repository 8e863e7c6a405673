package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v5"
)

// door registers routes behind its guards. The registry lists them under its name.
type door struct {
	server    *Server
	name      string
	guards    []echo.MiddlewareFunc
	uncounted bool // POST and Form count nothing, because the guards ask for a signed token // part:servicetoken
}

// doors are all doors, for routes and appRoutes.
type doors struct {
	public, anyone, guest, user, fresh, admin, freshAdmin, dev door

	role func(roles ...string) door // asks for any of the roles, which Roles of app.go lists

	service serviceDoor // part:servicetoken
}

func (s *Server) doors() doors {
	// The doors of roles and of fresh sessions never act on a session from the cache of internal/auth.
	loaded, stored, isAdmin := load(s.Auth.Session), load(s.Auth.StoredSession), s.requireRole("admin")
	isUser := func(next echo.HandlerFunc) echo.HandlerFunc {
		next = s.requireSetUp(next) // part:twofactor
		return s.requireAuth(next)
	}
	return doors{
		public:     s.door("public", cacheable),
		anyone:     s.door("anyone", private, loaded),
		guest:      s.door("guest", private, loaded, s.requireGuest),
		user:       s.door("user", private, loaded, isUser),
		fresh:      s.door("fresh", private, stored, isUser, s.requireFresh),
		admin:      s.door("admin", private, stored, isUser, isAdmin),
		freshAdmin: s.door("freshAdmin", private, stored, isUser, isAdmin, s.requireFresh),
		dev:        s.door("dev", private, requireLocal, loaded),
		service:    s.serviceDoor(), // part:servicetoken
		role: func(roles ...string) door {
			for _, r := range roles {
				if !slices.Contains(Roles, r) {
					panic(fmt.Sprintf("web: Roles of app.go lacks the role %q of a door", r))
				}
			}
			return s.door("role:"+strings.Join(roles, ","), private, stored, isUser, s.requireRole(roles...))
		},
	}
}

func (s *Server) door(name string, guards ...echo.MiddlewareFunc) door {
	return door{server: s, name: name, guards: guards}
}

// GET registers a read. Reads are not counted, so they have no rate limit.
func (d door) GET(path string, show echo.HandlerFunc) { d.add(http.MethodGet, path, show) }

// part:betterauth

// Mount passes the requests of every method for path to h. h must count them itself, and refuse those of other sites.
// Without h there is no route.
func (d door) Mount(path string, h http.Handler) {
	if h == nil {
		return
	}
	handle := echo.WrapHandler(h)
	handle = d.server.requireSetUpOfAPI(handle) // part:twofactor
	d.add(echo.RouteAny, path, handle)
	d.server.mounted = append(d.server.mounted, path)
}

// isMounted reports whether the route of a request is one of Mount. A route of its own below that path is not.
func (s *Server) isMounted(c *echo.Context) bool { return slices.Contains(s.mounted, c.Path()) }

// end:betterauth

// POST registers a command. Its requests are counted before the guards run (see auth.Auth.Count), and refused if there
// were too many. as is the act that they count as, such as the endpoint of /api/auth that does the same and then shares
// the budget; by default it is path.
func (d door) POST(path string, act echo.HandlerFunc, as ...string) {
	d.add(http.MethodPost, path, act, d.count(path, as, false))
}

// Form is POST for a form that shows the refusal itself: parseForm returns it to the handler with the typed values.
func (d door) Form(path string, act echo.HandlerFunc, as ...string) {
	d.add(http.MethodPost, path, act, d.count(path, as, true))
}

// add registers a route. The route has the name of its door, which register checks.
func (d door) add(method, path string, h echo.HandlerFunc, first ...echo.MiddlewareFunc) {
	_, err := d.server.echo.AddRoute(echo.Route{
		Name: d.name, Method: method, Path: path, Handler: h, Middlewares: append(first, d.guards...),
	})
	if err != nil {
		panic(err)
	}
}

func (d door) count(path string, as []string, form bool) echo.MiddlewareFunc {
	act := path
	if len(as) > 0 {
		act = as[0]
	}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		// part:servicetoken
		if d.uncounted {
			return next
		}
		// end:servicetoken
		return func(c *echo.Context) error {
			typed := func() string {
				values, _ := readForm(c) // an unreadable form contains no address
				return values.Get("email")
			}
			err := d.server.Auth.Count(c.Request(), act, typed)
			if err != nil && !form {
				return err
			}
			c.Set(refusedKey, err)
			return next(c)
		}
	}
}

// register adds a route to the registry under the name of its door. It refuses a route without a door, because a
// forgotten guard would open the route to every visitor.
func (s *Server) register(r echo.Route) error {
	if r.Name == "" {
		return fmt.Errorf("%s has no door: register it on one of the doors of routes.go", r.Path)
	}
	s.registry = append(s.registry, Route{strings.TrimPrefix(r.Method, "echo_route_"), r.Path, r.Name})
	return nil
}
