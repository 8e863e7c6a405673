package web

import (
	"encoding/json"
	"io"
	"net/url"

	"github.com/labstack/echo/v5"
)

// readJSON reads a body such as {"name": "Ada", "budget": 7, "active": true} as if it was typed into a form: null and
// false are nothing, true is yes. An empty body is an empty form. Refusals: 413 for too large a body, 400 for all else
// that is no such object.
func readJSON(c *echo.Context) (url.Values, error) {
	text, err := io.ReadAll(c.Request().Body)
	if err != nil {
		return nil, echo.ErrStatusRequestEntityTooLarge
	}
	var body map[string]json.RawMessage
	if len(text) > 0 && json.Unmarshal(text, &body) != nil {
		return nil, echo.ErrBadRequest
	}
	values := url.Values{}
	for name, value := range body {
		typed := string(value)
		switch typed[0] {
		case '{', '[':
			return nil, echo.ErrBadRequest
		case '"':
			if err := json.Unmarshal(value, &typed); err != nil {
				return nil, echo.ErrBadRequest
			}
		case 't':
			typed = "yes"
		case 'f', 'n':
			typed = ""
		}
		values.Set(name, typed)
	}
	return values, nil
}
