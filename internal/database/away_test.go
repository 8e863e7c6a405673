package database_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// TestSQLiteAway: a file that takes no writes, or is held by somebody else for too long, is an outage.
func TestSQLiteAway(t *testing.T) {
	where := dbtest.SQLite(t)
	db := dbtest.Open(t, where)
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	pool.SetMaxOpenConns(1)
	exec(t, db, "CREATE TABLE things (id TEXT PRIMARY KEY)")
	exec(t, db, "INSERT INTO things VALUES ('1')")

	exec(t, db, "PRAGMA query_only = ON")
	if err := db.Exec("INSERT INTO things VALUES ('2')").Error; !unavailable(err) {
		t.Errorf("a read-only file: %v, want a 503", err)
	}
	if n := scan[int](t, db, "SELECT count(*) FROM things"); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}
	exec(t, db, "PRAGMA query_only = OFF")

	exec(t, db, "PRAGMA busy_timeout = 1")
	holder := dbtest.Open(t, where)
	err = holder.Transaction(func(tx *gorm.DB) error {
		exec(t, tx, "INSERT INTO things VALUES ('3')")
		if err := db.Exec("INSERT INTO things VALUES ('4')").Error; !unavailable(err) {
			t.Errorf("a locked file: %v, want a 503", err)
		}
		err := db.Transaction(func(tx *gorm.DB) error { return tx.Exec("INSERT INTO things VALUES ('5')").Error })
		if err == nil {
			t.Error("a transaction beside another one's write lock")
		}
		if n := scan[int](t, db, "SELECT count(*) FROM things"); n != 1 {
			t.Errorf("a reader beside a writer sees %d rows, want 1", n)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if err := db.Exec("INSERT INTO things VALUES ('1')").Error; !errors.Is(err, gorm.ErrDuplicatedKey) || unavailable(err) {
		t.Errorf("a duplicate is no outage: %v", err)
	}
}

// TestPostgresAway: a server that ends our connection, or gives up on a statement, is an outage.
func TestPostgresAway(t *testing.T) {
	db := dbtest.Open(t, dbtest.Postgres(t))
	cut := make(chan error, 1)
	err := db.Transaction(func(tx *gorm.DB) error {
		pid := scan[int](t, tx, "SELECT pg_backend_pid()")
		go func() { cut <- db.Exec("SELECT pg_terminate_backend(?)", pid).Error }()
		return tx.Exec("SELECT pg_sleep(30)").Error
	})
	if !unavailable(err) {
		t.Errorf("connection cut: %v, want a 503", err)
	}
	if err := <-cut; err != nil {
		t.Fatal(err)
	}
	if n := scan[int](t, db, "SELECT 7"); n != 7 {
		t.Error("the pool does not recover")
	}

	err = db.Transaction(func(tx *gorm.DB) error {
		exec(t, tx, "SET LOCAL statement_timeout = '20ms'")
		return tx.Exec("SELECT pg_sleep(30)").Error
	})
	if !unavailable(err) {
		t.Errorf("statement timeout: %v, want a 503", err)
	}

	exec(t, db, "CREATE TABLE things (id TEXT PRIMARY KEY)")
	if err := db.Exec("INSERT INTO things VALUES (1/0)").Error; err == nil || unavailable(err) {
		t.Errorf("division by zero: %v, want a mistake", err)
	}
}

// TestCallerGivesUp: a request whose time is over says so, and quotes no value.
func TestCallerGivesUp(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
		defer cancel()
		err := db.WithContext(ctx).Exec("DELETE FROM users WHERE email = ?", "zebra-7").Error
		if !unavailable(err) || !errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "zebra-7") {
			t.Errorf("%v, want a 503 for a passed deadline", err)
		}
	})
}
