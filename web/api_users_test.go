package web_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

const usersPath = "/api/admin/users"

func TestCreateUser(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		s := newSiteOn(t, db)
		admin := s.admin(t, "boss@example.com")
		got := admin.PostJSON(usersPath, map[string]any{"email": "New@Example.com", "name": "New Person",
			"password": "a long enough one", "role": "user"}, "Origin", s.Base)
		expect(t, got, 201, "Content-Type", "application/json", "Cache-Control", "private, no-store", "Location", "")
		var v struct{ User map[string]any }
		if err := json.Unmarshal([]byte(got.Text), &v); err != nil {
			t.Fatal(err)
		}
		for key, want := range map[string]any{
			"email": "new@example.com", "name": "New Person", "role": "user", "banned": false, "emailVerified": false,
			"image": nil, "banReason": nil, "banExpires": nil,
		} {
			if have, ok := v.User[key]; !ok || have != want {
				t.Errorf("user.%s is %v, want %v", key, have, want)
			}
		}
		keys := []string{"banExpires", "banReason", "banned", "createdAt", "email", "emailVerified", "id", "image", "name",
			"role",
			"twoFactorEnabled", // part:twofactor
			"updatedAt"}
		var have []string
		for key := range v.User {
			have = append(have, key)
		}
		if slices.Sort(have); !slices.Equal(have, keys) {
			t.Errorf("user has %q, want %q", have, keys)
		}

		s.stranger(t).SignIn("new@example.com", "a long enough one")
		if contains(t, admin.Get("/dashboard", navigate...), "boss@example.com"); len(got.Header.Values("Set-Cookie")) > 1 {
			t.Errorf("creating somebody touched the admin's session: %q", got.Header.Values("Set-Cookie"))
		}

		again := admin.PostJSON(usersPath, map[string]any{"email": "new@example.com", "name": "Other"}, "Origin", s.Base)
		refused(t, again, 422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL")
		second := admin.PostJSON(usersPath, map[string]any{"email": "second@example.com", "name": "Second",
			"role": "user,admin", "password": authtest.Password}, "Origin", s.Base)
		expect(t, second, 201)
		browser := s.stranger(t)
		browser.SignIn("second@example.com", authtest.Password)
		expect(t, browser.Get("/admin", navigate...), 200)
	})
}

// TestCreateUserWithoutPassword: no password opens the account.
func TestCreateUserWithoutPassword(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	admin := s.admin(t, "boss@example.com")
	for email, body := range map[string]map[string]any{
		"none@example.com":  {"email": "none@example.com", "name": "None"},
		"empty@example.com": {"email": "empty@example.com", "name": "Empty", "password": ""},
	} {
		expect(t, admin.PostJSON(usersPath, body, "Origin", s.Base), 201)
		for _, password := range []string{"", "password", authtest.Password} {
			expect(t, s.PostForm("/login", credentials(email, password)), 422, "Set-Cookie", "")
		}
	}
}

