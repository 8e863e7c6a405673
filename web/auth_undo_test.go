package web_test

import (
	"net/url"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/database/dbtest"
)

// TestUndoPage: the link in the mail to the old address shows a page and changes nothing. Its button restores the
// address and logs out all browsers.
func TestUndoPage(t *testing.T) {
	t.Parallel()
	s := newSiteWith(t, dbtest.Open(t, dbtest.SQLite(t)), auth.Options{Notices: true})
	ada, id := s.person(t, "ada@example.com")
	if err := s.db.Model(&auth.User{}).Where("id = ?", id).Update("email_verified", true).Error; err != nil {
		t.Fatal(err)
	}
	ada.PostForm("/settings/email", url.Values{"newEmail": {"eve@example.com"}})
	ada.PostForm("/verify-email", url.Values{"token": {tokenOf(t, s.lastMailed(t, "change_email", "eve@example.com"))}})
	contains(t, ada.Get("/settings", navigate...), "eve@example.com")

	link := s.lastMailed(t, "email_changed", "ada@example.com")
	owner := s.stranger(t)
	for range 10 {
		page := owner.Get(link, navigate...)
		expect(t, page, 200, "Referrer-Policy", "no-referrer", "Cache-Control", "private, no-store")
		contains(t, page, "returns to", "ada@example.com")
	}
	expect(t, ada.Get("/dashboard", navigate...), 200)
	expect(t, owner.PostForm("/undo-email", url.Values{"token": {tokenOf(t, link)}}), 303, "Location", "/login")
	contains(t, owner.Get("/login", navigate...), "has its former address again")
	expect(t, ada.Get("/dashboard", navigate...), 303)
	again := owner.PostForm("/undo-email", url.Values{"token": {tokenOf(t, link)}})
	contains(t, again, "This link does not work")
	expect(t, owner.Get(link, navigate...), 410)
	s.lastMailed(t, "reset_password", "ada@example.com")
}
