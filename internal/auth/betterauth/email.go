package betterauth

import (
	"net/http"

	"example.com/foyer/internal/payload"
)

func (a *api) sendVerificationEmail(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	email, callbackURL := b.String("email"), b.Text("callbackURL")
	s, err := visitor(a.Auth, w, r, b)
	if err != nil {
		return nil, err
	}
	return done(), a.SendVerificationEmail(r, s, email, callbackURL)
}

func (a *api) verifyEmail(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	token, callbackURL := b.String("token"), b.Text("callbackURL")
	s, err := visitor(a.Auth, w, r, b)
	if err != nil {
		return nil, err
	}
	user, changed, err := a.VerifyEmail(w, r, s, token, callbackURL)
	if callbackURL != "" {
		return Follow(callbackURL, err)
	}
	if err != nil {
		return nil, err
	}
	if !changed { // the contract names the user only where the address changed
		user = nil
	}
	return map[string]any{"status": true, "user": user}, nil
}

// changeEmail leaves it to the verb to refuse strangers: a faulty address is reported to them first.
func (a *api) changeEmail(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	newEmail, callbackURL := b.String("newEmail"), b.Text("callbackURL")
	s, err := visitor(a.Auth, w, r, b)
	if err != nil {
		return nil, err
	}
	return done(), a.ChangeEmail(r, s, newEmail, callbackURL)
}
