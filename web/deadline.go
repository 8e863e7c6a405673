package web

import (
	"context"
	"time"

	"github.com/labstack/echo/v5"
)

// defaultRequestTime is how long a request may wait for a database, a queue or a lock before it is answered by a 503.
// It is shorter than the 10 s after which people and the usual health checks give up.
const defaultRequestTime = 8 * time.Second

// unbounded is the request's context without the deadline: it ends when the visitor leaves. It is for answers that take
// longer than a request may wait because they are sent in parts: streamed pages, the export, server-sent events.
func unbounded(c *echo.Context) context.Context {
	ctx := c.Request().Context()
	if known, ok := ctx.Value(requestKey{}).(*request); ok {
		return known.whole
	}
	return ctx
}
