package audit_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"example.com/foyer/internal/audit"
	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// each runs a test on a trail of nine events on each database; the fifth deletes somebody's account.
func each(t *testing.T, fn func(r *trail)) {
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newTrail(t, db)
		for i := range 4 {
			e := sample(i)
			if i == 1 {
				e.SubjectID, e.SubjectName = "eve", "Eve <eve@example.com>"
			}
			r.record(r.Log, e)
			r.advance(time.Hour)
			if i == 2 {
				r.third = r.wantWhole(3).Head
			}
		}
		r.record(r.Log, auth.Event{Name: "user_deleted", ActorID: "ada", ActorName: "Ada", SubjectID: "eve"})
		for i := range 4 {
			r.record(r.Log, sample(i))
		}
		r.wantWhole(9)
		fn(r)
	})
}

// tampered runs change, undoes it, and checks that only meanwhile the trail was broken.
func (r *trail) tampered(what string, seq int64, why string, change func()) {
	r.t.Helper()
	tables := []string{"audit_events", "audit_private", "audit_head"}
	for _, table := range tables {
		r.db.Exec("DROP TABLE IF EXISTS kept_" + table)
		r.exec("CREATE TABLE kept_" + table + " AS SELECT * FROM " + table)
	}
	change()
	r.wantBreak(what, seq, why)
	for _, table := range tables {
		r.db.Exec("DELETE FROM " + table)
		r.exec("INSERT INTO " + table + " SELECT * FROM kept_" + table)
	}
	r.wantWhole(9)
}

// Whatever is changed by hand, in any column of any table, is found where it was done.
func TestEveryEditIsFound(t *testing.T) {
	t.Parallel()
	each(t, func(r *trail) {
		later := r.now().Add(time.Millisecond)
		for _, column := range []string{"event", "actor_id", "impersonator_id", "subject_id", "detail", "private", "mac"} {
			r.tampered(column, 3, "it was edited", func() {
				r.exec("UPDATE audit_events SET " + column + " = 'x' || SUBSTR(" + column + ", 2) WHERE seq = 3")
			})
		}
		r.tampered("at", 3, "it was edited", func() { r.exec("UPDATE audit_events SET at = ? WHERE seq = 3", later) })
		r.tampered("times", 3, "it was edited", func() { r.exec("UPDATE audit_events SET times = 2 WHERE seq = 3") })
		r.tampered("the last one", 9, "it was edited", func() { r.exec("UPDATE audit_events SET detail = '' WHERE seq = 9") })
		r.tampered("the last seal", 9, "it was edited", func() { r.exec("UPDATE audit_events SET mac = '' WHERE seq = 9") })

		for _, column := range []string{"salt", "name", "ip_address", "user_agent", "note"} {
			r.tampered(column, 3, "was edited", func() {
				r.exec("UPDATE audit_private SET " + column + " = " + column + " || 'x' WHERE seq = 3 AND owner_id = 'bob'")
			})
		}
		r.tampered("owner_id", 3, "whom it does not concern", func() { r.exec("UPDATE audit_private SET owner_id = 'mallory' WHERE seq = 3 AND owner_id = 'bob'") })
		r.tampered("a part more", 3, "whom it does not concern", func() {
			r.exec("INSERT INTO audit_private (seq, owner_id, salt, name, ip_address, user_agent, note) VALUES (3, 'mallory', '', 'Mallory', '', '', '')")
		})
		r.tampered("a part elsewhere", 10, "without an event", func() {
			r.exec("INSERT INTO audit_private (seq, owner_id, salt, name, ip_address, user_agent, note) VALUES (10, 'bob', '', 'Bob', '', '', '')")
		})
		r.tampered("a part less", 3, "is missing", func() { r.exec("DELETE FROM audit_private WHERE seq = 3 AND owner_id = 'bob'") })

		r.tampered("seq", 8, "the head was altered", func() { r.exec("UPDATE audit_head SET seq = 8") })
		r.tampered("pruned_seq", 1, "does not belong", func() { r.exec("UPDATE audit_head SET pruned_seq = 8") })
		r.tampered("broken_seq", 9, "the head was altered", func() { r.exec("UPDATE audit_head SET broken_seq = 8") })
		for _, column := range []string{"link", "mac"} {
			r.tampered(column, 9, "the head was altered", func() { r.exec("UPDATE audit_head SET " + column + " = 'x' || SUBSTR(" + column + ", 2)") })
		}
		r.tampered("pruned_link", 1, "it was edited", func() { r.exec("UPDATE audit_head SET pruned_link = 'x'") })
		r.tampered("no head", 0, "the head was altered", func() { r.exec("DELETE FROM audit_head") })
	})
}

