// Package migrations embeds the schema: numbered SQL files that run unchanged on SQLite and PostgreSQL. The template
// has the numbers 0001 to 0999. A clone numbers its files by the time, such as 20260131120000_projects.sql, so that no
// number is used twice. A migration that was applied anywhere is never edited or deleted.
package migrations

import "embed"

// FS holds every migration.
//
//go:embed *.sql
var FS embed.FS
