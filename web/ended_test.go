package web_test

import (
	"net/url"
	"testing"
	"time"

	"example.com/foyer/internal/auth/authtest"
)

// TestLoginSaysWhy: the log-in page shows one message after a log-out and after the end of a session. It shows none
// to other visitors, and is otherwise the same for all.
func TestLoginSaysWhy(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const toast = `class="toast"`
	typed := []string{"Sec-Fetch-Site", "none", "Sec-Fetch-Mode", "navigate"} // an address, or a link of another site
	door := s.stranger(t).Get("/login", typed...).Text
	told := func(c *authtest.Client, want string) {
		t.Helper()
		page := c.Get("/login", navigate...)
		contains(t, page, toast, want)
		if again := c.Get("/login", typed...); again.Text != door {
			t.Errorf("after %q the door is another: %s", want, again.Text)
		}
	}
	ada, id := s.person(t, "ada@example.com")
	ada.PostForm("/settings", url.Values{"name": {"Ada"}})
	expect(t, ada.PostForm("/logout", nil), 303, "Location", "/login")
	told(ada, "<p>You are logged out.</p>")

	stranger := s.stranger(t)
	expect(t, stranger.Get("/settings", typed...), 303, "Location", "/login?returnTo=%2Fsettings")
	lacks(t, stranger.Get("/login", typed...), toast)
	stranger.Get("/settings", navigate...) // a tab that is still open, after a log-out in another
	told(stranger, "<p>You are logged out. Log in to go on.</p>")
	stranger.Get("/settings", s.htmx("/settings")...)
	told(stranger, "<p>You are logged out. Log in to go on.</p>")

	for want, ask := range map[string]func(c *authtest.Client) authtest.Answer{
		"Your session ended. Log in to go on.": func(c *authtest.Client) authtest.Answer {
			return c.Get("/settings/sessions", typed...)
		},
		"Your session ended, so what you typed was not saved. Log in to go on.": func(c *authtest.Client) authtest.Answer {
			return c.PostForm("/settings", url.Values{"name": {"X"}})
		},
	} {
		c := s.stranger(t)
		c.SignIn("ada@example.com", authtest.Password)
		if err := s.auth.RevokeSessions(t.Context(), nil, id); err != nil {
			t.Fatal(err)
		}
		s.ahead.Add(int64(time.Second))
		ask(c)
		told(c, "<p>"+want+"</p>")
	}
}

// TestAPrefetchKeepsTheMessage: a browser that fetches a page ahead gets none from the door, because it would show that
// one without the message.
func TestAPrefetchKeepsTheMessage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	got := s.Get("/settings", append([]string{"Sec-Purpose", "prefetch"}, navigate...)...)
	expect(t, got, 401, "Location", "", "Set-Cookie", "")
	expect(t, s.Get("/settings", navigate...), 303, "Location", "/login?returnTo=%2Fsettings")
	contains(t, s.Get("/login", navigate...), "Log in to go on.")
}
