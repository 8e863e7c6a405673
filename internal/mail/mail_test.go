package mail_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/database"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/mail"
	"gorm.io/gorm"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// TestInbox: a mail is kept exactly when the transaction that causes it is, the newest hundred stay, and each
// purpose has words of its own.
func TestInbox(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		inbox := mail.NewInbox(db, "Foyer", database.Now)
		send := func(m auth.Mail, after error) error {
			return db.Transaction(func(tx *gorm.DB) error { return errors.Join(inbox.Enqueue(t.Context(), tx, m), after) })
		}
		list := func() []mail.Mail {
			t.Helper()
			l, err := inbox.List(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return l
		}
		subjects := map[string]bool{}
		for _, purpose := range []string{"verify_email", "reset_password", "confirm_email_change", "change_email", "delete_account"} {
			if err := send(auth.Mail{To: purpose + "@example.com", Name: "Ada 100%s", Purpose: purpose, URL: "http://localhost/x?a=%20b", NewEmail: "new%d@example.com"}, nil); err != nil {
				t.Fatal(err)
			}
			for _, m := range list() {
				if m.Recipient == purpose+"@example.com" {
					subjects[m.Subject] = true
					if !strings.HasPrefix(m.Text, "Hello Ada 100%s, ") || strings.Contains(m.Text, "%!") || !strings.Contains(m.Subject, "Foyer") || m.URL != "http://localhost/x?a=%20b" {
						t.Errorf("%s: %+v", purpose, m)
					}
					if strings.Contains(m.Text, "new%d@example.com") != (purpose == "confirm_email_change") {
						t.Errorf("%s: the new address: %s", purpose, m.Text)
					}
				}
			}
		}
		if len(subjects) != 5 {
			t.Errorf("subjects: %v", subjects)
		}
		undone := errors.New("undone")
		if err := send(auth.Mail{To: "undone@example.com", Purpose: "verify_email"}, undone); !errors.Is(err, undone) {
			t.Fatal(err)
		}
		if err := send(auth.Mail{Purpose: "unknown"}, nil); err == nil {
			t.Error("a mail without words is taken")
		}
		if got := len(list()); got != 5 {
			t.Errorf("%d mails, want 5", got)
		}
		for i := range 110 {
			if err := send(auth.Mail{To: fmt.Sprintf("user%d@example.com", i), Purpose: "verify_email"}, nil); err != nil {
				t.Fatal(err)
			}
		}
		kept := list()
		if len(kept) != 100 {
			t.Errorf("%d mails are kept, want 100", len(kept))
		}
		for _, m := range kept {
			if strings.HasPrefix(m.Recipient, "verify_email") {
				t.Error("the oldest is kept")
			}
		}
	})
}
