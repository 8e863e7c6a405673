package web

import (
	"cmp"
	"errors"
	"io"
	"net/http"
	"path"
	"strings"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/errs"
	"example.com/foyer/static"
	"example.com/foyer/views"
	"github.com/a-h/templ"
	"github.com/labstack/echo/v5"
)

// render answers with a page.
func (s *Server) render(c *echo.Context, status int, page templ.Component) error {
	h := c.Response().Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	if !sentByScript(c.Request()) {
		h.Set("Speculation-Rules", `"`+static.URL("speculation.json")+`"`) // prefetch links that are pressed
	}
	flash := s.takeFlash(c)
	c.Response().WriteHeader(status)
	// Without the deadline, because templ draws nothing after it. Each panel has a deadline of its own.
	ctx := views.WithFrame(unbounded(c), views.Frame{
		Site: s.site, Visitor: visitor(c), Path: c.Path(), URL: s.frameURL(c, status), Flash: flash,
		Theme: s.theme(c.Request()), NoKeys: s.cookie(c.Request(), keysCookie) == keysOff,
	})
	// Only Write, because templ would also flush, which takes a third of the time of a small page.
	return page.Render(ctx, struct{ io.Writer }{c.Response()})
}

// frameURL is the address that a page returns to after its theme was chosen, "" for the front page. For strangers it
// has no query but a returnTo of this site, because the query may hold a token. It is "" for a page that does not
// exist.
func (s *Server) frameURL(c *echo.Context, status int) string {
	switch {
	case status == http.StatusNotFound:
		return ""
	case visitor(c).State == views.Authenticated && s.isPage(c.Path()): // a refused form posts to the address of its page
		return cmp.Or(pageURL(c.Request()), c.Path())
	case visitor(c).State == views.Authenticated:
		return pageURL(c.Request())
	}
	return withReturnTo(c.Request().URL.Path, returnTo(c))
}

// show answers every request with a page that needs no data.
func (s *Server) show(page templ.Component) echo.HandlerFunc {
	return func(c *echo.Context) error { return s.render(c, http.StatusOK, page) }
}

// renderPart answers with fragment if htmx puts the answer into a part of its page, otherwise with page.
func (s *Server) renderPart(c *echo.Context, status int, page, fragment templ.Component) error {
	if wantsFragment(c) {
		return s.render(c, status, fragment)
	}
	return s.render(c, status, page)
}

// wantsFragment reports whether htmx puts the answer into a part of its page. It adds Vary, because the answer depends
// on that header.
func wantsFragment(c *echo.Context) bool {
	c.Response().Header().Add("Vary", "HX-Request-Type")
	return c.Request().Header.Get("HX-Request-Type") == "partial"
}

// seeOther redirects after a success.
func seeOther(c *echo.Context, path string) error { return redirect(c, path, http.StatusNoContent) }

// redirect redirects to path. htmx would follow a 3xx and put the next page into the form, so it gets a header, with
// status.
func redirect(c *echo.Context, path string, status int) error {
	if !sentByScript(c.Request()) {
		return c.Redirect(http.StatusSeeOther, path)
	}
	c.Response().Header().Set("HX-Redirect", path)
	return c.NoContent(status)
}

// answerError answers every error of a guard or handler: with JSON to programs, with a page or a fragment to people. A
// person without a session is redirected to the log-in; one whose session is not enough, to the page that helps.
func (s *Server) answerError(c *echo.Context, err error) {
	if res, _ := echo.UnwrapResponse(c.Response()); res != nil && res.Committed {
		return // part of the answer is sent; the error is logged
	}
	e := s.refusal(err)
	e.SetRetryAfter(c.Response().Header())
	c.Response().Header().Set("Cache-Control", "private, no-store")
	r := c.Request()
	switch {
	case wantsJSON(r):
		err = c.JSON(e.Status, problem{e.Code, e.Message, e.Fields})
	case e.Status == http.StatusUnauthorized:
		err = s.toLogin(c)
	case elsewhere[e.Code] != nil:
		err = elsewhere[e.Code](s, c)
	case r.Method == http.MethodHead:
		err = c.NoContent(e.Status)
	default:
		err = s.renderProblem(c, e)
	}
	if err != nil {
		s.Logger.DebugContext(r.Context(), "answering an error failed", "error", err)
	}
}

// elsewhere are the refusals that lead people to another page, by code.
var elsewhere = map[string]func(*Server, *echo.Context) error{
	auth.ErrNotFresh.Code: (*Server).toReauth,
	// part:twofactor
	codeOwedStep:           toSecondStep,
	codeOwedSetUp:          toSetUp,
	"TOTP_ALREADY_ENABLED": toSecurity,
	// end:twofactor
}

// problem is an error for programs.
type problem struct {
	Code    string            `json:"code"`
	Message string            `json:"message"`
	Fields  map[string]string `json:"fields,omitempty"` // field name → error
}

