package views

import (
	"testing"
	"time"
)

func TestWords(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 3, 0, 5, 9, 0, time.FixedZone("", 3600))
	for _, c := range []struct{ got, want string }{
		{dateTime(at), "Nov 2, 2026, 23:05 UTC"},
		{Date(at), "Nov 2, 2026"},
		{machineTime(at), "2026-11-02T23:05:09Z"},
		{count(0), "0"},
		{count(999), "999"},
		{count(1000), "1,000"},
		{count(int64(-1234567)), "-1,234,567"},
		{count(-100), "-100"},
		{plural(1, "user", "users"), "1 user"},
		{plural(0, "mouse", "mice"), "0 mice"},
		{plural(2000, "user", "users"), "2,000 users"},
		{roleWords("user,éditeur"), "User, Éditeur"},
		{Wait(1), "1 second"},
		{Wait(90 * time.Second), "90 seconds"},
		{Wait(90*time.Second + 1), "2 minutes"},
		{Wait(time.Hour), "60 minutes"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}
