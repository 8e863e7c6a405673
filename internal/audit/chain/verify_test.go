package chain_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"example.com/foyer/internal/audit/audittest"
	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// each runs a test on a trail of nine events on each database; the fifth is the deletion of a user.
func each(t *testing.T, fn func(r *trail)) {
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newTrail(t, db)
		for i := range 4 {
			e := audittest.Sample(i)
			if i == 1 {
				e.SubjectID, e.SubjectName = "eve", "Eve <eve@example.com>"
			}
			r.Write(r.Log, e)
			r.Advance(time.Hour)
			if i == 2 {
				r.third = r.wantWhole(3).Head
			}
		}
		r.Write(r.Log, auth.Event{Name: "user_deleted", ActorID: "ada", ActorName: "Ada", SubjectID: "eve"})
		for i := range 4 {
			r.Write(r.Log, audittest.Sample(i))
		}
		r.wantWhole(9)
		fn(r)
	})
}

// tampered runs change, checks that Verify finds it, and undoes it.
func (r *trail) tampered(what string, seq int64, why string, change func()) {
	r.t.Helper()
	tables := []string{"audit_events", "audit_private", "audit_head"}
	for _, table := range tables {
		r.DB.Exec("DROP TABLE IF EXISTS kept_" + table)
		r.Exec("CREATE TABLE kept_" + table + " AS SELECT * FROM " + table)
	}
	change()
	r.wantTampering(what, seq, why)
	for _, table := range tables {
		r.DB.Exec("DELETE FROM " + table)
		r.Exec("INSERT INTO " + table + " SELECT * FROM kept_" + table)
	}
	r.wantWhole(9)
}

// Verify finds edits of any column of any table.
func TestEveryEditIsFound(t *testing.T) {
	t.Parallel()
	each(t, func(r *trail) {
		later := r.Clock().Add(time.Millisecond)
		for _, column := range []string{"event", "actor_id", "impersonator_id", "subject_id", "detail", "private", "mac"} {
			r.tampered(column, 3, "event was edited", func() {
				r.Exec("UPDATE audit_events SET " + column + " = 'x' || SUBSTR(" + column + ", 2) WHERE seq = 3")
			})
		}
		r.tampered("at", 3, "event was edited", func() { r.Exec("UPDATE audit_events SET at = ? WHERE seq = 3", later) })
		r.tampered("times", 3, "event was edited", func() { r.Exec("UPDATE audit_events SET times = 2 WHERE seq = 3") })
		r.tampered("the last one", 9, "was edited", func() { r.Exec("UPDATE audit_events SET detail = '' WHERE seq = 9") })
		r.tampered("the last seal", 9, "was edited", func() { r.Exec("UPDATE audit_events SET mac = '' WHERE seq = 9") })

		for _, column := range []string{"salt", "name", "ip_address", "user_agent", "note"} {
			r.tampered(column, 3, "was edited", func() {
				r.Exec("UPDATE audit_private SET " + column + " = " + column + " || 'x' WHERE seq = 3 AND owner_id = 'bob'")
			})
		}
		const personal = "INSERT INTO audit_private (seq, owner_id, salt, name, ip_address, user_agent, note) VALUES "
		r.tampered("owner_id", 3, "unrelated user", func() {
			r.Exec("UPDATE audit_private SET owner_id = 'mallory' WHERE seq = 3 AND owner_id = 'bob'")
		})
		r.tampered("a part more", 3, "unrelated user", func() {
			r.Exec(personal + "(3, 'mallory', '', 'Mallory', '', '', '')")
		})
		r.tampered("a part elsewhere", 10, "without an event", func() {
			r.Exec(personal + "(10, 'bob', '', 'Bob', '', '', '')")
		})
		r.tampered("a part less", 3, "is missing", func() {
			r.Exec("DELETE FROM audit_private WHERE seq = 3 AND owner_id = 'bob'")
		})

		r.tampered("seq", 8, "missing or altered", func() { r.Exec("UPDATE audit_head SET seq = 8") })
		r.tampered("pruned_seq", 1, "out of order", func() { r.Exec("UPDATE audit_head SET pruned_seq = 8") })
		r.tampered("broken_seq", 9, "missing or altered", func() { r.Exec("UPDATE audit_head SET broken_seq = 8") })
		for _, column := range []string{"link", "mac"} {
			r.tampered(column, 9, "missing or altered", func() {
				r.Exec("UPDATE audit_head SET " + column + " = 'x' || SUBSTR(" + column + ", 2)")
			})
		}
		r.tampered("pruned_link", 1, "event was edited", func() { r.Exec("UPDATE audit_head SET pruned_link = 'x'") })
		r.tampered("no head", 0, "missing or altered", func() { r.Exec("DELETE FROM audit_head") })
	})
}

