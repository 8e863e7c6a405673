package web_test

import (
	"net/http"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/mail"
	"example.com/foyer/web"
	"gorm.io/gorm"
)

// part:admin,betterauth,ratelimit

// TestNewColumnsDoNotBreakRunningInstances: a running instance keeps working while the next version adds columns to its tables. Prepared
// statements must not depend on the number of columns.
func TestNewColumnsDoNotBreakRunningInstances(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]func(testing.TB) string{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		t.Run(name, func(t *testing.T) {
			where := url(t)
			db := dbtest.Open(t, where)
			outbox := mail.New(db, mail.Options{AppName: web.AppName, Keys: ring(t), Keep: true, Now: database.Now})
			s := newSiteWith(t, db, auth.Options{Mailer: outbox}, func(c *web.Config) { c.Development = true })
			admin := s.admin(t, "admin@example.com")
			_, ada := s.person(t, "ada@example.com")
			useAll(t, "before", s, admin, ada)
			useAll(t, "prepared", s, admin, ada) // by now every statement is the second of its kind
			next := dbtest.Open(t, where)
			for _, sql := range []string{
				"ALTER TABLE users ADD COLUMN nickname TEXT NOT NULL DEFAULT ''",
				"ALTER TABLE sessions ADD COLUMN place TEXT NOT NULL DEFAULT ''",
				"ALTER TABLE accounts ADD COLUMN hint TEXT",
				"ALTER TABLE verifications ADD COLUMN hint TEXT",
				"ALTER TABLE mails ADD COLUMN opened_at TIMESTAMP",
				"ALTER TABLE rate_limits ADD COLUMN hint TEXT",
				"ALTER TABLE audit_events ADD COLUMN place TEXT",  // part:audit
				"ALTER TABLE audit_private ADD COLUMN place TEXT", // part:audit
				"ALTER TABLE audit_head ADD COLUMN place TEXT",    // part:audit
			} {
				if err := next.Exec(sql).Error; err != nil {
					t.Fatal(err)
				}
			}
			useAll(t, "after", s, admin, ada)
			s.verifyTrail(t) // part:auditchain
		})
	}
}

// useAll reads and writes every table, by the ways that differ.
func useAll(t *testing.T, when string, s *site, admin *authtest.Client, userID string) {
	t.Helper()
	for _, path := range []string{
		"/dashboard", "/settings", "/settings/sessions", "/admin", "/admin/users", "/admin/users?q=ada",
		"/admin/audit", "/admin/audit?person=" + userID, // part:audit
		"/admin/users.csv", "/admin/users/" + userID, "/dev/mail", "/readyz", "/api/auth/list-sessions",
		"/api/auth/get-session?disableCookieCache=true",
	} {
		if res := admin.Get(path); res.StatusCode != http.StatusOK {
			t.Errorf("%s: %s: %d", when, path, res.StatusCode)
		}
	}
	for path, body := range map[string]any{
		"/sign-in/email":           map[string]any{"email": "ada@example.com", "password": authtest.Password},
		"/send-verification-email": map[string]any{"email": "ada@example.com"},
		"/request-password-reset":  map[string]any{"email": "ada@example.com"},
	} {
		if res := s.stranger(t).PostJSON("/api/auth"+path, body); res.StatusCode != http.StatusOK {
			t.Errorf("%s: %s: %d %s", when, path, res.StatusCode, res.Text)
		}
	}
	// part:audit
	err := s.db.Transaction(func(tx *gorm.DB) error {
		return s.server.Audit.Record(tx, auth.Event{Name: "sign_in", ActorID: userID})
	})
	if err != nil {
		t.Errorf("%s: %v", when, err)
	}
	// end:audit
}

// end:admin,betterauth,ratelimit
