// Package betterauth serves the HTTP contract of the npm package better-auth under /api/auth, so that its official
// client works unmodified: signing up, in and out, sessions, the account, its password and e-mail, and what plugins
// add. Answers are JSON, refusals {"message", "code"}.
//
// The verbs are internal/auth's. An endpoint reads a request, calls a verb and shapes its answer; it touches no table.
// Start with the table in endpoints.go. Parts serve their endpoints by it, too.
package betterauth

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/revoke"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/origins"
	"example.com/foyer/internal/payload"
)

// basePath is where the contract lives; its clients assume it.
const basePath = "/api/auth"

// Options configures the contract. The zero value of a field means its default.
type Options struct {
	// FreshAge is how young a session must be to list sessions or unlink an account. Default 24 hours.
	FreshAge time.Duration

	// ConfirmDeletion deletes an account by a mailed link only. Default off.
	ConfirmDeletion bool

	// ResetPages lists where the redirectTo of a reset may lead: paths of this site and full addresses of pages on
	// trusted origins, each without a query. The address of that page holds the token of the link, and a stranger can
	// cause the mail, so that a page which is not made for it could leak the token. Default nil, as in better-auth:
	// any trusted address.
	ResetPages []string

	// SecondStepPage is where a mailed link leads that signs in to a user who owes a second step: a path of this site,
	// which gets callbackURL as returnTo. Default "": the answer is the client's JSON.
	SecondStepPage string

	// Plugins add endpoints. Default none.
	Plugins []Plugin

	// Logger gets the errors that answers do not show, and refused cross-site requests. Default slog.Default().
	Logger *slog.Logger
}

// Plugin adds endpoints. It uses nothing but what is exported, so that its folder can be deleted together with its
// line in Options.Plugins.
type Plugin func(a *auth.Auth) []Endpoint

// Endpoint is one row of the contract. Path is exact, below /api/auth; a last segment {token} or {provider} stands for
// any one segment, which r.PathValue returns.
//
// Before Handle runs, media type, body, origin and redirect fields are checked; b is the body, or the query of a GET.
// What Handle returns is answered as JSON, an errs.Error as a refusal.
type Endpoint struct {
	Method string
	Path   string
	Handle Handle

	form bool // takes application/x-www-form-urlencoded beside JSON
}

// Handle answers a request to an endpoint.
type Handle func(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error)

// Guard returns the session that may use an endpoint, or its refusal.
type Guard func(w http.ResponseWriter, r *http.Request, b *payload.Body) (*auth.Session, error)

// Verb answers a request of a session that a Guard admits. text is the one text of the body.
type Verb func(w http.ResponseWriter, r *http.Request, s *auth.Session, text string) (any, error)

// On makes a Handle of a verb on one required text of the body; name "" stands for none.
func On(guard Guard, name string, verb Verb) Handle {
	return func(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
		text := ""
		if name != "" {
			text = b.String(name)
		}
		s, err := guard(w, r, b)
		if err != nil {
			return nil, err
		}
		return verb(w, r, s, text)
	}
}

// api is the contract as an http.Handler.
type api struct {
	*auth.Auth
	opts      Options
	origins   *origins.List
	endpoints map[string]map[string]Endpoint // path → method
}

// New makes the handler of the contract on a. It expects request paths that start with /api/auth, and fails where a
// plugin takes an endpoint that exists.
func New(a *auth.Auth, o Options) (http.Handler, error) {
	o.FreshAge = cmp.Or(o.FreshAge, 24*time.Hour)
	o.Logger = cmp.Or(o.Logger, slog.Default())
	api := &api{Auth: a, opts: o, origins: a.Origins(), endpoints: map[string]map[string]Endpoint{}}
	list := api.table()
	for _, plugin := range o.Plugins {
		list = append(list, plugin(a)...)
	}
	for _, e := range list {
		if api.endpoints[e.Path] == nil {
			api.endpoints[e.Path] = map[string]Endpoint{}
		}
		if _, taken := api.endpoints[e.Path][e.Method]; taken {
			return nil, fmt.Errorf("betterauth: two endpoints for %s %s", e.Method, e.Path)
		}
		api.endpoints[e.Path][e.Method] = e
	}
	return api, nil
}

// visitor returns the session behind a request as the store has it, nil for a stranger. It refuses a faulty body, which
// the contract reports first.
func visitor(a *auth.Auth, w http.ResponseWriter, r *http.Request, b *payload.Body) (*auth.Session, error) {
	if err := b.Err(); err != nil {
		return nil, err
	}
	return a.StoredSession(w, r)
}

// RequireSession returns the session of a request as the store has it. Refusals: 400 for a faulty body, then 401 for a
// stranger.
func RequireSession(a *auth.Auth, w http.ResponseWriter, r *http.Request, b *payload.Body) (*auth.Session, error) {
	s, err := visitor(a, w, r, b)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return nil, errs.Unauthenticated()
	}
	return s, nil
}

func (a *api) requireSession(w http.ResponseWriter, r *http.Request, b *payload.Body) (*auth.Session, error) {
	return RequireSession(a.Auth, w, r, b)
}

// requireFresh is requireSession for a session younger than Options.FreshAge in which no admin acts as its user.
func (a *api) requireFresh(w http.ResponseWriter, r *http.Request, b *payload.Body) (*auth.Session, error) {
	s, err := a.requireSession(w, r, b)
	if err != nil {
		return nil, err
	}
	age := a.Now().Sub(s.CreatedAt) // negative after the clock was set back
	if s.ImpersonatedBy != nil || age >= a.opts.FreshAge || age < -revoke.ClockSkew {
		return nil, auth.ErrNotFresh
	}
	return s, nil
}
