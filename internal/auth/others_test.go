package auth_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// TestNobodyTouchesAnothersSessions: a handle of somebody else's session is as good as a made-up one.
func TestNobodyTouchesAnothersSessions(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	id := r.SignUp("ada@example.com")
	bob := r.browser()
	list, err := r.auth.Sessions(t.Context(), bob.SignUp("bob@example.com"))
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	theirs := post(r.Client, "/revoke-session", fmt.Sprintf(`{"token":%q}`, list[0].ID))
	nobodys := post(r.Client, "/revoke-session", `{"token":"nobody's"}`)
	if theirs.StatusCode != 200 || nobodys.StatusCode != 200 || theirs.Text != nobodys.Text {
		t.Errorf("another's: %d %s, nobody's: %d %s", theirs.StatusCode, theirs.Text, nobodys.StatusCode, nobodys.Text)
	}
	if res := r.Get("/api/auth/list-sessions"); strings.Contains(res.Text, list[0].ID) ||
		strings.Count(res.Text, `"userId":"`+id+`"`) != 1 {
		t.Errorf("ada sees %s", res.Text)
	}
	post(r.Client, "/revoke-other-sessions", fmt.Sprintf(`{"userId":%q}`, list[0].UserID))
	post(r.Client, "/revoke-sessions", fmt.Sprintf(`{"userId":%q}`, list[0].UserID))
	r.wantWho("after revoking all of her own", r.Client, "")
	bob.Forget(cacheCookie)
	r.wantWho("the other person", bob, "bob@example.com")
}

// TestAPersonTakesNoPrivilege: what is not theirs to change is refused or ignored, and does not change.
func TestAPersonTakesNoPrivilege(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	id := r.SignUp("ada@example.com")
	bob := r.addUser("bob@example.com", "")
	for path, bodies := range map[string][]string{
		"/update-user": {`{"role":"admin"}`, `{"name":"x","role":"user"}`, `{"banned":false}`, `{"banExpires":null}`,
			`{"email":"x@example.com"}`, `{}`, `{"emailVerified":true}`, `{"Role":"admin"}`, `{"name":null}`, `{"name":["x"]}`},
		"/update-session": {`{"impersonatedBy":"x"}`, `{"userId":"x"}`, `{"expiresAt":"2099-01-01T00:00:00.000Z"}`,
			`{"token":"x"}`, `{}`},
	} {
		for _, body := range bodies {
			if got := post(r.Client, path, body); got.StatusCode != 400 {
				t.Errorf("%s %s: %d %s", path, body, got.StatusCode, got.Text)
			}
			if got := post(r.browser(), path, body); got.StatusCode != 400 && got.StatusCode != 401 {
				t.Errorf("%s %s of a stranger: %d %s", path, body, got.StatusCode, got.Text)
			}
		}
	}
	before := r.row()
	body := `{"name":"Ada","emailVerified":true,"id":"` + bob.ID + `","userId":"` + bob.ID +
		`","createdAt":"2000-01-01T00:00:00.000Z","ROLE":"admin"}`
	if got := post(r.Client, "/update-user", body); got.StatusCode != 200 {
		t.Errorf("%d %s", got.StatusCode, got.Text)
	}
	u, err := r.auth.User(t.Context(), id)
	if err != nil || u.Name != "Ada" || u.Role != "user" || u.EmailVerified || u.Email != "ada@example.com" ||
		u.CreatedAt.Year() != 2031 {
		t.Errorf("%+v, %v", u, err)
	}
	if u, err := r.auth.User(t.Context(), bob.ID); err != nil || u.Name != "Test Person" {
		t.Errorf("%+v, %v", u, err)
	}
	if after := r.row(); after.UserID != id || after.ImpersonatedBy != nil || !after.ExpiresAt.Equal(before.ExpiresAt) {
		t.Errorf("%+v", after)
	}
}

// TestADeletionUnderWay: requests beside a deletion are answered, and nothing of the user is left.
func TestADeletionUnderWay(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{Mailer: &mailbox{}})
		id := r.SignUp("ada@example.com")
		var odd atomic.Int64
		atOnce(12, func(i int) {
			c := r.Copy()
			c.Forget(cacheCookie)
			var got authtest.Answer
			switch i % 6 {
			case 0:
				got = c.Get("/api/auth/get-session")
			case 1:
				got = post(c, "/update-user", `{"name":"Ada"}`)
			case 2:
				got = signIn(r.browser(), "ada@example.com")
			case 3:
				got = post(c, "/change-email", `{"newEmail":"new@example.com"}`)
			case 4:
				got = post(r.browser(), "/request-password-reset", `{"email":"ada@example.com"}`)
			case 5:
				got = post(c, "/delete-user", `{}`)
			}
			if got.StatusCode >= 500 {
				odd.Add(1)
				t.Errorf("%d: %d %s", i, got.StatusCode, got.Text)
			}
		})
		if _, err := r.auth.User(t.Context(), id); refusal(err) != "USER_NOT_FOUND" {
			t.Errorf("the user: %v", err)
		}
		if n := r.count(&auth.Session{}) + r.count(&auth.Account{}) + r.count(&auth.Verification{}); n != 0 {
			t.Errorf("%d rows are left behind", n)
		}
	})
}
