package web_test

import (
	"net/url"
	"strings"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/database/dbtest"
)

// TestPasswordHint: a password is judged while it is typed as it is when the form is sent, by POST alone, without
// cookies and without coming back.
func TestPasswordHint(t *testing.T) {
	t.Parallel()
	s := newSiteWith(t, dbtest.Open(t, dbtest.SQLite(t)), auth.Options{AppName: "Quill"})
	for _, c := range []struct{ name, typed, email, want string }{
		{"nothing", "", "ada@example.com", ""},
		{"too short", "zebra", "", "Too short: 3 more characters."},
		{"too short by one", "zebra-7", "", "Too short: 1 more character."},
		{"accents count once", "zebra\u0301\u00e9", "", "Too short: 2 more characters."},
		{"common", "Password1", "", "This password is one of the most common ones."},
		{"the address", "zebra-lovelace", "Lovelace@example.com", "Leave your address"},
		{"the address of another", "zebra-lovelace", "ada@example.com", "Good password."},
		{"the app", "zebra-quill-zebra", "", "Leave your address and the name of this app"},
		{"too long", strings.Repeat("zebra-7", 20), "", "Use at most 128 characters."},
		{"good", "zebra-7-zebra", "", "Good password."},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, form := range []url.Values{
				{"password": {c.typed}, "email": {" " + c.email + " "}, "name": {"Ada"}},
				{"newPassword": {c.typed}, "username": {c.email}, "currentPassword": {"zebra-old"}},
			} {
				got := s.PostForm("/password-hint", form, s.htmx("/signup")...)
				expect(t, got, 200, "Set-Cookie", "")
				contains(t, got, `<hx-partial hx-target="#live"`, c.want)
				lacks(t, got, "zebra", "<html", "<title")
				if (c.want == "") != !strings.Contains(got.Text, "<span") {
					t.Errorf("answer %s", got.Text)
				}
			}
		})
	}
	expect(t, s.Get("/password-hint?password=zebra-7", navigate...), 405)
	expect(t, s.PostForm("/password-hint", nil, "Origin", "https://evil.example"), 403)
	if log := s.log.text(); strings.Contains(log, "zebra") {
		t.Errorf("the log holds a password: %s", log)
	}
}
