package betterauth_test

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

func TestCallbackURLs(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{BaseURL: "https://app.example",
		TrustedOrigins: []string{"https://partner.example:8443", "myapp://"}})
	send := func(path string, body map[string]any) *http.Response {
		raw, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		return ask(r.wire, "POST", path, string(raw), "Content-Type", "application/json", "Origin", "https://app.example")
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
		for _, target := range append(append([]string{}, authtest.GoodPaths...), authtest.GoodURLs...) {
			want("in the body", target, send("/api/auth/sign-out", map[string]any{field: target}), 200, "")
			want("in the query", target, send("/api/auth/sign-out?"+field+"="+url.QueryEscape(target),
				map[string]any{}), 200, "")
		}
		for _, target := range append(append([]string{}, authtest.BadPaths...), authtest.BadURLs...) {
			if target == "" { // as if absent
				continue
			}
			if strings.ToValidUTF8(target, "") == target { // encoding/json would send something else
				want("in the body", target, send("/api/auth/sign-out", map[string]any{field: target}), 403, code)
			}
			want("in the query", target, send("/api/auth/sign-out?"+field+"="+url.QueryEscape(target),
				map[string]any{}), 403, code)
			want("second in the query", target, send("/api/auth/sign-out?"+field+"=/ok&"+field+"="+url.QueryEscape(target),
				map[string]any{field: "/ok"}), 403, code)
		}
		for _, v := range []any{1, true, []string{"/"}, map[string]string{"a": "/"}} {
			want("of another type", fmt.Sprint(v), send("/api/auth/sign-out", map[string]any{field: v}), 400, "")
		}
		want("empty", "", send("/api/auth/sign-out", map[string]any{field: ""}), 200, "")
	}
}

func TestSignInTellsWhereToGo(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	r.SignUp("ada@example.com")
	for _, c := range []struct{ callback, want string }{
		{`"/dashboard?a=b#c"`, "/dashboard?a=b#c"},
		{`"http://localhost:8080/x"`, "http://localhost:8080/x"},
		{`""`, ""},
	} {
		res := post(r.browser(), "/sign-in/email", `{"email":"ada@example.com","password":"`+authtest.Password+
			`","callbackURL":`+c.callback+`}`)
		var v map[string]any
		decode(t, res.Text, &v)
		target, has := v["url"]
		if res.StatusCode != 200 || v["redirect"] != (c.want != "") || has != (c.want != "") || has && target != c.want ||
			res.Header.Get("Location") != c.want {
			t.Errorf("%s: %d %s, Location %q", c.callback, res.StatusCode, res.Text, res.Header.Get("Location"))
		}
	}
	n := r.count(&auth.Session{})
	for _, target := range []string{"//evil.example", "https://evil.example/"} {
		c := r.browser()
		wantRefusal(t, post(c, "/sign-in/email", `{"email":"ada@example.com","password":"`+authtest.Password+
			`","callbackURL":"`+target+`"}`), 403, "INVALID_CALLBACK_URL")
		wantRefusal(t, post(c, "/sign-in/email?callbackURL="+url.QueryEscape(target),
			`{"email":"ada@example.com","password":"`+authtest.Password+`"}`), 403, "INVALID_CALLBACK_URL")
	}
	if r.count(&auth.Session{}) != n {
		t.Error("a refused sign-in made a session")
	}
}
