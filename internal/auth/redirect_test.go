package auth_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
)

// Targets that stay here, and are emitted byte by byte.
var goodPaths = []string{
	"/", "/dashboard", "/users/7#top", "/admin/users?q=a%20b", "/search?next=https://other.example/", "/search?next=//other.example",
	"/caf%C3%A9", "/a/b/../c", "/a/./b", "/a/..", "/..", "/.", "/...//x", "/a//b", "/a//", "/a?x=%2F%2Fevil.example", "/a?x=%0d%0a", "/a#%2F%2Fevil",
	"/a;b=c", "/@evil.example", "/:80/x", "/http:evil.example", "/%252f%252fevil.example", "/a?", "/a#", "/%20", "/~a!$&'()*+,;=:@",
	"/" + strings.Repeat("a", 2047), "/login?returnTo=/login",
}

// Targets that leave, might leave after another decoding, or that two parsers read differently.
var badPaths = []string{
	"", " ", "dashboard", "?x", "#x", "?//evil.example", "#//evil.example", "..//evil.example", "./\\evil.example", "@evil.example", ":evil.example",
	"http://evil.example/", "https://evil.example", "hTTps://evil.example", "https:/evil.example", "https:evil.example", "http:evil.example",
	"https:\\\\evil.example", "h\nttps://evil.example", "//evil.example", "///evil.example", "////evil.example", "/////evil.example/a",
	"\\\\evil.example", "\\/evil.example", "/\\evil.example", "/\\/evil.example", "/a\\b", "/a?x=\\", "\\evil.example",
	"/\t/evil.example", "/\n/evil.example", "/\r\n/evil.example", "\t//evil.example", " //evil.example", "//evil.example ", "\x00//evil.example", "/\x00/evil.example",
	"/\x0b/evil.example", "/\x7f/evil.example", "/a b", "/dashboard ", "/dashboard\n", "/\r\nSet-Cookie: x=1",
	"//app.example@evil.example", "//app.example", "//[::1]", "//0x7f.1", "//evil。example", "//ⓔⓥⓘⓛ.example", "//xn--pp-6kc.example", "//evil.example:80/",
	"/%2f%2fevil.example", "/%2F/evil.example", "%2f%2fevil.example", "/%5cevil.example", "/%5Cevil.example", "/a%2Fb", "/a/%5c../b", "%252f%252fevil.example",
	"/%09/evil.example", "/%0a/evil.example", "/%0d%0aSet-Cookie:x=1", "/%00/evil.example", "/a%7f", "/%c2%85/evil.example", "/%1f", "/%", "/%zz", "/%2", "/a#%zz",
	"/.//evil.example", "/..//evil.example", "/a/..//evil.example", "/./../..//evil.example", "/%2e%2e//evil.example", "/.%2E//evil.example", "/%2e//evil.example",
	"/a/.././/evil.example", "/a/b/../..//evil.example", "/.//",
	"/\u3002evil.example", "/\u200b/evil.example", "/\u2028/evil.example", "\uff0f\uff0fevil.example", "/\uff0fevil.example", "/café", "/\xff", "/\u202eevil",
	"javascript:alert(1)", " javascript:alert(1)", "\x01javascript:alert(1)", "javascript://app.example/%0aalert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)",
	"data:text/html,x", "vbscript:msgbox(1)", "file:///etc/passwd", "mailto:a@evil.example", "blob:https://app.example/x", "about:blank",
	"/" + strings.Repeat("a", 2048),
}

func TestLocalPath(t *testing.T) {
	for _, path := range goodPaths {
		if !auth.LocalPath(path) {
			t.Errorf("refused %.100q", path)
		}
	}
	for _, path := range append(badPaths, "https://app.example/", "http://localhost:8080/dashboard") {
		if auth.LocalPath(path) {
			t.Errorf("accepted %.100q", path)
		}
	}
}

// Absolute targets, seen by a provider at https://app.example that trusts https://partner.example:8443 too.
var goodURLs = []string{
	"https://app.example", "https://app.example/", "https://app.example/a?b#c", "https://APP.EXAMPLE/ok", "HTTPS://app.example:443/ok",
	"https://partner.example:8443/a", "https://app.example/?next=https://evil.example",
}

