package web_test

import (
	"net/url"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/database/dbtest"
)

// TestStopChangePage: the link in the mail to the old address shows a page and changes nothing. Its button stops the
// change and logs out the browser that asked for it.
func TestStopChangePage(t *testing.T) {
	t.Parallel()
	s := newSiteWith(t, dbtest.Open(t, dbtest.SQLite(t)), auth.Options{Notices: true})
	thief, id := s.person(t, "ada@example.com")
	if err := s.db.Model(&auth.User{}).Where("id = ?", id).Update("email_verified", true).Error; err != nil {
		t.Fatal(err)
	}
	thief.PostForm("/settings/email", url.Values{"newEmail": {"eve@example.com"}})
	link := s.lastMailed(t, "email_change_asked", "ada@example.com")
	owner := s.stranger(t)
	for range 10 {
		page := owner.Get(link, navigate...)
		expect(t, page, 200, "Referrer-Policy", "no-referrer", "Cache-Control", "private, no-store")
		contains(t, page, "keeps the address", "ada@example.com")
	}
	expect(t, thief.Get("/dashboard", navigate...), 200)
	form := url.Values{"token": {tokenOf(t, link)}}
	expect(t, owner.PostForm("/stop-email-change", form), 303, "Location", "/forgot-password")
	contains(t, owner.Get("/forgot-password", navigate...), "The change is stopped")
	expect(t, thief.Get("/dashboard", navigate...), 303)
	contains(t, owner.PostForm("/stop-email-change", form), "This link does not work")
	expect(t, owner.Get(link, navigate...), 410)
	change := s.lastMailed(t, "change_email", "eve@example.com")
	contains(t, owner.PostForm("/verify-email", url.Values{"token": {tokenOf(t, change)},
		"password": {"314-159-265"}}), "This link does not work")
}
