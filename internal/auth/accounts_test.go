package auth_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// link gives a user an account of another provider.
func (r *rig) link(userID, provider, accountID string) {
	r.t.Helper()
	r.clock.advance(1)
	now := r.clock.Now()
	err := r.db.Create(&auth.Account{ID: provider + accountID, UserID: userID, ProviderID: provider, AccountID: accountID,
		CreatedAt: now, UpdatedAt: now}).Error
	if err != nil {
		r.t.Fatal(err)
	}
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		var events []string
		r := newRig(t, db, auth.Options{OnEvent: func(_ *gorm.DB, e auth.Event) error {
			events = append(events, string(e.Name))
			return nil
		}})
		id := r.SignUp("ada@example.com")
		bob := r.addUser("bob@example.com", "")
		r.link(bob.ID, "github", "7")
		list := func() string { return r.Get("/api/auth/list-accounts").Text }
		if got := list(); !contains(got, `"providerId":"credential"`, `"accountId":"`+id+`"`, `"userId":"`+id+`"`,
			`"scopes":[]`, `"createdAt":"2031-`) || strings.Contains(got, "argon2id") {
			t.Errorf("one account: %s", got)
		}
		r.link(id, "github", "1")
		r.link(id, "google", "1")
		unlink := func(accountID string) string {
			return post(r.Client, "/unlink-account", `{"accountId":"`+accountID+`"}`).Text
		}
		if got := unlink("7"); !strings.Contains(got, "ACCOUNT_NOT_FOUND") || r.count(&auth.Account{}) != 4 {
			t.Errorf("somebody else's: %s", got)
		}
		events = nil
		if got := unlink("1"); got != `{"status":true}` || strings.Contains(list(), "github") ||
			!strings.Contains(list(), "google") {
			t.Errorf("of two with one number: %s, left %s", got, list())
		}
		if len(events) != 1 || events[0] != "account_unlinked" {
			t.Errorf("heard %v", events)
		}
		if got := unlink(id); got != `{"status":true}` {
			t.Errorf("the password: %s", got)
		}
		for path, body := range map[string]string{
			"/verify-password": `{"password":"314-159-265"}`, "/delete-user": `{"password":"314-159-265"}`,
			"/change-password": `{"currentPassword":"314-159-265","newPassword":"another-horse-2"}`,
		} {
			wantCode(t, post(r.Client, path, body), 400, "CREDENTIAL_ACCOUNT_NOT_FOUND")
		}
		if got := signIn(r.browser(), "ada@example.com"); got.StatusCode != 401 {
			t.Errorf("without a password: %d %s", got.StatusCode, got.Text)
		}
		for _, by := range []time.Duration{day, -day - time.Minute} { // the second sets the clock back to before the session
			r.clock.advance(by)
			wantCode(t, post(r.Client, "/unlink-account", `{"accountId":"1"}`), 403, "SESSION_NOT_FRESH")
			wantCode(t, r.Get("/api/auth/list-sessions"), 403, "SESSION_NOT_FRESH")
		}
	})
}

// TestOneAccountStays: of two who are unlinked at once one is refused, else nobody could sign in.
func TestOneAccountStays(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		id := r.SignUp("ada@example.com")
		r.link(id, "github", "1")
		var won atomic.Int64
		atOnce(50, func(i int) {
			got := post(r.Copy(), "/unlink-account", `{"accountId":"`+[]string{"1", id}[i%2]+`"}`)
			if got.StatusCode == 200 {
				won.Add(1)
			} else if !strings.Contains(got.Text, "FAILED_TO_UNLINK_LAST_ACCOUNT") {
				t.Errorf("%d %s", got.StatusCode, got.Text)
			}
		})
		if won.Load() != 1 || r.count(&auth.Account{}) != 1 {
			t.Errorf("%d unlinked, %d left; want 1 and 1", won.Load(), r.count(&auth.Account{}))
		}
	})
}
