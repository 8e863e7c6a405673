package main

import (
	"strings"
	"testing"
)

func TestGained(t *testing.T) {
	for _, row := range []struct{ was, is, want string }{
		{"a\nb\nc\n", "a\nb\nc\n", ""},
		{"a\nb\nc\n", "a\nc\n", ""},
		{"a\nb\nc\n", "a\nB\nc\n", "B"},
		{"a\nb\n", "a\nb\nd\n", "d"},
		{"a\nb\n", "b\nc\na\nd\n", "c d"},
		{"a\n  x 1\n  y 2\nb\n  x 2\n", "a\n  x 2\n  y 2\nb\n  x 2\n", "a  x 2"},
	} {
		if got := strings.Join(gained(row.was, row.is), " "); got != row.want {
			t.Errorf("%q to %q: %q, want %q", row.was, row.is, got, row.want)
		}
	}
}

func TestFaults(t *testing.T) {
	got := faults("go vet: exit status 1\n# example.com/sample/web\nvet: ./web/mine.go:14:9: undefined: audit\nweb/x.go:1:2: y\n")
	if got != "web/mine.go:14:9: undefined: audit\nweb/x.go:1:2: y" {
		t.Errorf("got %q", got)
	}
	if got := faults("go: no such tool"); got != "go: no such tool" {
		t.Errorf("got %q", got)
	}
}
