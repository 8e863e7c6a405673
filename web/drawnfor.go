package web

import (
	"net/http"
	"slices"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/errs"
	"github.com/labstack/echo/v5"
)

// forField is the hidden field in which a private form says whom it was drawn for (views/form.templ). Tabs share their
// cookies: without it, the form of one person's tab would act for the person who has logged in by another tab since.
const forField = "for"

const (
	codeOtherVisitor = "OTHER_VISITOR"
	stopPath         = "/impersonation/stop"
)

// drawnForAnother reports whether the request is a form that was drawn for somebody other than the visitor. A form that
// names nobody is not: a program sends it, or the page of a clone. A body that is no form, or cannot be read, is left to
// the handler. The end of an impersonation is anybody's.
func drawnForAnother(c *echo.Context) bool {
	if safe(c.Request()) || c.Path() == stopPath {
		return false
	}
	values, _ := readForm(c)
	visitor := session(c)
	return slices.ContainsFunc(values[forField], func(id string) bool { return visitor == nil || id != visitor.UserID })
}

// otherVisitor says who is logged in now. Whom the form was drawn for is nobody else's business.
func otherVisitor(visitor *auth.Session) error {
	message := "Nobody is logged in here now, so nothing was changed."
	if visitor != nil {
		message = "You are now logged in as " + visitor.User.Name + ", " + visitor.User.Email + ". This page was opened before that, so nothing was changed."
	}
	return errs.New(http.StatusConflict, codeOtherVisitor, message)
}

// wayOn leads from the page of somebody else to one of the visitor's own.
func wayOn(c *echo.Context) (way, label string) {
	if visitor := session(c); visitor != nil {
		return defaultReturnTo, "Go on as " + visitor.User.Name
	}
	return loginURL(c.Request()), "Log in"
}
