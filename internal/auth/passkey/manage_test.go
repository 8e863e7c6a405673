package passkey_test

import (
	"encoding/base64"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/auth/passkey"
	"example.com/foyer/internal/database"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/errs"
	"example.com/foyer/migrations"
	"gorm.io/gorm"
)

// TestNames: 1 to 100 characters that can be shown; a passkey may be added without one.
func TestNames(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{}, passkey.Options{})
		c, id, _ := r.withKey("ada@example.com")
		key := r.list(id)[0].ID
		rename := func(name string) authtest.Answer {
			return post(c, "/passkey/update-passkey", fmt.Sprintf(`{"id":%q,"name":%q}`, key, name))
		}
		long := strings.Repeat("é", 100)
		for name, want := range map[string]string{"Phone": "Phone", " Ada's <b>key</b>\n ": "Ada's <b>key</b>", long: long} {
			got := rename(name)
			wantOK(t, name, got)
			var v struct{ Passkey struct{ Name string } }
			decode(t, got.Text, &v)
			if v.Passkey.Name != want || r.list(id)[0].Name != want {
				t.Errorf("%q: named %q", name, v.Passkey.Name)
			}
		}
		bad := []string{long + "x", strings.Repeat("x", 5000), "a\nb", "a\u202eb", "a\u2028b", "\u200b"}
		for _, name := range append(bad, "", "  ") {
			wantRefusal(t, name, rename(name), 400, "VALIDATION_ERROR")
		}
		for _, name := range bad {
			body := fmt.Sprintf(`{"name":%q,"response":%s}`, name, r.device().Register(options(t, c, "register")))
			wantRefusal(t, name, post(c, "/passkey/verify-registration", body), 400, "VALIDATION_ERROR")
		}
		r.wantKeys("in the end", id, 1)
		if !r.recorded(event.PasskeyRenamed, id) {
			t.Error("not recorded")
		}
	})
}

// TestNamesStayWithTheirUser: what a thief or a squatter calls a passkey is neither mailed nor recorded.
func TestNamesStayWithTheirUser(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t)
	c := r.browser()
	id := c.SignUp("ada@example.com")
	const bait = "Call 555-0100 now"
	body := `{"name":"` + bait + `","response":` + r.device().Register(options(t, c, "register")) + `}`
	wantOK(t, "adding", post(c, "/passkey/verify-registration", body))
	key := r.list(id)[0].ID
	wantOK(t, "renaming", post(c, "/passkey/update-passkey", `{"id":"`+key+`","name":"`+bait+`!"}`))
	wantOK(t, "deleting", post(c, "/passkey/delete-passkey", `{"id":"`+key+`"}`))
	for _, what := range []any{r.mails, r.seen} {
		if text := fmt.Sprintf("%+v", what); strings.Contains(text, bait) {
			t.Errorf("the name is in %s", text)
		}
	}
}