func TestWhatIsGoneOrMovedIsFound(t *testing.T) {
	t.Parallel()
	each(t, func(r *trail) {
		remove := func(where string) {
			r.Exec("DELETE FROM audit_private WHERE " + where)
			r.Exec("DELETE FROM audit_events WHERE " + where)
		}
		r.tampered("the first", 1, "this event is missing", func() { remove("seq = 1") })
		r.tampered("one in the middle", 6, "this event is missing", func() { remove("seq = 6") })
		r.tampered("the last", 9, "and all later ones were removed", func() { remove("seq = 9") })
		r.tampered("the last four", 6, "and all later ones were removed", func() { remove("seq > 5") })
		r.tampered("all", 1, "and all later ones were removed", func() { remove("seq > 0") })
		r.tampered("all but the head's seal", 0, "missing or altered", func() {
			remove("seq > 0")
			r.Exec("UPDATE audit_head SET seq = 0, link = '', pruned_seq = 0")
		})
		r.tampered("a pair", 6, "not in its place", func() {
			for _, table := range []string{"audit_private", "audit_events"} {
				for _, move := range []string{"-1 WHERE seq = 6", "6 WHERE seq = 7", "7 WHERE seq = -1"} {
					r.Exec("UPDATE " + table + " SET seq = " + move)
				}
			}
		})
		const columns = "at, event, actor_id, impersonator_id, subject_id, detail, times, private, mac"
		r.tampered("one more", 10, "after the last sealed event", func() {
			r.Exec("INSERT INTO audit_events SELECT 10, " + columns + " FROM audit_events WHERE seq = 9")
			r.Exec("INSERT INTO audit_private SELECT 10, owner_id, salt, name, ip_address, user_agent, note " +
				"FROM audit_private WHERE seq = 9")
		})
		r.tampered("one before the first", 0, "out of order", func() {
			r.Exec("INSERT INTO audit_events SELECT 0, " + columns + " FROM audit_events WHERE seq = 9")
		})
		r.tampered("a forged pruning", 9, "missing or altered", func() {
			remove("seq <= 3")
			r.Exec("UPDATE audit_head SET pruned_seq = 3, pruned_link = ?", r.third.Link)
		})
	})
}

// A copy of deleted personal data cannot be put back.
func TestErasedPartsStayErased(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newTrail(t, db)
		r.Write(r.Log, audittest.Sample(1))
		r.Exec("CREATE TABLE copy AS SELECT * FROM audit_private WHERE owner_id = 'bob'")
		r.Write(r.Log, auth.Event{Name: "user_deleted", SubjectID: "bob"})
		r.wantWhole(2)
		r.Exec("INSERT INTO audit_private SELECT * FROM copy")
		r.wantTampering("a copy put back", 1, "of a deleted user has reappeared")
	})
}

// Without the key the links can be forged, but no seal. The seal of the next event does not hide that.
func TestAForgedHeadIsNotSealedByTheNextEvent(t *testing.T) {
	t.Parallel()
	each(t, func(r *trail) {
		r.Exec("DELETE FROM audit_private WHERE seq = 9")
		r.Exec("DELETE FROM audit_events WHERE seq = 9")
		r.Exec("UPDATE audit_head SET seq = 8, link = 'x'")
		r.Write(r.Log, audittest.Sample(9))
		r.Write(r.Log, audittest.Sample(10))
		r.wantTampering("cut off and gone on", 9, "")
	})
}

