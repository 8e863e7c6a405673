package web

import (
	"net/http"
	"regexp"

	"github.com/labstack/echo/v5"
)

// byteOrderMark makes Excel read the file as UTF-8.
const byteOrderMark = "\ufeff"

// formula matches what a spreadsheet takes for the start of a formula: at the start of a cell, and after a semicolon,
// which separates cells in many countries.
var formula = regexp.MustCompile(`(^|;)(\s*[=+\-@\t\r＝＋－＠])`)

// csvCell keeps a spreadsheet from running a user's name as a formula (OWASP, CSV Injection).
func csvCell(s string) string { return formula.ReplaceAllString(s, "$1'$2") }

// exportFailed ends an export of which rows were written. Without any it returns err. Otherwise it breaks the
// connection off, because the client must not take a part of the file for the whole.
func (s *Server) exportFailed(c *echo.Context, rows int, err error) error {
	if rows > 0 {
		s.Logger.ErrorContext(c.Request().Context(), "export aborted", "error", err)
		panic(http.ErrAbortHandler)
	}
	c.Response().Header().Del("Content-Disposition")
	return err
}
