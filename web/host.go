package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"example.com/foyer/internal/errs"
	"github.com/labstack/echo/v5"
)

// checkHost refuses a malformed Host, from which the app would build broken addresses. HTTP/1.0 allows a request
// without.
func (s *Server) checkHost(next echo.HandlerFunc) echo.HandlerFunc {
	_, own, _ := strings.Cut(s.AppURL, "://")
	return func(c *echo.Context) error {
		if host := c.Request().Host; host != "" && host != own && !possibleHost(host) {
			return errs.New(http.StatusBadRequest, "INVALID_HOST", "The Host header names no host.")
		}
		return next(c)
	}
}

func possibleHost(host string) bool {
	u, err := url.Parse("http://" + host + "/")
	if err != nil || u.Host != host || u.Hostname() == "" {
		return false
	}
	if u.Port() == "" {
		return true
	}
	_, err = strconv.ParseUint(u.Port(), 10, 16)
	return err == nil
}
