package auth_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/betterauth"
)

// TestATokenServesOnePurpose: a mailed token does what it was mailed for, letter by letter, and nothing else.
func TestATokenServesOnePurpose(t *testing.T) {
	t.Parallel()
	box := &mailbox{}
	r := sqliteRig(t, auth.Options{Mailer: box}, betterauth.Options{ConfirmDeletion: true})
	r.SignUp("ada@example.com")
	bob := r.browser()
	bob.SignUp("bob@example.com")
	mint := func(c *authtest.Client, path, body string) string {
		t.Helper()
		n := len(box.all())
		if got := post(c, path, body); got.StatusCode != 200 || len(box.all()) != n+1 {
			t.Fatalf("%s: %d %s, %d mails", path, got.StatusCode, got.Text, len(box.all())-n)
		}
		return linkToken(t, box.last())
	}
	reset := mint(r.browser(), "/request-password-reset", `{"email":"ada@example.com"}`)
	verify := mint(r.browser(), "/send-verification-email", `{"email":"ada@example.com"}`)
	change := mint(r.Client, "/change-email", `{"newEmail":"new@example.com"}`)
	remove := mint(r.Client, "/delete-user", `{}`)
	tryReset := func(token string) authtest.Answer {
		return post(r.browser(), "/reset-password", fmt.Sprintf(`{"token":%q,"newPassword":"another-horse-2"}`, token))
	}
	for _, token := range []string{
		verify, change, remove, reset[:42], reset[1:], reset + "x", reset + " ", " " + reset, strings.ToUpper(reset),
		strings.ToLower(reset), reset + "%00", reset + "=", "",
	} {
		wantRefusal(t, tryReset(token), 400, "INVALID_TOKEN")
	}
	for _, token := range []string{reset, remove, verify[:42], verify + "x", verify + "%20"} {
		wantRefusal(t, r.browser().Get("/api/auth/verify-email?token="+token), 401, "INVALID_TOKEN")
	}
	for _, token := range []string{reset, verify, change, remove + "x"} {
		wantCode(t, r.Get("/api/auth/delete-user/callback?token="+token), 404, "INVALID_TOKEN")
	}
	wantCode(t, bob.Get("/api/auth/delete-user/callback?token="+remove), 404, "INVALID_TOKEN")
	wantRefusal(t, r.browser().Get("/api/auth/delete-user/callback?token="+remove), 404, "FAILED_TO_GET_USER_INFO")
	r.wantWho("after all that", r.Client, "ada@example.com")
	if got := r.browser().Get("/api/auth/verify-email?token=" + verify); got.StatusCode != 200 {
		t.Errorf("verify: %d %s", got.StatusCode, got.Text)
	}
	if got := r.Get("/api/auth/delete-user/callback?token=" + remove); got.StatusCode != 200 ||
		r.count(&auth.User{}) != 1 {
		t.Errorf("delete: %d %s", got.StatusCode, got.Text)
	}
	wantRefusal(t, tryReset(reset), 400, "INVALID_TOKEN") // whose account is gone
	r.wantWho("the other account", bob, "bob@example.com")
}

func TestResetLinksRunOut(t *testing.T) {
	t.Parallel()
	for after, status := range map[time.Duration]int{30*time.Minute - time.Millisecond: 200, 30 * time.Minute: 400} {
		box := &mailbox{}
		r := sqliteRig(t, auth.Options{Mailer: box})
		r.addUser("ada@example.com", "")
		post(r.browser(), "/request-password-reset", `{"email":"ada@example.com"}`)
		r.clock.advance(after)
		if got := post(r.browser(), "/reset-password", `{"token":"`+linkToken(t,
			box.last())+`","newPassword":"another-horse-2"}`); got.StatusCode != status {
			t.Errorf("after %v: %d %s, want %d", after, got.StatusCode, got.Text, status)
		}
	}
}

