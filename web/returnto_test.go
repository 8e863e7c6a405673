package web

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

// hostileTargets leave the site, or lead back to the door, in some browser's reading.
var hostileTargets = []string{
	"", " ", "dashboard", "x", "?x=1", "#x", "@evil.example", ":evil.example",
	"http://evil.example/", "https://evil.example", "hTTps://evil.example", "https:/evil.example", "http:evil.example",
	`https:\\evil.example`, "h\nttps://evil.example",
	"//evil.example", "///evil.example", "////evil.example", "//", "//app.example@evil.example", "//evil。example",
	"//ⓔⓥⓘⓛ.example", "//xn--pp-6kc.example", "//0x7f.1", "//[::1]",
	`\\evil.example`, `\/evil.example`, `/\evil.example`, `/\/evil.example`, `/x\..\..\evil.example`, `./\evil.example`,
	"/\t/evil.example", "/\n/evil.example", "/\r\n/evil.example", "\t//evil.example", "\x00//evil.example",
	"\x01javascript:alert(1)", "/\x7f/evil.example", " /dashboard", "/dash board",
	"https://app.example@evil.example", "https://app.example:x@evil.example", "https://app.example%40evil.example",
	"https://evil.example/app.example", `https://evil.example\@app.example`,
	"javascript:alert(1)", "JavaScript:alert(1)", " javascript:alert(1)", "javascript://app.example/%0aalert(1)",
	"data:text/html,x", "vbscript:msgbox(1)", "file:///etc/passwd", "mailto:a@evil.example",
	"/%2f%2fevil.example", "%2f%2fevil.example", "/%2F/evil.example", "/%5cevil.example", "/%5Cevil.example",
	"%252f%252fevil.example", "/%09/evil.example", "/%0d%0aSet-Cookie:x=1", "/\r\nSet-Cookie: x=1", "/%00",
	"/。evil.example", "／／evil.example", "/／evil.example", "/\u200b/evil.example", "/\u2028/evil.example", "/café", "/\xff",
	"..//evil.example", "/..//evil.example", "/.//evil.example", "/%2e%2e//evil.example", "/%2e//evil.example",
	"/x/..//evil.example", "/x/%2e%2E//evil.example", "/a/b/../..//evil.example", "/.//.",
	"https://app.example:8443/", "http://app.example/", "https://sub.app.example/", "https://app.example./",
	"https://APP.EXAMPLE/ok",
	"/%zz", "/%", "/" + strings.Repeat("x", 2048),
	"/login", "/login/", "/login?returnTo=/login?returnTo=/login", "/login#x", "/signup", "/signup?x=1", "/logout",
	"/logout/x", "/reauth", "/reauth?returnTo=/", "/api", "/api/", "/api/auth/sign-out", "/api?x",
	"/api/x//../../y/../login", "/x//../../login", "/api//../x",
	"/x/../login", "/./login", "/x/../api/auth/get-session", "/%6cogin", "/x/%2e%2e/login", "/login/.", "/login/../login",
	"/../login", "/login//", "/a/../../login",
}

var goodTargets = []string{
	"/", "/dashboard", "/dashboard?tab=2", "/users/7#top", "/people?q=a%20b", "/search?next=https://other.example/",
	"/caf%C3%A9", "/a/b/../c", "/loginx", "/login-history", "/apis",
	"/a//b", "/x?q=//evil.example", "/x?q=a%0ab", "/x#//y", "/a:b", "/a@b", "/?returnTo=/login", "/~ada", "/a/.", "/..",
	"/x?a=1&b=2;c=3", "/" + strings.Repeat("x", 1021), "/" + strings.Repeat("x", 1022), "/" + strings.Repeat("x", 2047),
}

func TestReturnTo(t *testing.T) {
	for _, target := range hostileTargets {
		if got := safeReturnTo(target); got != defaultReturnTo {
			t.Errorf("%q is let through as %q", target, got)
		}
	}
	for _, target := range goodTargets {
		if got := safeReturnTo(target); got != target {
			t.Errorf("%q becomes %q", target, got)
		}
		survives(t, target)
	}
}