func TestWhatIsGoneOrMovedIsFound(t *testing.T) {
	t.Parallel()
	each(t, func(r *trail) {
		remove := func(where string) {
			r.exec("DELETE FROM audit_private WHERE " + where)
			r.exec("DELETE FROM audit_events WHERE " + where)
		}
		r.tampered("the first", 1, "it is missing", func() { remove("seq = 1") })
		r.tampered("one in the middle", 6, "it is missing", func() { remove("seq = 6") })
		r.tampered("the last", 9, "cut off", func() { remove("seq = 9") })
		r.tampered("the last four", 6, "cut off", func() { remove("seq > 5") })
		r.tampered("all", 1, "cut off", func() { remove("seq > 0") })
		r.tampered("all but the head's seal", 0, "the head was altered", func() {
			remove("seq > 0")
			r.exec("UPDATE audit_head SET seq = 0, link = '', pruned_seq = 0")
		})
		r.tampered("a pair", 6, "not in its place", func() {
			for _, table := range []string{"audit_private", "audit_events"} {
				for _, move := range []string{"-1 WHERE seq = 6", "6 WHERE seq = 7", "7 WHERE seq = -1"} {
					r.exec("UPDATE " + table + " SET seq = " + move)
				}
			}
		})
		r.tampered("one more", 10, "after the end", func() {
			r.exec("INSERT INTO audit_events SELECT 10, at, event, actor_id, impersonator_id, subject_id, detail, times, private, mac FROM audit_events WHERE seq = 9")
			r.exec("INSERT INTO audit_private SELECT 10, owner_id, salt, name, ip_address, user_agent, note FROM audit_private WHERE seq = 9")
		})
		r.tampered("one before the first", 0, "does not belong", func() {
			r.exec("INSERT INTO audit_events SELECT 0, at, event, actor_id, impersonator_id, subject_id, detail, times, private, mac FROM audit_events WHERE seq = 9")
		})
		r.tampered("a forged pruning", 9, "the head was altered", func() {
			remove("seq <= 3")
			r.exec("UPDATE audit_head SET pruned_seq = 3, pruned_link = ?", r.third.Link)
		})
	})
}

// Names that were erased stay away, though somebody kept a copy of them.
func TestErasedPartsStayErased(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newTrail(t, db)
		r.record(r.Log, sample(1))
		r.exec("CREATE TABLE copy AS SELECT * FROM audit_private WHERE owner_id = 'bob'")
		r.record(r.Log, auth.Event{Name: "user_deleted", SubjectID: "bob"})
		r.wantWhole(2)
		r.exec("INSERT INTO audit_private SELECT * FROM copy")
		r.wantBreak("a copy put back", 1, "account is deleted is there again")
	})
}

// A forger who lacks the key can make the chain fit itself, but no seal; the next event does not hide that.
func TestAForgedHeadIsNotSealedByTheNextEvent(t *testing.T) {
	t.Parallel()
	each(t, func(r *trail) {
		r.exec("DELETE FROM audit_private WHERE seq = 9")
		r.exec("DELETE FROM audit_events WHERE seq = 9")
		r.exec("UPDATE audit_head SET seq = 8, link = 'x'")
		r.record(r.Log, sample(9))
		r.record(r.Log, sample(10))
		r.wantBreak("cut off and gone on", 9, "")
	})
}

// What was noted elsewhere tells of a database that was put back whole.
func TestNotedHead(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newTrail(t, db)
		for i := range 3 {
			r.record(r.Log, sample(i))
		}
		noted := r.wantWhole(3).Head
		for _, table := range []string{"audit_events", "audit_private", "audit_head"} {
			r.exec("CREATE TABLE copy_" + table + " AS SELECT * FROM " + table)
		}
		for i := range 2 {
			r.record(r.Log, sample(i))
		}
		later := r.wantWhole(5).Head
		if _, err := r.Verify(t.Context(), noted, later); err != nil {
			t.Error(err)
		}
		for _, table := range []string{"audit_events", "audit_private", "audit_head"} {
			r.exec("DELETE FROM " + table)
			r.exec("INSERT INTO " + table + " SELECT * FROM copy_" + table)
		}
		r.wantWhole(3)
		r.wantBreak("put back", 4, "went on to event 5", noted, later)
		for i := range 3 {
			r.record(r.Log, sample(7+i))
		}
		r.wantBreak("put back and gone on", 5, "another one than when it was noted", noted, later)
	})
}

const otherSecret = "another-secret-that-is-long-enough-for-it"

// A secret that is rotated leaves the trail whole, and may go as soon as one event has come after it.
func TestRotation(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newTrail(t, db)
		for i := range 3 {
			r.record(r.Log, sample(i))
		}
		old := r.Log
		r.Log = r.with(otherSecret)
		r.wantBreak("a secret that sealed nothing", 1, "no longer in APP_SECRET")
		r.Log = r.with(otherSecret, authtest.Secret)
		r.wantWhole(3)
		r.record(r.Log, sample(4))
		r.wantWhole(4)
		r.Log = r.with(otherSecret)
		r.wantWhole(4)
		r.Log = old
		r.wantBreak("the secret that was given up", 4, "no longer in APP_SECRET")
		r.Log = r.with(otherSecret)
		r.exec("UPDATE audit_events SET detail = 'x' WHERE seq = 2")
		r.wantBreak("an edit before the rotation", 1, "it was edited")
	})
}

