package web

import (
	"context"
	"time"

	"github.com/labstack/echo/v5"
)

// defaultRequestTime is how long a request may wait for a database, a queue or a lock before it is answered by a 503.
// It is shorter than the 10 s after which people and the usual health checks give up.
const defaultRequestTime = 8 * time.Second

type unboundedKey struct{}

// deadline gives the request's context an end, so that no wait below it lasts for ever.
func (s *Server) deadline(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		r := c.Request()
		ctx := context.WithValue(r.Context(), unboundedKey{}, r.Context())
		ctx, cancel := context.WithTimeout(ctx, s.RequestTime)
		defer cancel()
		c.SetRequest(r.WithContext(ctx))
		return next(c)
	}
}

// unbounded is the request's context without the deadline: it ends when the visitor leaves. It is for answers that take
// longer than a request may wait because they are sent in parts: streamed pages, the export, server-sent events.
func unbounded(c *echo.Context) context.Context {
	ctx := c.Request().Context()
	if whole, ok := ctx.Value(unboundedKey{}).(context.Context); ok {
		return whole
	}
	return ctx
}
