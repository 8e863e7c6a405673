package auth_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"example.com/foyer/internal/auth"
)

// FuzzMailedToken: no text but the token itself opens anything, at any endpoint, and none breaks one.
func FuzzMailedToken(f *testing.F) {
	box := &mailbox{}
	r := sqliteRig(f, auth.Options{Mailer: box})
	r.addUser("ada@example.com", "")
	post(r.browser(), "/request-password-reset", `{"email":"ada@example.com"}`)
	reset := linkToken(f, box.last())
	post(r.browser(), "/send-verification-email", `{"email":"ada@example.com"}`)
	verify := linkToken(f, box.last())
	ada := r.browser()
	ada.SignUp("bob@example.com")
	var cookies []string
	for _, c := range ada.Cookies() {
		cookies = append(cookies, c.String())
	}
	var stored auth.Verification
	if err := r.db.Take(&stored).Error; err != nil {
		f.Fatal(err)
	}
	for _, token := range []string{
		reset, verify, stored.TokenHash, stored.ID, reset[:42], reset + "=", reset + "\n", " " + reset,
		strings.ToLower(reset), reset + "\x00", "", ".", "..", "/", "%", "%2f",
		"' OR '1'='1", "\xff", "{token}", strings.Repeat("A", 43), strings.Repeat("A", 5000), `"`, "a&token=" + reset,
		"é", "\ud7ff",
	} {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		refused := func(what string, status int, text string, codes ...string) {
			t.Helper()
			for _, code := range codes {
				if status >= 400 && status < 500 && strings.Contains(text, code) {
					return
				}
			}
			t.Fatalf("%s with %q: %d %s", what, token, status, text)
		}
		got := ask(r.auth, "GET", "/api/auth/reset-password/"+url.PathEscape(token)+"?callbackURL=/x", "")
		want := home + "/x?error=INVALID_TOKEN"
		if token == reset {
			want = home + "/x?token=" + reset
		}
		if to := got.Header.Get("Location"); token != "" && (got.StatusCode != 302 || to != want) ||
			token == "" && got.StatusCode != 404 {
			t.Fatalf("reset link with %q: %d to %q", token, got.StatusCode, to)
		}
		body, err := json.Marshal(map[string]string{"token": token, "newPassword": "short"})
		if err != nil {
			t.Fatal(err)
		}
		status, text := answered(t, r.auth, "POST", "/api/auth/reset-password", string(body), "Content-Type",
			"application/json")
		if token == reset { // it survives a password that is refused
			refused("reset", status, text, "PASSWORD_TOO_SHORT")
		} else {
			refused("reset", status, text, "INVALID_TOKEN", "VALIDATION_ERROR", "PAYLOAD_TOO_LARGE")
		}
		if token != verify {
			status, text = answered(t, r.auth, "GET", "/api/auth/verify-email?token="+url.QueryEscape(token), "")
			refused("verify", status, text, "INVALID_TOKEN", "VALIDATION_ERROR", "BAD_REQUEST")
		}
		status, text = answered(t, r.auth, "GET", "/api/auth/delete-user/callback?token="+url.QueryEscape(token), "",
			"Cookie", strings.Join(cookies, "; "))
		refused("delete", status, text, "INVALID_TOKEN", "VALIDATION_ERROR", "BAD_REQUEST")
	})
}

// answered is ask with the body read.
func answered(t testing.TB, a *auth.Auth, method, path, body string, header ...string) (int, string) {
	t.Helper()
	res := ask(a, method, path, body, header...)
	var v json.RawMessage
	readAnswer(t, res, &v)
	return res.StatusCode, string(v)
}
