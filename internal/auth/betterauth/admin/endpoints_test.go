package admin_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
)

// TestEndpoints: the wire's answers, in turn on one user. {ada} stands for that user, {boss} for the admin.
func TestEndpoints(t *testing.T) {
	h := newHouse(t)
	var theirs struct{ Session struct{ Token string } }
	if err := json.Unmarshal([]byte(h.ada.Get("/api/auth/get-session").Text), &theirs); err != nil {
		t.Fatal(err)
	}
	fill := strings.NewReplacer("{ada}", h.adaID, "{boss}", h.bossID, "{session}", theirs.Session.Token)
	const ada = `"email":"ada@example.com"`
	for _, c := range []struct {
		name, body string // without a body it is a GET
		status     int
		want       string // a regular expression
	}{
		{"get-user?id={ada}", "", 200, `^\{"id":"{ada}",.*` + ada},
		{"get-user?id=x", "", 404, `"USER_NOT_FOUND"`},
		{"get-user", "", 400, `"VALIDATION_ERROR"`},
		{"list-users?searchValue=ADA&limit=1&offset=0", "", 200, `^\{"limit":1,"total":1,"users":\[\{.*` + ada},
		{"list-users?limit=junk&sortBy=email&sortDirection=desc", "", 200, `^\{"total":2,"users":\[.*boss.*ada`},
		{"list-users?filterField=role&filterValue=admin", "", 200, `"total":1,.*boss`},
		{"list-users?filterField=password&filterValue=x", "", 400, `"VALIDATION_ERROR"`},
		{"list-users?searchValue=x&searchOperator=like", "", 400, `"VALIDATION_ERROR"`},
		{"list-users?sortDirection=up", "", 400, `"VALIDATION_ERROR"`},
		{"list-users?limit=-1", "", 400, `\[query.limit\] Invalid input: expected a number from 1 to 100`},
		{"list-users?limit=101", "", 400, `\[query.limit\] Invalid input: expected a number from 1 to 100`},
		{"list-users?limit=10&offset=-1", "", 400, `\[query.offset\] Invalid input: expected a number from 0 on`},
		{"list-users?limit=10&sortBy=banReason", "", 400,
			`\[query.sortBy\] Invalid input: expected one of banned, createdAt, email, .*, updatedAt"`},
		{"list-users?filterField=banReason&filterValue=x", "", 400,
			`\[query.filterField\] Invalid input: expected one of banned, createdAt, email`},
		{"ban-user", `{"userId":"{ada}","banExpiresIn":3153600001}`, 400, `expected 0 to 3153600000 seconds`},
		{"list-user-sessions", `{"userId":"{ada}"}`, 200, `^\{"sessions":\[\{.*"token":"{session}"`},
		{"list-user-sessions", `{"userId":"x"}`, 200, `^\{"sessions":\[\]\}$`},
		{"update-user", `{"userId":"{ada}","data":{"name":"Ada","image":"https://a.example/x","emailVerified":true}}`, 200,
			`^\{"id":"{ada}","name":"Ada",.*"emailVerified":true,"image":"https://a.example/x"`},
		{"update-user", `{"userId":"{ada}","data":{"banReason":"watched"}}`, 200,
			`"banned":false,"banReason":"watched","banExpires":null`},
		{"update-user", `{"userId":"{ada}","data":{"banExpires":"2099-01-01T00:00:00.000Z"}}`, 400, `"VALIDATION_ERROR"`}, // of no ban
		{"update-user", `{"userId":"{ada}","data":{"banned":false,"banExpires":"2099-01-01T00:00:00.000Z"}}`, 400,
			`"VALIDATION_ERROR"`},
		{"update-user", `{"userId":"{ada}","data":{"banned":true,"banExpires":"2099-01-01T00:00:00.000Z"}}`, 200,
			`"banned":true,"banReason":null,"banExpires":"2099-01-01T00:00:00.000Z"`},
		{"update-user", `{"userId":"{ada}","data":{"banExpires":"2099-01-02T00:00:00.000Z"}}`, 200,
			`"banned":true,"banReason":null,"banExpires":"2099-01-02T00:00:00.000Z"`},
		{"update-user", `{"userId":"{ada}","data":{"banExpires":"soon"}}`, 400, `"VALIDATION_ERROR"`},
		{"update-user", `{"userId":"{ada}","data":{"banExpires":"9999-12-31T23:59:59-23:59"}}`, 400, `"VALIDATION_ERROR"`},
		{"update-user", `{"userId":"{ada}","data":{"banExpires":"0000-01-01T00:00:00+23:59"}}`, 400, `"VALIDATION_ERROR"`},
		{"update-user", `{"userId":"{ada}","data":{"banExpires":5}}`, 400, `"VALIDATION_ERROR"`},
		{"update-user", `{"userId":"{ada}","data":{"banned":false}}`, 200,
			`"banned":false,"banReason":null,"banExpires":null`},
		{"update-user", `{"userId":"{ada}","data":{}}`, 400, `"NO_DATA_TO_UPDATE"`},
		{"update-user", `{"userId":"{ada}","data":{"id":"y"}}`, 400, `"USER_ID_CANNOT_BE_UPDATED"`},
		{"update-user", `{"userId":"{ada}","data":{"password":"correct-horse-9"}}`, 400,
			`"PASSWORD_CANNOT_BE_UPDATED_VIA_UPDATE_USER"`},
		{"update-user", `{"userId":"{ada}","data":{"role":5}}`, 400, `"INVALID_ROLE_TYPE"`},
		{"update-user", `{"userId":"{ada}","data":{"email":"x"}}`, 400, `"INVALID_EMAIL"`},
		{"update-user", `{"userId":"{ada}","data":{"email":"BOSS@example.com"}}`, 400,
			`"USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"`},
		{"update-user", `{"userId":"{boss}","data":{"banned":true}}`, 400, `"YOU_CANNOT_BAN_YOURSELF"`},
		{"update-user", `{"userId":"x","data":{"name":"x"}}`, 404, `"USER_NOT_FOUND"`},
		{"set-role", `{"userId":"{ada}","role":["user","admin"]}`, 200, `^\{"user":\{"id":"{ada}",.*"role":"user,admin"`},
		{"impersonate-user", `{"userId":"{ada}"}`, 403, `"YOU_CANNOT_IMPERSONATE_ADMINS"`},
		{"set-role", `{"userId":"{ada}","role":"user"}`, 200, `"role":"user"`},
		{"set-role", `{"userId":"{ada}","role":[5]}`, 400, `"INVALID_ROLE_TYPE"`},
		{"set-role", `{"userId":"x","role":"user"}`, 404, `"USER_NOT_FOUND"`},
		{"set-user-password", `{"userId":"{ada}","newPassword":""}`, 400, `"VALIDATION_ERROR"`},
		{"set-user-password", `{"userId":"{ada}","newPassword":"short"}`, 400, `"PASSWORD_TOO_SHORT"`},
		{"set-user-password", `{"userId":"x","newPassword":"correct-horse-9"}`, 404, `"USER_NOT_FOUND"`},
		{"revoke-user-session", `{"sessionToken":"x"}`, 200, `^\{"success":true\}$`},
		{"revoke-user-session", `{"sessionToken":"{session}"}`, 200, `^\{"success":true\}$`},
		{"list-user-sessions", `{"userId":"{ada}"}`, 200, `^\{"sessions":\[\]\}$`},
		{"revoke-user-sessions", `{"userId":"x"}`, 200, `^\{"success":true\}$`},
		{"ban-user", `{"userId":"{ada}","banExpiresIn":-1}`, 400, `"VALIDATION_ERROR"`},
		{"ban-user", `{"userId":"{ada}","banExpiresIn":"1"}`, 400, `"VALIDATION_ERROR"`},
		{"ban-user", `{"userId":"x"}`, 404, `"USER_NOT_FOUND"`},
		{"ban-user", `{"userId":"{ada}","banExpiresIn":3600,"banReason":"spam"}`, 200,
			`^\{"user":\{.*"banned":true,"banReason":"spam","banExpires":"20`},
		{"ban-user", `{"userId":"{ada}"}`, 200, `"banned":true,"banReason":"No reason","banExpires":null`},
		{"impersonate-user", `{"userId":"{ada}"}`, 403, `"BANNED_USER"`},
		{"unban-user", `{"userId":"{ada}"}`, 200, `^\{"user":\{.*"banned":false,"banReason":null,"banExpires":null`},
		{"unban-user", `{"userId":"x"}`, 404, `"USER_NOT_FOUND"`},
		{"impersonate-user", `{"userId":"x"}`, 404, `"USER_NOT_FOUND"`},
		{"set-user-password", `{"userId":"{ada}","newPassword":"correct-horse-9"}`, 200, `^\{"status":true\}$`},
		{"stop-impersonating", `{}`, 400, `^\{"message":"You are not impersonating anyone"\}$`},
		{"create-user", `{"email":"x","name":"x"}`, 400, `"INVALID_EMAIL"`},
		{"create-user", `{"email":"x@example.com","name":"x","role":5}`, 400, `"INVALID_ROLE_TYPE"`},
		{"create-user", `{"email":"x@example.com","name":"x","password":"short"}`, 400, `"PASSWORD_TOO_SHORT"`},
		{"create-user", `{"email":"ada@example.com","name":"x"}`, 400, `"USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"`},
		{"create-user", `{"email":"x@example.com","name":"X","role":["user"],"data":{"image":"https://a.example/x"}}`, 200,
			`^\{"user":\{.*"image":"https://a.example/x",.*"role":"user"`},
		{"remove-user", `{"userId":"{ada}"}`, 200, `^\{"success":true\}$`},
		{"remove-user", `{"userId":"{ada}"}`, 404, `"USER_NOT_FOUND"`},
	} {
		var got authtest.Answer
		if c.body == "" {
			got = h.boss.Get("/api/auth/admin/" + fill.Replace(c.name))
		} else {
			got = call(h.boss, c.name, fill.Replace(c.body))
		}
		if got.StatusCode != c.status || !regexp.MustCompile(fill.Replace(c.want)).MatchString(got.Text) {
			t.Errorf("%s %s: %d %s, want %d %s", c.name, c.body, got.StatusCode, got.Text, c.status, c.want)
		}
	}
}

