package main

import (
	"slices"
	"strings"
	"testing"
)

// TestPlainHTTPInProduction: plain http is refused with a hint; with INSECURE_HTTP=on every start warns.
func TestPlainHTTPInProduction(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	env := append(slices.Clone(production), "APP_URL=http://app.example")
	_, stderr, code := result(t, dir, "", env)
	if code == 0 || !strings.Contains(stderr, "APP_URL") || !strings.Contains(stderr, "INSECURE_HTTP=on") {
		t.Errorf("without the switch: %d %s", code, stderr)
	}
	for range 2 {
		s := start(t, dir, append(env, "INSECURE_HTTP=on")...)
		s.stop(t)
		if out := s.output(); strings.Count(out, "INSECURE_HTTP=on: ") != 1 {
			t.Errorf("with the switch:\n%s", out)
		}
	}
}
