package origins_test

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/origins"
)

// FuzzLocalPath: an accepted path stays on this site, as net/url and browsers resolve it, also after one more decoding.
func FuzzLocalPath(f *testing.F) {
	for _, list := range [][]string{authtest.GoodPaths, authtest.BadPaths, authtest.GoodURLs, authtest.BadURLs} {
		for _, path := range list {
			f.Add(path)
		}
	}
	base, err := url.Parse("https://app.example/login")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		if !origins.LocalPath(raw) {
			return
		}
		for i := range len(raw) {
			if raw[i] <= ' ' || raw[i] >= 0x7f || raw[i] == '\\' {
				t.Fatalf("%q holds %q", raw, raw[i])
			}
		}
		u, err := base.Parse(raw)
		if err != nil || u.Scheme != "https" || u.Host != "app.example" || u.User != nil {
			t.Fatalf("%q goes to %v by net/url, error %v", raw, u, err)
		}
		path, rest := raw, ""
		if i := strings.IndexAny(raw, "?#"); i >= 0 {
			path, rest = raw[:i], raw[i:]
		}
		decoded, err := url.PathUnescape(path)
		if err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
		for _, form := range []string{raw, browse(raw), decoded + rest, browse(decoded)} {
			if leaves(form) {
				t.Fatalf("%q leaves as %q", raw, form)
			}
		}
	})
}

// leaves reports whether a browser would leave the site for raw in a Location header of an https page: it names another
// host or scheme (WHATWG URL, §4.4).
func leaves(raw string) bool {
	raw = strings.TrimFunc(raw, func(r rune) bool { return r <= ' ' })
	raw = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(raw)
	if i := strings.IndexAny(raw, ":/?#\\"); i > 0 && raw[i] == ':' {
		return true
	}
	return len(raw) > 1 && strings.ContainsRune("/\\", rune(raw[0])) && strings.ContainsRune("/\\", rune(raw[1]))
}

// browse returns the path that a browser would request, with dot segments resolved, also encoded ones.
func browse(raw string) string {
	path, _, _ := strings.Cut(raw, "#")
	path, _, _ = strings.Cut(path, "?")
	var out []string
	segments := strings.Split(strings.ReplaceAll(path, "\\", "/"), "/")[1:]
	for i, segment := range segments {
		dots := strings.ReplaceAll(strings.ToLower(segment), "%2e", ".")
		if dots == ".." && len(out) > 0 {
			out = out[:len(out)-1]
		}
		if dots != ".." && dots != "." {
			out = append(out, segment)
		} else if i == len(segments)-1 {
			out = append(out, "")
		}
	}
	return "/" + strings.Join(out, "/")
}

func TestTheOracleKnowsABrowser(t *testing.T) {
	for raw, want := range map[string]bool{
		"/a": false, "/": false, "//a": true, "/\\a": true, "\\\\a": true, "/\t/a": true, " //a": true, "http:a": true,
		"/a:b": false, "a": false, "?//a": false,
		browse("/a/..//b"): true, browse("/.//b"): true, browse("/%2e%2E//b"): true,
		browse("/a/./b/../c"): false, browse("/a//b"): false, browse("/.."): false,
	} {
		if leaves(raw) != want {
			t.Errorf("%q: %v", raw, !want)
		}
	}
}

// FuzzOrigin: an accepted origin is one of the trusted ones in one of its few spellings, and an accepted target is on
// it.
func FuzzOrigin(f *testing.F) {
	for _, v := range []string{
		"http://localhost:8080", "https://app.example:443/", "HTTPS://APP.EXAMPLE", "myapp://", "MyApp://localhost:1",
		"myapp:///",
		"myapp://a@b", "myapp://a, https://evil.test", "javascript://myapp://", "myapp:", "https://app.example@evil.test",
		"https://app.example\\@evil.test", "null",
		"", "myapp://home?x#y", "myapp:////x", "https://app.example/a?b#c", "https://app.example\x00", "xmyapp://",
		"myapp\n://",
		"http://localhost:8080\t",
	} {
		f.Add(v)
	}
	trusted, err := origins.New("http://localhost:8080", []string{"https://app.example", "myapp://"})
	if err != nil {
		f.Fatal(err)
	}
	// part:betterauth
	normals := []string{"http://localhost:8080", "https://app.example", "myapp://"}
	origin := regexp.MustCompile(`^(?i:(http://localhost:8080|https://app\.example(:443)?)/?|myapp://[a-z0-9.:-]*)$`)
	// end:betterauth
	target := regexp.MustCompile(
		`^(?i:http://localhost:8080|https://app\.example(:443)?)(/[!-~]*)?$|^(?i:myapp)://[!-~]*$`)
	f.Fuzz(func(t *testing.T, raw string) {
		// part:betterauth
		if normal, ok := trusted.Trusts(raw); ok && (!origin.MatchString(raw) || !slices.Contains(normals, normal)) {
			t.Fatalf("%q passes for %q", raw, normal)
		}
		// end:betterauth
		if !origins.LocalPath(raw) && trusted.MaySend(raw) && (!target.MatchString(raw) || strings.Contains(raw, "\\")) {
			t.Fatalf("%q is a target", raw)
		}
	})
}
