package static

import "testing"

func TestOnlyComment(t *testing.T) {
	for text, want := range map[string]bool{
		"": true, "\n": true, "/* yours */\n": true, "/* a\n   b */": true,
		"/* yours */\nbody {}": false, "/* a */ body {} /* b */": false, "body {}": false, "/*/": false,
	} {
		if got := onlyComment([]byte(text)); got != want {
			t.Errorf("%q: %t, want %t", text, got, want)
		}
	}
}
