package web

import (
	"net/http"
	"slices"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/errs"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

// forField is the hidden field of a private form that names the user it was drawn for (views/ui_form.templ). Tabs share
// their cookies: without it, a form would act for a user who has logged in in another tab since.
const forField = "for"

const codeOtherVisitor = "OTHER_VISITOR"

// drawnForAnother reports whether the request is a form that was drawn for another user than the visitor. A form
// without the field passes, because programs and forms of a clone may lack it; SameSite and Origin still protect those.
// A body that cannot be read passes, because the handler refuses it. Files of strangers pass unread, because the guard
// refuses them.
func drawnForAnother(c *echo.Context) bool {
	visitor := session(c)
	if safe(c.Request()) || visitor == nil && c.Get(filesKey) != nil {
		return false
	}
	// part:admin
	if c.Path() == stopPath {
		return false // it only removes rights
	}
	// end:admin
	values, _ := readForm(c)
	return slices.ContainsFunc(values[forField], func(id string) bool { return visitor == nil || id != visitor.UserID })
}

// otherVisitor refuses a form that was drawn for another user. It does not name that user, to protect their data.
func otherVisitor(visitor *auth.Session) error {
	reason := "Nobody is logged in here now"
	if visitor != nil {
		reason = "You are now logged in as " + visitor.User.Name + ", " + visitor.User.Email +
			". This page was opened before that"
	}
	return errs.New(http.StatusConflict, codeOtherVisitor, reason+", so nothing was changed.")
}

// ownPage is a page of the visitor's own, for a visitor whose page was drawn for another user.
func ownPage(c *echo.Context) views.Link {
	if visitor := session(c); visitor != nil {
		return views.Link{Href: defaultReturnTo, Label: "Go on as " + visitor.User.Name}
	}
	return views.Link{Href: loginURL(c.Request()), Label: "Log in"}
}
