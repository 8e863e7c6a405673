package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/betterauth"
	"example.com/foyer/internal/auth/betterauth/admin"
	"example.com/foyer/internal/auth/directory"
	"example.com/foyer/internal/database/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const home = "http://localhost:8080"

// house is a provider with the plugin, an admin's browser and a user's.
type house struct {
	auth          *auth.Auth
	boss, ada     *authtest.Client
	bossID, adaID string
	ghost         *authtest.Client
}

func newHouse(t *testing.T) *house {
	t.Helper()
	a := authtest.NewOn(t, dbtest.Open(t, dbtest.SQLite(t)), auth.Options{})
	h := &house{auth: a, boss: authtest.Serve(t, authtest.Wire(t, a,
		betterauth.Options{Plugins: []betterauth.Plugin{admin.Endpoints}}))}
	h.ada, h.ghost = authtest.NewClient(t, h.boss.Base), authtest.NewClient(t, h.boss.Base)
	h.bossID, h.adaID = h.boss.SignUp("boss@example.com"), h.ada.SignUp("ada@example.com")
	if _, err := a.SetRole(t.Context(), nil, h.bossID, "admin"); err != nil {
		t.Fatal(err)
	}
	return h
}

func call(c *authtest.Client, name, body string) authtest.Answer {
	return c.Do(http.MethodPost, "/api/auth/admin/"+name, body, "Content-Type", "application/json", "Origin", home)
}

func who(c *authtest.Client) string {
	text := c.Get("/api/auth/get-session").Text
	for _, name := range []string{"boss", "ada"} {
		if strings.Contains(text, name+"@example.com") {
			return name
		}
	}
	return text
}

// TestOnlyAdmins: whatever a body says, a stranger meets 401 and a user 403, and nothing changes.
func TestOnlyAdmins(t *testing.T) {
	h := newHouse(t)
	posts := map[string]string{
		"create-user": `{"email":"x@example.com","name":"x","password":"314-159-265","role":"admin"}`,
		"update-user": `{"userId":"ID","data":{"role":"admin","name":"x"}}`, "set-role": `{"userId":"ID","role":"admin"}`,
		"set-user-password": `{"userId":"ID","newPassword":"correct-horse-9"}`, "ban-user": `{"userId":"ID"}`,
		"unban-user":  `{"userId":"ID"}`,
		"remove-user": `{"userId":"ID"}`, "list-user-sessions": `{"userId":"ID"}`,
		"revoke-user-session":  `{"sessionToken":"x"}`,
		"revoke-user-sessions": `{"userId":"ID"}`, "impersonate-user": `{"userId":"ID"}`,
	}
	for name, body := range posts {
		body = strings.ReplaceAll(body, "ID", h.adaID)
		if got := call(h.ghost, name, body); got.StatusCode != 401 || !strings.Contains(got.Text, `"UNAUTHORIZED"`) {
			t.Errorf("%s as a stranger: %d %s", name, got.StatusCode, got.Text)
		}
		if got := call(h.ada, name, body); got.StatusCode != 403 || !strings.Contains(got.Text, "YOU_ARE_NOT_ALLOWED_TO_") {
			t.Errorf("%s as a user: %d %s", name, got.StatusCode, got.Text)
		}
		if got := call(h.boss, name, `{}`); got.StatusCode != 400 || !strings.Contains(got.Text, `"VALIDATION_ERROR"`) {
			t.Errorf("%s without a body: %d %s", name, got.StatusCode, got.Text)
		}
	}
	users, total, err := h.auth.Users(t.Context(), directory.Query{Sort: directory.Email})
	if err != nil || total != 2 || users[0].Role != "user" || users[0].Name != "Test Person" || users[0].Banned {
		t.Errorf("%+v, %d, %v", users, total, err)
	}
}

