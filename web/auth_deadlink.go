package web

import (
	"net/http"

	"example.com/foyer/internal/errs"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

const frontPage = "Go to the front page" // label of a link to /

var errNotYours = errs.New(http.StatusForbidden, "INVALID_USER", "Invalid user")

// deadLink explains why a mailed link does not work, with a link to url. ok is false if err is about something else.
func deadLink(err error, url, label string) (l views.LinkResult, ok bool) {
	l = views.LinkResult{Title: "This link does not work", ActionURL: url, ActionLabel: label}
	switch {
	case hasCode(err, "INVALID_TOKEN"):
		l.Message = "It was used already, or replaced by a newer one. Mail programs also break long links: " +
			"try to copy the whole link."
	case hasCode(err, "TOKEN_EXPIRED"):
		l.Title, l.Message = "This link has expired", "Links work for a limited time."
	case hasCode(err, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"):
		l.Message = "Another account has taken the address since the link was sent. Nothing was changed."
		l.ActionURL, l.ActionLabel = defaultReturnTo, "Go to your account"
	case hasCode(err, "FORBIDDEN"): // an admin acts as its user
		l.Title, l.Message = "This link does not work here", errs.Of(err).Message
		l.ActionURL, l.ActionLabel = defaultReturnTo, "Go on"
	case hasCode(err, "INVALID_USER"):
		l.Title = "This link is not yours"
		l.Message = "It belongs to another account than the one you are logged in with. Nothing was changed. " +
			"If both are yours, log out and open the link again."
		l.ActionURL, l.LogOut = "", true
	default:
		return l, false
	}
	return l, true
}

// openedMark is the parameter that app.js leaves in the address in place of the token of a mailed link.
const openedMark = "opened"

// showLostLink answers a page of a mailed link that was loaded again, and so without its token. The link may be good.
func (s *Server) showLostLink(c *echo.Context, url, label string) error {
	return s.render(c, http.StatusOK, views.LinkResult{
		Title: "Open the link in your mail once more",
		Message: "This page was loaded without it, because a mailed link does not stay in the address bar. " +
			"Loading the page did not use the link up.",
		ActionURL: url, ActionLabel: label,
	}.Page())
}

// showDeadLink answers a GET of a link that does not work, or of its page without the link.
func (s *Server) showDeadLink(c *echo.Context, err error, url, label string) error {
	if !c.QueryParams().Has("token") {
		return s.showLostLink(c, url, label)
	}
	l, ok := deadLink(err, url, label)
	if !ok {
		return err
	}
	status := http.StatusGone
	if hasCode(err, "INVALID_USER", "FORBIDDEN") {
		status = http.StatusForbidden
	}
	return s.render(c, status, l.Page())
}

// refuseDeadLink answers the form of a link that has stopped working since it was shown.
func (s *Server) refuseDeadLink(c *echo.Context, err error, url, label string) error {
	l, ok := deadLink(err, url, label)
	if !ok {
		return err
	}
	return s.renderPart(c, http.StatusUnprocessableEntity, l.Page(), l.Fragment())
}

// refuseLink is refuseDeadLink if err is about the link, refuseForm if it is about the form.
func (s *Server) refuseLink(c *echo.Context, form views.Form, err error, url, label string) error {
	if _, dead := deadLink(err, url, label); dead {
		return s.refuseDeadLink(c, err, url, label)
	}
	return s.refuseForm(c, form, err)
}
