package web_test

import (
	"net/http"
	"strings"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database"
	"example.com/foyer/internal/mail"
	"example.com/foyer/web"
	"gorm.io/gorm"
)

// TestInbox: the inbox escapes what strangers typed. It exists in development only, for browsers on this machine.
func TestInbox(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *web.Config) { c.Development = true })
	err := s.db.Transaction(func(tx *gorm.DB) error {
		return mail.New(s.db, mail.Options{AppName: web.AppName, Keys: ring(t), Keep: true,
			Now: database.Now}).Enqueue(t.Context(), tx, auth.Mail{
			To: "ada@example.com", Name: `<script>alert(1)</script>`, Purpose: "reset_password", URL: "javascript:alert(1)",
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	list := s.Get("/dev/mail", navigate...)
	contains(t, list, "ada@example.com", "kept here", "<iframe")
	_, id, _ := strings.Cut(list.Text, `href="/dev/mail/`)
	id, _, _ = strings.Cut(id, `"`)
	text := s.Get("/dev/mail/"+id+"?view=text", navigate...)
	contains(t, text, "Hello &lt;script&gt;alert(1)")
	lacks(t, text, "<iframe")
	letter := s.Get("/dev/mail/"+id+"/html", navigate...)
	contains(t, letter, "<title>Choose a new password for "+web.AppName+"</title>", "&lt;script&gt;alert(1)", "@media not all")
	contains(t, s.Get("/dev/mail/"+id+"/html?view=dark", navigate...), "@media all")
	expect(t, list, http.StatusOK, "Content-Security-Policy", csp+"; frame-src 'self'")
	expect(t, letter, http.StatusOK, "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; "+
		"form-action 'none'; frame-ancestors 'self'; base-uri 'none'")
	for _, page := range []authtest.Answer{list, text, letter} {
		lacks(t, page, "<script>alert", `href="javascript:`)
	}
	contains(t, s.Get("/dev/mail/gone", s.htmx("/dev/mail/gone")...), `id="mails"`) // a poll of a mail that was deleted
	expect(t, s.Get("/dev/mail/nothing/html", navigate...), http.StatusNotFound)
	expect(t, s.Get("/dev/mail/nothing", navigate...), http.StatusNotFound)
	if got := s.raw(t, http.MethodGet, "/dev/mail").StatusCode; got != http.StatusOK {
		t.Errorf("from this machine: %d", got)
	}
	if got := s.raw(t, http.MethodGet, "/dev/mail", "X-Forwarded-Host",
		"evil.example").StatusCode; got != http.StatusNotFound {
		t.Errorf("through a proxy on this machine: %d", got)
	}
	if got := newSite(t).Get("/dev/mail").StatusCode; got != http.StatusNotFound {
		t.Errorf("in production: %d", got)
	}
}
