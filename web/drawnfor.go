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

// drawnForAnother reports whether the request is a form that was drawn for another person than the visitor. A form without
// the field is served, because programs and the forms of a clone may lack it: SameSite and Origin still guard those. The
// handler refuses a body that cannot be read. Ending an impersonation is not checked, because it only takes rights away.
func drawnForAnother(c *echo.Context) bool {
	if safe(c.Request()) || c.Path() == stopPath {
		return false
	}
	values, _ := readForm(c)
	visitor := session(c)
	return slices.ContainsFunc(values[forField], func(id string) bool { return visitor == nil || id != visitor.UserID })
}

// otherVisitor says who is logged in now. It never names the person the form was drawn for, whose data that is.
func otherVisitor(visitor *auth.Session) error {
	who := "Nobody is logged in here now"
	if visitor != nil {
		who = "You are now logged in as " + visitor.User.Name + ", " + visitor.User.Email + ". This page was opened before that"
	}
	return errs.New(http.StatusConflict, codeOtherVisitor, who+", so nothing was changed.")
}

// wayOn leads from a page that was drawn for another person to one of the visitor's own.
func wayOn(c *echo.Context) (way, label string) {
	if visitor := session(c); visitor != nil {
		return defaultReturnTo, "Go on as " + visitor.User.Name
	}
	return loginURL(c.Request()), "Log in"
}