// TestImpersonation: there and back, and every way in which it has to end.
func TestImpersonation(t *testing.T) {
	begin := func(t *testing.T) *house {
		h := newHouse(t)
		if got := call(h.boss, "impersonate-user", `{"userId":"`+h.adaID+`"}`); got.StatusCode != 200 ||
			who(h.boss) != "ada" {
			t.Fatalf("%d %s", got.StatusCode, got.Text)
		}
		return h
	}
	t.Run("back", func(t *testing.T) {
		h := begin(t)
		if got := call(h.boss, "list-user-sessions", `{"userId":"`+h.adaID+`"}`); got.StatusCode != 403 {
			t.Errorf("the admin's rights while acting as a user: %d", got.StatusCode)
		}
		if got := call(h.boss, "stop-impersonating", `{}`); got.StatusCode != 200 || who(h.boss) != "boss" {
			t.Errorf("%d %s", got.StatusCode, got.Text)
		}
	})
	t.Run("the admin is demoted", func(t *testing.T) {
		h := begin(t)
		other, err := h.auth.CreateUser(t.Context(), nil, auth.NewUser{Name: "B", Email: "b@example.com", Role: "admin",
			Verified: true})
		if err != nil {
			t.Fatal(err)
		}
		copied := h.boss.Copy()
		if _, err := h.auth.SetRole(t.Context(), nil, h.bossID, "user"); err != nil {
			t.Fatal(err)
		}
		if got := who(copied); got != "null" {
			t.Errorf("a demoted admin is still %s (%s stays admin)", got, other.ID)
		}
	})
	t.Run("signing out ends both sessions", func(t *testing.T) {
		h := begin(t)
		copied := h.boss.Copy()
		h.boss.Do(http.MethodPost, "/api/auth/sign-out", "{}", "Content-Type", "application/json", "Origin", home)
		list, err := h.auth.UserSessions(t.Context(), h.bossID)
		if err != nil || len(list) != 0 || who(copied) != "null" || len(h.boss.Cookies()) != 0 || who(h.ada) != "ada" {
			t.Errorf("%d sessions of the admin are left (%v), the copy is %s, cookies %v", len(list), err, who(copied),
				h.boss.Cookies())
		}
	})
	t.Run("what only the person may do", func(t *testing.T) {
		h := begin(t)
		for path, body := range map[string]string{
			"/change-password": `{"currentPassword":"` + authtest.Password + `","newPassword":"correct-horse-9"}`,
			"/change-email":    `{"newEmail":"new@example.com"}`, "/delete-user": `{}`,
			"/verify-password": `{"password":"` + authtest.Password + `"}`, // else an admin could try out what they guess
		} {
			if got := h.boss.Do(http.MethodPost, "/api/auth"+path, body, "Content-Type", "application/json", "Origin",
				home); got.StatusCode != 403 {
				t.Errorf("%s: %d %s", path, got.StatusCode, got.Text)
			}
		}
	})
}

// TestLastAdmin: rules about oneself come first, and the last admin stays one.
func TestLastAdmin(t *testing.T) {
	h := newHouse(t)
	for _, c := range []struct{ name, body, code string }{
		{"ban-user", `{"userId":"ID"}`, "YOU_CANNOT_BAN_YOURSELF"},
		{"remove-user", `{"userId":"ID"}`, "YOU_CANNOT_REMOVE_YOURSELF"},
		{"set-role", `{"userId":"ID","role":"user"}`, "LAST_ADMIN"},
		{"set-role", `{"userId":"ID","role":"king"}`, "YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE"},
		{"update-user", `{"userId":"ID","data":{"role":"user"}}`, "LAST_ADMIN"},
	} {
		if got := call(h.boss, c.name, strings.ReplaceAll(c.body, "ID", h.bossID)); got.StatusCode != 400 ||
			!strings.Contains(got.Text, `"`+c.code+`"`) {
			t.Errorf("%s: %d %s, want %s", c.name, got.StatusCode, got.Text, c.code)
		}
	}
	if got := h.boss.Do(http.MethodPost, "/api/auth/delete-user", "{}", "Content-Type", "application/json", "Origin",
		home); !strings.Contains(got.Text, "LAST_ADMIN") {
		t.Errorf("delete-user: %d %s", got.StatusCode, got.Text)
	}
}