func TestCreateUserRefusals(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	user, _ := s.person(t, "user@example.com")
	admin := s.admin(t, "boss@example.com")
	const good = `{"email":"new@example.com","name":"New"}`
	own := []string{"Origin", s.Base}
	cases := []struct {
		name   string
		as     *authtest.Client
		media  string
		body   string
		header []string
		status int
		code   string
	}{
		{"nobody", s.Client, "application/json", good, nil, 401, "UNAUTHORIZED"},
		{"nobody, broken body", s.Client, "application/json", "{", nil, 401, "UNAUTHORIZED"},
		{"plain user", user, "application/json", good, own, 403, "FORBIDDEN"},
		{"plain user, broken body", user, "text/plain", "{", own, 403, "FORBIDDEN"},
		{"foreign page", admin, "application/json", good, []string{"Origin", "https://evil.example"}, 403,
			"CROSS_SITE_REQUEST"},
		{"foreign page, no Origin", admin, "application/json", good, []string{"Sec-Fetch-Site", "cross-site"}, 403,
			"CROSS_SITE_REQUEST"},
		{"form", admin, "application/x-www-form-urlencoded", "email=new@example.com&name=New", own, 415,
			"UNSUPPORTED_MEDIA_TYPE"},
		{"text", admin, "text/plain", good, own, 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"nearly JSON", admin, "text/json", good, own, 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"XML", admin, "application/xml", "<user/>", own, 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"no media type", admin, "", good, own, 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"compressed", admin, "application/json", good, append([]string{"Content-Encoding", "gzip"}, own...), 415,
			"UNSUPPORTED_MEDIA_TYPE"},
		{"too large", admin, "application/json", `{"email":"` + strings.Repeat("x", 64<<10) + `"}`, own, 413,
			"PAYLOAD_TOO_LARGE"},
		{"empty body", admin, "application/json", "", own, 400, "BAD_REQUEST"},
		{"cut short", admin, "application/json", `{"email":`, own, 400, "BAD_REQUEST"},
		{"trailing data", admin, "application/json", good + "{}", own, 400, "BAD_REQUEST"},
		{"byte order mark", admin, "application/json", "\ufeff" + good, own, 400, "BAD_REQUEST"},
		{"comment", admin, "application/json", good + "//x", own, 400, "BAD_REQUEST"},
		{"duplicate key", admin, "application/json", `{"email":"new@example.com","name":"New","role":"user","role":"admin"}`,
			own, 400, "BAD_REQUEST"},
		{"invalid UTF-8", admin, "application/json", "{\"email\":\"new@example.com\",\"name\":\"\xff\xfe\"}", own, 400,
			"BAD_REQUEST"},
		{"UTF-16", admin, "application/json; charset=utf-16", "\xff\xfe{\x00}\x00", own, 415, "UNSUPPORTED_MEDIA_TYPE"},
		{"nested deeply", admin, "application/json", `{"x":` + strings.Repeat("[", 50) + strings.Repeat("]", 50) + "}", own,
			400, "BAD_REQUEST"},
		{"null", admin, "application/json", "null", own, 400, "VALIDATION_ERROR"},
		{"array", admin, "application/json", "[]", own, 400, "VALIDATION_ERROR"},
		{"text as body", admin, "application/json", `"x"`, own, 400, "VALIDATION_ERROR"},
		{"number", admin, "application/json", "1", own, 400, "VALIDATION_ERROR"},
		{"empty object", admin, "application/json", "{}", own, 400, "VALIDATION_ERROR"},
		{"no name", admin, "application/json", `{"email":"new@example.com"}`, own, 400, "VALIDATION_ERROR"},
		{"other case of a key", admin, "application/json", `{"Email":"new@example.com","name":"New"}`, own, 400,
			"VALIDATION_ERROR"},
		{"address is a list", admin, "application/json", `{"email":["new@example.com"],"name":"New"}`, own, 400,
			"VALIDATION_ERROR"},
		{"password is an object", admin, "application/json", `{"email":"new@example.com","name":"New","password":{}}`, own,
			400, "VALIDATION_ERROR"},
		{"role is null", admin, "application/json", `{"email":"new@example.com","name":"New","role":null}`, own, 400,
			"VALIDATION_ERROR"},
		{"role is a list", admin, "application/json", `{"email":"new@example.com","name":"New","role":["admin"]}`, own, 400,
			"VALIDATION_ERROR"},
		{"unknown role", admin, "application/json", `{"email":"new@example.com","name":"New","role":"root"}`, own, 400,
			"YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE"},
		{"known and unknown role", admin, "application/json", `{"email":"new@example.com","name":"New","role":"user,root"}`,
			own, 400, "YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE"},
		{"not an address", admin, "application/json", `{"email":"new","name":"New"}`, own, 400, "VALIDATION_ERROR"},
		{"an address with spaces", admin, "application/json", `{"email":" new@example.com ","name":"New"}`, own, 400,
			"VALIDATION_ERROR"},
		{"blank name", admin, "application/json", `{"email":"new@example.com","name":"  "}`, own, 400, "VALIDATION_ERROR"},
		{"long name", admin, "application/json", `{"email":"new@example.com","name":"` + strings.Repeat("n", 201) + `"}`, own,
			400, "VALIDATION_ERROR"},
		{"short password", admin, "application/json", `{"email":"new@example.com","name":"New","password":"short"}`, own, 400,
			"PASSWORD_TOO_SHORT"},
		{"common password", admin, "application/json", `{"email":"new@example.com","name":"New","password":"password1"}`, own,
			400, "PASSWORD_TOO_COMMON"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := c.as.Copy().Do(http.MethodPost, usersPath, c.body, append([]string{"Content-Type", c.media}, c.header...)...)
			refused(t, got, c.status, c.code)
			lacks(t, got, `"user"`)
		})
	}
	stats, err := s.auth.Stats(t.Context())
	if err != nil || stats.Users != 2 {
		t.Errorf("%d users after nothing but refusals (%v), want 2", stats.Users, err)
	}
	t.Run("unknown keys are ignored", func(t *testing.T) {
		body := map[string]any{"email": "new@example.com", "name": "New", "banned": true, "emailVerified": true, "id": "1",
			"createdAt": "2000-01-01"}
		expect(t, admin.PostJSON(usersPath, body, own...), 201)
		user, err := s.auth.UserByEmail(t.Context(), "new@example.com")
		if err != nil || user.Banned || user.EmailVerified || user.ID == "1" || user.Role != "user" {
			t.Errorf("%+v, %v", user, err)
		}
	})
}

// TestCreateUserAsksAgain: an old session is refused, because the password that it sets is a way in.
func TestCreateUserAsksAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	admin := s.admin(t, "boss@example.com")
	s.ahead.Add(int64(10 * time.Minute))
	got := admin.PostJSON(usersPath, map[string]any{"email": "new@example.com", "name": "New"}, "Origin", s.Base)
	refused(t, got, 403, "SESSION_NOT_FRESH")
	lacks(t, got, `"user"`)
}

// TestCreateUserIsRecorded: the event has actor, subject and IP address.
func TestCreateUserIsRecorded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	admin := s.admin(t, "boss@example.com")
	s.log.text()
	expect(t, admin.PostJSON(usersPath, map[string]any{"email": "new@example.com", "name": "New"}, "Origin", s.Base,
		"User-Agent", "curl/8"), 201)
	boss, err := s.auth.UserByEmail(t.Context(), "boss@example.com")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range s.log.lines(t) {
		if line["event"] == "user_created" && line["actor"] == boss.ID && line["subject"] != "" &&
			line["agent"] == "curl/8" && line["ip"] == "127.0.0.1" {
			return
		}
	}
	t.Error("no line says who created the user")
}

// refused fails unless the answer is {code, message} with this status and code; TestErrorsNameTheirFields reads fields.
func refused(t *testing.T, got authtest.Answer, status int, code string) {
	t.Helper()
	expect(t, got, status, "Content-Type", "application/json", "Cache-Control", "private, no-store")
	var v map[string]any
	if err := json.Unmarshal([]byte(got.Text), &v); err != nil || v["code"] != code || v["message"] == "" ||
		len(v) != 2 && v["fields"] == nil {
		t.Errorf("body %s, want {code: %s, message}", got.Text, code)
	}
}
