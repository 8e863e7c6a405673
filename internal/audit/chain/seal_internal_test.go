package chain

import (
	"strings"
	"testing"

	"example.com/foyer/internal/audit"
)

// Existing trails stay whole: these seals were made by the code before internal/keys.
func TestSealsStayAsTheyWere(t *testing.T) {
	t.Parallel()
	c, err := New(&audit.Log{}, nil, []string{"0123456789abcdefghijklmnopqrstuvwxyzABCD"})
	if err != nil {
		t.Fatal(err)
	}
	const (
		event = "21ee189892a18e9a73e5d35c3430d542e131fd9bcae778028a65ddf0d5b202da"
		head  = "e97f7884edf2786fe0bd03ece5de81ef4ee95b5085180623840a8f8c85ca8019"
	)
	if got := sign(c.events, []byte("message")); got != event {
		t.Errorf("event: %s, want %s", got, event)
	}
	if got := sign(c.heads, []byte("message")); got != head {
		t.Errorf("head: %s, want %s", got, head)
	}
	for _, bad := range []string{"", head, strings.ToUpper(event), event + "00", event[:62], "x" + event[1:]} {
		if verified(c.events, []byte("message"), bad) {
			t.Errorf("%q is taken for the seal", bad)
		}
	}
}
