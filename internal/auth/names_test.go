package auth_test

import (
	"fmt"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// TestNoNameToAnUnprovedAddress: whoever signs up with somebody's address, or moves to it, mails them no sentence of
// their own; a person who has proved the address is greeted by name.
func TestNoNameToAnUnprovedAddress(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r, box := noticing(t, db)
		const bait = "You won. Call 0900-1234"
		signUp := fmt.Sprintf(`{"name":%q,"email":"victim@example.com","password":%q}`, bait, authtest.Password)
		if got := post(r.browser(), "/sign-up/email", signUp); got.StatusCode != 200 {
			t.Fatal(got.Text)
		}
		post(r.browser(), "/send-verification-email", `{"email":"victim@example.com"}`)
		post(r.browser(), "/request-password-reset", `{"email":"victim@example.com"}`)
		if _, err := r.auth.CreateUser(t.Context(), nil,
			auth.NewUser{Name: bait, Email: "other@example.com", Invite: true}); err != nil {
			t.Fatal(err)
		}
		ada, _ := r.confirmed("ada@example.com")
		post(ada, "/change-email", `{"newEmail":"third@example.com"}`)
		if got := post(ada, "/update-user", fmt.Sprintf(`{"name":%q}`, bait)); got.StatusCode != 200 {
			t.Fatal(got.Text)
		}
		if got := ada.Get("/api/auth/verify-email?token=" + linkToken(t, box.last())); got.StatusCode != 200 { // allows the change
			t.Fatal(got.Text)
		}
		for _, m := range box.all() {
			if m.To != "ada@example.com" && m.Name != "" {
				t.Errorf("%s to %s greets %q", m.Purpose, m.To, m.Name)
			}
		}
		want := map[string][]string{"victim@example.com": {"verify_email", "verify_email", "reset_password"},
			"other@example.com": {"set_password"}, "third@example.com": {"change_email"}}
		for to, purposes := range want {
			if got := box.purposes(to); fmt.Sprint(got) != fmt.Sprint(purposes) {
				t.Errorf("%s got %v, want %v", to, got, purposes)
			}
		}
		post(r.browser(), "/request-password-reset", `{"email":"ada@example.com"}`)
		if m := box.last(); m.To != "ada@example.com" || m.Name != bait {
			t.Errorf("a proved address: %+v", m)
		}
	})
}
