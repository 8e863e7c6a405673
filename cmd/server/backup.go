package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"example.com/foyer/internal/database"
	"example.com/foyer/migrations"
	"gorm.io/gorm"
)

// backup copies an SQLite database, which may be in use, and checks the copy.
func (a *app) backup(ctx context.Context, args []string) error {
	target := args[0]
	if strings.HasPrefix(target, "-") {
		return errUsage
	}
	path, isFile, err := a.databaseFile()
	if err != nil {
		return err
	}
	if !isFile {
		return a.backupPostgres(ctx, target)
	}
	var found findings
	err = database.Backup(ctx, path, target, func(db *gorm.DB) (err error) {
		found, err = a.examine(ctx, db)
		return err
	})
	if err != nil {
		return err
	}
	file, err := os.Stat(target)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%s has %d bytes and %s\n", target, file.Size(), found)
	return found.fault
}

// restore replaces an SQLite database by a backup, which gets the schema of this program and loses its sessions.
func (a *app) restore(ctx context.Context, args []string) error {
	source, keepSessions := args[0], len(args) > 1
	if strings.HasPrefix(source, "-") || keepSessions && args[1] != "--keep-sessions" {
		return errUsage
	}
	path, isFile, err := a.databaseFile()
	if err != nil {
		return err
	}
	if !isFile {
		return a.restorePostgres(ctx, source)
	}
	if path, err = filepath.Abs(path); err != nil { // as it is printed, so that a wrong working folder is noticed
		return err
	}
	var found findings
	ended := "sessions and mailed links are valid as they were in the backup"
	kept, err := database.Restore(ctx, source, path, func(db *gorm.DB) (err error) {
		if err := upgrade(ctx, db); err != nil {
			return err
		}
		if found, err = a.examine(ctx, db); err != nil || keepSessions {
			return err
		}
		if err := a.add(parts); err != nil {
			return err
		}
		ended, err = a.endEverySession(ctx)
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%s is restored from %s and has %s\n%s\n", path, source, found, ended)
	if kept == "" {
		fmt.Fprintln(a.stdout, "there was no database before")
	} else {
		fmt.Fprintf(a.stdout, "the database that was there is now %s\n", kept)
	}
	return found.fault
}

// databaseFile reads the configuration and returns the path of the SQLite database. It opens nothing, because that
// would make a missing file. It makes no log, because what happens in a copy has not happened in the app.
func (a *app) databaseFile() (path string, isFile bool, err error) {
	if err := a.addConfig(); err != nil {
		return "", false, err
	}
	a.log = slog.New(slog.DiscardHandler)
	path, isFile = strings.CutPrefix(a.DatabaseURL, "file:")
	return path, isFile, nil
}

// upgrade brings a copy to the schema of this program, and refuses a newer one.
func upgrade(ctx context.Context, db *gorm.DB) error {
	_, newer, err := database.Schema(ctx, db, migrations.FS)
	if err != nil {
		return err
	}
	if len(newer) > 0 {
		return fmt.Errorf("its schema is newer than this program, which lacks the migrations %v", newer)
	}
	return database.Migrate(ctx, db, migrations.FS)
}

// check finds out whether the data of a part is as the part wrote it.
type check struct {
	name string
	run  func(context.Context) error
}

// findings describe a copy of the database.
type findings struct {
	schema, checked string

	// fault is what the checks of parts found. It keeps no copy back: otherwise a person who alters the trail would
	// prevent every later backup.
	fault error
}

// String implements fmt.Stringer.
func (f findings) String() string { return "the schema " + f.schema + "; checked: " + f.checked }

// examine runs the checks of records on a copy whose structure is checked already.
func (a *app) examine(ctx context.Context, db *gorm.DB) (f findings, err error) {
	schema, newer, err := database.Schema(ctx, db, migrations.FS)
	if err != nil {
		return f, err
	}
	f = findings{schema: schema, checked: "integrity, foreign keys"}
	if err := database.Ready(ctx, db, migrations.FS); err != nil {
		f.checked += ", no more because " + err.Error()
		return f, nil
	}
	if len(newer) > 0 {
		f.checked += fmt.Sprintf(", no more because this program lacks its migrations %v and cannot restore it", newer)
		return f, nil
	}
	a.db = db
	if err := a.add(records); err != nil {
		return f, err
	}
	for _, c := range a.checks {
		f.checked += ", " + c.name
		if err := c.run(ctx); err != nil {
			f.fault = fmt.Errorf("the copy is complete, but its %s failed the check: %w", c.name, err)
		}
	}
	return f, nil
}

// endSessions ends every session and mailed link, as after a restore.
func (a *app) endSessions(ctx context.Context, _ []string) error {
	if err := a.open(); err != nil {
		return err
	}
	release, err := database.LockForServing(ctx, a.db, 0, func() {}) // a server would not learn of it on SQLite
	if err != nil {
		return err
	}
	defer release()
	if err := a.build(ctx); err != nil {
		return err
	}
	ended, err := a.endEverySession(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.stdout, ended)
	return err
}

func (a *app) endEverySession(ctx context.Context) (ended string, err error) {
	sessions, links, err := a.auth.EndEverySession(ctx)
	return fmt.Sprintf("%d sessions and %d mailed links are ended", sessions, links), err
}
