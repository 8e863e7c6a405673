package betterauth

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/origins"
	"example.com/foyer/internal/payload"
)

// redirect as an answer sends the browser there (302).
type redirect string

// ServeHTTP implements http.Handler. It checks in the contract's order: route, rate, body, origin, redirects; the
// endpoint does the rest.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
	e, ok := a.endpoint(r)
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	v, err := a.call(w, r, e)
	var step *auth.SecondStep
	if errors.As(err, &step) {
		v, err = a.secondStep(r, step), nil
	}
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

// secondStep is the answer of every endpoint that signs in to a user who owes a second step. The client goes to its
// page for that, whatever it called; a browser that follows a mailed link goes to Options.SecondStepPage.
func (a *api) secondStep(r *http.Request, step *auth.SecondStep) any {
	to := r.URL.Query().Get("callbackURL")
	if r.Method == http.MethodGet && to != "" && a.opts.SecondStepPage != "" {
		return redirect(withQuery(a.opts.SecondStepPage, "returnTo", to))
	}
	return struct {
		Redirect bool     `json:"twoFactorRedirect"`
		Methods  []string `json:"twoFactorMethods"`
	}{true, step.Methods}
}

// endpoint finds the row of a request by its path as sent: no second spelling reaches an endpoint.
func (a *api) endpoint(r *http.Request) (e Endpoint, ok bool) {
	path, ok := strings.CutPrefix(r.URL.EscapedPath(), basePath)
	if !ok {
		return e, false
	}
	if e, ok = a.endpoints[path][r.Method]; ok {
		return e, !strings.Contains(path, "{") // a pattern is not an address
	}
	slash := strings.LastIndexByte(path, '/') + 1
	parent, last := path[:slash], path[slash:]
	for _, name := range []string{"token", "provider"} {
		if e, ok = a.endpoints[parent+"{"+name+"}"][r.Method]; ok && last != "" {
			value, err := url.PathUnescape(last)
			r.SetPathValue(name, value)
			return e, err == nil
		}
	}
	return e, false
}

func (a *api) call(w http.ResponseWriter, r *http.Request, e Endpoint) (any, error) {
	body, err := a.read(w, r, e)
	if err != nil {
		return nil, err
	}
	if err := a.checkRedirects(r, body); err != nil {
		return nil, err
	}
	return e.Handle(w, r, body)
}

// read counts a request, reads its body and checks its origin. A GET is neither counted nor checked: those of mailed
// links act by the token in them, and the others change nothing.
func (a *api) read(w http.ResponseWriter, r *http.Request, e Endpoint) (*payload.Body, error) {
	if e.Method == http.MethodGet {
		return payload.Query(r)
	}
	read := sync.OnceValues(func() (*payload.Body, error) {
		if e.form {
			return payload.JSONOrForm(w, r)
		}
		return payload.JSON(w, r)
	})
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
			"origin", origins.Printable(r.Header.Get("Origin")), "host", origins.Printable(r.Host),
			"site", origins.Printable(r.Header.Get("Sec-Fetch-Site")), "own", a.origins.Home)
		a.RecordRefusal(r, nil, event.CrossSite, e.Path)
		return nil, err
	}
	return body, nil
}

// refuse answers an error in the contract's form. Only an errs.Error is for the caller's eyes.
func (a *api) refuse(w http.ResponseWriter, r *http.Request, err error) {
	e := errs.Of(err)
	if e == nil {
		e = &errs.Error{
			Status: http.StatusInternalServerError, Code: "INTERNAL_SERVER_ERROR",
			Message: "Something went wrong on our side.", Err: err,
		}
	}
	if e.Status >= 500 && !errors.Is(r.Context().Err(), context.Canceled) { // a visitor who has left gets no answer
		a.opts.Logger.ErrorContext(r.Context(), "auth request failed", "error", err)
	}
	e.SetRetryAfter(w.Header())
	if seconds := w.Header().Get("Retry-After"); seconds != "" {
		w.Header().Set("X-Retry-After", seconds) // the header better-auth's clients know
	}
	writeJSON(w, e.Status, struct {
		Message string `json:"message"`
		Code    string `json:"code,omitempty"`
	}{e.Message, e.Code})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	data, err := json.Marshal(v)
	if err != nil { // impossible: every v is made here of what JSON can hold
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(data)
}
