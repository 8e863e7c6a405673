// Package web is the app over HTTP: which addresses exist, who may open them (routes.go), and how failures are
// answered (respond.go). It turns requests into verbs of internal/auth and domain packages, and their results
// into views; it touches no table, hash, token or auth cookie itself.
package web

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"example.com/foyer/internal/audit"
	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/keys"
	"example.com/foyer/internal/mail"
	"example.com/foyer/internal/servicetoken"
	"example.com/foyer/static"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"
)

// AppName is what the app calls itself.
const AppName = "Foyer"

// Config is what a Server is made of.
type Config struct {
	Auth        *auth.Auth
	API         http.Handler // answers /api/auth, such as betterauth.New; nil: there is no such route
	Audit       *audit.Log   // what /admin/audit shows
	AppURL      string       // the origin people type
	CORSOrigins []string     // whose pages may read what /api/auth answers, with cookies; none by default
	Development bool
	Mails       *mail.Outbox // what /dev/mail shows
	Logger      *slog.Logger
	Ready       func(context.Context) error // the database answers and holds the schema
	RequestTime time.Duration               // how long a request may wait for the database; 0 means 8 s
	Reload      bool                        // pages load themselves again when a template changes (task dev)
	Services    *servicetoken.Keyring       // whose tokens open the service door; nil: nobody's
	Keys        *keys.Ring                  // seals drafts; nil: none is kept
}

// Server is the app as an http.Handler.
type Server struct {
	Config
	echo      *echo.Echo
	site      views.Site
	registry  []Route
	drafts    keys.Sealer
	adding    string        // the door that registers a route just now
	draining  chan struct{} // closed when the server is on its way out
	readiness readiness
}

// Route is one line of the table of who may open what.
type Route struct{ Method, Path, Door string }

// New builds the app. It panics on a route without a door or a route named twice: that is a mistake in
// routes.go, found by any test and any start.
func New(c Config) *Server {
	s := &Server{
		Config: c, draining: make(chan struct{}),
		site: views.Site{Name: AppName, Asset: static.URL, Development: c.Development, Reload: c.Reload},
	}
	if s.RequestTime == 0 {
		s.RequestTime = defaultRequestTime
	}
	if s.Keys != nil {
		s.drafts = s.Keys.Seal("web draft")
	}
	s.readiness = readiness{check: c.Ready, now: time.Now}
	s.echo = echo.NewWithConfig(echo.Config{
		Logger:           c.Logger,
		HTTPErrorHandler: s.answerError,
		OnAddRoute:       s.register,
		Router:           echo.NewRouter(echo.RouterConfig{AutoHandleHEAD: true}),
	})
	s.echo.Use(
		s.begin, // outermost: everything below can be told apart in the log
		s.secureHeaders,
		s.log,
		middleware.Recover(),
		s.checkHost,
		s.trimSlash,
		s.cors(),
		s.crossOrigin,
		limitBody,
		middleware.GzipWithConfig(middleware.GzipConfig{Skipper: noPage}),
	)
	s.routes(
		s.door("public", cacheable),
		s.door("anyone", private, s.loadSession),
		s.door("guest", private, s.loadSession, s.requireGuest),
		s.door("user", private, s.loadSession, s.requireAuth),
		s.door("fresh", private, s.loadStoredSession, s.requireAuth, s.requireFresh),
		s.door("admin", private, s.loadStoredSession, s.requireAuth, s.requireRole("admin")),
		s.door("freshAdmin", private, s.loadStoredSession, s.requireAuth, s.requireRole("admin"), s.requireFresh),
		s.serviceDoor(),
		s.door("dev", private, requireLocal, s.loadSession),
	)
	return s
}

// noPage tells what is not worth compressing on the fly: small answers, and files that are compressed already.
func noPage(c *echo.Context) bool {
	return c.Path() == "/static/*" || strings.HasPrefix(c.Path(), "/api/")
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case <-s.draining:
		w.Header().Set("Connection", "close") // else the next request could meet a connection that is just being closed
	default:
	}
	s.echo.ServeHTTP(w, r)
}

// Drain makes /readyz answer 503, so that a load balancer sends its visitors elsewhere, has every answer close its
// connection, and ends open streams. Call it once.
func (s *Server) Drain() { close(s.draining) }

// Routes lists who may open what, in the order of routes.go.
func (s *Server) Routes() []Route { return slices.Clone(s.registry) }
