package web

import (
	"errors"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/errs"
	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"
)

// contentSecurityPolicy allows own files and nothing else; only htmx's policy may turn text into HTML.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types htmx"

// secureHeaders sends on every answer, errors included, what browsers need to protect the visitor.
func (s *Server) secureHeaders(next echo.HandlerFunc) echo.HandlerFunc {
	https := strings.HasPrefix(s.AppURL, "https://")
	return func(c *echo.Context) error {
		h := c.Response().Header()
		h.Set("Content-Security-Policy", contentSecurityPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
		if https {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		return next(c)
	}
}

// cacheable is for public pages: kept by the visitor's own browser, asked for again each time.
func cacheable(next echo.HandlerFunc) echo.HandlerFunc {
	return cacheControl("private, no-cache", next)
}

// private is for everything that depends on the visitor. no-store is the only value that keeps a page from the
// Back button after logging out.
func private(next echo.HandlerFunc) echo.HandlerFunc { return cacheControl("private, no-store", next) }

func cacheControl(value string, next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		c.Response().Header().Set("Cache-Control", value)
		return next(c)
	}
}

// crossOrigin refuses unsafe requests sent by another site's page. The provider has its own rules for its endpoints,
// which other trusted origins may call.
func (s *Server) crossOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		r := c.Request()
		if safe(r) || strings.HasPrefix(r.URL.Path, "/api/auth/") || s.ownPage(r) {
			return next(c)
		}
		s.Logger.InfoContext(r.Context(), "cross-site request refused", "origin", printable(r.Header.Get("Origin")),
			"host", printable(r.Host), "site", printable(r.Header.Get("Sec-Fetch-Site")), "own", s.AppURL)
		// The route's method, not the request's: made-up ones would be another kind of refusal each time.
		s.Auth.RecordRefusal(r, nil, event.CrossSite, strings.TrimSpace(c.RouteInfo().Method+" "+c.Path()))
		return errs.New(http.StatusForbidden, "CROSS_SITE_REQUEST", "This request came from another site and was not carried out.")
	}
}

// safe reports whether a request only reads, by its method.
func safe(r *http.Request) bool {
	return r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions
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

// cors lets the pages of other trusted origins read what the provider answers, and send it any header: those of
// captchas and of tracing are added on the way. Without such origins it says nothing: a browser then keeps the answers
// from every other page. An app's scheme has no pages.
func (s *Server) cors() echo.MiddlewareFunc {
	app := func(origin string) bool { return strings.HasSuffix(origin, "://") }
	origins := slices.DeleteFunc(slices.Clone(s.CORSOrigins), app)
	if len(origins) == 0 {
		return func(next echo.HandlerFunc) echo.HandlerFunc { return next }
	}
	return middleware.CORSWithConfig(middleware.CORSConfig{
		Skipper:          func(c *echo.Context) bool { return !strings.HasPrefix(c.Request().URL.Path, "/api/auth/") },
		AllowOrigins:     origins,
		AllowMethods:     []string{http.MethodGet, http.MethodPost},
		ExposeHeaders:    []string{echo.HeaderRetryAfter, "X-Retry-After"},
		AllowCredentials: true,
		MaxAge:           600,
	})
}

// ownPage reports whether a page of ours, or a program, sent a request. Origin is compared with AppURL and never with
// Host, because proxies rewrite Host. Where there is no Origin, Referer counts in its place. A page under no-referrer sends
// "null" beside a Sec-Fetch-Site that no page can forge. In development the app answers under every local name.
func (s *Server) ownPage(r *http.Request) bool {
	if len(r.Header["Origin"]) > 1 || len(r.Header["Sec-Fetch-Site"]) > 1 || len(r.Header["Referer"]) > 1 {
		return false // a proxy that appends may have put a forged one first
	}
	site, origin := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin")
	if origin == "" {
		origin = refererOrigin(r)
	}
	if site != "" && site != "same-origin" && site != "none" { // browsers before 2023 send none
		return false
	}
	switch origin {
	case "", s.AppURL:
		return true
	case "null":
		return site == "same-origin"
	default:
		return s.Development && origin == "http://"+r.Host
	}
}

func refererOrigin(r *http.Request) string {
	u, err := url.Parse(r.Header.Get("Referer"))
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// checkHost refuses a Host that no address can have, because what is made of it would lead nowhere. HTTP allows none.
func (s *Server) checkHost(next echo.HandlerFunc) echo.HandlerFunc {
	_, own, _ := strings.Cut(s.AppURL, "://")
	return func(c *echo.Context) error {
		if host := c.Request().Host; host != "" && host != own && !possibleHost(host) {
			return errs.New(http.StatusBadRequest, "INVALID_HOST", "The Host header names no host.")
		}
		return next(c)
	}
}

func possibleHost(host string) bool {
	u, err := url.Parse("http://" + host + "/")
	if err != nil || u.Host != host || u.Hostname() == "" {
		return false
	}
	if u.Port() == "" {
		return true
	}
	_, err = strconv.ParseUint(u.Port(), 10, 16)
	return err == nil
}

// limitBody bounds what any handler can read; none takes more than the provider does.
func limitBody(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		r := c.Request()
		r.Body = http.MaxBytesReader(c.Response(), r.Body, auth.MaxBody)
		return next(c)
	}
}

const (
	formKey    = "form"    // what parseForm has read
	refusedKey = "refused" // why the door refuses the request, nil where it does not
)

// form is what a request holds, and why it cannot be read.
type form struct {
	values url.Values
	err    error
}

// parseForm is readForm for what a form does. Where the door refuses the request, the error says so, and what was typed
// is for showing again.
func parseForm(c *echo.Context) (url.Values, error) {
	values, err := readForm(c)
	if err != nil {
		return nil, err
	}
	refused, _ := c.Get(refusedKey).(error)
	return values, refused
}

// readForm reads a form post, once: 415 for anything else, 413 for too much, 400 for what is no text. The query never
// feeds a form.
func readForm(c *echo.Context) (url.Values, error) {
	read, err := echo.ContextGet[form](c, formKey)
	if err != nil { // not read yet
		read.values, read.err = decodeForm(c.Request())
		c.Set(formKey, read)
	}
	return read.values, read.err
}

func decodeForm(r *http.Request) (url.Values, error) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != echo.MIMEApplicationForm || r.Header.Get("Content-Encoding") != "" {
		return nil, echo.ErrUnsupportedMediaType
	}
	err = r.ParseForm()
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, echo.ErrStatusRequestEntityTooLarge
	}
	if err != nil {
		return nil, echo.ErrBadRequest
	}
	for key, values := range r.PostForm {
		for _, value := range values {
			if !utf8.ValidString(key + value) {
				return nil, echo.ErrBadRequest
			}
		}
	}
	return r.PostForm, nil
}

// trim takes away the spaces that phones add after a word.
func trim(s string) string { return strings.TrimSpace(s) }

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
