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
	contains(t, list, "Hello &lt;script&gt;alert(1)", "ada@example.com", "kept here")
	_, id, _ := strings.Cut(list.Text, `href="/dev/mail/`)
	id, _, _ = strings.Cut(id, `"`)
	letter := s.Get("/dev/mail/"+id, navigate...)
	expect(t, letter, http.StatusOK)
	contains(t, letter, "<title>Choose a new password for "+web.AppName+"</title>", "&lt;script&gt;alert(1)")
	for _, page := range []authtest.Answer{list, letter} {
		lacks(t, page, "<script>alert", `href="javascript:`)
	}
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
