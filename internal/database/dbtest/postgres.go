package dbtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Postgres returns the URL of a migrated PostgreSQL database that lives as long as the test.
func Postgres(t testing.TB) string {
	t.Helper()
	s := requireServer(t)
	template, err := s.migrated()
	if err != nil {
		t.Fatal(err)
	}
	return s.create(t, " TEMPLATE "+template)
}

// EmptyPostgres returns the URL of a PostgreSQL database without migrations.
func EmptyPostgres(t testing.TB) string {
	t.Helper()
	return requireServer(t).create(t, "")
}

// postgres is a server whose user may create databases.
type postgres struct {
	url      *url.URL
	migrated func() (name string, err error) // the database that Postgres copies
}

// server is the one of TEST_DATABASE_URL, or a private one that is started once.
var server = sync.OnceValues(func() (*postgres, error) {
	address := os.Getenv("TEST_DATABASE_URL")
	if address == "" {
		var err error
		if address, err = start(); err != nil {
			return nil, err
		}
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	s := &postgres{url: u}
	s.migrated = sync.OnceValues(s.migrate)
	return s, nil
})

func (s *postgres) migrate() (name string, err error) {
	name = newName()
	if err := s.execute("CREATE DATABASE " + name); err != nil {
		return "", err
	}
	stopServer := stop
	stop = func() {
		s.execute("DROP DATABASE " + name)
		stopServer()
	}
	return name, migrate(s.at(name))
}

func requireServer(t testing.TB) *postgres {
	t.Helper()
	s, err := server()
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal("PostgreSQL is required under CI=true: ", err)
	}
	if err != nil {
		t.Skip("no PostgreSQL: ", err)
	}
	return s
}

func newName() string { return "test_" + strings.ToLower(rand.Text()) }

// create makes a database that lives as long as the test.
func (s *postgres) create(t testing.TB, how string) string {
	t.Helper()
	name := newName()
	if err := s.execute("CREATE DATABASE " + name + how); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.execute("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return s.at(name)
}

// at returns the URL of a database of this server.
func (s *postgres) at(name string) string {
	u := *s.url
	u.Path = "/" + name
	return u.String()
}

func (s *postgres) execute(sql string) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.url.String())
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sql); err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	return nil
}
