package web

import (
	"encoding/csv"
	"fmt"
	"iter"
	"net/http"
	"regexp"
	"time"

	"example.com/foyer/internal/text"
	"github.com/labstack/echo/v5"
)

// streamCSV answers with rows as a CSV file. It writes them as they come, so rows should read in batches, with the
// context unbounded(c). HEAD reads no rows. cells are the values of a row: a text never becomes a formula, a time is
// RFC 3339, a day is 2026-05-31, nil and the zero time are empty. For example:
//
//	return streamCSV(s, c, "projects.csv", []string{"id", "name", "due"}, s.Projects.Export(unbounded(c), owner),
//		func(p *projects.Project) []any { return []any{p.ID, p.Name, p.Due} })
func streamCSV[T any](
	s *Server, c *echo.Context, file string, header []string, rows iter.Seq2[T, error], cells func(T) []any,
) error {
	h := c.Response().Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", file))
	if c.Request().Method == http.MethodHead {
		return nil // nothing is written, because the router would take it for the whole length
	}
	out, deadlines := csv.NewWriter(c.Response()), http.NewResponseController(c.Response())
	if err := out.Write(append([]string{byteOrderMark + header[0]}, header[1:]...)); err != nil {
		return err
	}
	n := 0
	for row, err := range rows {
		if err != nil {
			return s.exportFailed(c, n, err)
		}
		if err := out.Write(csvRecord(cells(row))); err != nil {
			return s.exportFailed(c, n, err)
		}
		if n%1000 == 0 { // renewed as long as the client keeps reading
			if err := deadlines.SetWriteDeadline(time.Now().Add(30 * time.Second)); err != nil {
				return s.exportFailed(c, n, err)
			}
		}
		n++
	}
	out.Flush()
	return out.Error()
}

// byteOrderMark makes Excel read the file as UTF-8.
const byteOrderMark = "\ufeff"

// formula matches what a spreadsheet takes for the start of a formula: at the start of a cell, and after a semicolon,
// which separates cells in many countries.
var formula = regexp.MustCompile(`(^|;)(\s*[=+\-@\t\r＝＋－＠])`)

// plainNumber matches a text that a spreadsheet only takes for a number.
var plainNumber = regexp.MustCompile(`^-?[0-9]+$`)

// csvRecord formats the values of a row. It keeps a spreadsheet from running a user's text as a formula (OWASP, CSV
// Injection).
func csvRecord(cells []any) []string {
	record := make([]string, len(cells))
	for i, cell := range cells {
		switch v := cell.(type) {
		case nil:
		case string:
			if record[i] = v; !plainNumber.MatchString(v) {
				record[i] = formula.ReplaceAllString(v, "$1'$2")
			}
		case time.Time:
			if !v.IsZero() {
				record[i] = v.Format(time.RFC3339)
			}
		case *time.Time:
			if v != nil {
				record[i] = v.Format(time.RFC3339)
			}
		case *text.Date:
			if v != nil {
				record[i] = v.String()
			}
		default:
			record[i] = fmt.Sprint(v)
		}
	}
	return record
}

// exportFailed ends an export after that many rows. Without a row it returns err. Otherwise it aborts the connection,
// because the client must not take a part of the file for the whole.
func (s *Server) exportFailed(c *echo.Context, rows int, err error) error {
	if rows > 0 {
		s.logFault(unbounded(c), "export aborted", "error", err)
		panic(http.ErrAbortHandler)
	}
	c.Response().Header().Del("Content-Disposition")
	return err
}
