package admin_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
)

// TestValues: what is no role, no length of a ban and no field of a user is refused, and nothing changes.
func TestValues(t *testing.T) {
	h := newHouse(t)
	for _, c := range []struct{ name, body string }{
		{"set-role", `"role":"superadmin"`}, {"set-role", `"role":"ADMIN"`}, {"set-role", `"role":""`},
		{"set-role", `"role":null`}, {"set-role", `"role":[]`},
		{"set-role", `"role":5`}, {"set-role", `"role":["admin",5]`}, {"set-role", `"role":"user,"`},
		{"set-role", `"role":{"in":["admin"]}`}, {"set-role", `"Role":"admin"`},
		{"update-user", `"data":{"role":""}`}, {"update-user", `"data":{"role":"king"}`},
		{"update-user", `"data":{"id":"1"}`}, {"update-user", `"data":{"password":"x"}`},
		{"update-user", `"data":{"banned":"true"}`}, {"update-user", `"data":{"name":""}`},
		{"update-user", `"data":{"image":"javascript:alert(1)"}`}, {"update-user", `"data":[]`},
		{"ban-user", `"banExpiresIn":-1`}, {"ban-user", `"banExpiresIn":1e18`}, {"ban-user", `"banExpiresIn":1e999`},
		{"ban-user", `"banExpiresIn":"60"`}, {"ban-user", `"banExpiresIn":null`},
	} {
		got := call(h.boss, c.name, `{"userId":"`+h.adaID+`",`+c.body+`}`)
		if got.StatusCode != 400 {
			t.Errorf("%s %s: %d %s", c.name, c.body, got.StatusCode, got.Text)
		}
	}
	u, err := h.auth.User(t.Context(), h.adaID)
	if err != nil || u.Role != "user" || u.Banned || u.Name != "Test Person" || u.Image != nil || who(h.ada) != "ada" {
		t.Errorf("%+v, %v", u, err)
	}
}

// TestSpellings: no second spelling of an admin endpoint reaches it.
func TestSpellings(t *testing.T) {
	h := newHouse(t)
	if got := h.boss.Get("/api/auth/admin/list-users"); got.StatusCode != 200 {
		t.Fatalf("%d %s", got.StatusCode, got.Text)
	}
	for _, path := range []string{
		"/api/auth/admin/list-users/", "/api/auth//admin/list-users", "/api/auth/admin//list-users",
		"/api/AUTH/admin/list-users", "/api/auth/%61dmin/list-users",
		"/api/auth/admin%2flist-users", "/api/auth/admin/list-users%00", "/api/auth/admin/list-users;x",
		"/api/auth/./admin/list-users", "/api/auth/Admin/list-users",
	} {
		for name, c := range map[string]*authtest.Client{"a stranger": h.ghost, "a user": h.ada, "an admin": h.boss} {
			if got := c.Get(path); got.StatusCode != 404 || got.Text != "" {
				t.Errorf("%s as %s: %d %s", path, name, got.StatusCode, got.Text)
			}
		}
	}
}

// TestSignInWhileActing: signing in ends what the browser came with, the way back included.
func TestSignInWhileActing(t *testing.T) {
	h := newHouse(t)
	if got := call(h.boss, "impersonate-user", `{"userId":"`+h.adaID+`"}`); got.StatusCode != 200 {
		t.Fatal(got.Text)
	}
	body := `{"email":"ada@example.com","password":"` + authtest.Password + `"}`
	got := h.boss.Do(http.MethodPost, "/api/auth/sign-in/email", body, "Content-Type", "application/json", "Origin", home)
	list, err := h.auth.UserSessions(t.Context(), h.bossID)
	if got.StatusCode != 200 || err != nil || len(list) != 0 || who(h.boss) != "ada" {
		t.Errorf("%d; %d sessions of the admin are left, %v", got.StatusCode, len(list), err)
	}
	for _, c := range h.boss.Cookies() {
		if strings.HasSuffix(c.Name, "admin_session") {
			t.Error("the way back is left in the browser")
		}
	}
}

