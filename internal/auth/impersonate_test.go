package auth_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/errs"
	"gorm.io/gorm"
)

// Between the check of the role and the impersonation another admin may demote or ban: then there is none.
func TestNoImpersonationBehindADemotion(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		r.addUser("boss@example.com", "admin")
		for email, fall := range map[string]func(id string) error{
			"demoted@example.com": func(id string) error { _, err := r.auth.SetRole(t.Context(), nil, id, "user"); return err },
			"banned@example.com":  func(id string) error { _, err := r.auth.BanUser(t.Context(), nil, id, "", nil); return err },
		} {
			target := r.addUser("target-of-"+email, "user")
			c := r.browser()
			id := c.SignUp(email)
			if _, err := r.auth.SetRole(t.Context(), nil, id, "admin"); err != nil {
				t.Fatal(err)
			}
			req := httptest.NewRequest(http.MethodPost, "/api/auth/admin/impersonate-user", nil)
			for _, cookie := range c.Cookies() {
				req.AddCookie(cookie)
			}
			checked, err := r.auth.StoredSession(httptest.NewRecorder(), req)
			if err != nil || checked == nil || !checked.User.HasRole("admin") {
				t.Fatalf("%v, %v", checked, err)
			}
			if err := fall(id); err != nil {
				t.Fatal(err)
			}
			w := httptest.NewRecorder()
			_, err = r.auth.Impersonate(w, req, checked, target.ID)
			var refused *errs.Error
			if !errors.As(err, &refused) || refused.Status != http.StatusForbidden || len(w.Header()) > 0 {
				t.Errorf("%s: %v %v", email, err, w.Header())
			}
			if list, err := r.auth.UserSessions(t.Context(), target.ID); err != nil || len(list) > 0 {
				t.Errorf("%s: %d sessions, %v", email, len(list), err)
			}
		}
	})
}

// A ban is a ban in the log, by whichever verb it came.
func TestChangeUserNamesTheEvent(t *testing.T) {
	var events []string
	r := sqliteRig(t, auth.Options{OnEvent: func(_ *gorm.DB, e auth.Event) error {
		events = append(events, e.Name)
		return nil
	}})
	r.addUser("boss@example.com", "admin")
	u := r.addUser("ada@example.com", "user")
	yes, no, name, role := true, false, "Ada", "admin"
	for _, c := range []struct {
		change auth.UserChanges
		event  string
	}{
		{auth.UserChanges{Profile: auth.Profile{Name: &name}}, "user_updated"},
		{auth.UserChanges{Role: &role}, "role_changed"},
		{auth.UserChanges{Banned: &yes, Role: &role}, "user_banned"},
		{auth.UserChanges{Banned: &no}, "user_unbanned"},
	} {
		events = nil
		if _, err := r.auth.ChangeUser(t.Context(), nil, u.ID, c.change); err != nil || len(events) != 1 || events[0] != c.event {
			t.Errorf("%v, want %s, error %v", events, c.event, err)
		}
	}
}
