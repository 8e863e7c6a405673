package auth_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/betterauth"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// ask calls a provider without a network, so that a cookie for https arrives as any other.
func ask(a *auth.Auth, method, path, body string, header ...string) *http.Response {
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	handler, err := betterauth.New(a, betterauth.Options{})
	if err != nil {
		panic(err)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, req)
	return w.Result()
}

func TestCookieAttributes(t *testing.T) {
	t.Parallel()
	const in, out = "/api/auth/sign-in/email", "/api/auth/sign-out"
	credentials := `{"email":"ada@example.com","password":"` + authtest.Password + `"`
	http, https := "Path=/; %sHttpOnly; SameSite=Lax", "Path=/; %sHttpOnly; Secure; SameSite=Lax"
	line := func(format, name, value, life string) string {
		return name + "=" + value + "; " + fmt.Sprintf(format, life)
	}
	r := sqliteRig(t, auth.Options{})
	r.SignUp("ada@example.com")
	secure := authtest.NewOn(t, r.db, auth.Options{BaseURL: "https://app.example", CookiePrefix: "app",
		Now: r.clock.Now})
	for _, c := range []struct {
		name     string
		at       *auth.Auth
		path     string
		body     string
		cookie   string
		want     []string
		httpsAsk bool
	}{
		{name: "remembered on http", at: r.auth, path: in, body: credentials + `}`, want: []string{
			line(http, tokenCookie, "V", "Max-Age=604800; "), line(http, cacheCookie, "V", "Max-Age=300; "),
		}},
		{name: "remembered on https", at: secure, path: in, body: credentials + `,"rememberMe":true}`, httpsAsk: true,
			want: []string{
				line(https, "__Host-app.session_token", "V", "Max-Age=604800; "),
				line(https, "__Host-app.session_data", "V", "Max-Age=300; "),
			}},
		{name: "not remembered", at: r.auth, path: in, body: credentials + `,"rememberMe":false}`, want: []string{
			line(http, tokenCookie, "V", ""), line(http, forgetCookie, "V", ""), line(http, cacheCookie, "V", ""),
		}},
		{name: "remembered after not", at: r.auth, path: in, body: credentials + `}`, cookie: forgetCookie + "=true.x",
			want: []string{
				line(http, tokenCookie, "V", "Max-Age=604800; "), line(http, forgetCookie, "", "Max-Age=0; "),
				line(http, cacheCookie, "V", "Max-Age=300; "),
			}},
		{name: "sign-out on http", at: r.auth, path: out, body: `{}`, want: []string{
			line(http, tokenCookie, "", "Max-Age=0; "), line(http, cacheCookie, "", "Max-Age=0; "),
			line(http, forgetCookie, "", "Max-Age=0; "),
		}},
		{name: "sign-out on https", at: secure, path: out, body: `{}`, httpsAsk: true, want: []string{
			line(https, "__Host-app.session_token", "", "Max-Age=0; "),
			line(https, "__Host-app.session_data", "", "Max-Age=0; "),
			line(https, "__Host-app.dont_remember", "", "Max-Age=0; "),
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			origin := home
			if c.httpsAsk {
				origin = "https://app.example"
			}
			header := []string{"Content-Type", "application/json", "Origin", origin}
			if c.cookie != "" {
				header = append(header, "Cookie", c.cookie)
			}
			res := ask(c.at, "POST", c.path, c.body, header...)
			if got := setCookies(res.Header); res.StatusCode != 200 || !slices.Equal(got, c.want) {
				t.Errorf("%d\ngot  %s\nwant %s", res.StatusCode, strings.Join(got, "\n     "), strings.Join(c.want, "\n     "))
			}
		})
	}
}

func TestOnlyThePrefixedCookieCountsOnHTTPS(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.SQLite(t))
	plain := newRig(t, db, auth.Options{})
	plain.SignUp("ada@example.com")
	token := value(plain.Client, tokenCookie)
	secure := authtest.NewOn(t, db, auth.Options{BaseURL: "https://app.example", Now: plain.clock.Now})
	for name, want := range map[string]bool{"__Host-" + tokenCookie: true, tokenCookie: false,
		"__Secure-" + tokenCookie: false, "__host-" + tokenCookie: false} {
		req := httptest.NewRequest("GET", "/", nil)
		req.Header.Set("Cookie", name+"="+token)
		if s, err := secure.Session(httptest.NewRecorder(), req); err != nil || (s != nil) != want {
			t.Errorf("%s: session %v, error %v", name, s, err)
		}
	}
}

