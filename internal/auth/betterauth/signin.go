package betterauth

import (
	"net/http"
	"strings"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/payload"
)

func (a *api) signIn(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	in := auth.Credentials{
		Email: b.String("email"), Password: b.String("password"),
		Remember: b.Bool("rememberMe", true), CallbackURL: b.Text("callbackURL"),
	}
	if err := b.Err(); err != nil {
		return nil, err
	}
	s, err := a.SignInEmail(w, r, in)
	if err != nil {
		return nil, err
	}
	v := map[string]any{"redirect": false, "token": s.ID, "user": s.User}
	if in.CallbackURL != "" {
		v["redirect"], v["url"] = true, in.CallbackURL
		w.Header().Set("Location", in.CallbackURL)
	}
	return v, nil
}

func (a *api) signUp(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	in := auth.Registration{
		Name: b.String("name"), Email: b.String("email"), Password: b.String("password"),
		Image: b.OptionalString("image"), Remember: b.Bool("rememberMe", true), CallbackURL: b.Text("callbackURL"),
	}
	if err := b.Err(); err != nil {
		return nil, err
	}
	if b.Value("role") != nil {
		return nil, errs.New(http.StatusBadRequest, "FIELD_NOT_ALLOWED", "role is not allowed to be set")
	}
	if in.Name == "" { // clients whose form has no name send it empty, because the client's types require one
		in.Name, _, _ = strings.Cut(strings.ToLower(in.Email), "@")
	}
	user, s, err := a.SignUpEmail(w, r, in)
	if err != nil {
		return nil, err
	}
	var token *string // null until the address is verified
	if s != nil {
		token = &s.ID
	}
	return map[string]any{"token": token, "user": user}, nil
}

func (a *api) signOut(w http.ResponseWriter, r *http.Request, _ *payload.Body) (any, error) {
	return map[string]bool{"success": true}, a.SignOut(w, r)
}
