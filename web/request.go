package web

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"time"

	"example.com/foyer/internal/origins"
	"github.com/labstack/echo/v5"
)

// defaultRequestTime is how long a request may wait for the database, a queue or a lock before it gets a 503. People
// and most health checks wait for 10 s.
const defaultRequestTime = 8 * time.Second

type requestKey struct{}

// request is what the context of a request carries.
type request struct {
	id        string
	unbounded context.Context // without the deadline: ends when the client disconnects
}

// begin gives the request an id, for its answer and its lines in the log, and a deadline, so that it waits for nothing
// endlessly. It ignores an id from the client, because that would be written to the log.
func (s *Server) begin(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		r, known := c.Request(), &request{id: rand.Text()}
		c.Response().Header().Set(echo.HeaderXRequestID, known.id)
		known.unbounded = context.WithValue(r.Context(), requestKey{}, known)
		ctx, cancel := context.WithTimeout(known.unbounded, s.RequestTime)
		defer cancel()
		c.SetRequest(r.WithContext(ctx))
		return next(c)
	}
}

func requestID(c *echo.Context) string { return c.Response().Header().Get(echo.HeaderXRequestID) }

// unbounded is the context of the request without the deadline; it ends when the client disconnects. It is for answers
// that are sent in parts: streamed pages, the export, server-sent events.
func unbounded(c *echo.Context) context.Context {
	ctx := c.Request().Context()
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		return r.unbounded
	}
	return ctx
}

// safe reports whether the method of a request only reads.
func safe(r *http.Request) bool {
	return r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions
}

// isGet reports whether a request only reads a page.
func isGet(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

// isPageView reports whether the answer is shown as a page. What is shown once must not be spent on a fragment or on a
// page that the browser prefetches.
func isPageView(r *http.Request) bool {
	return r.Method == http.MethodGet && !sentByScript(r) && !isPrefetch(r)
}

// isPrefetch reports whether the browser loads a page before its link is followed.
func isPrefetch(r *http.Request) bool {
	return r.Header.Get("Sec-Purpose")+r.Header.Get("Purpose") != ""
}

// sentByScript reports whether a script sent the request. htmx restores its history with another header than
// HX-Request; browsers mark every fetch by Sec-Fetch-Mode.
func sentByScript(r *http.Request) bool {
	mode := r.Header.Get("Sec-Fetch-Mode")
	htmx := r.Header.Get("HX-Request") != "" || r.Header.Get("HX-History-Restore-Request") != ""
	return htmx || mode != "" && mode != "navigate"
}

// wantsJSON reports whether the client is a program: its path is below /api/, or it accepts JSON.
func wantsJSON(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/api/") || strings.Contains(r.Header.Get("Accept"), "application/json")
}

// pageURL is path and query of the page that the visitor sees: the one htmx names, or else that of a GET. It is "" if
// neither is known or it is no path of this site.
func pageURL(r *http.Request) string {
	page := ""
	current, err := url.Parse(r.Header.Get("HX-Current-URL"))
	switch {
	case err == nil && current.Host == r.Host:
		page = current.RequestURI()
	case isGet(r):
		page = r.URL.RequestURI()
	}
	if !origins.LocalPath(page) {
		return ""
	}
	return page
}
