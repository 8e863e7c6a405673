package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"example.com/foyer/internal/errs"
	"github.com/labstack/echo/v5"
)

// showHealth says that the process lives.
func (s *Server) showHealth(c *echo.Context) error { return c.String(http.StatusOK, "ok\n") }

// showReady says whether to send visitors here: the database answers with its schema, and the server is not
// on its way out.
func (s *Server) showReady(c *echo.Context) error {
	select {
	case <-s.draining:
		return errs.Unavailable(errors.New("shutting down"))
	default:
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), 2*time.Second)
	defer cancel()
	if err := s.Ready(ctx); err != nil {
		return errs.Unavailable(err)
	}
	ready := "ready\n"
	if off := s.Auth.CacheOff(); off != "" {
		ready += off + "\n"
	}
	return c.String(http.StatusOK, ready)
}
