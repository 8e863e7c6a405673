package auth

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"

	"example.com/foyer/internal/errs"
)

// basePath is where the wire contract lives; better-auth clients assume it.
const basePath = "/api/auth"

// endpoint is one row of the wire contract.
type endpoint struct {
	form   bool // takes application/x-www-form-urlencoded beside JSON
	handle func(w http.ResponseWriter, r *http.Request, b *Body) (any, error)
}

// table lists every endpoint, by exact path and method: what is not here is a bare 404.
func (a *Auth) table() map[string]map[string]endpoint {
	get, post := http.MethodGet, http.MethodPost
	return map[string]map[string]endpoint{
		"/ok":            {get: {handle: a.serveOK}},
		"/get-session":   {get: {handle: a.serveSession}, post: {handle: a.servePostSession}},
		"/sign-up/email": {post: {form: true, handle: a.serveSignUp}},
		"/sign-in/email": {post: {form: true, handle: a.serveSignIn}},
		"/sign-out":      {post: {handle: a.serveSignOut}},
	}
}

// serve checks in the wire's order: route, body, origin, redirects; the endpoint does the rest.
func (a *Auth) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
	var e endpoint
	if path := r.URL.EscapedPath(); len(path) > len(basePath) && path[:len(basePath)] == basePath {
		e = a.endpoints[path[len(basePath):]][r.Method]
	}
	if e.handle == nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	body := &Body{}
	if r.Method != http.MethodGet {
		var err error
		if body, err = readBody(w, r, e.form); err == nil {
			if err = a.checkOrigin(r); err == nil {
				err = a.checkRedirects(r, body)
			}
		}
		if err != nil {
			a.refuse(w, r, err)
			return
		}
	}
	v, err := e.handle(w, r, body)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, v)
}

// refuse answers an error in the wire's form. Only an errs.Error is for the caller's eyes.
func (a *Auth) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var e *errs.Error
	if !errors.As(err, &e) {
		e = &errs.Error{Status: http.StatusInternalServerError, Code: "INTERNAL_SERVER_ERROR", Message: "Something went wrong on our side.", Err: err}
	}
	if e.Status >= 500 {
		a.opts.Logger.ErrorContext(r.Context(), "auth request failed", "error", err, "requestId", w.Header().Get("X-Request-Id"))
	}
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
	writeJSON(w, e.Status, struct {
		Message string `json:"message"`
		Code    string `json:"code,omitempty"`
	}{e.Message, e.Code})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	data, done := v.(json.RawMessage)
	if !done {
		var err error
		if data, err = json.Marshal(v); err != nil { // every v is of our own making
			panic(err)
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(data)
}

func (a *Auth) serveOK(http.ResponseWriter, *http.Request, *Body) (any, error) {
	return map[string]bool{"ok": true}, nil
}

// serveSession answers null for strangers, never 401: the client reads an error as "keep what you had".
func (a *Auth) serveSession(w http.ResponseWriter, r *http.Request, _ *Body) (any, error) {
	q := r.URL.Query()
	how := loading{refresh: q.Get("disableRefresh") == ""}
	if q.Get("disableCookieCache") == "" {
		if token, ok := a.readSigned(r, tokenCookie); ok {
			if c := a.cached(r, token); c != nil {
				return json.RawMessage(c.answer), nil // signed by us: it goes out as it is
			}
		}
	}
	s, err := a.load(w, r, how)
	if s == nil || err != nil {
		return nil, err
	}
	return s.answer(), nil
}

func (a *Auth) servePostSession(http.ResponseWriter, *http.Request, *Body) (any, error) {
	return nil, errs.New(http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED", "POST method requires deferSessionRefresh to be enabled in session config")
}

func (a *Auth) serveSignUp(w http.ResponseWriter, r *http.Request, b *Body) (any, error) {
	in := Registration{
		Name: b.String("name"), Email: b.String("email"), Password: b.String("password"),
		Image: b.OptionalString("image"), Remember: b.Bool("rememberMe", true),
	}
	if err := b.Err(); err != nil {
		return nil, err
	}
	if b.values["role"] != nil {
		return nil, errs.New(http.StatusBadRequest, "FIELD_NOT_ALLOWED", "role is not allowed to be set")
	}
	s, err := a.SignUpEmail(w, r, in)
	if err != nil {
		return nil, err
	}
	return map[string]any{"token": s.ID, "user": s.User}, nil
}

func (a *Auth) serveSignIn(w http.ResponseWriter, r *http.Request, b *Body) (any, error) {
	in := Credentials{Email: b.String("email"), Password: b.String("password"), Remember: b.Bool("rememberMe", true)}
	callback := b.OptionalString("callbackURL")
	if err := b.Err(); err != nil {
		return nil, err
	}
	s, err := a.SignInEmail(w, r, in)
	if err != nil {
		return nil, err
	}
	v := map[string]any{"redirect": false, "token": s.ID, "user": s.User}
	if callback != nil && *callback != "" {
		v["redirect"], v["url"] = true, *callback
		w.Header().Set("Location", *callback)
	}
	return v, nil
}

func (a *Auth) serveSignOut(w http.ResponseWriter, r *http.Request, _ *Body) (any, error) {
	if err := a.SignOut(w, r); err != nil {
		return nil, err
	}
	return map[string]bool{"success": true}, nil
}
