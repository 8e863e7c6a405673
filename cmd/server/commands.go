package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"text/tabwriter"

	"example.com/foyer/internal/auth/magiclink"
	"example.com/foyer/internal/database"
	"example.com/foyer/migrations"
	"example.com/foyer/web"
	"gorm.io/gorm"
)

// command is a line of help and its function. run gets as many arguments as args names: <required> and [optional]. It
// must check them before it builds the app, so that a mistake changes nothing.
type command struct {
	name, args, does string
	run              func(a *app, ctx context.Context, args []string) error
}

var commands = []command{
	{"serve", "", "run the app (the default)", (*app).serve},
	{"routes", "", "print method, path and door of every route", (*app).routes},
	{"migrate", "<up|down|status>", "change the schema, or only show it", (*app).migrate},
	{"seed", "", "make the demo users (development, empty users table)", (*app).seedCommand},
	{"user create", "<email> [--admin] [--invite]", "make a user; reads the password, or mails a link", (*app).createUser},
	{"user promote", "<email> [roles]", "make a user an admin, or set other roles: admin,editor", (*app).promoteUser},
	{"healthcheck", "", "ask the running server whether it lives, as a probe does", (*app).healthcheck},
	{"sessions end", "", "end every session and mailed link", (*app).endSessions},
	{"backup", "<file>", "copy the database, also while it is served", (*app).backup},
	{"restore", "<file> [--keep-sessions]", "put a backup in the place of the database", (*app).restore},
	{"keys", "<new|rotate>", "make SERVICE_KEY_FILE, or put a new key in front", (*app).writeKeys},   // part:servicetoken
	{"audit verify", "[seq:link]", "verify the audit trail and an earlier head", (*app).verifyAudit}, // part:auditchain
	{"audit prune", "<yyyy-mm-dd>", "delete the events before a day", (*app).pruneAudit},             // part:auditchain
}

// errUsage is for command lines that make no sense. It quotes nothing, because people type passwords there.
var errUsage = errors.New("unknown command or wrong arguments; see server help")

// find returns the command that a command line names, and its arguments; nil if there is none or their number is wrong.
func find(line []string) (*command, []string) {
	for _, c := range slices.Concat(commands, appCommands) {
		words := strings.Fields(c.name)
		if len(line) < len(words) || !slices.Equal(line[:len(words)], words) {
			continue
		}
		args, required := line[len(words):], strings.Count(c.args, "<")
		if len(args) < required || len(args) > required+strings.Count(c.args, "[") {
			return nil, nil
		}
		return &c, args
	}
	return nil, nil
}

func help(stdout io.Writer) error {
	fmt.Fprint(stdout, "usage: server [command]\n\n")
	for _, c := range slices.Concat(commands, appCommands) {
		fmt.Fprintf(stdout, "  %-42s%s\n", c.name+" "+c.args, c.does)
	}
	_, err := fmt.Fprint(stdout, "\nConfiguration comes from the environment: see .env.example.\n")
	return err
}

// routes needs no configuration: it prints what exists with every option on, in development too.
func (a *app) routes(context.Context, []string) error {
	c := web.Config{
		API:         http.NotFoundHandler(), // part:betterauth
		MagicLink:   &magiclink.MagicLink{}, // part:magiclink
		Development: true,
		Logger:      slog.New(slog.DiscardHandler),
	}
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for _, r := range web.New(c).Routes() {
		fmt.Fprintf(table, "%s\t%s\t%s\n", r.Method, r.Path, r.Door)
	}
	return table.Flush()
}

func (a *app) migrate(ctx context.Context, args []string) error {
	step, ok := map[string]func(context.Context, *gorm.DB, fs.FS) error{
		"up": database.Migrate, "down": database.MigrateDown, "status": nil,
	}[args[0]]
	if !ok {
		return errUsage
	}
	if err := a.open(); err != nil {
		return err
	}
	if step != nil {
		if err := step(ctx, a.db, migrations.FS); err != nil {
			return err
		}
	}
	list, err := database.Migrations(ctx, a.db, migrations.FS)
	if err != nil {
		return err
	}
	for _, m := range list {
		state := "pending"
		if m.Applied {
			state = "applied"
		}
		if m.NoFile {
			state = "no file" // so down cannot take it back
		}
		fmt.Fprintf(a.stdout, "%-8s %s\n", state, m.Name)
	}
	return nil
}
