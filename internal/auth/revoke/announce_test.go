package revoke

import (
	"encoding/json"
	"log/slog"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/id"
)

var testNow = time.Date(2031, 3, 1, 12, 0, 0, 0, time.UTC)

// offline is a Bus without a database, as on SQLite.
func offline() *Bus {
	return &Bus{
		id: id.New(), now: func() time.Time { return testNow }, log: slog.New(slog.DiscardHandler),
		acks:      make(chan string, 1),
		revokedAt: map[string]time.Time{}, peers: map[string]time.Time{}, awaitAcks: map[string]chan string{},
	}
}

// FuzzMessage: what is accepted can be acknowledged to its sender, means the same when sent again and voids what it
// names.
func FuzzMessage(f *testing.F) {
	good, err := json.Marshal(message{id.New(), id.New(), []string{id.New(), "moved-over"}})
	if err != nil {
		f.Fatal(err)
	}
	id := strings.Repeat("0f", 16)
	for _, v := range []string{
		string(good), "", "null", "[]", "{}", `"x"`, string(good[:50]), string(good) + "x", strings.ToUpper(string(good)),
		`{"from":"` + id + `","id":"` + id + `"}`,
		`{"from":"` + id + `","id":"` + id + `","ids":null}`,
		`{"from":"` + id + `","id":"` + id + `","ids":[1]}`,
		`{"from":"x","id":"` + id + `","ids":[]}`,
		`{"from":"` + id + `","id":"\u0000","ids":[]}`,
		`{"from":"` + id + `","id":"` + strings.Repeat("f", 7900) + `"}`,
		`{"from":"` + id + `","id":"` + id + `","ids":["\ud800","\u0000",""]}`,
		`{"from":"` + id + `","id":"a","id":"` + id + `"}`,
	} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, payload string) {
		v, ok := readMessage(payload)
		if !ok {
			return
		}
		if !regexp.MustCompile(`^[0-9A-Za-z]{32}$`).MatchString(v.ID) {
			t.Fatalf("%q would be acknowledged as %q", payload, v.ID)
		}
		again, err := json.Marshal(v)
		if w, ok := readMessage(string(again)); err != nil || !ok || !reflect.DeepEqual(v, w) {
			t.Fatalf("%q is read as %+v and again as %+v", payload, v, w)
		}
		b := offline()
		b.revoke(v.IDs)
		for _, id := range v.IDs {
			if b.Valid(testNow, id) {
				t.Fatalf("%q leaves copies of %q valid", payload, id)
			}
		}
	})
}

// TestRevocationsStayFew: a revocation voids copies that are as old, and is kept no longer than they can live.
func TestRevocationsStayFew(t *testing.T) {
	b := offline()
	now := testNow
	b.now = func() time.Time { return now }
	b.revoke([]string{"a", "b"})
	now = testNow.Add(time.Minute)
	b.revoke([]string{"b", "c"})
	for _, c := range []struct {
		id    string
		read  time.Duration
		valid bool
	}{
		{"a", 0, false}, {"a", -time.Hour, false}, {"a", 1, true},
		{"b", time.Minute, false}, {"b", time.Minute + 1, true}, {"d", 0, true},
	} {
		if got := b.Valid(testNow.Add(c.read), c.id); got != c.valid {
			t.Errorf("%s read %v after: valid %v", c.id, c.read, got)
		}
	}
	if b.Valid(testNow, "d", "a") {
		t.Error("the second id is not looked at")
	}
	for after, want := range []int{3, 2, 0} {
		b.Forget(testNow.Add(time.Duration(after) * time.Minute).Add(time.Duration(after/2) * time.Hour))
		if len(b.revokedAt) != want {
			t.Errorf("kept %v, want %d", b.revokedAt, want)
		}
	}
}

// TestAClockSetBackVoidsNewCopies: NTP sets clocks back by a little every day. A copy dated before such a step must
// not outlive a revocation dated after it.
func TestAClockSetBackVoidsNewCopies(t *testing.T) {
	b := offline()
	if !b.Stamp(testNow.Add(time.Second)) {
		t.Fatal("no copy may be made")
	}
	b.revoke([]string{"a"})
	if b.Valid(testNow.Add(time.Second), "a") {
		t.Error("the copy outlives the revocation")
	}
}
