package web

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"strings"
	"time"

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

// log writes a line for each request: the route's pattern, never the path or the query, which can hold tokens.
func (s *Server) log(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		start := time.Now()
		err := next(c)
		if err != nil {
			s.answerError(c, err)
		}
		_, status := echo.ResolveResponseStatus(c.Response(), nil)
		ctx, attrs := unbounded(c), []any{
			"method", c.Request().Method, "route", c.Path(), "status", status, "duration", time.Since(start),
		}
		switch {
		case ctx.Err() != nil:
			s.Logger.DebugContext(ctx, "client left", attrs...)
		case err != nil && s.refusal(err).Status >= 500:
			s.Logger.ErrorContext(ctx, "request failed", append(attrs, "error", err)...)
		case c.Path() == "/healthz" || c.Path() == "/readyz" || c.Path() == "/static/*":
			s.Logger.DebugContext(ctx, "request", attrs...)
		case status == http.StatusTooManyRequests: // of a flood the trail logs the first, and how many there were
			s.Logger.DebugContext(ctx, "request", attrs...)
		default:
			s.Logger.InfoContext(ctx, "request", attrs...)
		}
		return nil
	}
}

// printable bounds what a stranger can write into the log.
func printable(header string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f {
			return '?'
		}
		return r
	}, header[:min(len(header), 200)])
}
