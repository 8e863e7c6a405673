package auth_test

import (
	"net/http"
	"slices"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/errs"
	"gorm.io/gorm"
)

// TestAdminChangesAddress: an admin's word does not prove an address, and the owner of the old one can undo the change.
func TestAdminChangesAddress(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r, box := noticing(t, db)
		_, id := r.confirmed("ada@example.com")
		change := func(email string, verified *bool) *auth.User {
			u, err := r.auth.ChangeUser(t.Context(), nil, id, auth.UserChanges{Email: &email, EmailVerified: verified})
			if err != nil {
				t.Fatalf("%s: %v", email, err)
			}
			return u
		}
		if u := change("eve@example.com", nil); u.EmailVerified {
			t.Error("an address that nobody proved counts as proved")
		}
		if u := change("eve@example.com", new(true)); !u.EmailVerified {
			t.Error("the admin's own word for the address does not count")
		}
		if u := change("eve@example.com", nil); !u.EmailVerified {
			t.Error("the same address is not proved any more")
		}
		if u := change("mallory@example.com", new(true)); !u.EmailVerified {
			t.Error("the admin's own word for a new address does not count")
		}
		for old, want := range map[string]string{"ada@example.com": "email_changed", "eve@example.com": "email_moved"} {
			if got := box.purposes(old); !slices.Contains(got, want) {
				t.Errorf("%s is told %q, want %s", old, got, want)
			}
		}
		if err := undo(r, undoToken(t, box, "ada@example.com")); err != nil {
			t.Error("the undo link: ", err)
		}
		if u, err := r.auth.User(t.Context(), id); err != nil || u.Email != "ada@example.com" || !u.EmailVerified {
			t.Errorf("%+v, %v", u, err)
		}
	})
}

// TestAdminChangesUnprovedAddress: an address that its owner never proved may be mistyped, so no mail goes there.
func TestAdminChangesUnprovedAddress(t *testing.T) {
	t.Parallel()
	r, box := noticing(t, dbtest.Open(t, dbtest.SQLite(t)))
	u := r.addUser("mistyped@example.com", "user")
	if err := r.db.Model(u).Update("email_verified", false).Error; err != nil {
		t.Fatal(err)
	}
	_, err := r.auth.ChangeUser(t.Context(), nil, u.ID, auth.UserChanges{Email: new("right@example.com")})
	if got := box.all(); err != nil || len(got) > 0 {
		t.Errorf("%v, %+v", err, got)
	}
}

// TestAdminsOwnAddress: a thief in an admin's session cannot move that account by the endpoint that asks no mailbox.
func TestAdminsOwnAddress(t *testing.T) {
	t.Parallel()
	r, _ := noticing(t, dbtest.Open(t, dbtest.SQLite(t)))
	boss, id := r.confirmed("boss@example.com")
	if _, err := r.auth.SetRole(t.Context(), nil, id, "admin"); err != nil {
		t.Fatal(err)
	}
	by, _ := r.stored(boss)
	own := func(email string) error {
		_, err := r.auth.ChangeUser(t.Context(), by, id, auth.UserChanges{Email: &email})
		return err
	}
	if err := own("thief@example.com"); refusal(err) != "EMAIL_CAN_NOT_BE_UPDATED" {
		t.Error(err)
	}
	if err := own("boss@example.com"); err != nil {
		t.Error("the address stays: ", err)
	}
}

// TestAdminTakesPendingAddress: a stranger who signed up with an address does not keep an admin from giving it to its
// owner.
func TestAdminTakesPendingAddress(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r, _ := noticing(t, db)
		_, id := r.confirmed("ada@example.com")
		signUpAs(r.browser(), "new@example.com", "squatter-horse")
		squatter := r.idOf("new@example.com")
		u, err := r.auth.ChangeUser(t.Context(), nil, id, auth.UserChanges{Email: new("new@example.com")})
		if err != nil || u.Email != "new@example.com" {
			t.Fatalf("%+v, %v", u, err)
		}
		if _, err := r.auth.User(t.Context(), squatter); err == nil {
			t.Error("the squatter's account is still there")
		}
		signUpAs(r.browser(), "other@example.com", "squatter-horse")
		own := r.idOf("other@example.com")
		if _, err := r.auth.ChangeUser(t.Context(), nil, own, auth.UserChanges{Email: new("other@example.com")}); err != nil {
			t.Error("a pending account with its own address: ", err)
		}
	})
}

// TestAdminChangesAddressOfBannedUser: the old address hears of it, without a link that would not work.
func TestAdminChangesAddressOfBannedUser(t *testing.T) {
	t.Parallel()
	r, box := noticing(t, dbtest.Open(t, dbtest.SQLite(t)))
	_, id := r.confirmed("ada@example.com")
	_, err := r.auth.ChangeUser(t.Context(), nil, id, auth.UserChanges{Email: new("eve@example.com"), Banned: new(true)})
	if last := box.last(); err != nil || last.To != "ada@example.com" || last.Purpose != "email_moved" || last.URL != "" {
		t.Errorf("%v, %+v", err, last)
	}
}

// part:ratelimit

// TestAdminChangesAddressTooOften: an admin's mistake or script fills no mailbox.
func TestAdminChangesAddressTooOften(t *testing.T) {
	t.Parallel()
	r, box := noticing(t, dbtest.Open(t, dbtest.SQLite(t)))
	_, id := r.confirmed("ada@example.com")
	refused := 0
	for range 10 {
		for _, email := range []string{"eve@example.com", "ada@example.com"} {
			_, err := r.auth.ChangeUser(t.Context(), nil, id, auth.UserChanges{Email: &email, EmailVerified: new(true)})
			if e := errs.Of(err); e != nil && e.Status == http.StatusTooManyRequests {
				refused++
			}
		}
	}
	if got := box.purposes("ada@example.com"); len(got) > 4 || refused == 0 {
		t.Errorf("%d refused, mails %q", refused, got)
	}
}

// end:ratelimit
