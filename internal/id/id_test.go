package id_test

import (
	"strings"
	"testing"

	"example.com/foyer/internal/id"
)

func TestNew(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		one := id.New()
		if seen[one] || !id.Is(one) || strings.Trim(one, "0123456789abcdef") != "" {
			t.Fatalf("id %q", one)
		}
		seen[one] = true
	}
}

func TestIs(t *testing.T) {
	const moved = "aZ09aZ09aZ09aZ09aZ09aZ09aZ09aZ09" // by better-auth
	for s, want := range map[string]bool{
		moved: true, "": false, moved[1:]: false, moved + "a": false, moved[1:] + "-": false, moved[1:] + " ": false,
		moved[1:] + "\x00": false, moved[2:] + "é": false, moved[1:] + "@": false, moved[1:] + "[": false,
		moved[1:] + "`": false, moved[1:] + "{": false, moved[1:] + "\x10": false, moved[1:] + "\x19": false,
	} {
		if got := id.Is(s); got != want {
			t.Errorf("%q: %t, want %t", s, got, want)
		}
	}
}
