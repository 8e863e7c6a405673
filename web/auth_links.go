package web

import (
	"net/url"
	"strings"

	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/origins"
	"github.com/labstack/echo/v5"
)

// ResetPage is the app's page to choose a new password, where the mailed token is in the address.
const ResetPage = "/reset-password"

// linkPages is where the mailed links of each purpose lead; the others need no page.
var linkPages = map[letter.Purpose]string{
	letter.VerifyEmail:        "/verify-email",
	letter.ChangeEmail:        "/verify-email",
	letter.ConfirmEmailChange: "/verify-email",
	letter.ResetPassword:      ResetPage,
	letter.SetPassword:        ResetPage,
	letter.UndoEmailChange:    "/undo-email",
	letter.StopEmailChange:    "/stop-email-change",
}

// links builds the address that a mail of a purpose carries, "" for none.
type links = func(purpose letter.Purpose, token, callbackURL string) string

// Links is auth.Options.Links: mails lead to the pages of the app at appURL, and then to a callbackURL of this site that is
// not too long; the page for addresses reads one on another trusted origin from the link itself. Where there is no page, and
// where a client chooses new passwords on a page of its own, the link is that of wire, such as betterauth.Links; nil has
// none. A link that confirms an address always leads to our page, because one of wire acts when it is opened: a mail
// scanner must not confirm the address for a stranger who signed up with it.
func Links(appURL string, wire links) links {
	if wire == nil {
		wire = func(letter.Purpose, string, string) string { return "" }
	}
	return func(purpose letter.Purpose, token, callbackURL string) string {
		page := linkPages[purpose]
		if page == ResetPage && ownPath(appURL, callbackURL) == ResetPage { // as if none were named
			callbackURL = ""
		}
		if page == "" || page == ResetPage && callbackURL != "" {
			return wire(purpose, token, callbackURL)
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
	if !origins.LocalPath(target) {
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

// WireLinks is Links for a front that forwards /api/auth alone: a link that confirms an address is that of wire, which acts
// when it is opened and then leads to any trusted callbackURL.
func WireLinks(appURL string, wire links) links {
	pages := Links(appURL, wire)
	return func(purpose letter.Purpose, token, callbackURL string) string {
		if linkPages[purpose] == "/verify-email" {
			return wire(purpose, token, callbackURL)
		}
		return pages(purpose, token, callbackURL)
	}
}

// hideLink keeps the address of a page that holds a secret from whatever the page leads to.
func hideLink(c *echo.Context) { c.Response().Header().Set("Referrer-Policy", "no-referrer") }
