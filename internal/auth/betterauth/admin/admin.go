// Package admin is the plugin of betterauth that serves better-auth's admin endpoints, /api/auth/admin/*. It owns who
// may call them and the form of their answers; the verbs are internal/auth's.
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
	endpoint := func(method string) func(path string, h betterauth.Handle) betterauth.Endpoint {
		return func(path string, h betterauth.Handle) betterauth.Endpoint {
			return betterauth.Endpoint{Method: method, Path: "/admin/" + path, Handle: h}
		}
	}
	get, post, on := endpoint(http.MethodGet), endpoint(http.MethodPost), betterauth.On
	read, change := permission(p.permitRead), permission(p.permit)
	return []betterauth.Endpoint{
		get("list-users", p.listUsers),
		get("get-user", on(read.to("GET_USER"), "id", p.getUser)),
		post("create-user", p.createUser),
		post("update-user", p.updateUser),
		post("set-role", p.setRole),
		post("set-user-password", p.setPassword),
		post("ban-user", p.banUser),
		post("unban-user", on(change.to("BAN_USERS"), "userId", p.unbanUser)),
		post("remove-user", on(change.to("DELETE_USERS"), "userId", p.removeUser)),
		post("list-user-sessions", on(read.to("LIST_USERS_SESSIONS"), "userId", p.listSessions)),
		post("revoke-user-session", on(change.to("REVOKE_USERS_SESSIONS"), "sessionToken", p.revokeSession)),
		post("revoke-user-sessions", on(change.to("REVOKE_USERS_SESSIONS"), "userId", p.revokeSessions)),
		post("impersonate-user", on(change.to("IMPERSONATE_USERS"), "userId", p.impersonate)),
		post("stop-impersonating", p.stopImpersonating),
		post("has-permission", p.hasPermission),
	}
}

type plugin struct{ auth *auth.Auth }

// permission is permit or permitRead.
type permission func(w http.ResponseWriter, r *http.Request, b *payload.Body, act string) (*auth.Session, error)

// to makes the guard of an act.
func (permit permission) to(act string) betterauth.Guard {
	return func(w http.ResponseWriter, r *http.Request, b *payload.Body) (*auth.Session, error) {
		return permit(w, r, b, act)
	}
}

// permit is permitRead for an endpoint that changes something: with auth.Options.StepUp it demands a recently
// authenticated session.
func (p *plugin) permit(w http.ResponseWriter, r *http.Request, b *payload.Body, act string) (*auth.Session, error) {
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
	s, err := betterauth.RequireSession(p.auth, w, r, b)
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
	text, ok := b.Value("role").(string)
	if list, isList := texts(b.Value("role")); isList {
		text, ok = strings.Join(list, ","), true
	}
	switch {
	case ok:
		return &text, nil
	case b.Has("role"):
		return nil, errs.New(http.StatusBadRequest, "INVALID_ROLE_TYPE", "Invalid role type")
	}
	return nil, nil
}

// texts reads a list of texts.
func texts(v any) (list []string, ok bool) {
	items, ok := v.([]any)
	for _, item := range items {
		text, isText := item.(string)
		list, ok = append(list, text), ok && isText
	}
	return list, ok
}

// permissionsOf lists what a role may do, as in better-auth's default access control.
var permissionsOf = map[string]map[string][]string{
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
	s, err := betterauth.RequireSession(p.auth, w, r, b)
	if err != nil {
		return nil, err
	}
	may := func(role string) bool { return covers(permissionsOf[role], wanted) }
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
		if wanted[resource], ok = texts(raw); !ok {
			return nil, invalid("arrays of strings")
		}
	}
	return wanted, nil
}

// covers reports whether one role's permissions hold every action asked for. Asking for nothing is refused.
func covers(held, wanted map[string][]string) bool {
	for resource, actions := range wanted {
		lacks := func(action string) bool { return !slices.Contains(held[resource], action) }
		if held[resource] == nil || slices.ContainsFunc(actions, lacks) {
			return false
		}
	}
	return len(wanted) > 0
}
