package web

import (
	"net/http"

	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

func (s *Server) showPaperClips(c *echo.Context) error {
	return s.render(c, http.StatusOK, views.PaperClips())
}
