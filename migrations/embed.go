// Package migrations carries the schema: numbered SQL files that run unchanged on SQLite and PostgreSQL.
package migrations

import "embed"

// FS holds every migration, to be applied in the order of their names.
//
//go:embed *.sql
var FS embed.FS
