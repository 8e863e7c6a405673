package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/errs"
)

// basePath is where the wire contract lives; better-auth clients assume it.
const basePath = "/api/auth"

// table lists every endpoint, by exact path and method: what is not here is a bare 404. A plugin may not take an
// endpoint that exists.
func (a *Auth) table() (map[string]map[string]Endpoint, error) {
	get, post := http.MethodGet, http.MethodPost
	list := []Endpoint{
		{Method: get, Path: "/ok", Handle: a.serveOK},
		{Method: get, Path: "/error", Handle: a.serveError},
		{Method: get, Path: "/get-session", Handle: a.serveSession},
		{Method: post, Path: "/get-session", Handle: a.servePostSession},
		{Method: post, Path: "/sign-up/email", Handle: a.serveSignUp, form: true},
		{Method: post, Path: "/sign-in/email", Handle: a.serveSignIn, form: true},
		{Method: post, Path: "/sign-out", Handle: a.serveSignOut},

		{Method: get, Path: "/list-sessions", Handle: a.serveListSessions},
		{Method: post, Path: "/revoke-session", Handle: a.serveRevokeSession},
		{Method: post, Path: "/revoke-sessions", Handle: a.serveRevokeSessions},
		{Method: post, Path: "/revoke-other-sessions", Handle: a.serveRevokeOtherSessions},

		{Method: post, Path: "/update-user", Handle: a.serveUpdateUser},
		{Method: post, Path: "/update-session", Handle: a.serveUpdateSession},
		{Method: post, Path: "/delete-user", Handle: a.serveDeleteUser},
		{Method: get, Path: "/delete-user/callback", Handle: a.serveDeleteUserCallback},

		{Method: post, Path: "/change-password", Handle: a.serveChangePassword},
		{Method: post, Path: "/verify-password", Handle: a.serveVerifyPassword},
		{Method: post, Path: "/request-password-reset", Handle: a.serveRequestPasswordReset},
		{Method: get, Path: "/reset-password/{token}", Handle: a.serveResetLink},
		{Method: post, Path: "/reset-password", Handle: a.serveResetPassword},

		{Method: post, Path: "/send-verification-email", Handle: a.serveSendVerificationEmail},
		{Method: get, Path: "/verify-email", Handle: a.serveVerifyEmail},
		{Method: post, Path: "/change-email", Handle: a.serveChangeEmail},

		{Method: get, Path: "/list-accounts", Handle: a.serveListAccounts},
		{Method: post, Path: "/unlink-account", Handle: a.serveUnlinkAccount},
		{Method: post, Path: "/sign-in/social", Handle: a.serveUnknownProvider},
		{Method: post, Path: "/link-social", Handle: a.serveUnknownProvider},
		{Method: get, Path: "/callback/{provider}", Handle: a.serveProviderCallback},
		{Method: post, Path: "/get-access-token", Handle: a.serveNoProviderToken},
		{Method: post, Path: "/refresh-token", Handle: a.serveNoProviderToken},
		{Method: get, Path: "/account-info", Handle: a.serveNoProviderToken},
	}
	for _, plugin := range a.opts.Plugins {
		list = append(list, plugin(a)...)
	}
	table := map[string]map[string]Endpoint{}
	for _, e := range list {
		if table[e.Path] == nil {
			table[e.Path] = map[string]Endpoint{}
		}
		if _, taken := table[e.Path][e.Method]; taken {
			return nil, fmt.Errorf("auth: two endpoints for %s %s", e.Method, e.Path)
		}
		table[e.Path][e.Method] = e
	}
	return table, nil
}

// endpoint finds the row of a request by its path as sent: no second spelling reaches an endpoint.
func (a *Auth) endpoint(r *http.Request) (e Endpoint, ok bool) {
	path, ok := strings.CutPrefix(r.URL.EscapedPath(), basePath)
	if !ok {
		return e, false
	}
	if e, ok = a.endpoints[path][r.Method]; ok {
		return e, !strings.Contains(path, "{") // a pattern is not an address
	}
	parent, last := path[:strings.LastIndexByte(path, '/')+1], path[strings.LastIndexByte(path, '/')+1:]
	for _, name := range []string{"token", "provider"} {
		if e, ok = a.endpoints[parent+"{"+name+"}"][r.Method]; ok && last != "" {
			value, err := url.PathUnescape(last)
			r.SetPathValue(name, value)
			return e, err == nil
		}
	}
	return e, false
}

// serve checks in the wire's order: route, rate, body, origin, redirects; the endpoint does the rest.
func (a *Auth) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
	e, ok := a.endpoint(r)
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	v, err := a.call(w, r, e)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	if to, ok := v.(redirect); ok {
		w.Header().Set("Location", string(to))
		w.WriteHeader(http.StatusFound)
		return
	}
	writeJSON(w, http.StatusOK, v)
}

func (a *Auth) call(w http.ResponseWriter, r *http.Request, e Endpoint) (any, error) {
	body, err := a.read(w, r, e)
	if err != nil {
		return nil, err
	}
	if err := a.checkRedirects(r, body); err != nil {
		return nil, err
	}
	return e.Handle(w, r, body)
}

// read counts a request, reads its body and looks where it came from.
func (a *Auth) read(w http.ResponseWriter, r *http.Request, e Endpoint) (*Body, error) {
	if e.Method == http.MethodGet { // neither counted nor forged
		return queryBody(r)
	}
	read := sync.OnceValues(func() (*Body, error) { return readBody(w, r, e.form) })
	typed := func() string {
		body, err := read()
		if err != nil {
			return ""
		}
		email, _ := body.Value("email").(string)
		return email
	}
	if err := a.Count(r, e.Path, typed); err != nil {
		return nil, err
	}
	body, err := read()
	if err != nil {
		return nil, err
	}
	if err := a.checkOrigin(r); err != nil {
		a.opts.Logger.InfoContext(r.Context(), "cross-site request refused",
			"origin", printable(r.Header.Get("Origin"), 200), "host", printable(r.Host, 200),
			"site", printable(r.Header.Get("Sec-Fetch-Site"), 200), "own", a.home)
		a.RecordRefusal(r, nil, event.CrossSite, e.Path)
		return nil, err
	}
	return body, nil
}

// refuse answers an error in the wire's form. Only an errs.Error is for the caller's eyes.
func (a *Auth) refuse(w http.ResponseWriter, r *http.Request, err error) {
	e := errs.Of(err)
	if e == nil {
		e = &errs.Error{
			Status: http.StatusInternalServerError, Code: "INTERNAL_SERVER_ERROR",
			Message: "Something went wrong on our side.", Err: err,
		}
	}
	if e.Status >= 500 && !errors.Is(r.Context().Err(), context.Canceled) { // the visitor who has left gets no answer
		a.opts.Logger.ErrorContext(r.Context(), "auth request failed", "error", err)
	}
	if e.RetryAfter > 0 {
		seconds := strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds())))
		w.Header().Set("Retry-After", seconds)
		w.Header().Set("X-Retry-After", seconds) // the header better-auth's clients know
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

// serveError is where links lead that have nowhere to go: home, with what went wrong.
func (a *Auth) serveError(_ http.ResponseWriter, _ *http.Request, b *Body) (any, error) {
	code, _ := b.Value("error").(string)
	if strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_") != "" || code == "" {
		code = "UNKNOWN"
	}
	return redirect("/?error=" + code), nil
}
