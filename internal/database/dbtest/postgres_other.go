//go:build !unix

package dbtest

import (
	"errors"
	"testing"
)

var stop = func() {}

func start() (string, error) {
	return "", errors.New("set TEST_DATABASE_URL to test on PostgreSQL")
}

// Bouncer skips: PgBouncer is put before a PostgreSQL that Postgres started.
func Bouncer(t testing.TB, _ string, _ int, _ ...string) string {
	t.Skip("no PgBouncer")
	return ""
}
