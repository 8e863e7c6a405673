package web

import (
	"errors"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

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
	if !scripted(c.Request()) {
		h.Set("Speculation-Rules", `"`+static.URL("speculation.json")+`"`) // hovering a link fetches its page
	}
	flash := s.takeFlash(c)
	c.Response().WriteHeader(status)
	// Without the deadline: templ draws nothing in a context that is over, and each panel has a deadline of its own.
	ctx := views.WithFrame(unbounded(c), views.Frame{
		Site: s.site, Visitor: visitor(c), Path: c.Path(), URL: pageURL(c.Request()), Theme: s.theme(c.Request()), Flash: flash,
	})
	// Only Write: templ would flush at the end of every page, which costs a third of a small one.
	return page.Render(ctx, struct{ io.Writer }{c.Response()})
}

// partial reports whether htmx will put the answer into a part of its page, and notes that the answer depends on it.
func partial(c *echo.Context) bool {
	c.Response().Header().Add("Vary", "HX-Request-Type")
	return c.Request().Header.Get("HX-Request-Type") == "partial"
}

// seeOther sends the visitor on after a success. htmx follows a 3xx silently and would paint the next page into
// the form, so it is told by header.
func seeOther(c *echo.Context, path string) error {
	if scripted(c.Request()) {
		c.Response().Header().Set("HX-Redirect", path)
		return c.NoContent(http.StatusNoContent)
	}
	return c.Redirect(http.StatusSeeOther, path)
}

// scripted reports whether a script sent the request and will put the answer into a page. htmx's history
// restore carries no HX-Request; browsers mark every fetch by Sec-Fetch-Mode.
func scripted(r *http.Request) bool {
	mode := r.Header.Get("Sec-Fetch-Mode")
	return r.Header.Get("HX-Request") != "" || r.Header.Get("HX-History-Restore-Request") != "" || mode != "" && mode != "navigate"
}

// wantsJSON reports whether the caller is a program.
func wantsJSON(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/api/") || strings.Contains(r.Header.Get("Accept"), "application/json")
}

// answerError says every failure of the app: JSON to programs, a page to people, and to htmx what it needs to
// leave the page. Guards and handlers return an error and nothing else.
func (s *Server) answerError(c *echo.Context, err error) {
	if res, _ := echo.UnwrapResponse(c.Response()); res != nil && res.Committed {
		return // the log has it; half a page is all there is to say
	}
	e := s.refusal(err)
	if e.RetryAfter > 0 {
		c.Response().Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
	c.Response().Header().Set("Cache-Control", "private, no-store")
	r := c.Request()
	switch {
	case wantsJSON(r):
		err = c.JSON(e.Status, problem{e.Code, e.Message, e.Fields})
	case e.Status == http.StatusUnauthorized:
		err = toLogin(c)
	case e.Code == codeNotFresh:
		err = s.toReauth(c)
	case r.Method == http.MethodHead:
		err = c.NoContent(e.Status)
	default:
		err = s.renderProblem(c, e)
	}
	if err != nil {
		s.Logger.DebugContext(r.Context(), "error not answered", "error", err)
	}
}

// problem is a failure as programs read it.
type problem struct {
	Code    string            `json:"code"`
	Message string            `json:"message"`
	Fields  map[string]string `json:"fields,omitempty"` // name of a field → what is wrong with it
}

// refusal is err as the caller may know it.
func (s *Server) refusal(err error) *errs.Error {
	if e := errs.Of(err); e != nil {
		return e
	}
	status := echo.StatusCode(err)
	if known, ok := problems[status]; ok && status < 500 {
		return errs.New(status, known.code, known.message)
	}
	return &errs.Error{Status: http.StatusInternalServerError, Code: "INTERNAL_SERVER_ERROR", Message: problems[500].message, Err: err}
}

// problems is what each status is called, for programs and for people.
var problems = map[int]struct{ code, title, message string }{
	400: {"BAD_REQUEST", "That did not work", "The request could not be understood."},
	403: {"FORBIDDEN", "Not for you", "You are not allowed to do this."},
	404: {"NOT_FOUND", "Page not found", "There is nothing at this address. It may have moved, or never been here."},
	405: {"METHOD_NOT_ALLOWED", "That does not work here", "This address does not take that kind of request."},
	409: {"CONFLICT", "Something has changed", "What this is about has changed meanwhile. Please look at it again."},
	413: {"PAYLOAD_TOO_LARGE", "Too much at once", "The request is larger than 64 KiB."},
	415: {"UNSUPPORTED_MEDIA_TYPE", "Wrong kind of data", "This address does not take that kind of data."},
	422: {"UNPROCESSABLE_ENTITY", "Something is missing", "What was sent is not complete."},
	429: {"TOO_MANY_REQUESTS", "Too many tries", "Please wait a moment before the next one."},
	500: {"INTERNAL_SERVER_ERROR", "Our mistake", "Something went wrong on our side. It has been noted; please try again."},
	503: {"SERVICE_UNAVAILABLE", "Back in a moment", "The service is busy or being worked on. Please try again in a moment."},
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
		p.Way, p.WayLabel = wayOn(c)
	}
	if s.Development {
		p.Route = c.Request().Method + " " + c.Path()
		for cause := e.Err; cause != nil; cause = errors.Unwrap(cause) {
			p.Causes = append(p.Causes, cause.Error())
		}
	}
	if scripted(c.Request()) {
		c.Response().Header().Set("HX-Retarget", "#problem") // not into the form or list that asked
		c.Response().Header().Set("HX-Reswap", "innerHTML")
		return s.render(c, e.Status, views.ErrorFragment(p))
	}
	if p.Way == "" {
		p.Way, p.WayLabel = "/", "Go to the front page"
	}
	return s.render(c, e.Status, views.Error(p))
}

// tooManyTries says how long a refusal lasts.
func tooManyTries(e *errs.Error) string {
	return "Too many tries. Wait " + waitingTime(e.RetryAfter) + " and try again."
}

// waitingTime says a wait as people do, never less than it is.
func waitingTime(d time.Duration) string {
	n, unit := int(math.Ceil(d.Seconds())), "second"
	if n > 90 {
		n, unit = int(math.Ceil(d.Minutes())), "minute"
	}
	if n != 1 {
		unit += "s"
	}
	return strconv.Itoa(n) + " " + unit
}
