package web

import (
	"strings"
	"testing"
)

// TestWordsOfTheApp: each event and each message of app.go says something.
func TestWordsOfTheApp(t *testing.T) {
	for name, words := range appEvents {
		if strings.TrimSpace(words) == "" {
			t.Errorf("the event %s has no words", name)
		}
	}
	for name, message := range appFlashes {
		if strings.TrimSpace(message.Message) == "" {
			t.Errorf("the message %s has no words", name)
		}
	}
}
