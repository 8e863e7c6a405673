package servicetoken

import (
	"strconv"
	"testing"
	"time"
)

// TestUsedIsBounded: what is remembered has an end, and beyond it nothing is let in that cannot be remembered.
func TestUsedIsBounded(t *testing.T) {
	var u used
	now := time.Now()
	for i := range maxUsed {
		if !u.first(strconv.Itoa(i), now) {
			t.Fatalf("token %d is refused", i)
		}
	}
	if u.first("one more", now) {
		t.Error("more is remembered than there is room for")
	}
	for generation := range 4 {
		now = now.Add(lifetime + leeway + time.Second)
		// Seen in the last generation it is refused, and by not being let in forgotten for the one after.
		if got, want := u.first("later", now), generation%2 == 0; got != want {
			t.Errorf("generation %d: let in %t, want %t", generation, got, want)
		}
		if n := len(u.now) + len(u.old); n > maxUsed+1 {
			t.Errorf("generation %d: %d are remembered", generation, n)
		}
	}
}
