package web

import (
	"cmp"
	"net/http"
	"strconv"
	"unicode/utf8"

	"example.com/foyer/internal/auth/password"
	"example.com/foyer/internal/errs"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

// hintPassword judges a new password while it is typed, by the rules that judge it when the form is sent. It reads no
// store, so that the answer depends on nothing but what was typed.
func (s *Server) hintPassword(c *echo.Context) error {
	values, err := parseForm(c)
	if err != nil {
		return err
	}
	typed := cmp.Or(values.Get("newPassword"), values.Get("password"))
	email := trim(cmp.Or(values.Get("email"), values.Get("username")))
	verdict := ""
	if typed != "" {
		verdict = judge(s.Auth.CheckNewPassword(typed, email), typed)
	}
	return s.render(c, http.StatusOK, views.PasswordVerdict(verdict, verdict == goodPassword))
}

const goodPassword = "Good password."

// judge puts a refusal of a password, nil for none, into words.
func judge(refusal error, typed string) string {
	e := errs.Of(refusal)
	switch {
	case e == nil:
		return goodPassword
	case e.Code != "PASSWORD_TOO_SHORT":
		return e.Fields["password"]
	}
	normal, _ := password.Normal(typed)
	missing := password.MinLength - utf8.RuneCountInString(normal)
	if missing == 1 {
		return "Too short: 1 more character."
	}
	return "Too short: " + strconv.Itoa(missing) + " more characters."
}
