package authtest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"

	"example.com/foyer/internal/auth"
	"gorm.io/gorm"
)

// MailDir is an auth.Mailer that writes each mail as a file of JSON into a folder: {to, subject, url} and more. Names
// sort by time, and files appear whole.
type MailDir string

var mails atomic.Int64

// Enqueue implements auth.Mailer. A transaction that is rolled back afterwards leaves its mail behind.
func (d MailDir) Enqueue(_ context.Context, _ *gorm.DB, m auth.Mail) error {
	data, err := json.Marshal(map[string]string{
		"to": m.To, "subject": string(m.Purpose), "url": m.URL,
		"code": m.Code, // part:magiclink
	})
	if err != nil {
		return err
	}
	name := filepath.Join(string(d), fmt.Sprintf("%09d", mails.Add(1)))
	if err := os.WriteFile(name, data, 0o600); err != nil {
		return err
	}
	return os.Rename(name, name+".json")
}
