package betterauth

import (
	"cmp"
	"net/url"
	"strings"

	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/errs"
)

// Links makes the address that a mailed link has in the contract: a GET endpoint of the app at baseURL, which acts
// when it is opened and then leads to callbackURL. It fits auth.Options.Links. Purposes without an endpoint get "".
func Links(baseURL string) func(purpose letter.Purpose, token, callbackURL string) string {
	base := strings.TrimSuffix(baseURL, "/") + basePath
	return func(purpose letter.Purpose, token, callbackURL string) string {
		path := "/verify-email"
		switch purpose {
		case letter.ResetPassword, letter.SetPassword:
			return base + "/reset-password/" + url.QueryEscape(token) + "?callbackURL=" + url.QueryEscape(callbackURL)
		case letter.VerifyEmail, letter.ConfirmEmailChange, letter.ChangeEmail:
		case letter.DeleteAccount:
			path = "/delete-user/callback"
		case letter.MagicLink: // part:magiclink
			path = "/magic-link/verify" // part:magiclink
		default:
			return ""
		}
		query := "?token=" + url.QueryEscape(token) + "&callbackURL=" + url.QueryEscape(cmp.Or(callbackURL, "/"))
		return base + path + query
	}
}

// refusalCode is the code of a refusal, "" for errors that are not the caller's.
func refusalCode(err error) string {
	if e := errs.Of(err); e != nil && e.Status < 500 {
		return e.Code
	}
	return ""
}

// Follow answers the GET of a mailed link, whose verb returned err: it sends the browser to target, with the code of a
// refusal as error.
func Follow(target string, err error) (any, error) {
	if code := refusalCode(err); code != "" {
		return redirect(withQuery(target, "error", code)), nil
	}
	return redirect(target), err
}

// withQuery adds one parameter to the address that a browser is sent to, before the fragment.
func withQuery(target, name, value string) string {
	target, fragment, hasFragment := strings.Cut(target, "#")
	page, query, _ := strings.Cut(target, "?")
	if query != "" {
		query += "&"
	}
	target = page + "?" + query + url.QueryEscape(name) + "=" + url.QueryEscape(value)
	if hasFragment {
		target += "#" + fragment
	}
	return target
}
