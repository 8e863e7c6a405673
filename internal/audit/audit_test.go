package audit_test

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/foyer/internal/audit"
	"example.com/foyer/internal/audit/audittest"
	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// Recorded events are listed as they were.
func TestRecord(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := audittest.New(t, db)
		r.WantRows(0)
		events := []auth.Event{
			audittest.Sample(1),
			{Name: "sign_in", ActorID: "ada", ActorName: ada, SubjectID: "ada", SubjectName: ada, IPAddress: "192.0.2.7"},
			{Name: "sign_in_failed", SubjectID: "ada", SubjectName: ada, IPAddress: "192.0.2.8", UserAgent: "test/2"},
			{Name: "sign_in_failed", IPAddress: "192.0.2.9", UserAgent: "test/3"},
			{Name: "user_created", SubjectID: "eve", SubjectName: "Eve <eve@example.com>", Detail: "role: user"},
			{Name: "user_updated", SubjectID: "eve", SubjectName: strings.Repeat("é", 400), Detail: "name"},
		}
		for _, e := range events {
			r.Write(r.Log, e)
			r.Advance(time.Second)
		}
		r.WantRows(int64(len(events)))
		list := r.Entries(audit.Query{})
		if len(list) != len(events) {
			t.Fatalf("%d entries, want %d", len(list), len(events))
		}
		for i, want := range events {
			got := list[len(list)-1-i]
			at := r.Clock().Add(time.Duration(i-len(events)) * time.Second)
			if !reflect.DeepEqual(got.Event, want) || got.Seq != int64(i+1) || got.Times != 1 || !got.At.Equal(at) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		}
	})
}

// A text that the database cannot store is changed, because refusing it would undo what was done.
func TestTextsThatCannotBeKept(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := audittest.New(t, db)
		e := audittest.Sample(1)
		e.Detail, e.Note = "GET\x00 \xff"+strings.Repeat("é", 600), "\x00"
		e.UserAgent, e.SubjectName = "\xf0\x28", strings.Repeat("€", 999)
		r.Write(r.Log, e)
		r.WantRows(1)
		got := r.Entries(audit.Query{})[0]
		if got.Detail[:4] != "GET " || len(got.Detail) > 500 || len(got.SubjectName) > 1100 {
			t.Errorf("%+v", got)
		}
		if got.Note != "" || got.UserAgent != "(" {
			t.Errorf("%+v", got)
		}
	})
}

// When a user is deleted, their personal data goes, and later events about them add none. That of others stays.
func TestDeletionErases(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := audittest.New(t, db)
		r.Write(r.Log, audittest.Sample(1))
		const bob = "Bob <bob@example.com>"
		failed := auth.Event{Name: "sign_in_failed", SubjectID: "bob", SubjectName: bob, IPAddress: "192.0.2.8"}
		r.Write(r.Log, failed)
		by := auth.Event{Name: "user_deleted", ActorID: "ada", ActorName: ada, IPAddress: "192.0.2.7", UserAgent: "test/1"}
		deletion := by
		deletion.SubjectID, deletion.SubjectName = "bob", bob
		r.Write(r.Log, deletion)
		r.Write(r.Log, failed) // written after the deletion
		late := failed
		late.Name, late.Refused = "rate_limited", true
		r.Write(r.Log, late)
		r.Write(r.Log, late)
		r.Flush()
		r.WantRows(6)
		for _, e := range r.Entries(audit.Query{}) {
			if e.SubjectID != "bob" || e.SubjectName != "" || e.Note != "" || e.IPAddress == "192.0.2.8" {
				t.Errorf("bob is left in %+v", e)
			}
			if e.ActorID == "ada" && e.ActorName != ada || e.Name == "user_deleted" && e.UserAgent != "test/1" {
				t.Errorf("ada is gone from %+v", e)
			}
		}
		e := r.Entries(audit.Query{Events: []event.Name{"role_changed"}})[0]
		if e.ActorName == "" || e.ImpersonatorName == "" || e.IPAddress != "192.0.2.7" {
			t.Errorf("others are gone from %+v", e)
		}

		by.SubjectID = "ada"
		r.Write(r.Log, by)
		r.WantRows(7)
		if e := r.Entries(audit.Query{Limit: 1})[0]; e.ActorName != "" || e.IPAddress != "" || e.UserAgent != "" {
			t.Errorf("who deleted herself is in %+v", e)
		}
	})
}

