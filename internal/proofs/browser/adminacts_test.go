package browser

import (
	"testing"

	"example.com/foyer/internal/auth/authtest"
)

func init() {
	one, several := "POST /admin/users/:id/:action", "POST /admin/users/selected/:action"
	on := func(action string, fields ...string) act {
		return act{route: one, find: (*site).targetPath, fields: fields, clicks: []string{"#act-" + action, "form .act"}}
	}
	onSelected := func(action string) act {
		return act{route: several, page: "/admin/users?q=target", clicks: []string{
			"#list tbody [name=row]", `[formaction$="/selected/` + action + `"]`, "form .act"}}
	}
	partActs["admin"] = []act{
		{route: "POST /admin/users/new", page: "/admin/users/new", clicks: []string{"main form .act"},
			fields: []string{"name", "Tara Target", "email", "invited@example.com"}},
		on("role"), on("reset"), on("verify"), on("sessions"), on("ban", "reason", "spam"), on("unban"),
		{route: one, find: (*site).targetPath, clicks: []string{"main button[name=session]"}},
		onSelected("sessions"), onSelected("ban"), on("unban"),
		on("impersonate"), {route: "POST /impersonation/stop", clicks: []string{"#banners button"}},
		on("delete", "confirm", "target@example.com"),
	}
}

// targetPath is the page of a user who is logged in and whose address is not verified.
func (s *site) targetPath(t *testing.T) string {
	t.Helper()
	const email = "target@example.com"
	s.unverified(t, "Tara Target", email)
	if u, err := s.auth.UserByEmail(t.Context(), email); err == nil && !u.Banned {
		authtest.NewClient(t, s.URL).SignIn(email, authtest.Password)
	}
	return s.userPath(t, email)
}
