package web

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"

	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

// reauth replaces a session that is too old for the fresh door by a new one.
func (s *Server) reauth(c *echo.Context) error {
	values, err := parseForm(c)
	if err != nil {
		return s.refuseForm(c, s.reauthForm(c), err)
	}
	password, code := values.Get("password"), typedCode(values)
	_, err = s.Auth.Reauthenticate(c.Response(), c.Request(), session(c), password, code)
	err = asFormError(err, wrongCode...) // part:twofactor
	if err != nil {
		return s.refuseForm(c, s.reauthForm(c), err)
	}
	return seeOther(c, returnTo(c))
}

// typedCode is the code of a form without spaces, which people type because apps and mails show them.
func typedCode(values url.Values) string { return strings.Join(strings.Fields(values.Get("code")), "") }

func (s *Server) reauthForm(c *echo.Context) views.Form {
	target := returnTo(c)
	form := views.Reauth(session(c).User.Email, cmp.Or(s.aim(c, target), "go on"), target)
	// part:twofactor
	if session(c).User.SecondFactor {
		form = form.WithCode(codeWay(c, "/reauth"))
	}
	// end:twofactor
	form = s.withPasskey(c, form) // part:passkey
	return form
}

// aims complete the sentence "Enter the password of … to" (views/auth_reauth.templ), by the page that /reauth returns
// to.
var aims = map[string]string{
	securityPath:                   "change how you log in",
	setUpPath:                      "set up a second factor",     // part:twofactor
	setUpPath + "/codes":           "make new recovery codes",    // part:twofactor
	setUpPath + "/off":             "turn off the second factor", // part:twofactor
	passkeysPath:                   "change your passkeys",       // part:passkey
	"/settings/email":              "change your address",
	"/settings/delete":             "delete your account",
	sessionsPath + "/" + allOthers: "log out all other browsers",
	usersPath:                      "export users as CSV", // part:admin
	usersPath + "/new":             "invite a user",       // part:admin
}

// aim is what the visitor wants to do on the page target, "" if that is not known. Only the server words it: a link
// could say anything.
func (s *Server) aim(c *echo.Context, target string) string {
	path, _, _ := strings.Cut(target, "?")
	// part:admin
	if aim := s.userAim(c, path); aim != "" {
		return aim
	}
	// end:admin
	// part:passkey
	if strings.HasPrefix(path, passkeysPath+"/") {
		path = passkeysPath
	}
	// end:passkey
	// part:twofactor
	if strings.HasPrefix(path, securityPath+"/devices/") {
		return "stop trusting a device"
	}
	// end:twofactor
	if handle, found := strings.CutPrefix(path, sessionsPath+"/"); found && handle != allOthers {
		row, err := s.otherSession(c, handle)
		if err != nil {
			return ""
		}
		return "log out " + row.Browser
	}
	return aims[path]
}

// part:admin

// userAim is what an admin wants to do to one or several users, "" if path is not the page of such an action.
func (s *Server) userAim(c *echo.Context, path string) string {
	id, name, _ := strings.Cut(strings.TrimPrefix(path, usersPath+"/"), "/")
	action := actionNamed(name)
	if action == nil || !session(c).User.HasRole("admin") {
		return ""
	}
	if id == "selected" {
		return fmt.Sprintf(action.aim, "the selected users")
	}
	u, err := s.Auth.User(c.Request().Context(), id)
	if err != nil {
		return ""
	}
	return fmt.Sprintf(action.aim, u.Name)
}

// end:admin
