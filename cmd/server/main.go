// Command server is the app: it serves, migrates, seeds and manages users. Without arguments it serves.
// This file makes the program, part by part; commands.go lists its commands.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"example.com/foyer/internal/audit/chain"
	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/config"
	"example.com/foyer/internal/database"
	"example.com/foyer/internal/keys"
	"example.com/foyer/internal/mail"
	"example.com/foyer/migrations"
	"example.com/foyer/web"
	"github.com/lmittmann/tint"
	"gorm.io/gorm"
)

func main() {
	ctx, stop := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2) // room for both, so that neither is lost
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		stop()
		<-signals // a second one ends at once
		os.Exit(1)
	}()
	if err := run(ctx, os.Args[1:], os.Getenv, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "server:", oneLine(err))
		os.Exit(1)
	}
}

// oneLine makes the faults of err fit a terminal and a log.
func oneLine(err error) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(err.Error(), "\n", "; ")), " ")
}

// run is the program: everything it needs comes in, everything it says goes to stdout or comes back.
func run(ctx context.Context, args []string, getenv func(string) string, stdout io.Writer) error {
	if len(args) == 0 {
		args = []string{"serve"}
	}
	if slices.Contains([]string{"help", "-h", "-help", "--help"}, args[0]) {
		return help(stdout)
	}
	c, rest := find(args)
	if c == nil {
		return errUsage
	}
	a := &app{getenv: getenv, stdout: stdout}
	defer a.close()
	return c.run(a, ctx, rest)
}

// app is the program: its parts, each made once.
type app struct {
	getenv func(string) string
	stdout io.Writer

	config.Config
	dev   *devSecrets // nil outside development
	log   *slog.Logger
	db    *gorm.DB
	keys  *keys.Ring
	mails *mail.Outbox
	chain *chain.Chain // part:auditchain
	auth  *auth.Auth

	options  auth.Options // what auth is made of: parts that come before it set their fields
	site     web.Config   // what the pages are made of: each part sets its field
	works    []work       // what runs beside the requests
	checks   []check      // what backup and restore run on their copy; those of records
	warnings []string     // logged when serving starts
}

// store is what every command needs that works with the database.
var store = []func(*app) error{
	(*app).addConfig,
	(*app).addLog,
	(*app).addDatabase,
}

// records is what backup needs to check a copy. It reads the database alone, so that no other fault fails a backup.
var records = []func(*app) error{
	(*app).addAudit,      // part:audit
	(*app).addAuditChain, // part:auditchain
}

// parts is the rest of the program, made on a schema that is up to date. Each part uses those above it and records.
var parts = []func(*app) error{
	(*app).addKeys,
	(*app).addMails,
	(*app).addRateLimit, // part:ratelimit
	(*app).addWireLinks, // part:betterauth
	(*app).addAuth,
	(*app).addTwoFactor, // part:twofactor
	(*app).addPasskeys,  // part:passkey
	(*app).addMagicLink, // part:magiclink
	(*app).addWire,      // part:betterauth
	(*app).addSite,
	(*app).addServices, // part:servicetoken
	(*app).addApp,
}

// open makes what belongs to the store.
func (a *app) open() error { return a.add(store) }

// build brings the schema of an open store up to date, then makes the rest of the program.
func (a *app) build(ctx context.Context) error {
	if err := database.Migrate(ctx, a.db, migrations.FS); err != nil {
		return err
	}
	return a.add(slices.Concat(records, parts))
}

// prepare is open and build, for commands that have nothing to do in between.
func (a *app) prepare(ctx context.Context) error {
	if err := a.open(); err != nil {
		return err
	}
	return a.build(ctx)
}

func (a *app) add(list []func(*app) error) error {
	for _, add := range list {
		if err := add(a); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) close() {
	if a.db != nil {
		database.Close(a.db)
	}
}

func (a *app) addConfig() (err error) {
	if a.Config, err = config.Load(a.getenv); err != nil || !a.Development {
		return err
	}
	if a.dev, err = loadDevSecrets(filepath.Join("data", "development.json")); err != nil {
		return err
	}
	if len(a.Secrets) == 0 {
		a.Secrets = []string{a.dev.Secret}
	}
	return nil
}

func (a *app) addLog() error {
	var h slog.Handler = slog.NewJSONHandler(a.stdout, &slog.HandlerOptions{Level: a.LogLevel})
	if a.Development {
		h = tint.NewTextHandler(a.stdout, &tint.Options{
			Level: a.LogLevel, TimeFormat: "15:04:05.000", NoColor: a.getenv("NO_COLOR") != "",
		})
	}
	a.log = slog.New(web.WithRequestID(h))
	return nil
}

// addDatabase opens the database and leaves its schema as it is.
func (a *app) addDatabase() (err error) {
	a.db, err = database.Open(a.DatabaseURL, a.MaxConns)
	return err
}

func (a *app) addKeys() (err error) {
	a.keys, err = keys.New(a.Secrets)
	return err
}

func (a *app) addMails() error {
	o := mail.Options{
		AppName: web.AppName, Keys: a.keys, Keep: a.Development, Now: database.Now, Logger: a.log,
	}
	if a.SMTPURL != "" {
		var err error
		if o.Sender, err = mail.NewSMTP(a.SMTPURL, a.MailFrom, a.Host(), 0); err != nil {
			return err
		}
	}
	a.mails = mail.New(a.db, o)
	a.works = append(a.works, work{name: "outbox", run: a.mails.Run, early: true}) // the next process sends the rest
	if !a.Development && o.Sender == nil {
		a.warnings = append(a.warnings, "no mail is sent: set SMTP_URL and MAIL_FROM")
		return nil
	}
	a.options.Mailer = a.mails
	return nil
}

func (a *app) addAuth() (err error) {
	o := a.options
	o.BaseURL = a.AppURL
	o.TrustedOrigins = a.TrustedOrigins
	o.Secrets = a.Secrets
	o.Roles = web.Roles
	o.AppName = web.AppName
	o.CookiePrefix = web.CookiePrefix
	o.ClientIP = web.ClientIP(a.TrustedProxies, a.log)
	o.Now = database.Now
	if o.Links == nil {
		o.Links = web.Links(a.AppURL, nil)
	}
	o.Logger = a.log
	o.LocalImages = a.Development
	o.RequireEmailVerification = a.EmailVerification
	o.Notices = true
	o.StepUp = true // part:betterauth
	if a.auth, err = auth.New(a.db, o); err != nil {
		return err
	}
	a.works = append(a.works, work{name: "auth", run: a.auth.Run}) // learns of revocations while requests are answered
	return nil
}

// addSite gives the pages what they need of the parts above.
func (a *app) addSite() error {
	a.site.Auth = a.auth
	a.site.Mails = a.mails
	a.site.Keys = a.keys
	a.site.Logger = a.log
	a.site.AppURL = a.AppURL
	a.site.Development = a.Development
	a.site.Reload = a.Development && a.getenv("TEMPL_DEV_MODE") == "true" // templ's watch sets it
	a.site.Ready = func(ctx context.Context) error { return database.Ready(ctx, a.db, migrations.FS) }
	// part:betterauth
	if a.CORS {
		a.site.CORSOrigins = a.TrustedOrigins
	}
	// end:betterauth
	return nil
}
