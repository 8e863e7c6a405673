package database

import (
	"bytes"
	"io/fs"
)

// binaryOrder adapts migrations to SQLite: the collation by bytes is "C" on PostgreSQL and BINARY on SQLite. No SQL
// has a name for both.
type binaryOrder struct{ fs.FS }

// Open implements fs.FS.
func (b binaryOrder) Open(name string) (fs.File, error) {
	f, err := b.FS.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil || info.IsDir() {
		return f, err
	}
	defer f.Close()
	text, err := fs.ReadFile(b.FS, name)
	if err != nil {
		return nil, err
	}
	return memoryFile{bytes.NewReader(bytes.ReplaceAll(text, []byte(`COLLATE "C"`), []byte("COLLATE BINARY"))), info}, nil
}

// memoryFile is a file with replaced content.
type memoryFile struct {
	*bytes.Reader
	fs.FileInfo
}

// Stat implements fs.File.
func (f memoryFile) Stat() (fs.FileInfo, error) { return f, nil }

// Size implements fs.FileInfo.
func (f memoryFile) Size() int64 { return f.Reader.Size() }

// Close implements fs.File.
func (memoryFile) Close() error { return nil }
