//go:build unix

package database_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/foyer/internal/database"
)

// TestForeignDatabase: another user, such as root, neither copies nor replaces a database, because the server could not
// open what stays beside it. Where this test cannot give files away, it takes those of root.
func TestForeignDatabase(t *testing.T) {
	t.Parallel()
	foreign, file := "/etc", "/etc/passwd"
	if os.Geteuid() == 0 {
		foreign = t.TempDir()
		file = filepath.Join(foreign, "app.db")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{foreign, file} {
			if err := os.Chown(name, 65532, 65532); err != nil {
				t.Fatal(err)
			}
		}
	}
	_, own := pairs(t)
	before := strings.Join(files(t, foreign), " ")
	_, replaced := database.Restore(t.Context(), own, file, accept)
	_, made := database.Restore(t.Context(), own, filepath.Join(foreign, "new.db"), accept)
	for what, err := range map[string]error{
		"a backup":               database.Backup(t.Context(), file, filepath.Join(t.TempDir(), "copy"), accept),
		"a restore":              replaced,
		"a restore of a new one": made,
	} {
		if err == nil || !strings.Contains(err.Error(), "run this as that user") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if after := strings.Join(files(t, foreign), " "); after != before {
		t.Errorf("%s has %s, had %s", foreign, after, before)
	}
}