// TestPermissions: about the caller, and every action asked for must be one role's.
func TestPermissions(t *testing.T) {
	h := newHouse(t)
	both, err := h.auth.CreateUser(t.Context(), nil, auth.NewUser{Name: "B", Email: "b@example.com", Role: "user,admin"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		body       string
		boss, user string
	}{
		{`{"permissions":{"user":["create","list"],"session":["revoke"]}}`, "true", "false"},
		{`{"permissions":{"user":["create"]},"userId":"` + both.ID + `","role":"admin"}`, "true", "false"},
		{`{"permissions":{"user":["create","impersonate-admins"]}}`, "false", "false"},
		{`{"permissions":{"project":["create"]}}`, "false", "false"},
		{`{"permissions":{}}`, "false", "false"},
		{`{"permissions":{"user":"create"}}`, "400", "400"},
		{`{"permissions":{"user":[1]}}`, "400", "400"},
		{`{"permissions":["user"]}`, "400", "400"},
		{`{"permission":{"user":["create"]}}`, "400", "400"},
		{`{}`, "400", "400"},
	} {
		for want, got := range map[string]string{"boss " + c.boss: call(h.boss, "has-permission", c.body).Text,
			"ada " + c.user: call(h.ada, "has-permission", c.body).Text} {
			if _, answer, _ := strings.Cut(want, " "); answer == "400" && !strings.Contains(got, `"VALIDATION_ERROR"`) ||
				answer != "400" && got != `{"error":null,"success":`+answer+`}` {
				t.Errorf("%s: %s, want %s", c.body, got, want)
			}
		}
	}
	if got := call(h.ghost, "has-permission", `{"permissions":{"user":["list"]}}`); got.StatusCode != 401 {
		t.Errorf("a stranger: %d %s", got.StatusCode, got.Text)
	}
}
