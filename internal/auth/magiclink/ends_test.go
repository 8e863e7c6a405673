package magiclink_test

import (
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// endings are what ends a mail that waits to be opened.
var endings = map[string]func(r *rig, u *auth.User, owner *authtest.Client){
	"expired": func(r *rig, _ *auth.User, _ *authtest.Client) { r.clock.advance(5 * time.Minute) },
	"password changed": func(r *rig, _ *auth.User, owner *authtest.Client) {
		want(r.t, post(owner, "/change-password", map[string]string{
			"currentPassword": authtest.Password, "newPassword": "another-horse-2",
		}), 200, "")
	},
	"password reset": func(r *rig, u *auth.User, _ *authtest.Client) {
		want(r.t, post(r.browser(), "/request-password-reset", map[string]string{"email": u.Email}), 200, "")
		link := r.last().URL
		token := link[len(home+"/api/auth/reset-password/") : len(link)-len("?callbackURL=")]
		want(r.t, post(r.browser(), "/reset-password", map[string]string{
			"newPassword": "another-horse-2", "token": token,
		}), 200, "")
	},
	"sessions revoked": func(r *rig, _ *auth.User, owner *authtest.Client) {
		want(r.t, post(owner, "/revoke-other-sessions", map[string]string{}), 200, "")
	},
	"all sessions ended": func(r *rig, _ *auth.User, _ *authtest.Client) {
		_, _, err := r.auth.EndEverySession(r.t.Context())
		r.must(err)
	},
	"address changed": func(r *rig, u *auth.User, _ *authtest.Client) {
		moved := "moved@example.com"
		_, err := r.auth.ChangeUser(r.t.Context(), nil, u.ID, auth.UserChanges{Email: &moved})
		r.must(err)
	},
	"address changed underneath": func(r *rig, u *auth.User, _ *authtest.Client) { // by what tells no part
		r.must(r.db.Table("users").Where("id = ?", u.ID).Update("email", "moved@example.com").Error)
	},
	"banned, let in again": func(r *rig, u *auth.User, _ *authtest.Client) {
		_, err := r.auth.BanUser(r.t.Context(), nil, u.ID, "", nil)
		r.must(err)
		_, err = r.auth.UnbanUser(r.t.Context(), nil, u.ID)
		r.must(err)
	},
	"banned, and the ban is over": func(r *rig, u *auth.User, _ *authtest.Client) {
		until := r.clock.Now().Add(time.Minute)
		_, err := r.auth.BanUser(r.t.Context(), nil, u.ID, "", &until)
		r.must(err)
		r.clock.advance(time.Minute)
	},
	"deleted": func(r *rig, u *auth.User, _ *authtest.Client) {
		r.must(r.db.Table("users").Where("id = ?", u.ID).Delete(nil).Error)
	},
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// TestWhatEndsAMail: link and code end with every credential, with the address and with time.
func TestWhatEndsAMail(t *testing.T) {
	t.Parallel()
	for name, end := range endings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
				r := newRig(t, db, auth.Options{})
				u := r.addUser(ada)
				owner := r.browser()
				owner.SignIn(ada, authtest.Password)
				m := r.ask(ada)
				if _, err := r.magic.Peek(t.Context(), tokenOf(m)); err != nil {
					t.Fatal(err)
				}
				end(r, u, owner)
				if l, err := r.magic.Peek(t.Context(), tokenOf(m)); err == nil {
					t.Errorf("the page of the link shows %+v", l)
				}
				wantTo(t, follow(r.browser(), m), "/?error=INVALID_TOKEN")
				code := "INVALID_OTP"
				if name == "expired" {
					code = "OTP_EXPIRED"
				}
				want(t, enter(r.browser(), ada, m.Code), 400, code)
			})
		})
	}
}

// TestABannedUserIsTold: who has a link or code learns of the ban, and is not let in.
func TestABannedUserIsTold(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		u := r.addUser(ada)
		m := r.ask(ada)
		_, err := r.auth.BanUser(t.Context(), nil, u.ID, "spam", nil)
		r.must(err)
		browser := r.browser()
		wantTo(t, follow(browser, m), "/?error=BANNED_USER")
		want(t, enter(browser, ada, m.Code), 403, "BANNED_USER")
		want(t, enter(browser, ada, wrong(m.Code)), 400, "INVALID_OTP")
		if len(browser.Cookies()) > 0 {
			t.Errorf("cookies %v", browser.Cookies())
		}
	})
}