// TestLogOutWhileActing: the admin's own session ends with the cookies, also where the impersonation has ended before.
func TestLogOutWhileActing(t *testing.T) {
	ask := func(h *house, path, body string) authtest.Answer {
		return h.boss.Do(http.MethodPost, path, body, "Content-Type", "application/json", "Origin", home)
	}
	for name, logOut := range map[string]func(h *house, acting string) authtest.Answer{
		"its own session": func(h *house, acting string) authtest.Answer {
			return ask(h, "/api/auth/revoke-session", `{"token":"`+acting+`"}`)
		},
		"an impersonation that has ended": func(h *house, acting string) authtest.Answer {
			if err := h.auth.RevokeSession(t.Context(), nil, h.adaID, acting); err != nil {
				t.Fatal(err)
			}
			return ask(h, "/api/auth/sign-out", `{}`)
		},
	} {
		h := newHouse(t)
		call(h.boss, "impersonate-user", `{"userId":"`+h.adaID+`"}`)
		var v struct{ Session struct{ Token string } }
		if err := json.Unmarshal([]byte(h.boss.Get("/api/auth/get-session").Text), &v); err != nil {
			t.Fatal(err)
		}
		got := logOut(h, v.Session.Token)
		list, err := h.auth.UserSessions(t.Context(), h.bossID)
		if got.StatusCode != 200 || err != nil || len(list) != 0 || len(h.boss.Cookies()) > 0 {
			t.Errorf("%s: %d %s; %d sessions of the admin are left, cookies %v, %v",
				name, got.StatusCode, got.Text, len(list), h.boss.Cookies(), err)
		}
	}
}

// TestDemotedOnTheWayBack: who is banned or demoted while acting as somebody else does not come back an admin.
func TestDemotedOnTheWayBack(t *testing.T) {
	for name, fall := range map[string]string{"demoted": `"role":"user"`, "banned": `"banned":true`} {
		h := newHouse(t)
		other := authtest.NewClient(t, h.boss.Base)
		if _, err := h.auth.SetRole(t.Context(), nil, other.SignUp("root@example.com"), "admin"); err != nil {
			t.Fatal(err)
		}
		call(h.boss, "impersonate-user", `{"userId":"`+h.adaID+`"}`)
		if got := call(other, "update-user", `{"userId":"`+h.bossID+`","data":{`+fall+`}}`); got.StatusCode != 200 {
			t.Fatal(got.Text)
		}
		if got := call(h.boss, "stop-impersonating", `{}`); got.StatusCode == 200 || who(h.boss) != "null" {
			t.Errorf("%s: %d %s, then %s", name, got.StatusCode, got.Text, who(h.boss))
		}
		if got := call(h.boss, "list-user-sessions", `{"userId":"`+h.adaID+`"}`); got.StatusCode != 401 &&
			got.StatusCode != 403 {
			t.Errorf("%s: %d", name, got.StatusCode)
		}
	}
}

// TestWhoMayBeImpersonated: no admin, nobody who is banned or unknown, nobody by somebody impersonated; for an hour.
func TestWhoMayBeImpersonated(t *testing.T) {
	h := newHouse(t)
	made := func(name, role string) string {
		u, err := h.auth.CreateUser(t.Context(), nil, auth.NewUser{Name: name, Email: name + "@example.com", Role: role})
		if err != nil {
			t.Fatal(err)
		}
		return u.ID
	}
	banned := made("banned", "user")
	if _, err := h.auth.BanUser(t.Context(), nil, banned, "spam", nil); err != nil {
		t.Fatal(err)
	}
	for id, code := range map[string]string{
		made("root", "user,admin"): "YOU_CANNOT_IMPERSONATE_ADMINS", h.bossID: "YOU_CANNOT_IMPERSONATE_ADMINS",
		banned: "BANNED_USER", "nobody": "USER_NOT_FOUND",
	} {
		if got := call(h.boss, "impersonate-user", `{"userId":"`+id+`"}`); got.StatusCode < 403 ||
			!strings.Contains(got.Text, code) || who(h.boss) != "boss" {
			t.Errorf("%d %s, want %s", got.StatusCode, got.Text, code)
		}
	}
	call(h.boss, "impersonate-user", `{"userId":"`+h.adaID+`"}`)
	if got := call(h.boss, "impersonate-user", `{"userId":"`+made("bob", "")+`"}`); got.StatusCode != 403 {
		t.Errorf("nested: %d %s", got.StatusCode, got.Text)
	}
	list, err := h.auth.UserSessions(t.Context(), h.adaID)
	for _, s := range list {
		if s.ImpersonatedBy != nil && (*s.ImpersonatedBy != h.bossID || s.ExpiresAt.Sub(s.CreatedAt) != time.Hour) {
			t.Errorf("%+v", s)
		}
	}
	if err != nil || len(list) != 2 {
		t.Errorf("%d sessions, %v", len(list), err)
	}
}
