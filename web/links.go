package web

import (
	"errors"
	"net/http"
	"net/url"

	"example.com/foyer/internal/errs"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

// Links makes mailed links lead to pages of ours: opening one changes nothing, its button does, for mail scanners
// open every link. A client that named a page of its own to come back to keeps the provider's endpoints.
func Links(appURL string) func(purpose, token, callbackURL string) string {
	pages := map[string]string{"reset_password": "/reset-password"}
	return func(purpose, token, callbackURL string) string {
		if pages[purpose] == "" || callbackURL != "" {
			return ""
		}
		return appURL + pages[purpose] + "?token=" + url.QueryEscape(token)
	}
}

// sealed keeps the address of a mailed link's page, which holds the token, from whatever the page leads to.
func sealed(c *echo.Context) { c.Response().Header().Set("Referrer-Policy", "no-referrer") }

// renderBadLink says that a mailed link is worth nothing, and where to get another. What is not the link's fault is
// returned for answerError to say.
func (s *Server) renderBadLink(c *echo.Context, err error, way, label string) error {
	var e *errs.Error
	if !errors.As(err, &e) || mishaps[e.Code] == "" {
		return err
	}
	p := views.Problem{Status: http.StatusBadRequest, Title: "This link does not work", Message: mishap(e.Code), RequestID: requestID(c), Way: way, WayLabel: label}
	if scripted(c.Request()) {
		return s.render(c, p.Status, views.ErrorFragment(p))
	}
	return s.render(c, p.Status, views.Error(p))
}
