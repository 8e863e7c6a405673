package web

import (
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/keys"
)

// FuzzDraft: a draft comes back as it was typed, without passwords and forField, for the same user and form only. No
// other value is a draft.
func FuzzDraft(f *testing.F) {
	ring, err := keys.New([]string{strings.Repeat("0123456789", 4)})
	if err != nil {
		f.Fatal(err)
	}
	by, now, of := ring.Seal("web draft"), time.Date(2031, 3, 1, 12, 0, 0, 0, time.UTC), []byte("ada\n/settings/email")
	for _, v := range []string{"newEmail=a%40x.example", "a=1&a=2&b=", "PassWord=x&newPassword=y&c=z",
		"for=0af1&newEmail=a", "", "%zz", strings.Repeat("x", 600), "AAAA", "a=%00%ff"} {
		f.Add(v, "bob\n/settings/email")
	}
	f.Fuzz(func(t *testing.T, raw, other string) {
		if typed := openDraft(by, raw, of, now); typed != nil {
			t.Fatalf("%q is read as %q", raw, typed)
		}
		typed, _ := url.ParseQuery(raw)
		value := sealDraft(by, typed, of, now)
		if len(value) > maxDraft || strings.ContainsAny(value, " \",;\\=") {
			t.Fatalf("%q is sealed as %q", raw, value)
		}
		if value == "" {
			return
		}
		for name := range typed {
			if name == forField || strings.Contains(strings.ToLower(name), "password") {
				delete(typed, name)
			}
		}
		if got := openDraft(by, value, of, now.Add(draftLife-time.Millisecond)); !reflect.DeepEqual(got, typed) {
			t.Fatalf("%q came back as %q", typed, got)
		}
		if got := openDraft(by, value, of, now.Add(draftLife)); got != nil {
			t.Fatalf("%q came back late", got)
		}
		if got := openDraft(by, value, []byte(other), now); got != nil && other != string(of) {
			t.Fatalf("%q came back beside %q", got, other)
		}
	})
}