// TestLinksNameTheConfiguredHost: whatever host a request claims, mails and redirects name ours.
func TestLinksNameTheConfiguredHost(t *testing.T) {
	t.Parallel()
	box := &mailbox{}
	r := sqliteRig(t, auth.Options{Mailer: box})
	r.addUser("ada@example.com", "")
	for _, header := range [][2]string{
		{"X-Forwarded-Host", "evil.example"}, {"X-Forwarded-Proto", "gopher"}, {"X-Original-Host", "evil.example"},
		{"X-Host", "evil.example"},
		{"Forwarded", `for="x;host=evil.example";host=evil.example;proto=https`}, {"X-Forwarded-Prefix", "/evil.example"},
	} {
		req := httptest.NewRequest("POST", "http://evil.example/api/auth/request-password-reset",
			strings.NewReader(`{"email":"ada@example.com","redirectTo":"/reset"}`))
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set(header[0], header[1])
		w := httptest.NewRecorder()
		r.wire.ServeHTTP(w, req)
		link := httptest.NewRequest("GET", box.last().URL, nil)
		link.Host = "evil.example"
		link.Header.Set(header[0], header[1])
		opened := httptest.NewRecorder()
		r.wire.ServeHTTP(opened, link)
		want := home + "/reset?token=" + linkToken(t, box.last())
		if w.Code != 200 || opened.Header().Get("Location") != want ||
			strings.Contains(fmt.Sprint(box.last(), w.Header(), w.Body, opened.Header()), "evil") {
			t.Errorf("%s: %d, %+v, then %v", header[0], w.Code, box.last(), opened.Header())
		}
	}
}

// TestATakenAddressIsAnsweredAlike: nobody learns by a change of address or, where addresses are verified, by signing
// up whose address is in use; its owner gets no mail and loses nothing.
func TestATakenAddressIsAnsweredAlike(t *testing.T) {
	t.Parallel()
	box := &mailbox{}
	r := sqliteRig(t, auth.Options{Mailer: box})
	r.SignUp("ada@example.com")
	r.addUser("taken@example.com", "")
	taken := post(r.Client, "/change-email", `{"newEmail":"Taken@example.com"}`)
	free := post(r.Client, "/change-email", `{"newEmail":"free@example.com"}`)
	if taken.StatusCode != 200 || free.StatusCode != 200 || taken.Text != free.Text || len(box.all()) != 1 ||
		box.last().To != "free@example.com" {
		t.Errorf("taken: %d %s, free: %d %s, mails %+v", taken.StatusCode, taken.Text, free.StatusCode, free.Text, box.all())
	}

	box = &mailbox{}
	r = sqliteRig(t, auth.Options{Mailer: box, RequireEmailVerification: true})
	made := auth.NewUser{Name: "Bob", Email: "bob@example.com", Password: "314-159-265", Verified: true}
	if _, err := r.auth.CreateUser(t.Context(), nil, made); err != nil {
		t.Fatal(err)
	}
	var shape [2]string
	var ids [2]string
	for i, email := range []string{"ada@example.com", "bob@example.com"} {
		got := post(r.browser(), "/sign-up/email", `{"name":"Ada","email":"`+email+`","password":"thief-horse-22"}`)
		var v struct{ User struct{ ID string } }
		decode(t, got.Text, &v)
		ids[i] = v.User.ID
		shape[i] = fmt.Sprint(got.StatusCode, strings.NewReplacer(v.User.ID, "ID", email, "EMAIL").Replace(got.Text),
			got.Header["Set-Cookie"], got.Header["Content-Length"])
	}
	if shape[0] != shape[1] || ids[0] == ids[1] || len(ids[1]) != 32 || len(box.all()) != 1 || r.count(&auth.User{}) != 2 {
		t.Errorf("new   %s\ntaken %s\n%d mails, %d users", shape[0], shape[1], len(box.all()), r.count(&auth.User{}))
	}
	wantRefusal(t, post(r.browser(), "/sign-in/email", `{"email":"bob@example.com","password":"thief-horse-22"}`), 401,
		"INVALID_EMAIL_OR_PASSWORD")
	r.browser().SignIn("bob@example.com", "314-159-265")
}