// An event that is recorded while its user is deleted leaves no personal data, whichever comes first.
func TestDeletedWhileRecorded(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := audittest.New(t, db)
		other := r.Another() // a lock within one process would not do
		const users = 40
		var work sync.WaitGroup
		for i := range users {
			id := fmt.Sprint("user", i)
			failed := auth.Event{Name: "sign_in_failed", SubjectID: id, SubjectName: "Bob", IPAddress: "192.0.2.8"}
			failed.Refused = true
			work.Go(func() { _ = r.Record(r.DB.WithContext(t.Context()), failed) }) // if it fails, it is counted
			work.Go(func() { r.Write(other, auth.Event{Name: "user_deleted", SubjectID: id, SubjectName: "Bob"}) })
		}
		work.Wait()
		r.Flush()
		r.WantRows(2 * users)
		var left int64
		if err := db.Model(&audit.Personal{}).Count(&left).Error; err != nil || left != 0 {
			t.Errorf("personal data of %d users is left, %v", left, err)
		}
	})
}

const ada = "Ada <ada@example.com>"

// A thousand refusals are two rows, and none is lost.
func TestRefusalsAreCounted(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := audittest.New(t, db)
		limited := auth.Event{
			Name: "rate_limited", SubjectID: "ada", SubjectName: "Ada", Detail: "password", IPAddress: "192.0.2.7",
			Refused: true,
		}
		for range 1000 {
			r.Write(r.Log, limited)
		}
		r.WantRows(1)
		if n := r.Logged.Load(); n != 1 {
			t.Errorf("%d lines in the log, want that of the first", n)
		}
		other := limited
		other.IPAddress = "192.0.2.8"
		r.Write(r.Log, other)
		r.Flush()
		r.Flush()
		r.WantRows(3)
		if n := r.Logged.Load(); n != 3 {
			t.Errorf("%d lines in the log, want one for each row", n)
		}
		var times []int64
		for _, e := range r.Entries(audit.Query{}) {
			if e.Name != "rate_limited" || e.SubjectName != "Ada" || e.Detail != "password" {
				t.Errorf("%+v", e)
			}
			times = append(times, e.Times)
		}
		if !reflect.DeepEqual(times, []int64{999, 1, 1}) {
			t.Errorf("counted %v, want 999, 1 and 1", times)
		}
		r.Write(r.Log, limited) // another minute
		r.WantRows(4)
	})
}

// All addresses of one IPv6 network are one stranger.
func TestRefusalsOfOneNetwork(t *testing.T) {
	t.Parallel()
	r := audittest.New(t, dbtest.Open(t, dbtest.SQLite(t)))
	for i := range 50 {
		for _, address := range []string{fmt.Sprintf("2001:db8::%x", i), fmt.Sprintf("192.0.2.%d", i%2)} {
			r.Write(r.Log, auth.Event{Name: "cross_site_refused", IPAddress: address, Refused: true})
		}
	}
	r.WantRows(3)
	r.Flush()
	r.WantRows(6)
}

// Of more than ten thousand kinds in a minute, the rest is counted by name.
func TestRefusalsOfManyKinds(t *testing.T) {
	t.Parallel()
	r := audittest.New(t, dbtest.Open(t, dbtest.SQLite(t)))
	r.Exec("UPDATE audit_head SET id = 2") // nothing can be written, so all is counted; writing takes long
	const strangers = 11_000
	for i := range strangers {
		e := auth.Event{Name: "rate_limited", IPAddress: fmt.Sprintf("2001:db8:0:%x::1", i), Refused: true}
		if counted := r.Record(r.DB, e) == nil; counted != (i > 10_000) {
			t.Fatalf("the refusal of stranger %d", i)
		}
	}
	r.Exec("UPDATE audit_head SET id = 1")
	for range 5 { // on a slow machine the end of a program is too short for all of them
		r.Flush()
	}
	r.WantRows(10_001)
	var times int64
	if err := r.DB.Table("audit_events").Select("SUM(times)").Scan(&times).Error; err != nil || times != strangers {
		t.Errorf("%d are counted, want %d; %v", times, strangers, err)
	}
}

// While another process holds the lock, a few refusals wait for it until their clients hang up. The others are counted
// and written later.
func TestRefusalsDoNotWaitInLine(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := audittest.New(t, db)
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
				e := auth.Event{Name: "rate_limited", IPAddress: fmt.Sprintf("192.0.2.%d", i), Refused: true}
				done <- r.Record(db.WithContext(ctx), e)
			}()
		}
		guard := time.After(30 * time.Second)
		wait := func(n int) {
			for range n {
				select {
				case <-done:
				case <-guard:
					t.Fatal("refusals wait in line for the lock")
				}
			}
		}
		wait(refused - 8)
		leave()
		wait(8)
		if err := holder.Rollback().Error; err != nil {
			t.Fatal(err)
		}
		r.Flush()
		r.WantRows(refused)
	})
}
