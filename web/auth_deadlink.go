package web

import (
	"net/http"

	"example.com/foyer/internal/errs"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

// deadLink says why a link does nothing, in words that tell what to do; ok is false for errors that are not the link's.
func deadLink(err error, way, label string) (l views.DeadLink, ok bool) {
	l = views.DeadLink{Title: "This link does not work", Way: way, WayLabel: label}
	switch {
	case hasCode(err, "INVALID_TOKEN"):
		l.Message = "It has been used already, or a newer one has taken its place. Mail programs also break long links: try to copy it whole."
	case hasCode(err, "TOKEN_EXPIRED"):
		l.Title, l.Message = "This link has expired", "Links work for a short time only. Ask for a new one."
	case hasCode(err, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"):
		l.Message = "The address has become that of another account since the link was made. Nothing was changed."
		l.Way, l.WayLabel = "/dashboard", "Go to your account"
	case hasCode(err, "INVALID_USER", "FORBIDDEN"):
		l.Title = "This link is not yours"
		l.Message = "It belongs to another account than the one you are logged in with here. Nothing was changed. If both are yours, log out and open the link again."
		l.Way, l.LogOut = "", true
	default:
		return l, false
	}
	return l, true
}

// showDeadLink answers a link that cannot be shown.
func (s *Server) showDeadLink(c *echo.Context, err error, way, label string) error {
	l, ok := deadLink(err, way, label)
	if !ok {
		return err
	}
	status := http.StatusGone
	if l.LogOut {
		status = http.StatusForbidden
	}
	return s.render(c, status, views.LinkProblem(l))
}

// refuseDeadLink answers a form whose link has died since it was shown.
func (s *Server) refuseDeadLink(c *echo.Context, err error, way, label string) error {
	l, ok := deadLink(err, way, label)
	if !ok {
		return err
	}
	return s.renderForm(c, err, views.LinkProblem(l), views.LinkProblemFragment(l))
}

var errNotYours = errs.New(http.StatusForbidden, "INVALID_USER", "Invalid user")
