package main

import (
	"maps"
	"testing"
	"time"
)

var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// TestSuccessors: numbers are the time, but after all that the project has, so that none is used twice.
func TestSuccessors(t *testing.T) {
	files := []string{"migrations/0009_more.sql", "migrations/0004_audit.sql"}
	for _, row := range []struct {
		newest, first, second string
	}{
		{"migrations/1000_ships.sql", "20260131120001", "20260131120002"},
		{"migrations/20251231120000_ships.sql", "20260131120001", "20260131120002"},
		{"migrations/20260131120059_ships.sql", "20260131120060", "20260131120061"},
		{"web/20270131120059_ships.sql", "20260131120001", "20260131120002"},
	} {
		got := successors(tree{row.newest: "x", "migrations/20240101000000_old.sql": "x"}, files, noon, "drop_")
		want := map[string]string{files[0]: "migrations/" + row.first + "_drop_more.sql",
			files[1]: "migrations/" + row.second + "_drop_audit.sql"}
		if !maps.Equal(got, want) {
			t.Errorf("after %s: %v", row.newest, got)
		}
	}
}

func TestSwapped(t *testing.T) {
	got, err := swapped("migrations/0009_more.sql",
		"-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX more ON audit (id);\n-- +goose Down\nDROP INDEX more;\n")
	must(t, err)
	if want := "-- Takes 0009_more.sql back.\n-- +goose NO TRANSACTION\n-- +goose Up\nDROP INDEX more;\n\n" +
		"-- +goose Down\nCREATE INDEX more ON audit (id);\n"; got != want {
		t.Errorf("got %q", got)
	}
	_, err = swapped("migrations/0004_audit.sql", "-- +goose Up\nCREATE TABLE audit (id TEXT);\n")
	refused(t, err, "migrations/0004_audit.sql: a migration of a part")
}
