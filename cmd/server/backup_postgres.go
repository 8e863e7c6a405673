package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// backupPostgres names the command that makes the archive target, or checks the archive if it exists. It fails without
// an archive, so that no schedule takes it for a backup.
func (a *app) backupPostgres(ctx context.Context, target string) error {
	file, err := os.Stat(target)
	if errors.Is(err, fs.ErrNotExist) {
		address, _ := libpq(a.DatabaseURL, "")
		fmt.Fprintf(a.stdout, "pg_dump --format=custom --file=%s --dbname=%s\n", quote(target), quote(address))
		return errors.New("no backup is made yet: run this command with the password in PGPASSWORD or ~/.pgpass, " +
			"then server backup again, which checks its result")
	}
	if err != nil {
		return err
	}
	if err := checkArchive(ctx, target); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "%s has %d bytes; checked: pg_restore reads all of it\n", target, file.Size())
	return err
}

// restorePostgres checks an archive and names the commands that restore it to a new database.
func (a *app) restorePostgres(ctx context.Context, source string) error {
	if err := checkArchive(ctx, source); err != nil {
		return err
	}
	present, name := libpq(a.DatabaseURL, "")
	restored, _ := libpq(a.DatabaseURL, name+"_restored")
	fmt.Fprintf(a.stdout, "createdb --maintenance-db=%s %s\n", quote(present), quote(name+"_restored"))
	fmt.Fprintf(a.stdout, "pg_restore --exit-on-error --single-transaction --no-owner --dbname=%s %s\n",
		quote(restored), quote(source))
	fmt.Fprintln(a.stdout, "server sessions end")
	return errors.New("nothing is restored yet: stop every server, run these commands with the password in PGPASSWORD " +
		"or ~/.pgpass, the last one with the new database in DATABASE_URL")
}

// checkArchive reads a whole archive of pg_dump.
func checkArchive(ctx context.Context, path string) error {
	if _, err := os.Stat(path); err != nil {
		return err
	}
	tool, err := exec.LookPath("pg_restore")
	if err != nil {
		return fmt.Errorf("%s cannot be checked: pg_restore, a program of PostgreSQL, is not in PATH", path)
	}
	list, err := output(ctx, tool, "--list", path)
	if err != nil {
		return fmt.Errorf("%s cannot be restored: %w", path, err)
	}
	if !strings.Contains(list, " goose_db_version ") {
		return fmt.Errorf("%s records no migration, so it is no backup of this app", path)
	}
	if _, err := output(ctx, tool, "--file="+os.DevNull, path); err != nil {
		return fmt.Errorf("%s cannot be restored: %w", path, err)
	}
	return nil
}

// output runs a program and returns its standard output, or its standard error as an error.
func output(ctx context.Context, program string, args ...string) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", errors.New(cmp.Or(strings.TrimSpace(stderr.String()), err.Error()))
	}
	return stdout.String(), nil
}

// libpqParameters are those of a PostgreSQL address that its own programs need. They refuse those of pgx. Passwords are
// left out, because other users of the machine can read command lines.
var libpqParameters = []string{
	"host", "hostaddr", "port", "dbname", "user", "passfile", "sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl",
	"connect_timeout", "target_session_attrs", "channel_binding",
}

// libpq returns databaseURL for the programs of PostgreSQL, with another database unless name is "", and the name of
// its database.
func libpq(databaseURL, name string) (address, database string) {
	u, err := url.Parse(databaseURL)
	if err != nil { // internal/config has parsed it
		panic(err)
	}
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	query := u.Query()
	for parameter := range query {
		if !slices.Contains(libpqParameters, parameter) {
			query.Del(parameter)
		}
	}
	if name != "" {
		u.Path = "/" + name
		query.Del("dbname")
	}
	u.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20") // libpq reads + as itself
	return u.String(), strings.TrimPrefix(u.Path, "/")
}

// quote makes text one word of a shell.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
