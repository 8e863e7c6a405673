package web

import (
	"encoding/json"
	"net/url"
	"slices"

	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/payload"
	"example.com/foyer/internal/text"
	"github.com/labstack/echo/v5"
)

// readJSON reads a body such as {"name": "Ada", "budget": 7, "active": true} as if it was typed into a form with fields
// of those names: null and false are nothing, true is yes. No body is an empty form. A row is changed as a whole, so
// where the address has an :id, a body that lacks a field is refused: the change would empty it. A body may be what an
// answer was, with all that a row has, but a name that no row has is refused: it may be misspelt. The other refusals
// are those of payload.Object, and 400 for a field that is a list or an object.
func readJSON(c *echo.Context, names []string) (url.Values, error) {
	if c.Request().ContentLength == 0 {
		return url.Values{}, nil
	}
	body, err := payload.Object(c.Response(), c.Request(), maxBody)
	if err != nil {
		return nil, err
	}
	values := url.Values{}
	in := text.Read(values)
	known := append([]string{"id", "owner_id", "created_at", "updated_at"}, names...)
	for name, value := range body {
		if !slices.Contains(known, name) {
			in.Wrong[name] = name + ": there is no such field."
		}
		typed := ""
		switch value := value.(type) {
		case string:
			typed = value
		case json.Number:
			typed = value.String()
		case bool:
			if value {
				typed = "yes"
			}
		case map[string]any, []any:
			return nil, echo.ErrBadRequest
		}
		values.Set(name, typed)
	}
	if c.Param("id") != "" {
		in.Require(names...)
	}
	return values, errs.Fields(in.Wrong)
}
