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

// returnTo is where the visitor was going, by form or query; the form wins. Anything but a plain path of this
// site becomes the default.
func returnTo(c *echo.Context) string {
	r := c.Request()
	target := r.URL.Query().Get("returnTo")
	if r.PostForm.Has("returnTo") {
		target = r.PostForm.Get("returnTo")
	}
	return safeReturnTo(target)
}

// notReturnTo are first steps that make no sense after signing in: the door itself, and answers for programs.
var notReturnTo = []string{"login", "signup", "logout", "reauth", "api"}

func safeReturnTo(target string) string {
	if !origins.LocalPath(target) {
		return defaultReturnTo
	}
	u, err := url.Parse(target)
	if err != nil {
		return defaultReturnTo
	}
	steps := strings.Split(u.Path, "/")[1:]
	if !slices.Contains(steps, ".") && !slices.Contains(steps, "..") {
		steps = steps[:1] // with dots, encoded ones too, a path may lead to any step it names
	}
	if slices.ContainsFunc(steps, func(step string) bool { return slices.Contains(notReturnTo, step) }) {
		return defaultReturnTo
	}
	return target
}

// maxReturnTo bounds an encoded returnTo that we write, because proxies such as nginx take 4 KB of header in all.
const maxReturnTo = 1 << 10

func tooLong(target string) bool { return len(url.QueryEscape(target)) > maxReturnTo }

// withReturnTo makes path remember where the visitor was going, the default where that is too long.
func withReturnTo(path, target string) string {
	if target == defaultReturnTo || tooLong(target) {
		return path
	}
	return path + "?returnTo=" + url.QueryEscape(target)
}

// loginURL is the door, by which a stranger comes back to the page they look at.
func loginURL(r *http.Request) string { return withReturnTo("/login", safeReturnTo(pageURL(r))) }

// toLogin sends a stranger to the door. Only what a GET asked for is worth returning to; for htmx that is the
// page, not the fragment.
func toLogin(c *echo.Context) error {
	login := loginURL(c.Request())
	if !scripted(c.Request()) {
		return c.Redirect(http.StatusSeeOther, login)
	}
	c.Response().Header().Set("HX-Redirect", login)
	return c.NoContent(http.StatusUnauthorized)
}

// toReauth asks for the password once more. The way back is the page itself, for every form behind the fresh door
// has the address of its page, which then shows what was typed.
func (s *Server) toReauth(c *echo.Context) error {
	r := c.Request()
	target := withoutEnding(pageURL(r))
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		typed, err := readForm(c)
		if err != nil {
			return err
		}
		target = r.URL.Path
		s.keepDraft(c, target, typed)
	}
	reauth := withReturnTo("/reauth", safeReturnTo(target))
	if !scripted(r) {
		return c.Redirect(http.StatusSeeOther, reauth)
	}
	c.Response().Header().Set("HX-Redirect", reauth)
	return c.NoContent(http.StatusForbidden)
}

// withoutEnding is the page of an export, whose own address ends in .csv. A download is no page to come back to: the
// browser that fetches it stays where it is, which would be where the password was asked for.
func withoutEnding(target string) string {
	path, query, found := strings.Cut(target, "?")
	path = strings.TrimSuffix(path, ".csv")
	if found {
		path += "?" + query
	}
	return path
}

// pageURL is path and query of the page the visitor looks at: the one htmx names, or what a GET asked for; ""
// where neither is known, or is no plain path of this site.
func pageURL(r *http.Request) string {
	page := ""
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		page = r.URL.RequestURI()
	}
	if current, err := url.Parse(r.Header.Get("HX-Current-URL")); err == nil && current.Host == r.Host {
		page = current.RequestURI()
	}
	if !origins.LocalPath(page) {
		return ""
	}
	return page
}
