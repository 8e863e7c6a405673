package database_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/foyer/internal/database"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// TestSQLiteAway: a read-only file and one that another process locks for too long are outages.
func TestSQLiteAway(t *testing.T) {
	t.Parallel()
	where := dbtest.SQLite(t)
	db := dbtest.Open(t, where)
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	pool.SetMaxOpenConns(1)
	exec(t, db, "CREATE TABLE x_things (id TEXT PRIMARY KEY)")
	exec(t, db, "INSERT INTO x_things VALUES ('1')")

	exec(t, db, "PRAGMA query_only = ON")
	if err := db.Exec("INSERT INTO x_things VALUES ('2')").Error; !unavailable(err) {
		t.Errorf("a read-only file: %v, want a 503", err)
	}
	if n := scan[int](t, db, "SELECT count(*) FROM x_things"); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}
	exec(t, db, "PRAGMA query_only = OFF")

	exec(t, db, "PRAGMA busy_timeout = 1")
	holder := dbtest.Open(t, where)
	err = holder.Transaction(func(tx *gorm.DB) error {
		exec(t, tx, "INSERT INTO x_things VALUES ('3')")
		if err := db.Exec("INSERT INTO x_things VALUES ('4')").Error; !unavailable(err) {
			t.Errorf("a locked file: %v, want a 503", err)
		}
		err := db.Transaction(func(tx *gorm.DB) error { return tx.Exec("INSERT INTO x_things VALUES ('5')").Error })
		if err == nil {
			t.Error("a transaction beside another one's write lock")
		}
		if n := scan[int](t, db, "SELECT count(*) FROM x_things"); n != 1 {
			t.Errorf("a reader beside a writer sees %d rows, want 1", n)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	err = db.Exec("INSERT INTO x_things VALUES ('1')").Error
	if !errors.Is(err, gorm.ErrDuplicatedKey) || unavailable(err) {
		t.Errorf("a duplicate is no outage: %v", err)
	}
}

// TestSQLiteBusyEnds: the wait for the write lock of another process ends with the request.
func TestSQLiteBusyEnds(t *testing.T) {
	t.Parallel()
	where := dbtest.SQLite(t)
	db, holder := dbtest.Open(t, where), dbtest.Open(t, where)
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	pool.SetMaxOpenConns(1)
	exec(t, db, "PRAGMA busy_timeout = 3600000")
	err = holder.Transaction(func(*gorm.DB) error {
		late, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		if err := db.WithContext(late).Exec("DELETE FROM users").Error; !unavailable(err) {
			t.Errorf("a statement: %v, want a 503", err)
		}
		late, cancel = context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		err := db.WithContext(late).Transaction(func(*gorm.DB) error { return nil })
		if !unavailable(err) {
			t.Errorf("a transaction: %v, want a 503", err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestTimeIsOver: a read, its rows and a commit after the deadline are outages, by every method of GORM.
func TestTimeIsOver(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		endless := map[string]string{
			"sqlite":   "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
			"postgres": "SELECT count(*) FROM generate_series(1, 1000000000000)",
		}[db.Name()]
		late := func() *gorm.DB {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			t.Cleanup(cancel)
			return db.WithContext(ctx)
		}
		var n int
		if err := late().Raw(endless).Scan(&n).Error; !unavailable(err) {
			t.Errorf("a value: %v, want a 503", err)
		}
		query := late().Raw(endless)
		rows, err := query.Rows()
		if err == nil {
			rows.Next()
			err = query.AddError(rows.Err())
			rows.Close()
		}
		if !unavailable(err) {
			t.Errorf("rows: %v, want a 503", err)
		}
		tx := late()
		err = tx.Transaction(func(tx *gorm.DB) error {
			<-tx.Statement.Context.Done()
			pool, err := db.DB()
			for err == nil && pool.Stats().InUse > 0 { // until database/sql has rolled it back
				time.Sleep(time.Millisecond)
			}
			return err
		})
		if !unavailable(err) {
			t.Errorf("a commit: %v, want a 503", err)
		}
	})
}

// TestClosed: a query after Close is an outage.
func TestClosed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		if err := database.Close(db); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Raw("SELECT 1").Rows(); !unavailable(err) {
			t.Errorf("%v, want a 503", err)
		}
		if err := db.Exec("DELETE FROM users").Error; !unavailable(err) {
			t.Errorf("%v, want a 503", err)
		}
	})
}

// TestConnectionsCut: the end of all connections of PostgreSQL is an outage at any moment.
func TestConnectionsCut(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.Postgres(t))
	ctx, stop := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for ctx.Err() == nil {
				err := db.Transaction(func(tx *gorm.DB) error {
					return errors.Join(tx.Exec("DELETE FROM users").Error, tx.Exec("DELETE FROM mails").Error)
				})
				if err != nil && !unavailable(err) {
					t.Errorf("%v, want a 503", err)
				}
				rows, err := db.Raw("SELECT id FROM users").Rows()
				if err == nil {
					rows.Close()
				} else if !unavailable(err) {
					t.Errorf("rows: %v, want a 503", err)
				}
			}
		})
	}
	for range 50 {
		err := db.Exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid()`).Error
		if err != nil && !unavailable(err) {
			t.Error(err)
		}
	}
	stop()
	group.Wait()
	if n := scan[int](t, db, "SELECT 7"); n != 7 {
		t.Error("the pool does not recover")
	}
}

// TestPostgresAway: a closed connection and a statement time-out are outages.
func TestPostgresAway(t *testing.T) {
	t.Parallel()
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

	exec(t, db, "CREATE TABLE x_things (id TEXT PRIMARY KEY)")
	if err := db.Exec("INSERT INTO x_things VALUES (1/0)").Error; err == nil || unavailable(err) {
		t.Errorf("division by zero: %v, want a mistake", err)
	}
}

// TestCallerGivesUp: the error after a deadline quotes no value.
func TestCallerGivesUp(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
		defer cancel()
		err := db.WithContext(ctx).Exec("DELETE FROM users WHERE email = ?", "zebra-7").Error
		if !unavailable(err) || !errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "zebra-7") {
			t.Errorf("%v, want a 503 for a passed deadline", err)
		}
	})
}
