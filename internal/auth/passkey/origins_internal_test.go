package passkey

import (
	"slices"
	"testing"
)

// TestOrigins: pages of the host and below it on https use passkeys; those beside it, of another site or on http do
// not.
func TestOrigins(t *testing.T) {
	got := allowed("https://app.example", "app.example", []string{
		"https://admin.app.example/", "https://app.example:8443", "HTTPS://WWW.APP.EXAMPLE", "http://app.example",
		"http://www.app.example", "https://example", "https://evilapp.example", "https://app.example.evil.test",
		"https://other.test", "myapp://", "",
	})
	want := []string{
		"https://app.example", "https://admin.app.example", "https://app.example:8443", "https://www.app.example",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
