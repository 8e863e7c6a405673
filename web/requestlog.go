package web

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v5"
)

// WithRequestID adds the id of the request to every record that is logged in its context, by any package.
func WithRequestID(h slog.Handler) slog.Handler { return withID{h} }

type withID struct{ slog.Handler }

// Handle implements slog.Handler.
func (h withID) Handle(ctx context.Context, r slog.Record) error {
	if known, ok := ctx.Value(requestKey{}).(*request); ok {
		r.AddAttrs(slog.String("requestId", known.id))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h withID) WithAttrs(attrs []slog.Attr) slog.Handler { return withID{h.Handler.WithAttrs(attrs)} }

// WithGroup implements slog.Handler.
func (h withID) WithGroup(name string) slog.Handler { return withID{h.Handler.WithGroup(name)} }

// logFault logs an error that the answer does not show; at level DEBUG if the client has left, because that causes errors
// everywhere. ctx has no deadline.
func (s *Server) logFault(ctx context.Context, message string, attrs ...any) {
	level := slog.LevelError
	if ctx.Err() != nil {
		level = slog.LevelDebug
	}
	s.Logger.Log(ctx, level, message, attrs...)
}

// log writes a line for each request. It has the pattern of the route, because path and query can hold tokens.
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
			s.Logger.DebugContext(ctx, "client disconnected", attrs...)
		case err != nil && s.refusal(err).Status >= 500:
			s.Logger.ErrorContext(ctx, "request failed", append(attrs, "error", err)...)
		case c.Path() == "/healthz" || c.Path() == "/readyz" || c.Path() == "/static/*":
			s.Logger.DebugContext(ctx, "request", attrs...)
		case status == http.StatusTooManyRequests: // an event records the flood, counted
			s.Logger.DebugContext(ctx, "request", attrs...)
		default:
			s.Logger.InfoContext(ctx, "request", attrs...)
		}
		return nil
	}
}