func TestACookieMayArriveEncodedOrNot(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	r.SignUp("ada@example.com")
	encoded := value(r.Client, tokenCookie)
	plain, err := url.PathUnescape(encoded)
	if err != nil || plain == encoded {
		t.Fatalf("%q is not percent-encoded", encoded)
	}
	for _, v := range []string{encoded, plain} {
		r.wantWho(v, r.browser(), "")
		if got := r.who(r.browser(), "Cookie", tokenCookie+"="+v); got != "ada@example.com" {
			t.Errorf("%q is not accepted", v)
		}
	}
}

func TestATamperedCookieIsAStrangersAndIsNotCleared(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	r.SignUp("ada@example.com")
	good := value(r.Client, tokenCookie)
	token, signature, _ := strings.Cut(good, ".")
	flip := func(s string, i int) string {
		b := []byte(s)
		b[i] = map[bool]byte{true: 'B', false: 'A'}[b[i] == 'A']
		return string(b)
	}
	values := []string{
		"", ".", "..", token, token + ".", "." + signature, flip(token, 0) + "." + signature,
		flip(token, 42) + "." + signature,
		token + "." + flip(signature, 0), token + "." + signature[:20], token + "." + signature + "A",
		token + "." + signature + "%0A",
		token + "." + signature + "%3D", token[:42] + "." + signature, token + "%00." + signature,
		token + "." + token + "." + signature,
		value(r.Client, cacheCookie), "%", "%zz", good + "%", strings.ToUpper(good), strings.Repeat("A", 5000),
		"true." + signature, "\"" + token + "\"",
	}
	for _, v := range values {
		res := r.browser().Get("/api/auth/get-session", "Cookie",
			tokenCookie+"="+v+"; "+cacheCookie+"="+value(r.Client, cacheCookie))
		if strings.TrimSpace(res.Text) != "null" || res.StatusCode != 200 || len(res.Header["Set-Cookie"]) != 0 {
			t.Errorf("%q: %d %s %v", v, res.StatusCode, res.Text, res.Header["Set-Cookie"])
		}
	}
	r.wantWho("the good cookie", r.Client, "ada@example.com")
}

// A stale cookie that stays would send the browser between a page and its login for ever.
func TestACookieWithoutASessionIsCleared(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		r.SignUp("ada@example.com")
		db.Where("1 = 1").Delete(&auth.Session{})
		res := r.Get("/api/auth/get-session?disableCookieCache=1")
		var names []string
		for _, line := range setCookies(res.Header) {
			if name, rest, _ := strings.Cut(line, "="); strings.HasPrefix(rest, "; ") && strings.Contains(rest, "Max-Age=0;") {
				names = append(names, name)
			}
		}
		if want := []string{tokenCookie, cacheCookie, forgetCookie}; strings.TrimSpace(res.Text) != "null" ||
			!slices.Equal(names, want) {
			t.Errorf("%s, cleared %v, want null and %v", res.Text, names, want)
		}
		if len(r.Cookies()) != 0 {
			t.Errorf("the browser still holds %v", r.Cookies())
		}
	})
}

func TestTheFirstOfDuplicateCookiesCounts(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	r.SignUp("ada@example.com")
	other := r.browser()
	other.SignUp("bob@example.com")
	ada, bob := tokenCookie+"="+value(r.Client, tokenCookie), tokenCookie+"="+value(other, tokenCookie)
	for _, c := range []struct{ cookies, want string }{
		{ada + "; " + bob, "ada@example.com"},
		{bob + "; " + ada, "bob@example.com"},
		{tokenCookie + "=planted; " + ada, ""},
		{ada + "; " + tokenCookie + "=planted", "ada@example.com"},
		{bob + "; " + ada + "; " + cacheCookie + "=" + value(r.Client, cacheCookie), "bob@example.com"},
		{strings.Repeat("a=b; ", 3200) + ada, ""}, // net/http drops so many
		{strings.Repeat("a=b; ", 100) + ada, "ada@example.com"},
	} {
		if got := r.who(r.browser(), "Cookie", c.cookies); got != c.want {
			t.Errorf("%.120s: %q, want %q", c.cookies, got, c.want)
		}
	}
}

