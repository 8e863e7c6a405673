// Package admin is the plugin of betterauth that serves better-auth's admin endpoints, /api/auth/admin/*. It owns who
// may call them and the form of their answers; the verbs are internal/auth's. To do without it, delete this folder
// and its line in betterauth.Options.Plugins.
package admin

import (
	"net/http"
	"slices"
	"strings"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/betterauth"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/payload"
)

// Endpoints is the plugin.
func Endpoints(a *auth.Auth) []betterauth.Endpoint {
	p := &plugin{a}
	get, post := http.MethodGet, http.MethodPost
	return []betterauth.Endpoint{
		{Method: get, Path: "/admin/list-users", Handle: p.listUsers},
		{Method: get, Path: "/admin/get-user", Handle: p.getUser},
		{Method: post, Path: "/admin/create-user", Handle: p.createUser},
		{Method: post, Path: "/admin/update-user", Handle: p.updateUser},
		{Method: post, Path: "/admin/set-role", Handle: p.setRole},
		{Method: post, Path: "/admin/set-user-password", Handle: p.setPassword},
		{Method: post, Path: "/admin/ban-user", Handle: p.banUser},
		{Method: post, Path: "/admin/unban-user", Handle: p.unbanUser},
		{Method: post, Path: "/admin/remove-user", Handle: p.removeUser},
		{Method: post, Path: "/admin/list-user-sessions", Handle: p.listSessions},
		{Method: post, Path: "/admin/revoke-user-session", Handle: p.revokeSession},
		{Method: post, Path: "/admin/revoke-user-sessions", Handle: p.revokeSessions},
		{Method: post, Path: "/admin/impersonate-user", Handle: p.impersonate},
		{Method: post, Path: "/admin/stop-impersonating", Handle: p.stopImpersonating},
		{Method: post, Path: "/admin/has-permission", Handle: p.hasPermission},
	}
}

type plugin struct{ auth *auth.Auth }

// permit is permitRead for an endpoint that changes something: with auth.Options.StepUp it takes a recent password.
func (p *plugin) permit(
	w http.ResponseWriter, r *http.Request, b *payload.Body, act string,
) (*auth.Session, error) {
	s, err := p.permitRead(w, r, b, act)
	if err != nil {
		return nil, err
	}
	return s, p.auth.StepUp(s)
}

// permitRead returns the session of an admin. It reads the store, so that an admin who was demoted a moment ago is
// refused. act completes the code of the refusal for anybody else.
func (p *plugin) permitRead(
	w http.ResponseWriter, r *http.Request, b *payload.Body, act string,
) (*auth.Session, error) {
	s, err := betterauth.Demand(p.auth, w, r, b)
	if err != nil {
		return nil, err
	}
	if !s.User.HasRole("admin") {
		p.auth.RecordRefusal(r, s, event.Forbidden, r.URL.Path)
		message := "You are not allowed to " + strings.ToLower(strings.ReplaceAll(act, "_", " "))
		return nil, errs.New(http.StatusForbidden, "YOU_ARE_NOT_ALLOWED_TO_"+act, message)
	}
	return s, nil
}

// success is the answer of an endpoint that has nothing else to report, or the error.
func success(err error) (any, error) { return map[string]bool{"success": true}, err }

// faulty refuses a request and names the field that is wrong, as payload.Body does.
func faulty(field, what string) error {
	return errs.New(http.StatusBadRequest, "VALIDATION_ERROR", "["+field+"] "+what)
}

// user wraps a user as most answers do.
func user(u *auth.User, err error) (any, error) { return map[string]*auth.User{"user": u}, err }

// role reads one role or a list of them as a comma list; nil where there is none.
func role(b *payload.Body) (*string, error) {
	invalid := errs.New(http.StatusBadRequest, "INVALID_ROLE_TYPE", "Invalid role type")
	switch v := b.Value("role").(type) {
	case string:
		return &v, nil
	case []any:
		list := make([]string, len(v))
		for i, item := range v {
			name, ok := item.(string)
			if !ok {
				return nil, invalid
			}
			list[i] = name
		}
		joined := strings.Join(list, ",")
		return &joined, nil
	}
	if b.Has("role") {
		return nil, invalid
	}
	return nil, nil
}

// holds lists what a role may do, as in better-auth's default access control.
var holds = map[string]map[string][]string{
	"admin": {
		"user": {
			"create", "list", "get", "update", "delete", "ban", "impersonate",
			"set-role", "set-password", "set-email", "set-phone",
		},
		"session": {"list", "revoke", "delete"},
	},
}

// hasPermission answers for the caller, whatever user or role the body names.
func (p *plugin) hasPermission(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	wanted, err := permissions(b)
	if err != nil {
		return nil, err
	}
	s, err := betterauth.Demand(p.auth, w, r, b)
	if err != nil {
		return nil, err
	}
	may := func(role string) bool { return covers(holds[role], wanted) }
	return map[string]any{"error": nil, "success": slices.ContainsFunc(strings.Split(s.User.Role, ","), may)}, nil
}

// permissions reads which actions are asked for, by resource.
func permissions(b *payload.Body) (map[string][]string, error) {
	invalid := func(expected string) error {
		return faulty("body.permissions", "Invalid input: expected "+expected)
	}
	asked, ok := b.Value("permissions").(map[string]any)
	if !ok || b.Has("permission") {
		return nil, invalid("object")
	}
	wanted := map[string][]string{}
	for resource, raw := range asked {
		list, ok := raw.([]any)
		if !ok {
			return nil, invalid("arrays of strings")
		}
		wanted[resource] = nil
		for _, item := range list {
			action, ok := item.(string)
			if !ok {
				return nil, invalid("arrays of strings")
			}
			wanted[resource] = append(wanted[resource], action)
		}
	}
	return wanted, nil
}

// covers reports whether one role's permissions hold every action asked for. Asking for nothing is refused.
func covers(held, wanted map[string][]string) bool {
	for resource, actions := range wanted {
		if held[resource] == nil {
			return false
		}
		for _, action := range actions {
			if !slices.Contains(held[resource], action) {
				return false
			}
		}
	}
	return len(wanted) > 0
}
