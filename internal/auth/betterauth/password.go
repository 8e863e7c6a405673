package betterauth

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/payload"
)

func (a *api) changePassword(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	current, next, others := b.String("currentPassword"), b.String("newPassword"), b.Bool("revokeOtherSessions", false)
	s, err := a.requireSession(w, r, b)
	if err != nil {
		return nil, err
	}
	replaced, err := a.ChangePassword(w, r, s, current, next, others)
	if err != nil {
		return nil, err
	}
	var token *string // the contract names the new session only where the others ended
	if others {
		token = &replaced.ID
	}
	return map[string]any{"token": token, "user": replaced.User}, nil
}

func (a *api) verifyPassword(_ http.ResponseWriter, r *http.Request, s *auth.Session, password string) (any, error) {
	return done(), a.CheckPassword(r, s, password)
}

func (a *api) requestPasswordReset(_ http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	email, redirectTo := b.String("email"), b.Text("redirectTo")
	if err := b.Err(); err != nil {
		return nil, err
	}
	if !a.resetPage(redirectTo) {
		return nil, errs.New(http.StatusForbidden, "INVALID_REDIRECT_URL", "Invalid redirectTo")
	}
	const message = "If this email exists in our system, check your email for the reset link"
	return map[string]any{"status": true, "message": message}, a.RequestPasswordReset(r, email, redirectTo)
}

// resetPage reports whether a reset may lead to a trusted address, "" for none; see Options.ResetPages.
func (a *api) resetPage(target string) bool {
	pages := a.opts.ResetPages
	return target == "" || pages == nil || slices.Contains(pages, strings.TrimPrefix(target, a.origins.Home))
}

// openResetLink passes the token on to the page of the client; it changes nothing.
func (a *api) openResetLink(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	callbackURL := b.String("callbackURL")
	if err := b.Err(); err != nil {
		return nil, err
	}
	if !a.resetPage(callbackURL) {
		return nil, errs.New(http.StatusForbidden, "INVALID_CALLBACK_URL", "Invalid callbackURL")
	}
	w.Header().Set("Referrer-Policy", "no-referrer") // both addresses hold the token
	if callbackURL == "" {
		return redirect(basePath + "/error?error=INVALID_TOKEN"), nil
	}
	if strings.HasPrefix(callbackURL, "/") {
		callbackURL = a.origins.Home + callbackURL
	}
	token := r.PathValue("token")
	_, err := a.PeekLink(r.Context(), token, letter.ResetPassword, letter.SetPassword)
	if refusalCode(err) != "" {
		return redirect(withQuery(callbackURL, "error", "INVALID_TOKEN")), nil
	}
	return redirect(withQuery(callbackURL, "token", token)), err
}

func (a *api) resetPassword(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	next, token := b.String("newPassword"), cmp.Or(b.Text("token"), r.URL.Query().Get("token"))
	if err := b.Err(); err != nil {
		return nil, err
	}
	return done(), a.ResetPassword(w, r, token, next)
}