// A noted head shows that a database was put back whole.
func TestNotedHead(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newTrail(t, db)
		for i := range 3 {
			r.Write(r.Log, audittest.Sample(i))
		}
		noted := r.wantWhole(3).Head
		for _, table := range []string{"audit_events", "audit_private", "audit_head"} {
			r.Exec("CREATE TABLE copy_" + table + " AS SELECT * FROM " + table)
		}
		for i := range 2 {
			r.Write(r.Log, audittest.Sample(i))
		}
		later := r.wantWhole(5).Head
		if _, err := r.Verify(t.Context(), noted, later); err != nil {
			t.Error(err)
		}
		for _, table := range []string{"audit_events", "audit_private", "audit_head"} {
			r.Exec("DELETE FROM " + table)
			r.Exec("INSERT INTO " + table + " SELECT * FROM copy_" + table)
		}
		r.wantWhole(3)
		r.wantTampering("put back", 4, "events up to 5 existed", noted, later)
		for i := range 3 {
			r.Write(r.Log, audittest.Sample(7+i))
		}
		r.wantTampering("put back and gone on", 5, "changed after the given head was printed", noted, later)
	})
}

const otherSecret = "another-secret-that-is-long-enough-for-it"

// After a rotation and one event, the old secret is not needed.
func TestRotation(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newTrail(t, db)
		for i := range 3 {
			r.Write(r.Log, audittest.Sample(i))
		}
		r.restart(otherSecret)
		r.wantTampering("a secret that sealed nothing", 1, "no longer in APP_SECRET")
		r.restart(otherSecret, authtest.Secret)
		r.wantWhole(3)
		r.Write(r.Log, audittest.Sample(4))
		r.wantWhole(4)
		r.restart(otherSecret)
		r.wantWhole(4)
		r.restart(authtest.Secret)
		r.wantTampering("the secret that was given up", 4, "no longer in APP_SECRET")
		r.restart(otherSecret)
		r.Exec("UPDATE audit_events SET detail = 'x' WHERE seq = 2")
		r.wantTampering("an edit before the rotation", 1, "this event was edited")
	})
}

// If the secret is replaced at once, events are still recorded, and Verify reports where.
func TestReplacedSecret(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newTrail(t, db)
		for i := range 3 {
			r.Write(r.Log, audittest.Sample(i))
		}
		r.restart(otherSecret)
		for i := range 3 {
			r.Write(r.Log, audittest.Sample(i))
		}
		r.wantTampering("replaced", 4, "APP_SECRET was replaced")
		r.restart(authtest.Secret, otherSecret)
		r.wantTampering("both listed", 4, "APP_SECRET was replaced")

		r.restart(otherSecret)
		r.Advance(30 * 24 * time.Hour)
		r.Write(r.Log, audittest.Sample(7))
		if n, err := r.Prune(t.Context(), r.Clock().Add(-20*24*time.Hour)); n != 6 || err != nil {
			t.Errorf("%d pruned, %v", n, err)
		}
		r.wantWhole(2)
	})
}

// Transactions of two processes, some of them rolled back, leave one whole chain.
func TestManyWriteAtOnce(t *testing.T) {
	t.Parallel()
	for kind, open := range map[string]func(testing.TB) string{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		t.Run(kind, func(t *testing.T) {
			url := open(t)
			trails := []*trail{newTrail(t, dbtest.Open(t, url)), newTrail(t, dbtest.Open(t, url))}
			const writers, each = 8, 25
			done := make(chan error, writers)
			for i := range writers {
				go func() { done <- trails[i%2].writeMany(i, each) }()
			}
			for range writers {
				if err := <-done; err != nil {
					t.Error(err)
				}
				if _, err := trails[0].Verify(t.Context()); err != nil { // while others write
					t.Error(err)
				}
			}
			trails[0].Flush()
			trails[1].Flush()
			const refused = writers * each / 5 * 2 // the first of each kind, and the number of the others
			trails[0].wantWhole(writers*each*4/5*2 + refused)
		})
	}
}

// writeMany records n times two events and a refusal. Every fifth transaction is rolled back.
func (r *trail) writeMany(writer, n int) error {
	undone := errors.New("undone")
	id := fmt.Sprint(writer)
	for i := range n {
		err := r.DB.Transaction(func(tx *gorm.DB) error {
			signIn := auth.Event{Name: "sign_in", ActorID: id, SubjectID: id}
			err := errors.Join(r.Record(tx, audittest.Sample(i)), r.Record(tx, signIn))
			if err == nil && i%5 == 0 {
				return undone
			}
			return err
		})
		if err != nil && err != undone {
			return err
		}
		if err := r.Record(r.DB, auth.Event{Name: "forbidden", ActorID: fmt.Sprint(writer, i/5), Refused: true}); err != nil {
			return err
		}
	}
	return nil
}
