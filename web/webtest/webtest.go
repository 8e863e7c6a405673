// Package webtest makes the sites under test. Every rig that starts the whole app uses it, so a part of the app is
// wired for tests in one place.
package webtest

import (
	"context"
	"log/slog"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database"
	"example.com/foyer/internal/keys"
	"example.com/foyer/internal/mail"
	"example.com/foyer/migrations"
	"example.com/foyer/web"
	"gorm.io/gorm"
)

// site is what the parts are given and what they add to.
type site struct {
	testing.TB
	db   *gorm.DB
	auth *auth.Options
	web.Config
	options []any // of parts
}

// beforeAuth and afterAuth are the parts, as in cmd/server/main.go.
var (
	beforeAuth = []func(*site){
		(*site).addAudit,      // part:audit
		(*site).addAuditChain, // part:auditchain
	}
	afterAuth = []func(*site){
		(*site).addTwoFactor, // part:twofactor
		(*site).addPasskeys,  // part:passkey
		(*site).addMagicLink, // part:magiclink
		(*site).addWire,      // part:betterauth
		(*site).addApp,
	}
)

// Config makes what New takes, of BaseURL, Now and Logger of o. It sets Roles of o, and the parts set further fields.
func Config(t testing.TB, db *gorm.DB, o *auth.Options) web.Config {
	t.Helper()
	if o.Now == nil {
		o.Now = database.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.Roles = web.Roles
	ring, err := keys.New([]string{authtest.Secret})
	if err != nil {
		t.Fatal(err)
	}
	s := &site{TB: t, db: db, auth: o, Config: web.Config{
		AppURL: o.BaseURL, Logger: o.Logger, Keys: ring,
		Mails: mail.New(db, mail.Options{AppName: web.AppName, Keys: ring, Keep: true, Now: database.Now}),
		Ready: func(ctx context.Context) error { return database.Ready(ctx, db, migrations.FS) },
	}}
	for _, add := range beforeAuth {
		add(s)
	}
	return s.Config
}

// New makes the provider of o, and with it the site of c. parts are options of parts, such as twofactor.Options.
func New(t testing.TB, db *gorm.DB, c web.Config, o auth.Options, parts ...any) *web.Server {
	t.Helper()
	c.Auth = authtest.NewOn(t, db, o)
	s := &site{TB: t, db: db, auth: &o, Config: c, options: parts}
	for _, add := range afterAuth {
		add(s)
	}
	return web.New(s.Config)
}
