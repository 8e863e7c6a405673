package database_test

import (
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"example.com/foyer/internal/database"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/migrations"
	"gorm.io/gorm"
)

// with adds parameters to a database URL: name, value, name, value.
func with(t *testing.T, raw string, params ...string) string {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	for i := 0; i < len(params); i += 2 {
		q.Set(params[i], params[i+1])
	}
	u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20") // PostgreSQL does not read + as a space
	return u.String()
}

// inForce reads the time-outs for a lock, a statement and an idle transaction.
func inForce(t *testing.T, db *gorm.DB) string {
	t.Helper()
	return scan[string](t, db, `SELECT current_setting('lock_timeout') || ' ' || current_setting('statement_timeout') || ' ' ||
		current_setting('idle_in_transaction_session_timeout')`)
}

// inForceWithin is inForce for the statements of a transaction.
func inForceWithin(t *testing.T, db *gorm.DB) (got string) {
	t.Helper()
	err := db.Transaction(func(tx *gorm.DB) error {
		got = inForce(t, tx)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestBound(t *testing.T) {
	t.Parallel()
	plain := dbtest.Postgres(t)
	cases := map[string]struct{ url, before, bound string }{
		"the usual":                 {plain, "0 0 0", "4s 7s 3s"},
		"the URL names one":         {with(t, plain, "lock_timeout", "1234ms"), "1234ms 0 0", "1234ms 7s 3s"},
		"the URL has options":       {with(t, plain, "options", "-c statement_timeout=90s"), "0 90s 0", "4s 90s 3s"},
		"nothing is prepared":       {with(t, plain, "default_query_exec_mode", "exec"), "0 0 0", "4s 7s 3s"},
		"all by the plain protocol": {with(t, plain, "default_query_exec_mode", "simple_protocol"), "0 0 0", "4s 7s 3s"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			db, err := database.Open(c.url, 4)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { database.Close(db) })
			expect := func(when, want, wantWithin string) {
				t.Helper()
				if got := inForce(t, db); got != want {
					t.Errorf("%s: %s, want %s", when, got, want)
				}
				if got := inForceWithin(t, db); got != wantWithin {
					t.Errorf("%s, in a transaction: %s, want %s", when, got, wantWithin)
				}
			}
			expect("unbound", c.before, c.before)
			var settled atomic.Bool
			database.Bound(db, settled.Load)
			expect("through a pooler", c.before, c.bound)
			expect("nothing stays", c.before, c.bound)
			settled.Store(true)
			expect("a connection from before", c.bound, c.bound)
			expect("used again", c.bound, c.bound)
			err = db.Transaction(func(*gorm.DB) error { // which occupies the only connection
				expect("a new connection", c.bound, c.bound)
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// TestBoundThroughAPooler: the time-outs of a transaction do not reach other clients of its connection.
func TestBoundThroughAPooler(t *testing.T) {
	t.Parallel()
	where := dbtest.Pooler(t, dbtest.Postgres(t), "transaction", 1, "exec")
	db, other := open(t, where), open(t, where)
	database.Bound(db, func() bool { return false })
	for range 3 {
		if got := inForceWithin(t, db); got != "4s 7s 3s" {
			t.Errorf("in a transaction: %s", got)
		}
		if got := inForce(t, db) + ", " + inForceWithin(t, other); got != "0 0 0, 0 0 0" {
			t.Errorf("beside it: %s", got)
		}
	}
}

// TestBoundSQLite: Bound does nothing on SQLite.
func TestBoundSQLite(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.SQLite(t))
	database.Bound(db, func() bool { return true })
	if n := scan[int](t, db, "SELECT 7"); n != 7 {
		t.Error("nothing works any more")
	}
}

// TestFrozenInstance: an instance that freezes in a transaction does not block the writes of others for long, and gets
// an outage when it continues.
func TestFrozenInstance(t *testing.T) {
	t.Parallel()
	where := dbtest.Postgres(t)
	other := dbtest.Open(t, where)
	frozen := dbtest.Open(t, with(t, where, "idle_in_transaction_session_timeout", "1s"))
	exec(t, other, "CREATE TABLE x_things (id TEXT PRIMARY KEY, n INTEGER NOT NULL)")
	exec(t, other, "INSERT INTO x_things VALUES ('x', 0)")
	err := frozen.Transaction(func(tx *gorm.DB) error {
		exec(t, tx, "UPDATE x_things SET n = 100")
		exec(t, other, "UPDATE x_things SET n = n + 1") // waits until the server ends the frozen one
		return tx.Exec("UPDATE x_things SET n = 100").Error
	})
	if !unavailable(err) {
		t.Errorf("the frozen one: %v, want a 503", err)
	}
	if n := scan[int](t, frozen, "SELECT n FROM x_things"); n != 1 {
		t.Errorf("n is %d, want 1", n)
	}
}

// TestLockTimeout: a lock time-out is an outage.
func TestLockTimeout(t *testing.T) {
	t.Parallel()
	where := dbtest.Postgres(t)
	holder, db := dbtest.Open(t, where), dbtest.Open(t, with(t, where, "lock_timeout", "20ms"))
	exec(t, holder, "CREATE TABLE x_things (id TEXT PRIMARY KEY)")
	err := holder.Transaction(func(tx *gorm.DB) error {
		exec(t, tx, "LOCK TABLE x_things")
		if err := db.Exec("INSERT INTO x_things VALUES ('1')").Error; !unavailable(err) {
			t.Errorf("%v, want a 503", err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestReplacedPrimary: a server that became read-only is an outage, the app is not ready, and its connections are
// dropped.
func TestReplacedPrimary(t *testing.T) {
	t.Parallel()
	where := dbtest.Postgres(t)
	db := dbtest.Open(t, where)
	exec(t, db, "CREATE TABLE x_things (id TEXT PRIMARY KEY)")
	name := scan[string](t, db, "SELECT current_database()")
	exec(t, db, "ALTER DATABASE "+name+" SET default_transaction_read_only = on")
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	pool.SetMaxIdleConns(0) // the next connection is read-only
	pool.SetMaxIdleConns(1)
	pool.SetMaxOpenConns(1)
	if err := db.Exec("INSERT INTO x_things VALUES ('1')").Error; !unavailable(err) {
		t.Errorf("%v, want a 503", err)
	}
	if err := database.Ready(t.Context(), db, migrations.FS); !unavailable(err) {
		t.Errorf("ready without being able to write: %v", err)
	}
	exec(t, db, "SELECT 1; SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE") // makes it writable again
	exec(t, db, "ALTER DATABASE "+name+" RESET default_transaction_read_only")
	exec(t, db, "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
	if err := db.Exec("INSERT INTO x_things VALUES ('2')").Error; !unavailable(err) {
		t.Errorf("the connection from before: %v, want a 503", err)
	}
	exec(t, db, "INSERT INTO x_things VALUES ('3')")
	exec(t, db, "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
	if err := database.Ready(t.Context(), db, migrations.FS); !unavailable(err) {
		t.Errorf("ready on the connection from before: %v", err)
	}
	if err := database.Ready(t.Context(), db, migrations.FS); err != nil {
		t.Errorf("not ready on a new connection: %v", err)
	}
}

// TestSilentServer: connecting to a server that does not answer ends.
func TestSilentServer(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var all sync.WaitGroup
	for _, params := range []string{"", "?connect_timeout=1", "?sslmode=disable&connect_timeout=1"} {
		all.Go(func() {
			_, err := database.Open("postgres://app:zebra-7@"+listener.Addr().String()+"/app"+params, 0)
			if err == nil || strings.Contains(err.Error(), "zebra-7") || !strings.Contains(err.Error(), "timeout") {
				t.Errorf("%q: %v, want a time-out", params, err)
			}
		})
	}
	all.Wait()
}
