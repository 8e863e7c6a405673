package web

import (
	"net/url"
	"strings"

	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/origins"
	"github.com/labstack/echo/v5"
)

// ResetPage is the page to choose a new password. The mailed token is in its query.
const ResetPage = "/reset-password"

// linkPages are the pages of mailed links, by purpose. The other purposes have none. Of the pages of warnings, only
// those that stop or undo a change of address take a token.
var linkPages = map[letter.Purpose]string{
	letter.VerifyEmail:        "/verify-email",
	letter.ChangeEmail:        "/verify-email",
	letter.ConfirmEmailChange: "/verify-email",
	letter.ResetPassword:      ResetPage,
	letter.SetPassword:        ResetPage,
	letter.MagicLink:          magicLinkPath, // part:magiclink
	letter.UndoEmailChange:    "/undo-email",
	letter.StopEmailChange:    "/stop-email-change",
	letter.PasswordChanged:    "/forgot-password",
	letter.NewDevice:          "/forgot-password",
	letter.ExistingAccount:    "/login",
	// part:twofactor
	letter.TwoFactorEnabled:   "/forgot-password",
	letter.TwoFactorDisabled:  "/forgot-password",
	letter.FactorRemoved:      "/forgot-password",
	letter.FactorLocked:       "/forgot-password",
	letter.RecoveryCodesEnded: "/forgot-password",
	letter.RecoveryCodesMade:  "/forgot-password",
	letter.RecoveryCodeUsed:   "/forgot-password",
	letter.DeviceTrusted:      "/forgot-password",
	// end:twofactor
	// part:passkey
	letter.PasskeyAdded:    "/settings/security/passkeys",
	letter.PasskeyRemoved:  "/settings/security/passkeys",
	letter.PasskeysRemoved: "/forgot-password",
	// end:passkey
}

// links builds the address of a mailed link, "" for none.
type links = func(purpose letter.Purpose, token, callbackURL string) string

// Links is auth.Options.Links for the pages of the app at appURL. The page leads on to a callbackURL of this site that
// is not too long; one on another trusted origin is stored in the link itself. Purposes without a page, and clients
// with a page of their own for new passwords, get the link of wire; a nil wire has none.
// Links that verify an address always lead to a page, because those of wire act when they are opened: after a sign-up
// with a victim's address, the victim's mail scanner would verify it for the attacker.
func Links(appURL string, wire links) links {
	if wire == nil {
		wire = func(letter.Purpose, string, string) string { return "" }
	}
	return func(purpose letter.Purpose, token, callbackURL string) string {
		page := linkPages[purpose]
		if page == ResetPage && ownPath(appURL, callbackURL) == ResetPage { // the default
			callbackURL = ""
		}
		if page == "" || page == ResetPage && callbackURL != "" {
			return wire(purpose, token, callbackURL)
		}
		if token == "" {
			return appURL + page
		}
		link := appURL + page + "?token=" + url.QueryEscape(token)
		if path := ownPath(appURL, callbackURL); path != "" && !tooLong(path) {
			link += "&returnTo=" + url.QueryEscape(path)
		}
		return link
	}
}

// ownPath returns the path of target if it is an address of the app at appURL, with or without the origin; ""
// otherwise.
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

// part:betterauth

// WireLinks is Links for a front end that forwards /api/auth only. Links that verify an address or sign in are those of
// wire, which act when they are opened and then lead to any trusted callbackURL. Warnings without a token have no link,
// because the front end has pages of its own.
func WireLinks(appURL string, wire links) links {
	pages := Links(appURL, wire)
	return func(purpose letter.Purpose, token, callbackURL string) string {
		// part:magiclink
		if purpose == letter.MagicLink {
			return wire(purpose, token, callbackURL)
		}
		// end:magiclink
		if linkPages[purpose] == "/verify-email" || token == "" {
			return wire(purpose, token, callbackURL)
		}
		return pages(purpose, token, callbackURL)
	}
}

// end:betterauth

// hideLink keeps the token of a page out of the Referer header, and a refused form that holds it away from Back.
func hideLink(c *echo.Context) {
	c.Response().Header().Set("Referrer-Policy", "no-referrer")
	hideForm(c)
}
