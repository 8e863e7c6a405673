package web

import (
	"encoding/json"
	"net/url"

	"example.com/foyer/internal/payload"
	"github.com/labstack/echo/v5"
)

// readJSON reads a body such as {"name": "Ada", "budget": 7, "active": true} as if it was typed into a form: null and
// false are nothing, true is yes. No body is an empty form. Refusals are those of payload.Object, and 400 for a field
// that is a list or an object.
func readJSON(c *echo.Context) (url.Values, error) {
	if c.Request().ContentLength == 0 {
		return url.Values{}, nil
	}
	body, err := payload.Object(c.Response(), c.Request(), maxBody)
	if err != nil {
		return nil, err
	}
	values := url.Values{}
	for name, value := range body {
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
	return values, nil
}
