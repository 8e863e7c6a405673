package betterauth

import (
	"net/http"
	"strings"

	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/payload"
)

// table lists every endpoint but those of plugins, by exact path and method. Anything else is a bare 404.
func (a *api) table() []Endpoint {
	const get, post = http.MethodGet, http.MethodPost
	noProvider := refuse(http.StatusNotFound, "PROVIDER_NOT_FOUND", "Provider not found", "provider")
	noToken := refuse(http.StatusBadRequest, "PROVIDER_NOT_SUPPORTED", "No such provider is configured")
	noDeferral := refuse(http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED",
		"POST method requires deferSessionRefresh to be enabled in session config")
	return []Endpoint{
		{Method: get, Path: "/ok", Handle: a.ok},
		{Method: get, Path: "/error", Handle: a.showError},
		{Method: get, Path: "/get-session", Handle: a.getSession},
		{Method: post, Path: "/get-session", Handle: noDeferral},
		{Method: post, Path: "/sign-up/email", Handle: a.signUp, form: true},
		{Method: post, Path: "/sign-in/email", Handle: a.signIn, form: true},
		{Method: post, Path: "/sign-out", Handle: a.signOut},

		{Method: get, Path: "/list-sessions", Handle: On(a.requireFresh, "", a.listSessions)},
		{Method: post, Path: "/revoke-session", Handle: On(a.requireSession, "token", a.revokeSession)},
		{Method: post, Path: "/revoke-sessions", Handle: On(a.requireRecent, "", a.revokeSessions)},
		{Method: post, Path: "/revoke-other-sessions", Handle: On(a.requireRecent, "", a.revokeOtherSessions)},

		{Method: post, Path: "/update-user", Handle: a.updateUser},
		{Method: post, Path: "/update-session", Handle: a.updateSession},
		{Method: post, Path: "/delete-user", Handle: a.deleteUser},
		{Method: get, Path: "/delete-user/callback", Handle: a.deleteUserByLink},

		{Method: post, Path: "/change-password", Handle: a.changePassword},
		{Method: post, Path: "/verify-password", Handle: On(a.requireSession, "password", a.verifyPassword)},
		{Method: post, Path: "/request-password-reset", Handle: a.requestPasswordReset},
		{Method: get, Path: "/reset-password/{token}", Handle: a.openResetLink},
		{Method: post, Path: "/reset-password", Handle: a.resetPassword},

		{Method: post, Path: "/send-verification-email", Handle: a.sendVerificationEmail},
		{Method: get, Path: "/verify-email", Handle: a.verifyEmail},
		{Method: post, Path: "/change-email", Handle: a.changeEmail},

		{Method: get, Path: "/list-accounts", Handle: On(a.requireSession, "", a.listAccounts)},
		{Method: post, Path: "/unlink-account", Handle: On(a.requireFresh, "accountId", a.unlinkAccount)},

		// Of providers other than e-mail and password, of which there are none.
		{Method: post, Path: "/sign-in/social", Handle: noProvider},
		{Method: post, Path: "/link-social", Handle: noProvider},
		{Method: get, Path: "/callback/{provider}", Handle: a.refuseCallback},
		{Method: post, Path: "/get-access-token", Handle: noToken},
		{Method: post, Path: "/refresh-token", Handle: noToken},
		{Method: get, Path: "/account-info", Handle: noToken},
	}
}

// refuse answers every request whose body has the required texts with the same refusal.
func refuse(status int, code, message string, required ...string) Handle {
	return func(_ http.ResponseWriter, _ *http.Request, b *payload.Body) (any, error) {
		for _, name := range required {
			b.String(name)
		}
		if err := b.Err(); err != nil {
			return nil, err
		}
		return nil, errs.New(status, code, message)
	}
}

// done is the answer of an endpoint that has nothing else to report.
func done() map[string]bool { return map[string]bool{"status": true} }

func (a *api) ok(http.ResponseWriter, *http.Request, *payload.Body) (any, error) {
	return map[string]bool{"ok": true}, nil
}

// showError sends the browser home with what went wrong: links that have no other target lead here.
func (a *api) showError(_ http.ResponseWriter, _ *http.Request, b *payload.Body) (any, error) {
	code, _ := b.Value("error").(string)
	if strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_") != "" || code == "" {
		code = "UNKNOWN"
	}
	return redirect("/?error=" + code), nil
}

func (a *api) refuseCallback(http.ResponseWriter, *http.Request, *payload.Body) (any, error) {
	return redirect(basePath + "/error?error=state_mismatch"), nil
}
