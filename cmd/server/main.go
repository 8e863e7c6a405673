// Command server is the app: it serves, migrates, seeds and manages users. Without arguments it serves.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"

	"example.com/foyer/internal/audit"
	"example.com/foyer/internal/audit/chain"
	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/admin"
	"example.com/foyer/internal/config"
	"example.com/foyer/internal/database"
	keyring "example.com/foyer/internal/keys"
	"example.com/foyer/internal/mail"
	"example.com/foyer/internal/ratelimit"
	"example.com/foyer/migrations"
	"example.com/foyer/web"
	"github.com/lmittmann/tint"
	"gorm.io/gorm"
)

func main() {
	ctx, stop := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2) // room for both: none is lost, however close they come
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

const usage = `usage: server [command]

  serve                           run the app (the default)
  migrate up | down | status      change or show the schema
  seed                            make the demo users (development, empty users table)
  user create <email> [--admin]   make a user; the password is read from standard input,
                                  or with --invite chosen by a mailed link
  user promote <email>            make a user an admin
  keys new | rotate               make SERVICE_KEY_FILE, or put a new key in front of it
  audit verify [seq:link]         verify the audit trail; with seq:link, also that this earlier head is still in it
  audit prune <yyyy-mm-dd>        delete its events before that day
  routes                          print method, path and door of every route

Configuration comes from the environment: see .env.example.
`

// errUsage is for command lines that make no sense.
var errUsage = errors.New("unknown command or argument; see server help")

// run is the program: everything it needs comes in, everything it says goes to stdout or comes back.
func run(ctx context.Context, args []string, getenv func(string) string, stdout io.Writer) error {
	flags := flag.NewFlagSet("server", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) || flags.Arg(0) == "help" {
		_, err := io.WriteString(stdout, usage)
		return err
	}
	if err != nil {
		return err
	}
	if flags.Arg(0) == "routes" && flags.NArg() == 1 {
		return routes(stdout)
	}
	if flags.Arg(0) == "keys" && flags.NArg() == 2 {
		return keys(flags.Arg(1), getenv("SERVICE_KEY_FILE"), stdout)
	}
	command := parse(flags.Args())
	if command == nil {
		return errUsage
	}
	a, err := open(getenv, stdout)
	if err != nil {
		return err
	}
	defer database.Close(a.db)
	return command(a, ctx)
}

// parse finds what a command line asks for; nil where it makes no sense.
func parse(args []string) func(*app, context.Context) error {
	word := func(i int) string {
		if i < len(args) {
			return args[i]
		}
		return ""
	}
	switch {
	case len(args) == 0, word(0) == "serve" && len(args) == 1:
		return (*app).serve
	case word(0) == "migrate" && len(args) == 2 && slices.Contains([]string{"up", "down", "status"}, args[1]):
		return func(a *app, ctx context.Context) error { return a.migrate(ctx, args[1]) }
	case word(0) == "seed" && len(args) == 1:
		return (*app).seedCommand
	case word(0) == "user" && word(1) == "create":
		if in, ok := parseUserCreate(args[2:]); ok {
			return func(a *app, ctx context.Context) error { return a.createUser(ctx, in) }
		}
	case word(0) == "user" && word(1) == "promote" && len(args) == 3:
		return func(a *app, ctx context.Context) error { return a.promoteUser(ctx, args[2]) }
	case word(0) == "audit":
		return parseAudit(args[1:])
	}
	return nil
}

// app is what the commands work with.
type app struct {
	config.Config
	dev    *devSecrets // nil outside development
	db     *gorm.DB
	mails  *mail.Outbox
	ring   *keyring.Ring
	trail  *audit.Log
	chain  *chain.Chain // part:auditchain
	log    *slog.Logger
	stdout io.Writer
	reload bool // under `task dev`: templ's watch says so
}

