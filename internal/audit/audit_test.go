package audit_test

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/audit"
	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// What is told comes back whole.
func TestRecord(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newTrail(t, db)
		r.wantWhole(0)
		told := []auth.Event{
			sample(1),
			{Name: "sign_in", ActorID: "ada", ActorName: "Ada <ada@example.com>", SubjectID: "ada", SubjectName: "Ada <ada@example.com>", IPAddress: "192.0.2.7", UserAgent: "test/1"},
			{Name: "sign_in_failed", SubjectID: "ada", SubjectName: "Ada <ada@example.com>", IPAddress: "192.0.2.8", UserAgent: "test/2"},
			{Name: "sign_in_failed", IPAddress: "192.0.2.9", UserAgent: "test/3"},
			{Name: "user_created", SubjectID: "eve", SubjectName: "Eve <eve@example.com>", Detail: "role: user"},
			{Name: "user_updated", SubjectID: "eve", SubjectName: strings.Repeat("é", 400), Detail: "name"},
		}
		for _, e := range told {
			r.record(r.Log, e)
			r.advance(time.Second)
		}
		r.wantWhole(int64(len(told)))
		list := r.list(audit.Query{})
		if len(list) != len(told) {
			t.Fatalf("%d entries, want %d", len(list), len(told))
		}
		for i, want := range told {
			got := list[len(list)-1-i]
			if !reflect.DeepEqual(got.Event, want) || got.Seq != int64(i+1) || got.Times != 1 || !got.At.Equal(r.now().Add(time.Duration(i-len(told))*time.Second)) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		}
	})
}

// What no database could keep is not a reason to refuse what is done.
func TestTextsThatCannotBeKept(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newTrail(t, db)
		e := sample(1)
		e.Detail, e.Note, e.UserAgent, e.SubjectName = "GET\x00 \xff"+strings.Repeat("é", 600), "\x00", "\xf0\x28", strings.Repeat("€", 999)
		r.record(r.Log, e)
		r.wantWhole(1)
		got := r.list(audit.Query{})[0]
		if got.Detail[:4] != "GET " || len(got.Detail) > 500 || got.Note != "" || got.UserAgent != "(" || len(got.SubjectName) > 1100 {
			t.Errorf("%+v", got)
		}
	})
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.SQLite(t))
	for _, secrets := range [][]string{nil, {"short"}, {authtest.Secret, ""}} {
		if _, err := audit.New(db, audit.Options{Secrets: secrets}); err == nil {
			t.Errorf("secrets %q are taken", secrets)
		}
	}
}

// Who is deleted is nobody's name any more: what names them goes, what names others stays, and the trail stays whole.
func TestDeletionErases(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newTrail(t, db)
		r.record(r.Log, sample(1))
		failed := auth.Event{Name: "sign_in_failed", SubjectID: "bob", SubjectName: "Bob <bob@example.com>", IPAddress: "192.0.2.8", UserAgent: "bob/1"}
		r.record(r.Log, failed)
		r.record(r.Log, auth.Event{Name: "user_deleted", ActorID: "ada", ActorName: "Ada <ada@example.com>", SubjectID: "bob", SubjectName: "Bob <bob@example.com>", IPAddress: "192.0.2.7", UserAgent: "test/1"})
		r.record(r.Log, failed) // told while it happened
		late := failed
		late.Name, late.Refused = "rate_limited", true
		r.record(r.Log, late)
		r.record(r.Log, late)
		r.flush()
		r.wantWhole(6)
		for _, e := range r.list(audit.Query{}) {
			if e.SubjectID != "bob" || e.SubjectName != "" || e.Note != "" || strings.Contains(e.IPAddress+e.UserAgent, "192.0.2.8") {
				t.Errorf("bob is left in %+v", e)
			}
			if named := e.ActorName == "Ada <ada@example.com>" && e.UserAgent == "test/1" || e.ActorName == "" && e.ActorID == ""; e.Name != "role_changed" && !named {
				t.Errorf("ada is gone from %+v", e)
			}
		}
		if e := r.list(audit.Query{Events: []event.Name{"role_changed"}})[0]; e.ActorName == "" || e.ImpersonatorName == "" || e.IPAddress != "192.0.2.7" {
			t.Errorf("others are gone from %+v", e)
		}

		r.record(r.Log, auth.Event{Name: "user_deleted", ActorID: "ada", ActorName: "Ada <ada@example.com>", SubjectID: "ada", IPAddress: "192.0.2.7", UserAgent: "test/1"})
		r.wantWhole(7)
		if e := r.list(audit.Query{Limit: 1})[0]; e.ActorName != "" || e.IPAddress != "" || e.UserAgent != "" {
			t.Errorf("who deleted herself is in %+v", e)
		}
	})
}

