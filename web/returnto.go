package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"example.com/foyer/internal/origins"
	"github.com/labstack/echo/v5"
)

const defaultReturnTo = "/dashboard"

// returnTo is the page to go to after signing in, from the form or else the query. Anything but a path of this site
// becomes the default, so that a crafted link cannot lead to another site.
func returnTo(c *echo.Context) string {
	r := c.Request()
	target := r.URL.Query().Get("returnTo")
	if r.PostForm.Has("returnTo") {
		target = r.PostForm.Get("returnTo")
	}
	return safeReturnTo(target)
}

// notReturnTo are the first segments of paths that no visitor wants to return to.
var notReturnTo = []string{"login", "signup", "logout", "reauth", "api"}

func safeReturnTo(target string) string {
	if !origins.LocalPath(target) {
		return defaultReturnTo
	}
	u, err := url.Parse(target)
	if err != nil {
		return defaultReturnTo
	}
	segments := strings.Split(u.Path, "/")[1:]
	if !slices.Contains(segments, ".") && !slices.Contains(segments, "..") {
		segments = segments[:1] // dots, even encoded ones, could lead to any segment
	}
	if slices.ContainsFunc(segments, func(segment string) bool { return slices.Contains(notReturnTo, segment) }) {
		return defaultReturnTo
	}
	return target
}

// maxReturnTo bounds an encoded returnTo in a redirect, because proxies such as nginx accept 4 KB of headers in all.
const maxReturnTo = 1 << 10

func tooLong(target string) bool { return len(url.QueryEscape(target)) > maxReturnTo }

// withReturnTo adds returnTo to path, unless it is the default or too long.
func withReturnTo(path, target string) string {
	if target == defaultReturnTo || tooLong(target) {
		return path
	}
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	return path + separator + "returnTo=" + url.QueryEscape(target)
}

// loginURL is the login page that returns to the current page; for htmx that is the page, not the fragment.
func loginURL(r *http.Request) string { return withReturnTo("/login", safeReturnTo(pageURL(r))) }

// toLogin redirects to the log-in. It says why, if the visitor was logged in before: then the session has ended, or a
// page of this site led to a page for users.
func (s *Server) toLogin(c *echo.Context) error {
	r := c.Request()
	ended, _ := c.Get(endedKey).(bool)
	switch {
	case isPrefetch(r): // without a page, so that the browser asks again when the link is followed
		return c.NoContent(http.StatusUnauthorized)
	case !isGet(r):
		s.flash(c, "not-saved")
	case keepsNoCookies(r):
		return redirect(c, withReturnTo(noCookiesPath, safeReturnTo(pageURL(r))), http.StatusUnauthorized)
	case ended:
		s.flash(c, "session-over")
	case r.Header.Get("Sec-Fetch-Site") == "same-origin":
		s.flash(c, "log-in-first")
	}
	return redirect(c, loginURL(r), http.StatusUnauthorized)
}

// noCookiesPath is the page to log in for a browser that keepsNoCookies. A flash could not tell it why.
const noCookiesPath = "/login?cookies=off"

// keepsNoCookies reports whether the browser comes from a form to log in or to sign up and has no cookie, although a
// form that is sent sets some.
func keepsNoCookies(r *http.Request) bool {
	from, err := url.Parse(r.Referer())
	if err != nil || from.Host != r.Host || !withoutCookies(r) {
		return false
	}
	return from.Path == "/login" || strings.HasPrefix(from.Path, "/login/") || from.Path == "/signup"
}

// toReauth redirects to the page that asks for the password. It returns to the page that was refused, even if htmx
// asked for it for a dialog, and not to a form that was posted: every form of the fresh door posts to the address of
// its page. The page then restores the draft, and a person presses the button again.
func (s *Server) toReauth(c *echo.Context) error {
	r := c.Request()
	target := r.URL.RequestURI()
	switch {
	case !isGet(r):
		typed, err := readForm(c)
		if err != nil {
			return s.renderProblem(c, s.refusal(err))
		}
		target = r.URL.Path
		s.keepDraft(c, target, typed)
		s.flash(c, "not-done")
	case strings.HasSuffix(r.URL.Path, ".csv"):
		target = exportPage(r)
		if isPageView(r) {
			s.flash(c, "not-made")
		}
	}
	if tooLong(target) { // such as a selection of many rows
		target, _, _ = strings.Cut(target, "?")
	}
	return redirect(c, withReturnTo("/reauth", safeReturnTo(target)), http.StatusForbidden)
}

// exportPage is the page of an export, whose address ends in .csv. If the visitor returned to the download itself, the
// browser would stay on the page that asks for the password. Selected rows stay selected, on the page of the list that
// they were selected on.
func exportPage(r *http.Request) string {
	path, query := strings.TrimSuffix(r.URL.EscapedPath(), ".csv"), r.URL.RawQuery
	from, err := url.Parse(r.Referer())
	if rows := r.URL.Query()["row"]; rows != nil && err == nil && from.Host == r.Host && from.EscapedPath() == path {
		values := from.Query()
		values["row"] = rows
		query = values.Encode()
	}
	if query == "" {
		return path
	}
	return path + "?" + query
}
