package webtest

import (
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/magiclink"
)

// addMagicLink signs people in by mails, with the magiclink.Options that New was given.
func (s *site) addMagicLink() {
	var err error
	s.MagicLink, err = magiclink.New(s.Auth, s.db, []string{authtest.Secret}, option[magiclink.Options](s))
	if err != nil {
		s.Fatal(err)
	}
}