func TestSecretsRotate(t *testing.T) {
	t.Parallel()
	old, fresh := strings.Repeat("old-secret-", 4), strings.Repeat("new-secret-", 4)
	r := sqliteRig(t, auth.Options{Secrets: []string{old}})
	r.SignUp("ada@example.com")
	for _, c := range []struct {
		secrets []string
		want    string
	}{
		{[]string{fresh, old}, "ada@example.com"}, // the old one still verifies
		{[]string{fresh}, ""},
		{[]string{old}, "ada@example.com"},
	} {
		a := authtest.NewOn(t, r.db, auth.Options{Secrets: c.secrets, Now: r.clock.Now})
		if got := r.who(authtest.Serve(t, authtest.Wire(t, a)), "Cookie",
			tokenCookie+"="+value(r.Client, tokenCookie)); got != c.want {
			t.Errorf("%q: %q, want %q", c.secrets, got, c.want)
		}
	}

	// The first signs: a cookie made during the rotation outlives the old secret.
	during := authtest.Serve(t, authtest.Wire(t, authtest.NewOn(t, r.db,
		auth.Options{Secrets: []string{fresh, old}, Now: r.clock.Now})))
	during.SignIn("ada@example.com", authtest.Password)
	after := authtest.NewOn(t, r.db, auth.Options{Secrets: []string{fresh}, Now: r.clock.Now})
	if got := r.who(authtest.Serve(t, authtest.Wire(t, after)), "Cookie",
		tokenCookie+"="+value(during, tokenCookie)); got != "ada@example.com" {
		t.Error("the cookie was signed with the old secret")
	}
}

func TestUnusableOptionsAreRefused(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.SQLite(t))
	good := []string{authtest.Secret}
	for name, o := range map[string]auth.Options{
		"no secret":            {BaseURL: home},
		"empty secret":         {BaseURL: home, Secrets: []string{""}},
		"short secret":         {BaseURL: home, Secrets: []string{"0123456789"}},
		"short second secret":  {BaseURL: home, Secrets: []string{authtest.Secret, "short"}},
		"no origin":            {Secrets: good},
		"origin with a path":   {BaseURL: "https://app.example/app", Secrets: good},
		"origin with a user":   {BaseURL: "https://a@app.example", Secrets: good},
		"no scheme":            {BaseURL: "app.example", Secrets: good},
		"odd scheme":           {BaseURL: "ftp://app.example", Secrets: good},
		"wildcard trusted":     {BaseURL: home, Secrets: good, TrustedOrigins: []string{"*"}},
		"null trusted":         {BaseURL: home, Secrets: good, TrustedOrigins: []string{"null"}},
		"trusted script":       {BaseURL: home, Secrets: good, TrustedOrigins: []string{"javascript://"}},
		"trusted extensions":   {BaseURL: home, Secrets: good, TrustedOrigins: []string{"chrome-extension://"}},
		"trusted web":          {BaseURL: home, Secrets: good, TrustedOrigins: []string{"https://"}},
		"trusted app's page":   {BaseURL: home, Secrets: good, TrustedOrigins: []string{"myapp://home"}},
		"home in an app":       {BaseURL: "myapp://", Secrets: good},
		"prefix with a space":  {BaseURL: home, Secrets: good, CookiePrefix: "my app"},
		"prefix with a sign":   {BaseURL: home, Secrets: good, CookiePrefix: "app="},
		"prefix of Unicode":    {BaseURL: home, Secrets: good, CookiePrefix: "café"},
		"prefix of browsers":   {BaseURL: home, Secrets: good, CookiePrefix: "__Host-app"},
		"long prefix":          {BaseURL: home, Secrets: good, CookiePrefix: strings.Repeat("a", 21)},
		"long name":            {BaseURL: home, Secrets: good, AppName: strings.Repeat("é", 51)},
		"name of two lines":    {BaseURL: home, Secrets: good, AppName: "My\nApp"},
		"no role":              {BaseURL: home, Secrets: good, Roles: []string{}},
		"no admin":             {BaseURL: home, Secrets: good, Roles: []string{"user", "editor"}},
		"new users are admins": {BaseURL: home, Secrets: good, Roles: []string{"admin", "user"}},
		"role with a comma":    {BaseURL: home, Secrets: good, Roles: []string{"user", "admin", "a,b"}},
		"role with a space":    {BaseURL: home, Secrets: good, Roles: []string{"user", "admin", " editor"}},
		"role without a name":  {BaseURL: home, Secrets: good, Roles: []string{"user", "admin", ""}},
		"trusted with a query": {BaseURL: home, Secrets: good, TrustedOrigins: []string{"https://app.example?x"}},
	} {
		if _, err := auth.New(db, o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	longest := auth.Options{BaseURL: home, Secrets: good, CookiePrefix: strings.Repeat("a", 20),
		AppName: strings.Repeat("é", 50), Roles: []string{"member", "admin", "chef_éditeur-2"}}
	if _, err := auth.New(db, longest); err != nil {
		t.Error(err)
	}
}