// refusal turns err into what the client may learn of it: an errs.Error stays, a 4xx of Echo gets the words of
// problems, and anything else is a 500 without its text.
func (s *Server) refusal(err error) *errs.Error {
	err = owedStep(err) // part:twofactor
	if e := errs.Of(err); e != nil {
		return e
	}
	status := echo.StatusCode(err)
	if known, ok := problems[status]; ok && status < 500 {
		return errs.New(status, known.code, known.message)
	}
	unknown := errs.New(http.StatusInternalServerError, "INTERNAL_SERVER_ERROR", problems[500].message)
	unknown.Err = err
	return unknown
}

// problems are the words for each status, for programs and for people. Errors of status 503 bring their own message.
var problems = map[int]struct{ code, title, message string }{
	400: {"BAD_REQUEST", "That did not work", "The request could not be understood."},
	403: {"FORBIDDEN", "Not allowed", "You are not allowed to do this."},
	404: {"NOT_FOUND", "Page not found", "There is nothing at this address."},
	405: {"METHOD_NOT_ALLOWED", "That does not work here", "This address does not accept that kind of request."},
	409: {"CONFLICT", "Something has changed", errs.Changed("").Message},
	413: {"PAYLOAD_TOO_LARGE", "Too much at once", errs.TooLarge(maxBody).Message},
	415: {"UNSUPPORTED_MEDIA_TYPE", "Wrong kind of data", "This address does not accept that kind of data."},
	422: {"UNPROCESSABLE_ENTITY", "That did not work", "The request is not complete."},
	429: {"TOO_MANY_REQUESTS", "Too many tries", "Please wait a moment before the next one."},
	500: {"INTERNAL_SERVER_ERROR", "Our mistake", "Something went wrong. It has been logged; please try again."},
	503: {title: "Back in a moment"},
}

func (s *Server) renderProblem(c *echo.Context, e *errs.Error) error {
	p := views.Problem{Status: e.Status, Title: problems[e.Status].title, Message: e.Message, RequestID: requestID(c)}
	if p.Title == "" {
		p.Title = http.StatusText(e.Status)
	}
	if e.Status == http.StatusTooManyRequests {
		p.Message = tooManyTries(e)
	}
	if e.Code == codeOtherVisitor {
		p.Ways = []views.Link{ownPage(c)}
	}
	if s.Development {
		p.Route = c.Request().Method + " " + cmp.Or(c.Path(), "(no route)")
		for cause := e.Err; cause != nil; cause = errors.Unwrap(cause) {
			p.Causes = append(p.Causes, cause.Error())
		}
	}
	if sentByScript(c.Request()) {
		c.Response().Header().Set("HX-Retarget", "#problem") // leave the form or list as it is
		c.Response().Header().Set("HX-Reswap", "innerHTML")
		return s.render(c, e.Status, views.ErrorFragment(p))
	}
	if e.Status == http.StatusNotFound || e.Status == http.StatusMethodNotAllowed {
		s.lookUp(c)
	}
	if len(p.Ways) == 0 {
		p.Ways = s.waysOn(c, e.Status)
	}
	return s.render(c, e.Status, views.Error(p))
}

// lookUp loads the session of a request that came to no door, so that people who are logged in stay inside the app. If
// that fails, the visitor stays unknown.
func (s *Server) lookUp(c *echo.Context) {
	if visitor(c).State != views.Loading || !isGet(c.Request()) {
		return
	}
	if session, err := s.Auth.Session(c.Response(), c.Request()); err == nil {
		c.Set(sessionKey, session)
	}
}

// waysOn lead on from an error page: to try again, to the nearest page above that the visitor may open, and home.
func (s *Server) waysOn(c *echo.Context, status int) (ways []views.Link) {
	r := c.Request()
	if status >= 500 && isGet(r) {
		ways = append(ways, views.Link{Href: pageURL(r), Label: "Try again"})
	}
	v := visitor(c)
	if v.State != views.Authenticated {
		return append(ways, views.Link{Href: "/", Label: frontPage})
	}
	above := views.Frame{Site: s.site, Visitor: v}.Here(path.Dir(r.URL.Path))
	if above.Href != "" && above.Href != defaultReturnTo {
		ways = append(ways, views.Link{Href: above.Href, Label: "Back to " + strings.ToLower(above.Label)})
	}
	if r.URL.Path != defaultReturnTo {
		ways = append(ways, views.Link{Href: defaultReturnTo, Label: "Go to the dashboard"})
	}
	return ways
}

func tooManyTries(e *errs.Error) string {
	return "Too many tries. Wait " + views.Wait(e.RetryAfter) + " and try again."
}

// allowHead adds HEAD to the Allow of a 405 and of OPTIONS, wherever GET is allowed. The router answers HEAD there, but
// leaves it out (RFC 9110 §10.2.1).
func allowHead(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		allow, _ := c.Get(echo.ContextKeyHeaderAllow).(string)
		if strings.Contains(allow, http.MethodGet) && !strings.Contains(allow, http.MethodHead) {
			c.Set(echo.ContextKeyHeaderAllow, strings.Replace(allow, http.MethodGet, "GET, HEAD", 1))
		}
		return next(c)
	}
}
