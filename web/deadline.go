package web

import (
	"context"
	"time"

	"github.com/labstack/echo/v5"
)

// defaultRequestTime is how long a request may wait for the database, a queue or a lock before it gets a 503. People
// and most health checks wait for 10 s.
const defaultRequestTime = 8 * time.Second

// unbounded is the context of the request without the deadline; it ends when the client disconnects. It is for answers
// that are sent in parts: streamed pages, the export, server-sent events.
func unbounded(c *echo.Context) context.Context {
	ctx := c.Request().Context()
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		return r.whole
	}
	return ctx
}
