package database

import (
	"bytes"
	"io/fs"
	"strings"
)

// binaryOrder adapts migrations to SQLite: the collation by bytes is "C" on PostgreSQL and BINARY on SQLite. No SQL
// has a name for both.
type binaryOrder struct{ fs.FS }

// Open implements fs.FS.
func (b binaryOrder) Open(name string) (fs.File, error) {
	f, err := b.FS.Open(name)
	if err != nil || !strings.HasSuffix(name, ".sql") {
		return f, err
	}
	text, err := fs.ReadFile(b.FS, name)
	if err != nil {
		f.Close()
		return nil, err
	}
	return replaced{f, bytes.NewReader(bytes.ReplaceAll(text, []byte(`COLLATE "C"`), []byte("COLLATE BINARY")))}, nil
}

// replaced is a file with another text.
type replaced struct {
	fs.File
	text *bytes.Reader
}

// Read implements fs.File.
func (r replaced) Read(p []byte) (int, error) { return r.text.Read(p) }
