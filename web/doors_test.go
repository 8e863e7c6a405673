package web

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/views"
	"github.com/a-h/templ"
	"github.com/labstack/echo/v5"
)

// This file tests mistakes in adding routes, which no request can show.

func emptyServer() *Server { return New(Config{Logger: slog.New(slog.DiscardHandler)}) }

// panicOf runs fn and returns what it panicked with, "" where it did not.
func panicOf(fn func()) (message string) {
	defer func() {
		switch v := recover().(type) {
		case nil:
		case error:
			message = v.Error()
		case string:
			message = v
		default:
			message = "a panic of another kind"
		}
	}()
	fn()
	return ""
}

func TestRouteWithoutDoorIsRefused(t *testing.T) {
	t.Parallel()
	ok := func(c *echo.Context) error { return c.NoContent(http.StatusOK) }
	pass := func(next echo.HandlerFunc) echo.HandlerFunc { return next }
	cases := []struct {
		name string
		add  func(s *Server)
	}{
		{"on the echo instance", func(s *Server) { s.echo.GET("/open", ok) }},
		{"with a middleware that is no door", func(s *Server) { s.echo.GET("/open", ok, pass) }},
		{"on a group of its own", func(s *Server) { s.echo.Group("").GET("/open", ok) }},
		{"on a group with guards but no name", func(s *Server) {
			s.echo.Group("", load(s.Auth.Session), s.requireAuth).GET("/open", ok)
		}},
		{"for every method", func(s *Server) { s.echo.Any("/open", ok) }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := emptyServer()
			if message := panicOf(func() { c.add(s) }); message == "" {
				t.Error("no panic: the route is open to everybody")
			}
			res := httptest.NewRecorder()
			r := httptest.NewRequest(http.MethodGet, "/open", nil)
			r.Header.Set("Accept", "application/json") // a page of this server without Auth could not look anybody up
			s.ServeHTTP(res, r)
			if res.Code != http.StatusNotFound {
				t.Errorf("GET /open: %d, want 404", res.Code)
			}
			for _, route := range s.Routes() {
				if route.Path == "/open" {
					t.Error("the registry holds a route that was refused")
				}
			}
		})
	}
}

func TestDuplicateRoutePanics(t *testing.T) {
	t.Parallel()
	s := emptyServer()
	public := s.door("public", cacheable)
	if message := panicOf(func() { public.GET("/dashboard", s.showHome) }); !strings.Contains(message, "/dashboard") {
		t.Errorf("a second /dashboard with an open door is accepted: %q", message)
	}
}

func TestEveryRouteNamesItsDoor(t *testing.T) {
	t.Parallel()
	s := emptyServer()
	registered := s.echo.Router().Routes()
	if len(registered) != len(s.Routes()) {
		t.Errorf("echo serves %d routes, the registry names %d", len(registered), len(s.Routes()))
	}
	for i, route := range s.Routes() {
		if route.Door == "" || route.Path != registered[i].Path {
			t.Errorf("route %d: registry %+v, echo %s", i, route, registered[i].Path)
		}
	}
}

// TestRoleDoor: a door of roles names them, and one of a role that no user can have is a mistake.
func TestRoleDoor(t *testing.T) {
	t.Parallel()
	s := emptyServer()
	s.doors().role("user", "admin").GET("/own", s.showHome)
	routes := s.Routes()
	if got := routes[len(routes)-1]; got != (Route{"GET", "/own", "role:user,admin"}) {
		t.Errorf("registered as %+v", got)
	}
	message := panicOf(func() { s.doors().role("admin", "editr") })
	if !strings.Contains(message, `lacks the role "editr"`) {
		t.Errorf("an unknown role: %q", message)
	}
}

func TestSessionPanicsWithoutLoader(t *testing.T) {
	t.Parallel()
	s := emptyServer()
	c := s.echo.NewContext(httptest.NewRequest(http.MethodGet, "/", nil), httptest.NewRecorder())
	next := func(*echo.Context) error {
		t.Error("a guard let a request pass without a loaded session")
		return nil
	}
	for name, guard := range map[string]echo.MiddlewareFunc{"requireAuth": s.requireAuth, "requireGuest": s.requireGuest,
		"requireRole": s.requireRole("admin")} {
		if message := panicOf(func() { guard(next)(c) }); !strings.Contains(message, "a door that loads a session") {
			t.Errorf("%s before any loader: %q, want a panic", name, message)
		}
	}
}

