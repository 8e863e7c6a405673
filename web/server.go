// Package web is the app over HTTP: its routes and who may open them (routes.go), and its answers to errors
// (respond.go). It turns requests into calls of internal/auth and domain packages, and their results into views. It
// touches no table, hash, token or session cookie.
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
	"example.com/foyer/internal/auth/magiclink"
	"example.com/foyer/internal/auth/passkey"
	"example.com/foyer/internal/auth/twofactor"
	"example.com/foyer/internal/keys"
	"example.com/foyer/internal/mail"
	"example.com/foyer/internal/servicetoken"
	"example.com/foyer/static"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"
)

// Config is what a Server is made of. An optional part has one line; what is yours is in Stores.
type Config struct {
	Stores
	Auth        *auth.Auth
	API         http.Handler // answers /api/auth; nil has no such route // part:betterauth
	AppURL      string       // the origin people type
	CORSOrigins []string     // whose pages may read what /api/auth answers, with cookies // part:betterauth
	Development bool
	Mails       *mail.Outbox // shown by /dev/mail
	Logger      *slog.Logger
	Ready       func(context.Context) error // nil if the database answers and has the schema
	RequestTime time.Duration               // how long a request may wait for the database; 0 means 8 s
	Reload      bool                        // pages reload when a template changes (task dev)
	Keys        *keys.Ring                  // seals drafts; nil keeps none
	Audit       *audit.Log                  // shown by /admin/audit // part:audit
	Services    *servicetoken.Keyring       // checks the tokens of services; nil admits none // part:servicetoken
	MagicLink   *magiclink.MagicLink        // signs in by mails; nil does not // part:magiclink
	TwoFactor   *twofactor.Factor           // the second step of a sign-in // part:twofactor
	Passkeys    *passkey.Passkeys           // part:passkey
}

// Server is the app as an http.Handler.
type Server struct {
	Config
	echo      *echo.Echo
	site      views.Site
	registry  []Route
	mounted   []string         // the paths of door.Mount // part:betterauth
	uploads   map[string]int64 // the paths of Upload, and how many bytes they take
	drafts    keys.Sealer
	draining  chan struct{} // closed when the server shuts down
	readiness readiness
}

// Route is one line of routes.go or app.go.
type Route struct{ Method, Path, Door string }

// New builds the app. It panics without names, on a route without a door and on a duplicate route, so that any test
// finds the mistake.
func New(c Config) *Server {
	if AppName == "" || CookiePrefix == "" {
		panic("web: AppName or CookiePrefix is empty")
	}
	s := &Server{
		Config: c, draining: make(chan struct{}),
		site: views.Site{
			Name: AppName, Asset: static.URL, Development: c.Development, Reload: c.Reload,
			Nav: nav(c.Development), Tabs: tabs, Banners: banners(),
		},
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
		s.begin, // first, because everything below logs the id of the request
		s.secureHeaders,
		dropAhead,
		s.log,
		middleware.Recover(),
		s.checkHost,
		s.trimSlash,
		s.cors(), // part:betterauth
		s.crossOrigin,
		s.limitBody,
		allowHead,
		middleware.GzipWithConfig(middleware.GzipConfig{Skipper: skipGzip}),
	)
	on := s.doors()
	s.routes(
		on.public, on.anyone, on.guest, on.user, on.fresh, on.admin, on.freshAdmin, on.dev,
		on.service, // part:servicetoken
	)
	s.appRoutes(on)
	return s
}

// skipGzip skips static files, which are compressed already, and what /api/ answers to programs.
func skipGzip(c *echo.Context) bool {
	return c.Path() == "/static/*" || strings.HasPrefix(c.Path(), "/api/")
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case <-s.draining:
		w.Header().Set("Connection", "close") // or the next request could use a connection that is closing
	default:
	}
	s.echo.ServeHTTP(w, r)
}

// Drain makes /readyz answer 503, so that load balancers stop sending requests, and closes every connection after its
// answer. Open streams end. Call it once.
func (s *Server) Drain() { close(s.draining) }

// Routes lists all routes, in the order of routes.go, then those of appRoutes.
func (s *Server) Routes() []Route { return slices.Clone(s.registry) }
