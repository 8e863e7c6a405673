package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/mail"
	"example.com/foyer/web"
	"gorm.io/gorm"
)

// TestOneWinnerPerLink: of 50 requests at once, one uses the link, and its mail is sent once. The outbox is the app's
// own, so the mail of a change that was rolled back is not in it.
func TestOneWinnerPerLink(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		outbox := mail.New(db, mail.Options{AppName: web.AppName, Keys: ring(t), Keep: true, Now: database.Now})
		s := newSiteWith(t, db, auth.Options{RequireEmailVerification: true, ConfirmEmailChange: true, Notices: true,
			Mailer: outbox})
		sent := map[string]int{} // how many letters there are, by whom they are for and what they are called
		// token is that of the one letter of this kind that has come since the last look.
		token := func(email, subject string) string {
			t.Helper()
			list, err := outbox.List(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var found []mail.Mail
			for _, m := range list {
				if m.Recipient == email && strings.HasPrefix(m.Subject, subject) {
					found = append(found, m)
				}
			}
			if n := len(found) - sent[email+subject]; n != 1 {
				t.Fatalf("%d letters %q to %s, want one", n, subject, email)
			}
			sent[email+subject]++
			_, token, _ := strings.Cut(found[0].Link(), "token=")
			return token
		}
		const old, email, password = "ada@example.com", "new@example.com", "another-horse-2"
		ada := s.stranger(t)
		race := func(path, to string, form url.Values) {
			t.Helper()
			if won, odd := postAtOnce(ada, path, to, form); won != 1 || odd != "" {
				t.Errorf("%s: %d of 50 won, oddities: %s", path, won, odd)
			}
		}
		ada.PostForm("/signup", registration(old, authtest.Password))
		race("/verify-email", "/dashboard", url.Values{"token": {token(old, "Confirm your e-mail address")}})
		ada = s.stranger(t)
		ada.SignIn(old, authtest.Password)

		ada.PostForm("/settings/email", url.Values{"newEmail": {email}})
		race("/verify-email", "/verify-email?done=allowed", url.Values{"token": {token(old, "Allow the change")}})
		race("/verify-email", "/verify-email?done=changed",
			url.Values{"token": {token(email, "Confirm your new e-mail address")}})
		undo := token(old, "Your e-mail address for "+web.AppName+" was changed")

		ada = s.stranger(t)
		ada.PostForm("/forgot-password", url.Values{"email": {email}})
		race("/reset-password", "/login", url.Values{"token": {token(email, "Choose a new password")},
			"newPassword": {password}})
		token(email, "Your password for "+web.AppName+" was changed")

		race("/undo-email", "/login", url.Values{"token": {undo}})
		expect(t, ada.PostForm("/reset-password", url.Values{"token": {token(old, "Choose a new password")},
			"newPassword": {password}}), 303)
		ada = s.stranger(t)
		ada.SignIn(old, password)
		race("/settings/delete", "/", url.Values{"confirm": {old}, "password": {password}})
		token(old, "Your account for "+web.AppName+" is deleted")
		var left int64
		if err := db.Model(&auth.User{}).Count(&left).Error; err != nil || left != 0 {
			t.Errorf("%d users left, %v", left, err)
		}
	})
}

// postAtOnce posts a form from 50 copies of a browser at once. It returns how many were redirected as the winner, and
// the answers that are neither that nor a refusal: by the form, because the link is used, at the door or, on a slow
// machine, by the full queue of passwords.
func postAtOnce(browser *authtest.Client, path, to string, form url.Values) (won int64, odd string) {
	var n atomic.Int64
	var oddities sync.Map
	var wg sync.WaitGroup
	for range 50 {
		copied := browser.Copy()
		wg.Go(func() {
			got := copied.PostForm(path, form)
			switch location := got.Header.Get("Location"); {
			case got.StatusCode == http.StatusSeeOther && location == to:
				n.Add(1)
			case slices.Contains([]int{http.StatusUnprocessableEntity, http.StatusNotFound, http.StatusServiceUnavailable},
				got.StatusCode):
			case got.StatusCode == http.StatusSeeOther && location == "/login":
			default:
				oddities.Store(got.Status+" "+location+" "+got.Text, true)
			}
		})
	}
	wg.Wait()
	oddities.Range(func(key, _ any) bool { odd += "\n" + key.(string); return true })
	return n.Load(), odd
}
