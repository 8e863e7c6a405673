package betterauth_test

import (
	"fmt"
	"strings"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// TestNamesDoNotMislead: what turns, hides or links a text is refused beside its field, wherever a name is given;
// names of all scripts, and emoji, are kept letter by letter.
func TestNamesDoNotMislead(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		ada := r.browser()
		id := ada.SignUp("ada@example.com")
		for _, name := range []string{
			"You won! http://evil.example/claim", "ftp://x", "://", "a\u202egnp.exe", "\u202aa", "a\u2066b", "a\u2069",
			"a\u200bb", "a\u200eb", "a\u200fb", "\ufeffAda", "a\u2028b", "a\u2029b", "a\u061cb", "a\u2060b",
			"\u200d", "\u200c\u200d", " \u200d ", "\u00ad",
		} {
			wantName(t, post(r.browser(), "/sign-up/email",
				fmt.Sprintf(`{"name":%q,"email":"new@example.com","password":%q}`, name, authtest.Password)), name, false)
			wantName(t, post(ada, "/update-user", fmt.Sprintf(`{"name":%q}`, name)), name, false)
			if _, err := r.auth.ChangeUser(t.Context(), nil, id,
				auth.UserChanges{Profile: auth.Profile{Name: &name}}); err == nil {
				t.Errorf("an admin gives the name %q", name)
			}
		}
		for _, name := range []string{"Ada Lovelace", "O'Brien: a/b", "عبدالرحمن", "می\u200cخواهم", "👩\u200d👩\u200d👧", "張偉",
			"Zoë", "x:/y", "!"} {
			wantName(t, post(ada, "/update-user", fmt.Sprintf(`{"name":%q}`, name)), name, true)
			if u, err := r.auth.User(t.Context(), id); err != nil || u.Name != name {
				t.Errorf("%q is kept as %q, %v", name, u.Name, err)
			}
		}
		old := "kept\u202e"
		if err := db.Exec("UPDATE users SET name = ? WHERE id = ?", old, id).Error; err != nil {
			t.Fatal(err)
		}
		wantName(t, post(ada, "/update-user", `{"image":"https://app.example/a.png"}`), old, true)
		if u, err := r.auth.User(t.Context(), id); err != nil || u.Name != old {
			t.Errorf("who had a name before has become %q, %v", u.Name, err)
		}
	})
}

func wantName(t *testing.T, got authtest.Answer, name string, taken bool) {
	t.Helper()
	if taken && got.StatusCode != 200 || !taken && (got.StatusCode != 400 ||
		!strings.Contains(got.Text, "VALIDATION_ERROR")) {
		t.Errorf("name %q: %d %s", name, got.StatusCode, got.Text)
	}
}
