package web_test

import (
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database"
	"example.com/foyer/internal/mail"
	"example.com/foyer/web"
	"gorm.io/gorm"
)

// TestDashboard: it greets the visitor, shows the latest three of many sessions, and leads to the others.
func TestDashboard(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _ := s.person(t, "ada@example.com")
	for range 4 {
		s.stranger(t).SignIn("ada@example.com", authtest.Password)
	}
	page := ada.Get("/dashboard", navigate...)
	contains(t, page, "<h1>Hello Test Person</h1>", `<a href="/settings/sessions">All sessions</a>`)
	if got := tags(tags(parse(t, page), "tbody")[0], "tr"); len(got) != 3 {
		t.Errorf("%d sessions, want the latest 3", len(got))
	}
	lacks(t, page, "Get started") // production
}

// TestGetStarted: in development the list ticks what is done.
func TestGetStarted(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *web.Config) { c.Development = true })
	ada, _ := s.person(t, "ada@example.com")
	const step = "Ask for one"
	contains(t, ada.Get("/dashboard", navigate...), "Get started", "<b>Send a mail</b>", step)
	err := s.db.Transaction(func(tx *gorm.DB) error {
		outbox := mail.New(s.db, mail.Options{AppName: web.AppName, Keys: ring(t), Keep: true, Now: database.Now})
		return outbox.Enqueue(t.Context(), tx, auth.Mail{To: "ada@example.com", Purpose: "reset_password", URL: "https://a.example"})
	})
	if err != nil {
		t.Fatal(err)
	}
	lacks(t, ada.Get("/dashboard", navigate...), step)
}
