package main

import "example.com/foyer/internal/auth/magiclink"

// addMagicLink lets people sign in by a mail, with MAGIC_LINK=on.
func (a *app) addMagicLink() (err error) {
	if !a.MagicLink {
		return nil
	}
	a.site.MagicLink, err = magiclink.New(a.auth, a.db, a.Secrets, magiclink.Options{})
	return err
}
