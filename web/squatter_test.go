package web_test

import (
	"net/http"
	"net/url"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// part:betterauth

// mallory is a sign-up form with the address of a victim.
func mallory(email string) url.Values {
	form := registration(email, "mallory-knows-1")
	form.Set("name", "Mallory")
	return form
}

// boss makes an admin without a sign-up, and signs them in.
func (s *site) boss(t *testing.T) *authtest.Client {
	t.Helper()
	in := auth.NewUser{Name: "Boss", Email: "boss@example.com", Password: authtest.Password, Role: "admin", Verified: true}
	if _, err := s.auth.CreateUser(t.Context(), nil, in); err != nil {
		t.Fatal(err)
	}
	c := s.stranger(t)
	c.SignIn("boss@example.com", authtest.Password)
	return c
}

// TestVerifyingDoesNotLetASquatterIn: after an admin verifies an address, by page or endpoint, a link goes to the
// address, and the password of the stranger who signed up is void.
func TestVerifyingDoesNotLetASquatterIn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		s := newSiteWith(t, db, auth.Options{RequireEmailVerification: true})
		boss := s.boss(t)
		for email, vouch := range map[string]func(id string){
			"page@example.com": func(id string) {
				at := "/admin/users/" + id
				contains(t, boss.Get(at+"/verify", navigate...), "a link to choose one goes to the address")
				expect(t, boss.PostForm(at+"/verify", nil), http.StatusSeeOther, "Location", at)
			},
			"wire@example.com": func(id string) {
				body := map[string]any{"userId": id, "data": map[string]any{"emailVerified": true}}
				expect(t, boss.PostJSON("/api/auth/admin/update-user", body, "Origin", s.Base), http.StatusOK)
			},
		} {
			expect(t, s.stranger(t).PostForm("/signup", mallory(email)), http.StatusSeeOther)
			u, err := s.auth.UserByEmail(t.Context(), email)
			if err != nil {
				t.Fatal(err)
			}
			vouch(u.ID)
			if got := s.stranger(t).PostForm("/login", credentials(email, "mallory-knows-1")); got.StatusCode < 400 {
				t.Errorf("%s: the squatter logs in: %d to %q", email, got.StatusCode, got.Header.Get("Location"))
			}
			token := tokenOf(t, s.lastMailed(t, "set_password", email))
			form := url.Values{"token": {token}, "newPassword": {"adas-own-password"}}
			expect(t, s.stranger(t).PostForm("/reset-password", form), http.StatusSeeOther)
			s.stranger(t).SignIn(email, "adas-own-password")
		}
	})
}

// end:betterauth
