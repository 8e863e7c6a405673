package audit

import (
	"log/slog"
	"strings"
	"testing"
)

// The trails that exist stay whole: these are seals of the code before internal/keys made them.
func TestSealsStayAsTheyWere(t *testing.T) {
	l, err := New(nil, Options{Secrets: []string{"0123456789abcdefghijklmnopqrstuvwxyzABCD"}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	const event, head = "21ee189892a18e9a73e5d35c3430d542e131fd9bcae778028a65ddf0d5b202da", "e97f7884edf2786fe0bd03ece5de81ef4ee95b5085180623840a8f8c85ca8019"
	if got := seal(l.events, []byte("message")); got != event {
		t.Errorf("event: %s, want %s", got, event)
	}
	if got := seal(l.heads, []byte("message")); got != head {
		t.Errorf("head: %s, want %s", got, head)
	}
	for _, bad := range []string{"", head, strings.ToUpper(event), event + "00", event[:62], "x" + event[1:]} {
		if sealed(l.events, []byte("message"), bad) {
			t.Errorf("%q is taken for the seal", bad)
		}
	}
}
