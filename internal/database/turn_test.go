package database_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync"
	"testing"
	"time"

	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// TestReadersPassWriters: while another process has the lock that all writers need, readers are served, and the wait of
// writers ends with their request.
func TestReadersPassWriters(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]func(testing.TB) string{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		t.Run(name, func(t *testing.T) {
			where := url(t)
			db, holder := dbtest.Open(t, where), dbtest.Open(t, where)
			exec(t, db, "CREATE TABLE x_things (id TEXT PRIMARY KEY, n INTEGER NOT NULL)")
			exec(t, db, "INSERT INTO x_things VALUES ('x', 0)")
			err := holder.Transaction(func(tx *gorm.DB) error {
				exec(t, tx, "UPDATE x_things SET n = 1")
				readWhileWriting(t, db)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			exec(t, db, "UPDATE x_things SET n = n + 1") // a turn is free again
		})
	}
}

func readWhileWriting(t *testing.T, db *gorm.DB) {
	patience, giveUp := context.WithTimeout(t.Context(), 20*time.Second) // only a hang takes so long
	var writers, started sync.WaitGroup
	defer writers.Wait()
	defer giveUp()
	started.Add(40)
	for i := range 40 {
		writers.Go(func() {
			started.Done()
			tx := db.WithContext(patience)
			var err error
			if i%2 == 0 {
				err = tx.Exec("UPDATE x_things SET n = n + 100").Error
			} else {
				err = tx.Transaction(func(tx *gorm.DB) error { return tx.Exec("UPDATE x_things SET n = n + 100").Error })
			}
			if err == nil {
				t.Error("a writer got past the lock")
			}
		})
	}
	pool, err := db.DB()
	if err != nil {
		t.Error(err)
	}
	started.Wait()
	for range 1000 { // while the writers start
		if n := scan[int](t, db.WithContext(patience), "SELECT n FROM x_things"); n != 0 {
			t.Errorf("n is %d before the commit", n)
		}
	}
	if waits := pool.Stats().WaitCount; waits > 0 {
		t.Errorf("%d waits for a connection", waits)
	}
}

// TestTurnWaitEnds: the wait for a turn ends with the request. A passed deadline is an outage.
func TestTurnWaitEnds(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.SQLite(t))
	exec(t, db, "CREATE TABLE x_things (id TEXT PRIMARY KEY)")
	err := db.Transaction(func(*gorm.DB) error {
		late, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		if err := db.WithContext(late).Exec("INSERT INTO x_things VALUES ('1')").Error; !unavailable(err) {
			t.Errorf("a statement: %v, want a 503", err)
		}
		err := db.WithContext(late).Transaction(func(*gorm.DB) error { return nil })
		if !unavailable(err) {
			t.Errorf("a transaction: %v, want a 503", err)
		}
		gone, leave := context.WithCancel(t.Context())
		leave()
		err = db.WithContext(gone).Exec("INSERT INTO x_things VALUES ('2')").Error
		if unavailable(err) || !errors.Is(err, context.Canceled) {
			t.Errorf("a visitor who left: %v, want no outage", err)
		}
		return db.Transaction(func(tx *gorm.DB) error { return tx.Exec("SELECT 1").Error }, &sql.TxOptions{ReadOnly: true})
	})
	if err != nil {
		t.Error(err)
	}
}

// TestTurnIsHandedOn: a turn is free after every kind of end of a transaction or statement.
func TestTurnIsHandedOn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		exec(t, db, "CREATE TABLE x_things (id TEXT PRIMARY KEY)")
		type thing struct{ ID string }
		endings := map[string]func(ctx context.Context){
			"commit":       func(context.Context) { db.Transaction(func(*gorm.DB) error { return nil }) },
			"error":        func(context.Context) { db.Transaction(func(*gorm.DB) error { return errors.New("no") }) },
			"panic":        func(context.Context) { db.Transaction(func(*gorm.DB) error { panic("no") }) },
			"wrong":        func(context.Context) { db.Exec("INSERT INTO nothing_here VALUES (1)") },
			"create":       func(context.Context) { db.Create(&thing{"1"}) },
			"again":        func(context.Context) { db.Create(&thing{"1"}) },
			"update":       func(context.Context) { db.Model(&thing{}).Where("id = '1'").Update("id", "2") },
			"delete":       func(context.Context) { db.Where("id = '2'").Delete(&thing{}) },
			"dry run":      func(context.Context) { db.Session(&gorm.Session{DryRun: true}).Create(&thing{"3"}) },
			"left inside":  func(ctx context.Context) { leaveInside(db, ctx) },
			"value panics": func(context.Context) { db.Create(&hostile{ID: "4"}) },
		}
		for name, end := range endings {
			for range 17 { // more than there are turns
				func() {
					defer func() { recover() }()
					end(t.Context())
				}()
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			if err := db.WithContext(ctx).Exec("DELETE FROM x_things").Error; err != nil {
				t.Errorf("after %s: %v", name, err)
			}
			cancel()
		}
	})
}

// leaveInside cancels a transaction before its end.
func leaveInside(db *gorm.DB, ctx context.Context) {
	ctx, leave := context.WithCancel(ctx)
	db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		leave()
		return tx.Exec("DELETE FROM x_things").Error
	})
}

// hostile panics when it is written.
type hostile struct{ ID panicky }

func (hostile) TableName() string { return "things" }

type panicky string

// Value implements driver.Valuer.
func (panicky) Value() (driver.Value, error) { panic("no") }