func open(getenv func(string) string, stdout io.Writer) (*app, error) {
	cfg, err := config.Load(getenv)
	if err != nil {
		return nil, err
	}
	a := &app{Config: cfg, stdout: stdout}
	a.log = slog.New(web.WithRequestID(slog.NewJSONHandler(stdout, &slog.HandlerOptions{Level: cfg.LogLevel})))
	if cfg.Development {
		a.reload = getenv("TEMPL_DEV_MODE") == "true"
		a.log = slog.New(web.WithRequestID(tint.NewTextHandler(stdout, &tint.Options{
			Level: cfg.LogLevel, TimeFormat: "15:04:05.000", NoColor: getenv("NO_COLOR") != "",
		})))
		if a.dev, err = loadDevSecrets(filepath.Join("data", "development.json")); err != nil {
			return nil, err
		}
	}
	if len(a.Secrets) == 0 {
		a.Secrets = []string{a.dev.Secret}
	}
	var sender *mail.SMTP
	if cfg.SMTPURL != "" {
		if sender, err = mail.NewSMTP(cfg.SMTPURL, cfg.MailFrom, cfg.Host(), 0); err != nil {
			return nil, err
		}
	}
	if a.db, err = database.Open(cfg.DatabaseURL, cfg.MaxConns); err != nil {
		return nil, err
	}
	if a.ring, err = keyring.New(a.Secrets); err != nil {
		return nil, err
	}
	a.mails = mail.New(a.db, mail.Options{
		AppName: web.AppName, Keys: a.ring, Sender: sender, Keep: cfg.Development, Now: database.Now, Logger: a.log,
	})
	a.trail = audit.New(a.db, audit.Options{Now: database.Now, Logger: a.log})
	a.chain, err = chain.Attach(a.trail, a.db, a.Secrets) // part:auditchain
	return a, err
}

// auth makes the provider: the one configuration of authentication.
func (a *app) auth(ctx context.Context) (*auth.Auth, error) {
	if err := database.Migrate(ctx, a.db, migrations.FS); err != nil {
		return nil, err
	}
	var limits auth.RateLimit
	if a.RateLimit {
		limits.Limiter = ratelimit.New(a.db, database.Now)
	} else {
		a.log.Warn("RATE_LIMIT=off: passwords can be guessed without limit")
	}
	links := web.Links
	if a.WireLinks {
		links = web.WireLinks
	}
	options := auth.Options{
		BaseURL:        a.AppURL,
		TrustedOrigins: a.TrustedOrigins,
		Secrets:        a.Secrets,
		AppName:        web.AppName,
		CookiePrefix:   web.CookiePrefix,
		ClientIP:       web.ClientIP(a.TrustedProxies, a.log),
		Now:            database.Now,
		RateLimit:      limits,
		Links:          links(a.AppURL),
		ResetPages:     []string{web.ResetPage},
		Plugins:        []auth.Plugin{admin.Endpoints},
		OnEvent:        a.trail.Record,
		Logger:         a.log,
		LocalImages:    a.Development,

		RequireEmailVerification: a.EmailVerification,
		Notices:                  true,
		StepUp:                   true,
	}
	if a.Development || a.mails.Sender != nil {
		options.Mailer = a.mails
	} else {
		a.log.Warn("no mail is sent: set SMTP_URL and MAIL_FROM")
	}
	return auth.New(a.db, options)
}

func (a *app) migrate(ctx context.Context, direction string) error {
	var err error
	switch direction {
	case "up":
		err = database.Migrate(ctx, a.db, migrations.FS)
	case "down":
		err = database.MigrateDown(ctx, a.db, migrations.FS)
	}
	if err != nil {
		return err
	}
	list, err := database.Migrations(ctx, a.db, migrations.FS)
	for _, m := range list {
		state := "pending"
		if m.Applied {
			state = "applied"
		}
		if m.NoFile {
			state = "no file" // and so nothing that down could take back
		}
		fmt.Fprintf(a.stdout, "%-8s %s\n", state, m.Name)
	}
	return err
}

func routes(stdout io.Writer) error {
	for _, r := range web.New(web.Config{Logger: slog.New(slog.DiscardHandler)}).Routes() {
		fmt.Fprintf(stdout, "%-6s %-22s %s\n", r.Method, r.Path, r.Door)
	}
	return nil
}
