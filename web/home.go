package web

import (
	"cmp"
	"net/http"

	"example.com/foyer/static"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

// errorTexts are the texts for ?error=CODE, with which /api/auth redirects a browser here. The code itself is never
// shown, because a crafted link can hold any text.
var errorTexts = map[string]string{
	"INVALID_TOKEN": "This link does not work. It was used already, or replaced by a newer one.",
	"TOKEN_EXPIRED": "This link has expired. Ask for a new one.",
}

func (s *Server) showHome(c *echo.Context) error {
	problem := ""
	if code := c.QueryParam("error"); code != "" {
		problem = cmp.Or(errorTexts[code], "That did not work. Please try again.")
	}
	return s.render(c, http.StatusOK, views.Home(problem))
}

func (s *Server) showStatic(c *echo.Context) error {
	if !static.Serve(c.Response(), c.Request()) {
		return echo.ErrNotFound
	}
	return nil
}
