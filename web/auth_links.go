package web

import (
	"net/url"
	"strings"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/letter"
	"github.com/labstack/echo/v5"
)

// ResetPage is the app's page to choose a new password, where the mailed token is in the address.
const ResetPage = "/reset-password"

// linkPages is where the mailed links of each purpose lead; the others lead to the provider's own endpoints.
var linkPages = map[letter.Purpose]string{
	letter.VerifyEmail:        "/verify-email",
	letter.ChangeEmail:        "/verify-email",
	letter.ConfirmEmailChange: "/verify-email",
	letter.ResetPassword:      ResetPage,
	letter.SetPassword:        ResetPage,
	letter.UndoEmailChange:    "/undo-email",
	letter.StopEmailChange:    "/stop-email-change",
}

// Links is auth.Options.Links: mails lead to the pages of the app at appURL, and then to a callbackURL of this site where
// that is not too long; the page for addresses knows one on another trusted origin by the link itself. A client that
// chooses new passwords on a page of its own gets the provider's link, which ends there. What confirms an address always
// leads to our page: the provider's link acts when it is opened, and a stranger who signs up with somebody's address must
// not have it confirmed by that person's mail scanner.
func Links(appURL string) func(purpose letter.Purpose, token, callbackURL string) string {
	return func(purpose letter.Purpose, token, callbackURL string) string {
		page := linkPages[purpose]
		if page == ResetPage && ownPath(appURL, callbackURL) == ResetPage { // as if none were named
			callbackURL = ""
		}
		if page == "" || page == ResetPage && callbackURL != "" {
			return ""
		}
		link := appURL + page + "?token=" + url.QueryEscape(token)
		if path := ownPath(appURL, callbackURL); path != "" && !tooLong(path) {
			link += "&returnTo=" + url.QueryEscape(path)
		}
		return link
	}
}

// ownPath gives the path of an address on the app at appURL, which clients also name in full; "" for any other.
func ownPath(appURL, target string) string {
	u, err := url.Parse(target)
	if err != nil {
		return ""
	}
	port := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]
	if strings.EqualFold(u.Scheme+"://"+strings.TrimSuffix(u.Host, port), appURL) {
		_, rest, _ := strings.Cut(target, "://")
		_, path, _ := strings.Cut(rest, "/")
		target = "/" + path
	}
	if !auth.LocalPath(target) {
		return ""
	}
	return target
}

// allowLeaving lets the page's form end at target, on another trusted origin: browsers hold the redirect that answers a
// form to the policy of its page.
func allowLeaving(c *echo.Context, target string) {
	u, err := url.Parse(target)
	if err != nil {
		return
	}
	source := u.Scheme + ":"
	if source == "http:" || source == "https:" {
		source += "//" + u.Host
	}
	policy := strings.Replace(contentSecurityPolicy, "form-action 'self'", "form-action 'self' "+source, 1)
	c.Response().Header().Set("Content-Security-Policy", policy)
}

// WireLinks is Links for a front that forwards /api/auth alone: what confirms an address leads to the provider's own
// endpoints, which act when they are opened, and then to any trusted callbackURL.
func WireLinks(appURL string) func(purpose letter.Purpose, token, callbackURL string) string {
	pages := Links(appURL)
	return func(purpose letter.Purpose, token, callbackURL string) string {
		if linkPages[purpose] == "/verify-email" {
			return ""
		}
		return pages(purpose, token, callbackURL)
	}
}

// hideLink keeps the address of a page that holds a secret from whatever the page leads to.
func hideLink(c *echo.Context) { c.Response().Header().Set("Referrer-Policy", "no-referrer") }