// survives fails unless target comes back from the login page, or is left out because it is the default or too long.
func survives(t *testing.T, target string) {
	t.Helper()
	want := target
	if target == defaultReturnTo || len(url.QueryEscape(target)) > 1024 {
		want = ""
	}
	u, err := url.Parse(withReturnTo("/login", target))
	if err != nil || u.Path != "/login" || u.Query().Get("returnTo") != want {
		t.Fatalf("%q does not survive the way to the login page: %v", target, u)
	}
}

// FuzzReturnTo: every returnTo becomes a path of this site that is not a page for logging in.
func FuzzReturnTo(f *testing.F) {
	for _, target := range append(slices.Clone(hostileTargets), goodTargets...) {
		f.Add(target)
	}
	f.Fuzz(func(t *testing.T, target string) {
		got := safeReturnTo(target)
		if got != target && got != defaultReturnTo {
			t.Fatalf("%q became %q: neither itself nor the default", target, got)
		}
		if why := leaves(got); why != "" {
			t.Fatalf("%q is let through: %s", got, why)
		}
		if again := safeReturnTo(got); again != got {
			t.Fatalf("%q is let through once and not twice: %q", got, again)
		}
		survives(t, got)
	})
}

// leaves parses target as browsers do (WHATWG URL, in its special schemes), independently of the code under test, and
// returns why it must not be followed.
func leaves(target string) string {
	for _, r := range target {
		if r <= ' ' || r >= 0x7f {
			return "a character that browsers drop or encode"
		}
	}
	if !strings.HasPrefix(target, "/") {
		return "not a path"
	}
	if len(target) > 1 && (target[1] == '/' || target[1] == '\\') {
		return "another host"
	}
	path, _, _ := strings.Cut(target, "#")
	path, _, _ = strings.Cut(path, "?")
	if strings.Contains(path, `\`) {
		return "a backslash, which browsers read as a slash"
	}
	// Dot segments, encoded or not, are removed before anything is asked for.
	var kept []string
	segments := strings.Split(path[1:], "/")
	for i, s := range segments {
		last := i == len(segments)-1
		switch strings.ReplaceAll(strings.ToLower(s), "%2e", ".") {
		case "..":
			kept = kept[:max(0, len(kept)-1)]
			if last {
				kept = append(kept, "")
			}
		case ".":
			if last {
				kept = append(kept, "")
			}
		default:
			kept = append(kept, s)
		}
	}
	resolved := "/" + strings.Join(kept, "/")
	if strings.HasPrefix(resolved, "//") {
		return "another host, once a server redirects to " + resolved
	}
	decoded, err := url.PathUnescape(resolved)
	if err != nil {
		return "a broken escape"
	}
	if strings.HasPrefix(decoded, "//") || strings.ContainsAny(strings.ReplaceAll(decoded, resolved, ""), "\\\r\n\t\x00") {
		return "another host once decoded: " + decoded
	}
	for _, door := range []string{"/login", "/signup", "/logout", "/reauth", "/api"} {
		if decoded == door || strings.HasPrefix(decoded, door+"/") {
			return "back at the door: " + decoded
		}
	}
	return ""
}

// TestOracleKnowsHostileTargets: the fuzz test's judge is itself judged.
func TestOracleKnowsHostileTargets(t *testing.T) {
	for _, target := range []string{
		"//evil.example", `/\evil.example`, "/.//evil.example", "/x/..//evil.example", "/%2e//evil.example",
		"https://evil.example", "/\t/x",
		"/login", "/x/../login", "/%6cogin", "/x/%2E%2e/api/auth", "/logout/x", "/%2f/evil.example",
	} {
		if leaves(target) == "" {
			t.Errorf("the oracle lets %q pass", target)
		}
	}
	for _, target := range goodTargets {
		if why := leaves(target); why != "" {
			t.Errorf("the oracle refuses %q: %s", target, why)
		}
	}
}
