package magiclink_test

import (
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

const ada = "ada@example.com"

// TestALinkSignsInOnce: the link signs in, by a mail, and neither it nor the code of its mail works again.
func TestALinkSignsInOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		u := r.addUser(ada)
		m := r.ask("Ada@Example.com")
		if m.To != ada || m.Purpose != "magic_link" || m.Life.Minutes() != 5 || len(m.Code) != 6 || m.Name != u.Name {
			t.Errorf("%+v", m)
		}
		browser := r.browser()
		wantTo(t, follow(browser, m), "/")
		r.wantWho(browser, ada)
		var amr string
		if err := db.Table("sessions").Select("amr").Scan(&amr).Error; err != nil || amr != "email" {
			t.Errorf("amr %q, %v", amr, err)
		}
		wantTo(t, follow(r.browser(), m), "/?error=INVALID_TOKEN")
		want(t, enter(r.browser(), ada, m.Code), 400, "INVALID_OTP")
	})
}
