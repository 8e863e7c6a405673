// Package migrations carries the schema: numbered SQL files that run unchanged on SQLite and PostgreSQL. The template's are
// 0001 to 0999; those of what is built on it begin with the time they are made at, such as 20260131120000_projects.sql, so
// that neither ever takes a number of the other. One that is applied somewhere is never edited or deleted.
package migrations

import "embed"

// FS holds every migration.
//
//go:embed *.sql
var FS embed.FS
