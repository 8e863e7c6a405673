package betterauth

import (
	"net/url"
	"strings"
	"testing"

	"example.com/foyer/internal/origins"
)

// FuzzWithQuery: what is added to a checked target neither moves it elsewhere nor drops what it said.
func FuzzWithQuery(f *testing.F) {
	for _, target := range []string{"/", "/a?b=c#d", "/a?", "/a#", "/caf%C3%A9?x=%2F", "/@evil.example",
		"http://localhost:8080/a?b", "http://localhost:8080", "/a;b=c", "myapp://", "myapp://home?a#b", "myapp:///x"} {
		f.Add(target, "INVALID_TOKEN")
	}
	trusted, err := origins.New("http://localhost:8080", []string{"https://app.example", "myapp://"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, target, value string) {
		if !trusted.MaySend(target) {
			return
		}
		out := withQuery(target, "error", value)
		before, _ := url.Parse(target)
		bare := before.Host != "" && before.Path == "" // an origin alone: a query right behind it is no target to ask for
		if len(out) <= 2048 && !bare && (origins.LocalPath(target) != origins.LocalPath(out) || !trusted.MaySend(out)) {
			t.Fatalf("%q becomes %q", target, out)
		}
		after, err := url.Parse(out)
		if err != nil || after.Host != before.Host || after.Path != before.Path || after.Fragment != before.Fragment ||
			!strings.HasPrefix(after.RawQuery, before.RawQuery) {
			t.Fatalf("%q becomes %q", target, out)
		}
	})
}
