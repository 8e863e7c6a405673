package web_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// mailed returns path and query of the newest mail's link to an address, and how many mails it has got.
func (s *site) mailed(t *testing.T, to string) (link string, n int) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(string(s.mails), "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var mail struct{ To, URL string }
		if err := json.Unmarshal(data, &mail); err != nil {
			t.Fatal(err)
		}
		if mail.To == to {
			link, n = mail.URL, n+1
		}
	}
	if n == 0 {
		t.Fatalf("no mail to %s", to)
	}
	if !strings.HasPrefix(link, s.Base+"/") {
		t.Fatalf("the link %s leads elsewhere", link)
	}
	return strings.TrimPrefix(link, s.Base), n
}

// TestForgottenPassword without JavaScript: scanners open the link and change nothing, the person's click works
// once, and every browser that was logged in is out on its next request, cached copy or not.
func TestForgottenPassword(t *testing.T) {
	s := newSite(t)
	old, _ := s.person(t, "ada@example.com")
	old.Get("/dashboard") // holds a cached copy now
	browser := s.stranger(t)
	contains(t, browser.Get("/login", navigate...), `href="/forgot-password"`)

	var answers []string
	for _, email := range []string{"ada@example.com", " Nobody@example.com "} {
		got := browser.PostForm("/forgot-password", url.Values{"email": {email}})
		expect(t, got, 303, "Location", "/login", "Set-Cookie", "foyer.flash=reset-asked; Path=/; Max-Age=60; HttpOnly; SameSite=Lax")
		answers = append(answers, got.Text)
		contains(t, browser.Get("/login", navigate...), `role="status"`, "a mail with a link is on its way")
	}
	if answers[0] != answers[1] {
		t.Errorf("known and unknown addresses differ: %q", answers)
	}
	link, _ := s.mailed(t, "ada@example.com")
	if !strings.HasPrefix(link, "/reset-password?token=") {
		t.Fatalf("the link leads to %s", link)
	}
	for range 10 {
		scanner := s.stranger(t)
		expect(t, scanner.Do(http.MethodHead, link, ""), 200)
		expect(t, scanner.Get(link), 200, "Referrer-Policy", "no-referrer", "Cache-Control", "private, no-store", "Set-Cookie", "")
	}
	page := browser.Get(link, navigate...)
	contains(t, page, "Choose a new password", `value="ada@example.com"`, `autocomplete="new-password"`, "readonly")
	token := strings.TrimPrefix(link, "/reset-password?token=")
	lacks(t, browser.Get("/dashboard", navigate...), "Hello")
	expect(t, old.Get("/dashboard", navigate...), 200) // looking has ended nothing

	bad := browser.PostForm("/reset-password", url.Values{"token": {token}, "newPassword": {"short"}})
	expect(t, bad, 422, "Referrer-Policy", "no-referrer")
	contains(t, bad, "Error: Choose a new password", "There is a problem", `value="`+token+`"`)
	lacks(t, bad, `value="short"`)

	done := browser.PostForm("/reset-password", url.Values{"token": {token}, "newPassword": {"better-horse-2"}})
	expect(t, done, 303, "Location", "/login")
	contains(t, browser.Get("/login", navigate...), "Log in with the new one.")
	expect(t, old.Get("/dashboard", navigate...), 303)
	used := browser.PostForm("/reset-password", url.Values{"token": {token}, "newPassword": {"better-horse-3"}})
	expect(t, used, 400)
	contains(t, used, "This link does not work", `href="/forgot-password"`)
	expect(t, browser.Get(link, navigate...), 400)
	expect(t, browser.PostForm("/login", credentials("ada@example.com", authtest.Password)), 422)
	expect(t, browser.PostForm("/login", credentials("ada@example.com", "better-horse-2")), 303)
}

// TestForgottenPasswordByHTMX: the same by fragments.
func TestForgottenPasswordByHTMX(t *testing.T) {
	s := newSite(t)
	s.person(t, "ada@example.com")
	browser := s.stranger(t)
	bad := browser.PostForm("/forgot-password", url.Values{"email": {"ada@"}}, s.htmx("/forgot-password")...)
	expect(t, bad, 422)
	contains(t, bad, `value="ada@"`, "Enter an e-mail address", `hx-target="#live"`)
	lacks(t, bad, "<html")
	expect(t, browser.PostForm("/forgot-password", url.Values{"email": {"ada@example.com"}}, s.htmx("/forgot-password")...), 204, "HX-Redirect", "/login")
	link, _ := s.mailed(t, "ada@example.com")
	token := strings.TrimPrefix(link, "/reset-password?token=")
	expect(t, browser.PostForm("/reset-password", url.Values{"token": {token}, "newPassword": {"better-horse-2"}}, s.htmx(link)...), 204, "HX-Redirect", "/login")
	gone := browser.PostForm("/reset-password", url.Values{"token": {token}, "newPassword": {"better-horse-2"}}, s.htmx(link)...)
	expect(t, gone, 400)
	lacks(t, gone, "<html")
}

// TestOneResetWins: of many at the same time one sets the password.
func TestOneResetWins(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		s := newSiteOn(t, db)
		s.person(t, "ada@example.com")
		s.stranger(t).PostForm("/forgot-password", url.Values{"email": {"ada@example.com"}})
		link, _ := s.mailed(t, "ada@example.com")
		form := url.Values{"token": {strings.TrimPrefix(link, "/reset-password?token=")}, "newPassword": {"better-horse-2"}}
		var wg sync.WaitGroup
		var mu sync.Mutex
		statuses := map[int]int{}
		for range 20 {
			browser := s.stranger(t)
			wg.Go(func() {
				got := browser.PostForm("/reset-password", form)
				mu.Lock()
				defer mu.Unlock()
				statuses[got.StatusCode]++
			})
		}
		wg.Wait()
		if statuses[303] != 1 || statuses[303]+statuses[400] != 20 {
			t.Errorf("statuses %v, want one 303 and 400s", statuses)
		}
	})
}

// TestClientsKeepTheirLinks: a program that names a page of its own gets the provider's endpoint mailed.
func TestClientsKeepTheirLinks(t *testing.T) {
	s := newSite(t)
	s.person(t, "ada@example.com")
	s.stranger(t).PostJSON("/api/auth/request-password-reset", map[string]string{"email": "ada@example.com", "redirectTo": "/my/reset"})
	if link, _ := s.mailed(t, "ada@example.com"); !strings.HasPrefix(link, "/api/auth/reset-password/") {
		t.Errorf("the link is %s", link)
	}
}

// FuzzResetToken: no text in the address of the page opens anything or breaks it.
func FuzzResetToken(f *testing.F) {
	for _, token := range []string{"", "x", "\x00", "\xff", "%", "<script>", strings.Repeat("A", 43), strings.Repeat("a", 9000), "a&token=b", "é\n"} {
		f.Add(token)
	}
	s := newSite(f)
	f.Fuzz(func(t *testing.T, token string) {
		got := authtest.NewClient(t, s.Base).Get("/reset-password?token=" + url.QueryEscape(token))
		expect(t, got, 400)
		lacks(t, got, "<form class=\"stack\"")
	})
}
