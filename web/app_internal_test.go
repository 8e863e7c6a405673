package web

import (
	"strings"
	"testing"
)

// TestWordsOfTheApp: each event and each message of app.go says something, and is none of the template's, whose words it
// would replace.
func TestWordsOfTheApp(t *testing.T) {
	for name, words := range appEvents {
		if strings.TrimSpace(words) == "" {
			t.Errorf("the event %s has no words", name)
		}
		// part:audit
		if w, taken := templateEvents[name]; taken {
			t.Errorf("the event %s is the template's: %s", name, w.name)
		}
		// end:audit
	}
	for name, message := range appFlashes {
		if strings.TrimSpace(message.Message) == "" {
			t.Errorf("the message %s has no words", name)
		}
		if f, taken := flashes[name]; taken {
			t.Errorf("the message %s is the template's: %s", name, f.Message)
		}
	}
}
