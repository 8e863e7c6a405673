package web

import (
	"context"
	"crypto/rand"
	"log/slog"

	"github.com/labstack/echo/v5"
)

type requestKey struct{}

// request is what the context of a request knows of it.
type request struct {
	id    string
	whole context.Context // ends when the visitor leaves, not at the deadline
}

// begin names the request, in its answer and in every line that is logged on its behalf, and gives its context an end, so
// that no wait below it lasts for ever. A name the client sends is ignored: it would end up in the log.
func (s *Server) begin(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		r, known := c.Request(), &request{id: rand.Text()}
		c.Response().Header().Set(echo.HeaderXRequestID, known.id)
		known.whole = context.WithValue(r.Context(), requestKey{}, known)
		ctx, cancel := context.WithTimeout(known.whole, s.RequestTime)
		defer cancel()
		c.SetRequest(r.WithContext(ctx))
		return next(c)
	}
}

func requestID(c *echo.Context) string { return c.Response().Header().Get(echo.HeaderXRequestID) }

// WithRequestID adds to every record the name of the request in whose context it is logged: what the provider, the trail
// and the mails say can be told apart by it too.
func WithRequestID(h slog.Handler) slog.Handler { return naming{h} }

type naming struct{ slog.Handler }

// Handle implements slog.Handler.
func (n naming) Handle(ctx context.Context, r slog.Record) error {
	if known, ok := ctx.Value(requestKey{}).(*request); ok {
		r.AddAttrs(slog.String("requestId", known.id))
	}
	return n.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (n naming) WithAttrs(attrs []slog.Attr) slog.Handler { return naming{n.Handler.WithAttrs(attrs)} }

// WithGroup implements slog.Handler.
func (n naming) WithGroup(name string) slog.Handler { return naming{n.Handler.WithGroup(name)} }
