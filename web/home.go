package web

import (
	"net/http"

	"example.com/foyer/static"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

// mishaps is what to say where the provider sends a browser on with ?error=CODE; the code itself is never shown.
var mishaps = map[string]string{
	"INVALID_TOKEN": "This link does not work: it has been used already, or a newer one has taken its place.",
	"TOKEN_EXPIRED": "This link has expired. Ask for a new one.",
}

func (s *Server) showHome(c *echo.Context) error {
	problem := ""
	if code := c.QueryParam("error"); code != "" {
		if problem = mishaps[code]; problem == "" {
			problem = "That did not work. Please try again."
		}
	}
	return s.render(c, http.StatusOK, views.Home(problem))
}

// showNav is the fragment that settles the Loading state of a public page.
func (s *Server) showNav(c *echo.Context) error {
	return s.render(c, http.StatusOK, views.Settled())
}

func (s *Server) showStatic(c *echo.Context) error {
	if !static.Serve(c.Response(), c.Request()) {
		return echo.ErrNotFound
	}
	return nil
}