func TestGuardsRefuseStrangers(t *testing.T) {
	t.Parallel()
	s := emptyServer()
	c := s.echo.NewContext(httptest.NewRequest(http.MethodGet, "/", nil), httptest.NewRecorder())
	c.Set(sessionKey, (*auth.Session)(nil))
	next := func(*echo.Context) error {
		t.Error("a stranger is let through")
		return nil
	}
	for name, guard := range map[string]echo.MiddlewareFunc{"requireAuth": s.requireAuth,
		"requireRole": s.requireRole("admin")} {
		if status := echo.StatusCode(guard(next)(c)); status != http.StatusUnauthorized {
			t.Errorf("%s for a stranger: %d, want 401", name, status)
		}
	}
}

// TestForgottenGuardShowsNoName draws private pages the way a handler without any loader would.
func TestForgottenGuardShowsNoName(t *testing.T) {
	t.Parallel()
	s := emptyServer()
	c := s.echo.NewContext(httptest.NewRequest(http.MethodGet, "/", nil), httptest.NewRecorder())
	if v := visitor(c); !reflect.DeepEqual(v, views.Visitor{}) || v.State != views.Loading {
		t.Errorf("visitor without a loader: %+v, want the zero value, Loading", v)
	}
	public := s.door("public", cacheable)
	public.GET("/forgotten", func(c *echo.Context) error {
		return s.render(c, http.StatusOK, views.Admin(views.Overview{Users: 7, Sessions: 7}))
	})
	public.GET("/asks", func(c *echo.Context) error {
		return c.String(http.StatusOK, session(c).UserID)
	})
	get := func(path string) *httptest.ResponseRecorder {
		res := httptest.NewRecorder()
		s.ServeHTTP(res, httptest.NewRequest(http.MethodGet, path, nil))
		return res
	}
	if res := get("/forgotten"); !strings.Contains(res.Body.String(), "skeleton") ||
		strings.Contains(res.Body.String(), "Live sessions") {
		t.Errorf("a private page on a public route shows its content: %s", res.Body)
	}
	if res := get("/asks"); res.Code != http.StatusInternalServerError ||
		strings.Contains(res.Body.String(), "loads a session") {
		t.Errorf("session(c) on a public route: %d %s, want a bare 500", res.Code, res.Body)
	}
}

// TestAnswerAfterTheFirstByte: once the status is sent, a failure adds nothing to the page.
func TestAnswerAfterTheFirstByte(t *testing.T) {
	t.Parallel()
	s := emptyServer()
	s.door("public", cacheable).GET("/breaks", func(c *echo.Context) error {
		if _, err := io.WriteString(c.Response(), "half a page"); err != nil {
			return err
		}
		return context.Canceled
	})
	res := httptest.NewRecorder()
	s.ServeHTTP(res, httptest.NewRequest(http.MethodGet, "/breaks", nil))
	if res.Code != http.StatusOK || res.Body.String() != "half a page" {
		t.Errorf("%d %q, want the half page alone", res.Code, res.Body)
	}
}

// TestPanelOfAClientWhoLeft: a panel that fails because the client has left is no error in the log; any other is.
func TestPanelOfAClientWhoLeft(t *testing.T) {
	t.Parallel()
	var lines strings.Builder
	s := New(Config{Logger: slog.New(slog.NewTextHandler(&lines, nil)), RequestTime: time.Minute})
	panel := s.loadPanel("x", templ.NopComponent, func(ctx context.Context) (templ.Component, error) {
		return nil, cmp.Or(ctx.Err(), io.ErrUnexpectedEOF)
	})
	left, leave := context.WithCancel(t.Context())
	leave()
	if err := panel.Render(left, io.Discard); err != nil || lines.Len() > 0 {
		t.Errorf("after the client left: %v %s", err, lines.String())
	}
	if err := panel.Render(t.Context(), io.Discard); err != nil || !strings.Contains(lines.String(), "level=ERROR") {
		t.Errorf("while the client waits: %v %s", err, lines.String())
	}
}