// TestListAndDelete: of the own ones only.
func TestListAndDelete(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{}, passkey.Options{})
		ada, id, d := r.withKey("ada@example.com")
		eve, _, _ := r.withKey("eve@example.com")
		key := r.list(id)[0].ID
		var list []struct{ ID, UserID string }
		decode(t, ada.Get("/api/auth/passkey/list-user-passkeys").Text, &list)
		if len(list) != 1 || list[0].ID != key || list[0].UserID != id {
			t.Errorf("%+v", list)
		}
		wantRefusal(t, "a stranger's list", r.browser().Get("/api/auth/passkey/list-user-passkeys"), 401, "UNAUTHORIZED")
		for _, bad := range []string{key, "unknown", "", `\u0000`} {
			status, code := 404, "PASSKEY_NOT_FOUND"
			if bad == `\u0000` {
				status, code = 400, "VALIDATION_ERROR"
			}
			wantRefusal(t, "Eve renames", post(eve, "/passkey/update-passkey", `{"id":"`+bad+`","name":"x"}`), status, code)
			wantRefusal(t, "Eve deletes", post(eve, "/passkey/delete-passkey", `{"id":"`+bad+`"}`), status, code)
		}
		wantRefusal(t, "a stranger", post(r.browser(), "/passkey/delete-passkey", `{"id":"`+key+`"}`), 401, "UNAUTHORIZED")
		r.advance(10 * time.Minute)
		wantRefusal(t, "an old session", post(ada, "/passkey/delete-passkey", `{"id":"`+key+`"}`), 403, "SESSION_NOT_FRESH")
		r.wantKeys("so far", id, 1)
		wantOK(t, "signing in", r.enter(ada, d))
		wantOK(t, "deleting", post(ada, "/passkey/delete-passkey", `{"id":"`+key+`"}`))
		r.wantKeys("in the end", id, 0)
		if !r.recorded(event.PasskeyRemoved, id) || r.mailed(letter.PasskeyRemoved) != 1 {
			t.Error("neither recorded nor told")
		}
		c := r.browser()
		r.wantNoEntry("the deleted one", c, r.enter(c, d), 401, "PASSKEY_NOT_FOUND")
		wantRefusal(t, "deleting again", post(ada, "/passkey/delete-passkey", `{"id":"`+key+`"}`), 404, "PASSKEY_NOT_FOUND")
		decode(t, ada.Get("/api/auth/passkey/list-user-passkeys").Text, &list)
		if list == nil || len(list) > 0 {
			t.Errorf("%+v", list)
		}
	})
}

// TestOtherPartsHear: what an older proof opens, such as a trusted device, ends with every change of a passkey.
func TestOtherPartsHear(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t)
	c := r.browser()
	id := c.SignUp("ada@example.com")
	var heard []string
	r.auth.Join(auth.Hooks{CredentialChanged: func(_ *auth.Tx, userID string) error {
		heard = append(heard, userID)
		return nil
	}})
	wantOK(t, "adding", r.register(c, r.device()))
	if !slices.Equal(heard, []string{id}) {
		t.Errorf("after adding: %q", heard)
	}
	wantOK(t, "deleting", post(c, "/passkey/delete-passkey", `{"id":"`+r.list(id)[0].ID+`"}`))
	if !slices.Equal(heard, []string{id, id}) {
		t.Errorf("after deleting: %q", heard)
	}
}

// TestRemoveAllRefusals: nothing is removed of a user who has none, and of no user.
func TestRemoveAllRefusals(t *testing.T) {
	t.Parallel()
	r := newRig(t, dbtest.Open(t, dbtest.SQLite(t)), auth.Options{}, passkey.Options{})
	id := r.SignUp("ada@example.com")
	for userID, code := range map[string]string{id: "NO_PASSKEYS", "nobody": "USER_NOT_FOUND"} {
		err := r.keys.RemoveAll(httptest.NewRequest("POST", r.Base, nil), nil, userID)
		if e := errs.Of(err); e == nil || e.Code != code {
			t.Errorf("%s: %v, want %s", userID, err, code)
		}
	}
}

// TestLastWayIn: without a password one passkey has to stay.
func TestLastWayIn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{}, passkey.Options{})
		c, id, _ := r.withKey("ada@example.com")
		wantOK(t, "a second one", r.register(c, r.device()))
		if err := db.Where("user_id = ?", id).Delete(&auth.Account{}).Error; err != nil {
			t.Fatal(err)
		}
		list := r.list(id)
		wantOK(t, "the first", post(c, "/passkey/delete-passkey", `{"id":"`+list[0].ID+`"}`))
		wantRefusal(t, "the last", post(c, "/passkey/delete-passkey", `{"id":"`+list[1].ID+`"}`), 400, "LAST_WAY_IN")
		r.wantKeys("in the end", id, 1)
	})
}