// A thousand refusals are two rows, and none of them is lost.
func TestRefusalsAreCounted(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newTrail(t, db)
		limited := auth.Event{Name: "rate_limited", SubjectID: "ada", SubjectName: "Ada", Detail: "password", IPAddress: "192.0.2.7", UserAgent: "test/1", Refused: true}
		for range 1000 {
			r.record(r.Log, limited)
		}
		r.wantWhole(1)
		if n := r.logged.Load(); n != 1 {
			t.Errorf("%d lines in the log, want that of the first", n)
		}
		other := limited
		other.IPAddress = "192.0.2.8"
		r.record(r.Log, other)
		r.flush()
		r.flush()
		r.wantWhole(3)
		if n := r.logged.Load(); n != 3 {
			t.Errorf("%d lines in the log, want one for each row", n)
		}
		var times []int64
		for _, e := range r.list(audit.Query{}) {
			if e.Name != "rate_limited" || e.SubjectName != "Ada" || e.Detail != "password" {
				t.Errorf("%+v", e)
			}
			times = append(times, e.Times)
		}
		if !reflect.DeepEqual(times, []int64{999, 1, 1}) {
			t.Errorf("counted %v, want 999, 1 and 1", times)
		}
		r.record(r.Log, limited) // another minute
		r.wantWhole(4)
	})
}

// Who has a network to himself is one stranger, from whichever of its addresses.
func TestRefusalsOfOneNetwork(t *testing.T) {
	t.Parallel()
	r := newTrail(t, dbtest.Open(t, dbtest.SQLite(t)))
	for i := range 50 {
		for _, address := range []string{fmt.Sprintf("2001:db8::%x", i), fmt.Sprintf("192.0.2.%d", i%2)} {
			r.record(r.Log, auth.Event{Name: "cross_site_refused", IPAddress: address, Refused: true})
		}
	}
	r.wantWhole(3)
	r.flush()
	r.wantWhole(6)
}

// However many strangers come, ten thousand kinds are told apart in a minute; the rest is counted by name.
func TestRefusalsOfManyKinds(t *testing.T) {
	t.Parallel()
	r := newTrail(t, dbtest.Open(t, dbtest.SQLite(t)))
	r.exec("UPDATE audit_head SET id = 2") // so that nothing is written at once, which takes long, but all is counted
	const strangers = 11_000
	for i := range strangers {
		if r.Record(r.db, auth.Event{Name: "rate_limited", IPAddress: fmt.Sprintf("2001:db8:0:%x::1", i), Refused: true}) == nil != (i > 10_000) {
			t.Fatalf("the refusal of stranger %d", i)
		}
	}
	r.exec("UPDATE audit_head SET id = 1")
	for range 5 { // on a slow machine the end of a program is too short for all of them
		r.flush()
	}
	r.wantWhole(10_001)
	var times int64
	if err := r.db.Table("audit_events").Select("SUM(times)").Scan(&times).Error; err != nil || times != strangers {
		t.Errorf("%d are counted, want %d; %v", times, strangers, err)
	}
}

// While the end of the chain cannot be had, a few refusals wait for it, the others are counted and written later; who hangs
// up does not wait. None is lost.
func TestRefusalsDoNotWaitInLine(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newTrail(t, db)
		const refused = 50
		holder := db.Begin()
		defer holder.Rollback()
		if err := holder.Exec("UPDATE audit_head SET id = id").Error; err != nil {
			t.Fatal(err)
		}
		ctx, leave := context.WithCancel(t.Context())
		done := make(chan error)
		for i := range refused {
			go func() {
				done <- r.Record(db.WithContext(ctx), auth.Event{Name: "rate_limited", IPAddress: fmt.Sprintf("192.0.2.%d", i), Refused: true})
			}()
		}
		guard := time.After(30 * time.Second)
		wait := func(n int) {
			for range n {
				select {
				case <-done:
				case <-guard:
					t.Fatal("refusals wait in line for the end of the chain")
				}
			}
		}
		wait(refused - 8)
		leave()
		wait(8)
		if err := holder.Rollback().Error; err != nil {
			t.Fatal(err)
		}
		r.flush()
		r.wantWhole(refused)
	})
}
