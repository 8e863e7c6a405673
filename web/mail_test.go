package web_test

import (
	"net/http"
	"strings"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/database"
	"example.com/foyer/internal/mail"
	"example.com/foyer/web"
	"gorm.io/gorm"
)

// TestInbox: what a stranger typed is text in it, whoever asks from elsewhere finds nothing, and production has none.
func TestInbox(t *testing.T) {
	s := newSite(t, func(c *web.Config) { c.Development = true })
	err := s.db.Transaction(func(tx *gorm.DB) error {
		return mail.NewInbox(s.db, web.AppName, database.Now).Enqueue(t.Context(), tx, auth.Mail{
			To: "ada@example.com", Name: `<script>alert(1)</script>`, Purpose: "reset_password", URL: "javascript:alert(1)",
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	res := s.Get("/dev/mail", navigate...)
	if strings.Contains(res.Text, "<script>alert") || strings.Contains(res.Text, `href="javascript:`) || !strings.Contains(res.Text, "&lt;script&gt;alert(1)") {
		t.Errorf("hostile letter: %s", res.Text)
	}
	if got := s.raw(t, http.MethodGet, "/dev/mail", "X-Forwarded-Host", "evil.example").StatusCode; got != http.StatusOK {
		t.Errorf("from this machine: %d", got)
	}
	if got := newSite(t).Get("/dev/mail").StatusCode; got != http.StatusNotFound {
		t.Errorf("in production: %d", got)
	}
}