var badURLs = []string{
	"https://app.example@evil.example", "https://app.example:x@evil.example", "https://a@app.example/", "https://a:b@app.example/", "https://app.example%40evil.example",
	"https://evil.example/app.example", "https://evil.example?app.example", "https://evil.example#app.example", "https://evil.example\\@app.example", "https://app.example\\.evil.example",
	"https://evil.example\\.app.example", "https://\u0430pp.example", "https://app.example.evil.example", "https://app.example:8443/", "https://app.example:444", "http://app.example",
	"http://app.example:443/", "https://sub.app.example/", "https://app.example./", "https://partner.example/", "https:///app.example", "https://app.example//evil.example",
	"https://app.example/\\evil", "https://app.example/%2fevil", "https://app.example/..//evil", "https://app.example/a b", "https://app.example/é", "https://app.example?x", "https://app.example#x",
	"https://app.example/\n", " https://app.example/", "https://app.example:/", "//app.example/", "ftp://app.example/", "javascript://app.example/%0aalert(1)", "https:app.example/x", "app.example/x",
}

func TestCallbackURLs(t *testing.T) {
	r := sqliteRig(t, auth.Options{BaseURL: "https://app.example", TrustedOrigins: []string{"https://partner.example:8443"}})
	send := func(path string, body map[string]any) *http.Response {
		raw, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		return ask(r.auth, "POST", path, string(raw), "Content-Type", "application/json", "Origin", "https://app.example")
	}
	fields := map[string]string{
		"callbackURL": "INVALID_CALLBACK_URL", "redirectTo": "INVALID_REDIRECT_URL",
		"errorCallbackURL": "INVALID_ERROR_CALLBACK_URL", "newUserCallbackURL": "INVALID_NEW_USER_CALLBACK_URL",
	}
	for field, code := range fields {
		want := func(what, target string, res *http.Response, status int, code string) {
			t.Helper()
			var v struct{ Code string }
			readAnswer(t, res, &v)
			if res.StatusCode != status || v.Code != code || len(res.Header["Location"]) > 0 {
				t.Errorf("%s %s %.100q: %d %s %q", field, what, target, res.StatusCode, v.Code, res.Header["Location"])
			}
		}
		for _, target := range append(append([]string{}, goodPaths...), goodURLs...) {
			want("in the body", target, send("/api/auth/sign-out", map[string]any{field: target}), 200, "")
			want("in the query", target, send("/api/auth/sign-out?"+field+"="+url.QueryEscape(target), map[string]any{}), 200, "")
		}
		for _, target := range append(append([]string{}, badPaths...), badURLs...) {
			if target == "" { // as if absent
				continue
			}
			if strings.ToValidUTF8(target, "") == target { // encoding/json would send something else
				want("in the body", target, send("/api/auth/sign-out", map[string]any{field: target}), 403, code)
			}
			want("in the query", target, send("/api/auth/sign-out?"+field+"="+url.QueryEscape(target), map[string]any{}), 403, code)
			want("second in the query", target, send("/api/auth/sign-out?"+field+"=/ok&"+field+"="+url.QueryEscape(target), map[string]any{field: "/ok"}), 403, code)
		}
		for _, v := range []any{1, true, []string{"/"}, map[string]string{"a": "/"}} {
			want("of another type", fmt.Sprint(v), send("/api/auth/sign-out", map[string]any{field: v}), 400, "")
		}
		want("empty", "", send("/api/auth/sign-out", map[string]any{field: ""}), 200, "")
	}
}

func TestSignInTellsWhereToGo(t *testing.T) {
	r := sqliteRig(t, auth.Options{})
	r.SignUp("ada@example.com")
	for _, c := range []struct{ callback, want string }{
		{`"/dashboard?a=b#c"`, "/dashboard?a=b#c"},
		{`"http://localhost:8080/x"`, "http://localhost:8080/x"},
		{`""`, ""},
	} {
		res := post(r.browser(), "/sign-in/email", `{"email":"ada@example.com","password":"`+authtest.Password+`","callbackURL":`+c.callback+`}`)
		var v map[string]any
		decode(t, res.Text, &v)
		target, has := v["url"]
		if res.StatusCode != 200 || v["redirect"] != (c.want != "") || has != (c.want != "") || has && target != c.want || res.Header.Get("Location") != c.want {
			t.Errorf("%s: %d %s, Location %q", c.callback, res.StatusCode, res.Text, res.Header.Get("Location"))
		}
	}
	n := r.count(&auth.Session{})
	for _, target := range []string{"//evil.example", "https://evil.example/"} {
		c := r.browser()
		wantRefusal(t, post(c, "/sign-in/email", `{"email":"ada@example.com","password":"`+authtest.Password+`","callbackURL":"`+target+`"}`), 403, "INVALID_CALLBACK_URL")
		wantRefusal(t, post(c, "/sign-in/email?callbackURL="+url.QueryEscape(target), `{"email":"ada@example.com","password":"`+authtest.Password+`"}`), 403, "INVALID_CALLBACK_URL")
	}
	if r.count(&auth.Session{}) != n {
		t.Error("a refused sign-in made a session")
	}
}
