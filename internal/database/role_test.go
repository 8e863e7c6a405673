package database_test

import (
	"net/url"
	"strings"
	"testing"

	"example.com/foyer/internal/database"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/migrations"
)

// TestServingNeedsNoDDL: after the owner has migrated, a role that may only read and write rows can start and serve. It
// cannot change a table.
func TestServingNeedsNoDDL(t *testing.T) {
	t.Parallel()
	address := dbtest.Postgres(t)
	owner := dbtest.Open(t, address)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	role := "rows_" + strings.TrimPrefix(u.Path, "/")
	for _, statement := range []string{
		"CREATE ROLE " + role + " LOGIN PASSWORD 'rows'",
		"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO " + role,
		"REVOKE CREATE ON SCHEMA public FROM PUBLIC",
	} {
		if err := owner.Exec(statement).Error; err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { owner.Exec("DROP OWNED BY " + role); owner.Exec("DROP ROLE " + role) })
	u.User = url.UserPassword(role, "rows")
	served, err := database.Open(u.String(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if pool, err := served.DB(); err == nil {
		t.Cleanup(func() { pool.Close() })
	}
	if err := database.Migrate(t.Context(), served, migrations.FS); err != nil {
		t.Errorf("a start: %v", err)
	}
	if err := database.Ready(t.Context(), served, migrations.FS); err != nil {
		t.Errorf("ready: %v", err)
	}
	if err := served.Exec("UPDATE users SET name = name").Error; err != nil {
		t.Errorf("writing rows: %v", err)
	}
	if err := served.Exec("ALTER TABLE users ADD COLUMN planted TEXT").Error; err == nil {
		t.Error("the role can change tables")
	}
}
