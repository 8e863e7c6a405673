package webtest

import (
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/magiclink"
)

// addMagicLink signs people in by mails, with the magiclink.Options that New was given.
func (s *site) addMagicLink() {
	var o magiclink.Options
	for _, given := range s.options {
		if is, ok := given.(magiclink.Options); ok {
			o = is
		}
	}
	var err error
	if s.MagicLink, err = magiclink.New(s.Auth, s.db, []string{authtest.Secret}, o); err != nil {
		s.Fatal(err)
	}
}
