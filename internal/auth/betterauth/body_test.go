package betterauth_test

import (
	"bytes"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/payload"
)

func TestMediaTypes(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	const bad = 415
	for media, want := range map[string]struct{ signIn, signOut int }{
		"application/json":                                  {400, 200},
		"Application/JSON":                                  {400, 200},
		"application/json; charset=utf-8":                   {400, 200},
		`application/json;charset="UTF-8"`:                  {400, 200},
		"application/x-www-form-urlencoded":                 {400, bad},
		"APPLICATION/x-www-form-urlencoded; charset=UTF-8":  {400, bad},
		"application/json; charset=utf-16":                  {bad, bad},
		"application/json; charset=utf-7":                   {bad, bad},
		"application/x-www-form-urlencoded; charset=latin1": {bad, bad},
		"":                                {bad, bad},
		"text/plain":                      {bad, bad},
		"text/plain; application/json":    {bad, bad},
		"application/json;x":              {bad, bad},
		"application/json, text/plain":    {bad, bad},
		"text/json":                       {bad, bad},
		"application/xml":                 {bad, bad},
		"application/jsonp":               {bad, bad},
		"application/vnd.api+json":        {bad, bad},
		"multipart/form-data; boundary=x": {bad, bad},
		"application/json; charset=utf-8; charset=utf-16": {bad, bad},
		" ": {bad, bad},
	} {
		for path, status := range map[string]int{"/sign-in/email": want.signIn, "/sign-up/email": want.signIn,
			"/sign-out": want.signOut} {
			body := `{}`
			if strings.Contains(strings.ToLower(media), "urlencoded") {
				body = `a=b`
			}
			var header []string
			if media != "" {
				header = []string{"Content-Type", media}
			}
			res := r.browser().Do("POST", "/api/auth"+path, body, header...)
			code := map[int]string{400: "VALIDATION_ERROR", 415: "UNSUPPORTED_MEDIA_TYPE"}[status]
			if res.StatusCode != status || code != "" && !strings.Contains(res.Text, `"`+code+`"`) {
				t.Errorf("%q at %s: %d %s, want %d", media, path, res.StatusCode, res.Text, status)
			}
		}
	}
	// A compressed body is not unpacked, an empty one is no object.
	wantRefusal(t, post(r.Client, "/sign-out", `{}`, "Content-Encoding", "gzip"), 415, "UNSUPPORTED_MEDIA_TYPE")
	wantRefusal(t, r.Do("POST", "/api/auth/sign-out", ""), 415, "UNSUPPORTED_MEDIA_TYPE")
}

func TestJSONThatTwoParsersReadDifferentlyIsRefused(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	for name, c := range map[string]struct{ body, code string }{
		"empty":                    {``, "BAD_REQUEST"},
		"blank":                    {` `, "BAD_REQUEST"},
		"cut":                      {`{"a":1`, "BAD_REQUEST"},
		"trailing object":          {`{}{}`, "BAD_REQUEST"},
		"trailing word":            {`{} x`, "BAD_REQUEST"},
		"trailing brace":           {`{}}`, "BAD_REQUEST"},
		"trailing comma":           {`{"a":1,}`, "BAD_REQUEST"},
		"leading comma":            {`{,"a":1}`, "BAD_REQUEST"},
		"trailing comma in a list": {`{"a":[1,]}`, "BAD_REQUEST"},
		"comment":                  {`{"a":1}//x`, "BAD_REQUEST"},
		"inner comment":            {`{/*x*/"a":1}`, "BAD_REQUEST"},
		"single quotes":            {`{'a':1}`, "BAD_REQUEST"},
		"bare key":                 {`{a:1}`, "BAD_REQUEST"},
		"missing colon":            {`{"a" 1}`, "BAD_REQUEST"},
		"NaN":                      {`{"a":NaN}`, "BAD_REQUEST"},
		"leading zero":             {`{"a":01}`, "BAD_REQUEST"},
		"BOM":                      {"\ufeff{}", "BAD_REQUEST"},
		"invalid UTF-8":            {"{\"a\":\"\xff\xfe\"}", "BAD_REQUEST"},
		"invalid UTF-8 in a key":   {"{\"\xff\":1}", "BAD_REQUEST"},
		"UTF-16":                   {"\xff\xfe{\x00}\x00", "BAD_REQUEST"},
		"control character":        {"{\"a\":\"\x01\"}", "BAD_REQUEST"},
		"duplicate key":            {`{"a":1,"a":1}`, "BAD_REQUEST"},
		"duplicate escaped key":    {`{"a":1,"\u0061":2}`, "BAD_REQUEST"},
		"duplicate nested key":     {`{"x":{"a":1,"a":2}}`, "BAD_REQUEST"},
		"duplicate key in a list":  {`{"x":[{"a":1,"a":2}]}`, "BAD_REQUEST"},
		"duplicate prototype":      {`{"__proto__":1,"__proto__":2}`, "BAD_REQUEST"},
		"nine deep":                {`{"a":` + strings.Repeat("[", 8) + strings.Repeat("]", 8) + `}`, "BAD_REQUEST"},
		"very deep":                {strings.Repeat(`{"a":`, 10000), "BAD_REQUEST"},
		"very deep list":           {strings.Repeat(`[`, 60000), "BAD_REQUEST"},
		"null":                     {`null`, "VALIDATION_ERROR"},
		"list":                     {`[]`, "VALIDATION_ERROR"},
		"text":                     {`""`, "VALIDATION_ERROR"},
		"number":                   {`1`, "VALIDATION_ERROR"},
		"true":                     {`true`, "VALIDATION_ERROR"},
		"eight deep":               {`{"a":` + strings.Repeat("[", 7) + strings.Repeat("]", 7) + `}`, ""},
		"huge number":              {`{"a":1e999999,"b":-9223372036854775809}`, ""},
		"unknown fields":           {`{"a":null,"__proto__":{"x":1},"id":"1 OR 1=1"}`, ""},
		"keys alike but for case":  {`{"a":1,"A":2}`, ""},
		"white space around":       {" \r\n\t{ } \n", ""},
	} {
		res := post(r.browser(), "/sign-out", c.body)
		if c.code != "" {
			t.Run(name, func(t *testing.T) { wantRefusal(t, res, 400, c.code) })
		} else if res.StatusCode != 200 {
			t.Errorf("%s: %d %s", name, res.StatusCode, res.Text)
		}
	}
}