// A secret that is replaced at once keeps nobody out, and the trail says from where on it vouches for nothing.
func TestReplacedSecret(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newTrail(t, db)
		for i := range 3 {
			r.record(r.Log, sample(i))
		}
		r.Log = r.with(otherSecret)
		for i := range 3 {
			r.record(r.Log, sample(i))
		}
		r.wantBreak("replaced", 4, "APP_SECRET was replaced")
		r.Log = r.with(authtest.Secret, otherSecret)
		r.wantBreak("both listed", 4, "APP_SECRET was replaced")

		r.Log = r.with(otherSecret)
		r.advance(30 * 24 * time.Hour)
		r.record(r.Log, sample(7))
		if n, err := r.Prune(t.Context(), r.now().Add(-20*24*time.Hour)); n != 6 || err != nil {
			t.Errorf("%d pruned, %v", n, err)
		}
		r.wantWhole(2)
	})
}

// What is pruned is gone with its names, what stays is whole, and an event says so.
func TestPrune(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newTrail(t, db)
		const day = 24 * time.Hour
		r.fill(2100) // more than one batch
		r.advance(10 * day)
		for i := range 3 {
			r.record(r.Log, sample(i))
		}
		first := r.now().Truncate(day)
		noted := r.wantWhole(2103).Head
		for _, before := range []time.Time{first, first.Add(-6 * day), first.Add(30 * day)} {
			if n, err := r.Prune(t.Context(), before); err == nil || n != 0 {
				t.Errorf("%v: %d pruned, though it is less than a week ago", before, n)
			}
		}
		if n, err := r.Prune(t.Context(), first.Add(-20*day)); n != 0 || err != nil {
			t.Errorf("%d pruned, %v, where nothing is older", n, err)
		}
		r.wantWhole(2103)
		for _, want := range []int64{2100, 0} {
			if n, err := r.Prune(t.Context(), first.Add(-7*day)); n != want || err != nil {
				t.Errorf("%d pruned, %v; want %d", n, err, want)
			}
			if report := r.wantWhole(4); report.Pruned != 2100 {
				t.Errorf("%+v", report)
			}
		}
		if _, err := r.Verify(t.Context(), noted); err != nil {
			t.Error(err)
		}
		if e := r.list(audit.Query{Limit: 1})[0]; e.Name != audit.EventPruned || e.Detail != "2100 events before 2031-03-05" {
			t.Errorf("%+v", e)
		}
		var parts int64
		if db.Table("audit_private").Count(&parts); parts != 3*3+1 {
			t.Errorf("%d parts are left", parts)
		}
		r.record(r.Log, sample(1))
		r.wantWhole(5)
		r.exec("DELETE FROM audit_events WHERE seq = 2101")
		r.wantBreak("pruned by hand", 2101, "missing")
		r.advance(30 * day)
		if n, err := r.Prune(t.Context(), r.now().Add(-8*day)); err == nil || n != 0 {
			t.Errorf("%d events of a broken trail are pruned", n)
		}
	})
}

// Side by side, in several processes, with those who roll back: the chain has one end, and nobody waits for ever.
func TestManyWriteAtOnce(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			url := ""
			if kind == "sqlite" {
				url = dbtest.SQLite(t)
			} else {
				url = dbtest.Postgres(t)
			}
			trails := []*trail{newTrail(t, dbtest.Open(t, url)), newTrail(t, dbtest.Open(t, url))}
			const writers, each = 8, 25
			failed := fmt.Errorf("not this one")
			done := make(chan error, writers)
			for i := range writers {
				go func() {
					r := trails[i%2]
					for n := range each {
						err := r.db.Transaction(func(tx *gorm.DB) error {
							for _, e := range []auth.Event{sample(n), {Name: "sign_in", ActorID: fmt.Sprint(i), SubjectID: fmt.Sprint(i)}} {
								if err := r.Record(tx, e); err != nil {
									return err
								}
							}
							if n%5 == 0 {
								return failed
							}
							return nil
						})
						if err != nil && err != failed {
							done <- err
							return
						}
						if err := r.Record(r.db, auth.Event{Name: "forbidden", ActorID: fmt.Sprint(i, n/5), Refused: true}); err != nil {
							done <- err
							return
						}
					}
					done <- nil
				}()
			}
			for range writers {
				if err := <-done; err != nil {
					t.Error(err)
				}
				if _, err := trails[0].Verify(t.Context()); err != nil { // while others write
					t.Error(err)
				}
			}
			trails[0].flush()
			trails[1].flush()
			const refused = writers * each / 5 * 2 // the first of each kind, and the rest of it
			trails[0].wantWhole(writers*each*4/5*2 + refused)
		})
	}
}

// Events lists what the trail may hold, once, in order.
func TestEvents(t *testing.T) {
	list := audit.Events()
	if !slices.IsSorted(list) || len(slices.Compact(slices.Clone(list))) != len(list) || !slices.Contains(list, audit.EventPruned) || len(list) != len(event.All())+1 {
		t.Error(list)
	}
}