// TestAccepted: what password managers are told.
func TestAccepted(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t)
	c, id, d := r.withKey("ada@example.com")
	rpID, handle, ids, err := r.keys.Accepted(t.Context(), id)
	encode := base64.RawURLEncoding.EncodeToString
	if err != nil || rpID != "localhost" || handle != encode(d.Handle) || len(ids) != 1 || ids[0] != encode(d.ID) {
		t.Errorf("%q %q %q %v", rpID, handle, ids, err)
	}
	wantOK(t, "deleting", post(c, "/passkey/delete-passkey", `{"id":"`+r.list(id)[0].ID+`"}`))
	if _, again, ids, err := r.keys.Accepted(t.Context(), id); err != nil || again != handle || len(ids) > 0 {
		t.Errorf("%q %q %v", again, ids, err)
	}
	eve := r.browser().SignUp("eve@example.com")
	if _, none, ids, err := r.keys.Accepted(t.Context(), eve); none != "" || ids != nil || err != nil {
		t.Errorf("%q %q %v", none, ids, err)
	}
}

// TestAccountIsDeleted: its passkeys and its handle go with it.
func TestAccountIsDeleted(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{}, passkey.Options{})
		ada, _, d := r.withKey("ada@example.com")
		wantOK(t, "deleting", post(ada, "/delete-user", `{"password":"`+authtest.Password+`"}`))
		for _, table := range []string{"passkeys", "passkey_handles"} {
			var n int64
			if err := db.Table(table).Count(&n).Error; err != nil || n > 0 {
				t.Errorf("%d rows in %s, %v", n, table, err)
			}
		}
		c := r.browser()
		r.wantNoEntry("a passkey of nobody", c, r.enter(c, d), 401, "PASSKEY_NOT_FOUND")
	})
}

// TestSitesWithoutAName: an IP address has no passkeys; nothing fails but what talks to an authenticator.
func TestSitesWithoutAName(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"http://127.0.0.1:8080", "http://[::1]:8080"} {
		r := newRig(t, dbtest.Open(t, dbtest.SQLite(t)), auth.Options{}, passkey.Options{BaseURL: base})
		c := r.browser()
		id := c.SignUp("ada@example.com")
		if r.keys.Available() {
			t.Errorf("%s has passkeys", base)
		}
		wantRefusal(t, "adding", c.Get("/api/auth/passkey/generate-register-options"), 400, "PASSKEYS_NOT_AVAILABLE")
		wantRefusal(t, "signing in", r.browser().Get("/api/auth/passkey/generate-authenticate-options"),
			400, "PASSKEYS_NOT_AVAILABLE")
		for _, path := range []string{"/passkey/verify-registration", "/passkey/verify-authentication"} {
			wantRefusal(t, path, post(c, path, `{"response":{}}`, "Origin", base), 400, "PASSKEYS_NOT_AVAILABLE")
		}
		if got := c.Get("/api/auth/passkey/list-user-passkeys"); got.Text != "[]" {
			t.Errorf("list %s", got.Text)
		}
		if _, _, _, err := r.keys.Accepted(t.Context(), id); code(err) != "PASSKEYS_NOT_AVAILABLE" {
			t.Error(err)
		}
	}
}

// TestWithoutPasskeys: when the tables go, no session counts as two factors because of a passkey.
func TestWithoutPasskeys(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{}, passkey.Options{})
		_, id, d := r.withKey("ada@example.com")
		wantOK(t, "entering", r.enter(r.browser(), d))
		for db.Migrator().HasTable("passkeys") {
			if err := database.MigrateDown(t.Context(), db, migrations.FS); err != nil {
				t.Fatal(err)
			}
		}
		var proofs []string
		err := db.Table("sessions").Where("user_id = ?", id).Order("amr").Pluck("amr", &proofs).Error
		if err != nil || !slices.Equal(proofs, []string{"pop", "pwd"}) {
			t.Errorf("%q %v", proofs, err)
		}
	})
}