func TestBodiesAreBounded(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	pad := func(n int) string { return `{"a":"` + strings.Repeat("a", n-len(`{"a":""}`)) + `"}` }
	if res := post(r.Client, "/sign-out", pad(payload.MaxSize)); res.StatusCode != 200 {
		t.Errorf("%d bytes: %d %s", payload.MaxSize, res.StatusCode, res.Text)
	}
	wantRefusal(t, post(r.browser(), "/sign-out", pad(payload.MaxSize+1)), 413, "PAYLOAD_TOO_LARGE")
	form := url.Values{"email": {"a@example.com"}, "password": {strings.Repeat("a", payload.MaxSize)}}
	wantRefusal(t, r.browser().PostForm("/api/auth/sign-in/email", form, "Origin", home), 413, "PAYLOAD_TOO_LARGE")
	// A body of unknown length is counted as it arrives.
	req := httptest.NewRequest("POST", "/api/auth/sign-out",
		struct{ *bytes.Reader }{bytes.NewReader([]byte(pad(10 * payload.MaxSize)))})
	req.ContentLength = -1
	req.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	r.wire.ServeHTTP(w, req)
	if w.Code != 413 {
		t.Errorf("a chunked body: %d %s", w.Code, w.Body)
	}
}

func TestFieldsAreWhatTheySay(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	for body, message := range map[string]string{
		`{}`:                            "[body.email] Invalid input: expected string, received undefined; [body.password] Invalid input: expected string, received undefined",
		`{"email":null,"password":"x"}`: "[body.email] Invalid input: expected string, received null",
		`{"email":["a@example.com"],"password":{}}`:                        "[body.email] Invalid input: expected string, received array; [body.password] Invalid input: expected string, received object",
		`{"email":1,"password":true}`:                                      "[body.email] Invalid input: expected string, received number; [body.password] Invalid input: expected string, received boolean",
		`{"Email":"a@example.com","PASSWORD":"x","email":"a@example.com"}`: "[body.password] Invalid input: expected string, received undefined",
		`{"email":"a@example.com","password":"x","rememberMe":"true"}`:     "[body.rememberMe] Invalid input: expected boolean, received string",
		`{"email":"a@example.com","password":"x","rememberMe":1}`:          "[body.rememberMe] Invalid input: expected boolean, received number",
		`{"email":"a@example.com","password":"x","rememberMe":null}`:       "[body.rememberMe] Invalid input: expected boolean, received null",
	} {
		res := post(r.Client, "/sign-in/email", body)
		wantRefusal(t, res, 400, "VALIDATION_ERROR")
		var v struct{ Message string }
		decode(t, res.Text, &v)
		if v.Message != message {
			t.Errorf("%s:\ngot  %s\nwant %s", body, v.Message, message)
		}
	}
}

func TestFormsSignInAndUp(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	send := func(path, form string) authtest.Answer {
		return r.browser().Do("POST", "/api/auth"+path, form, "Content-Type", "application/x-www-form-urlencoded",
			"Origin", home)
	}
	const good = "name=Ada+L&email=ada%40example.com&password=314-159-265"
	if res := send("/sign-up/email", good); res.StatusCode != 200 || !strings.Contains(res.Text, `"name":"Ada L"`) {
		t.Fatalf("%d %s", res.StatusCode, res.Text)
	}
	res := send("/sign-in/email", "email=ada%40example.com&password=314-159-265&rememberMe=false")
	if cookies := strings.Join(res.Header["Set-Cookie"], "\n"); res.StatusCode != 200 ||
		!strings.Contains(cookies, forgetCookie) || strings.Contains(cookies, "Max-Age") {
		t.Errorf("%d %s", res.StatusCode, cookies)
	}
	for form, code := range map[string]string{
		"email=a%40example.com&email=b%40example.com&password=x": "BAD_REQUEST",
		"email=a%40example.com&password=%ff":                     "BAD_REQUEST",
		"email=a%40example.com&%ff=1&password=x":                 "BAD_REQUEST",
		"email=%zz":                                              "BAD_REQUEST",
		"email=a%40example.com;password=x":                       "BAD_REQUEST",
		"email=a%40example.com&password=x&rememberMe=on":         "VALIDATION_ERROR",
		"email=a%40example.com":                                  "VALIDATION_ERROR",
		"":                                                       "VALIDATION_ERROR",
		`{"email":"ada@example.com","password":"x"}`:             "VALIDATION_ERROR",
	} {
		wantRefusal(t, send("/sign-in/email", form), 400, code)
	}
	wantRefusal(t, send("/sign-in/email?email=ada%40example.com&password=314-159-265", "x=y"), 400, "VALIDATION_ERROR") // a query is no form
	wantRefusal(t, send("/sign-up/email", good+"&role=admin"), 400, "FIELD_NOT_ALLOWED")
}
