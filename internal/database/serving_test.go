package database_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/database"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// lockForServing counts the calls of onWait.
func lockForServing(ctx context.Context, db *gorm.DB, patience time.Duration) (release func(), waits int, err error) {
	release, err = database.LockForServing(ctx, db, patience, func() { waits++ })
	return release, waits, err
}

func TestLockForServing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, link := filepath.Join(dir, "a #1 in 100%.db"), filepath.Join(dir, "link.db")
	one := dbtest.Open(t, "file:"+file)
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	two := dbtest.Open(t, "file:"+link)
	release, waits, err := lockForServing(t.Context(), one, time.Minute)
	if err != nil || waits != 0 {
		t.Fatal(waits, err)
	}
	if info, err := os.Stat(file + ".serve"); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the lock's file: %v, %v", info, err)
	}
	_, waits, err = lockForServing(t.Context(), two, time.Second)
	if err == nil || waits != 1 || !strings.Contains(err.Error(), file) {
		t.Errorf("beside another: waits said %d times, error %v", waits, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := lockForServing(ctx, two, time.Minute); !errors.Is(err, context.Canceled) {
		t.Errorf("told to stop: %v", err)
	}
	if err := two.Exec("CREATE TABLE x_beside (x)").Error; err != nil {
		t.Errorf("writing beside: %v", err)
	}

	// The lock is free after the other process has ended.
	freed := make(chan struct{})
	again, err := database.LockForServing(t.Context(), two, time.Minute, func() { release(); close(freed) })
	if err != nil {
		t.Fatal(err)
	}
	<-freed
	again()
}

func TestOnPostgreSQLManyServe(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.Postgres(t))
	for range 2 {
		if _, waits, err := lockForServing(t.Context(), db, 0); err != nil || waits != 0 {
			t.Error(waits, err)
		}
	}
}
