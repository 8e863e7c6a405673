package web_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/servicetoken"
	"example.com/foyer/internal/servicetoken/tokentest"
	"example.com/foyer/web"
)

const (
	whoami = "/api/service/whoami"
	worker = "service:worker"
	api    = "service:api"
)

// keyed starts a site with a key file of its own; change may set the keyring's fields.
func keyed(t *testing.T, change ...func(*servicetoken.Keyring)) (s *site, keys *servicetoken.Keyring, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "keys.json")
	if _, err := servicetoken.Create(path); err != nil {
		t.Fatal(err)
	}
	keys, err := servicetoken.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		f(keys)
	}
	return newSite(t, func(c *web.Config) { c.Services = keys }), keys, path
}

func bearer(t *testing.T, keys *servicetoken.Keyring) string {
	t.Helper()
	token, err := keys.Sign(worker, api)
	if err != nil {
		t.Fatal(err)
	}
	return "Bearer " + token
}

// shut fails unless the answer is the door's refusal and the log has its reason, once, and nothing of the token.
func (s *site) shut(t *testing.T, got authtest.Answer, token, reason string) {
	t.Helper()
	expect(t, got, 401, "WWW-Authenticate", "Bearer", "Content-Type", "application/json", "Cache-Control",
		"private, no-store", "Set-Cookie", "", "Location", "")
	if strings.TrimSpace(got.Text) != `{"code":"UNAUTHORIZED","message":"Unauthorized"}` {
		t.Errorf("says %s", got.Text)
	}
	log := s.log.text()
	var found []string
	for line := range strings.Lines(log) {
		var v map[string]string
		if json.Unmarshal([]byte(line), &v); v["msg"] == "service token refused" {
			found = append(found, v["level"]+" "+v["route"]+" "+v["requestId"]+" "+v["ip"]+" "+v["reason"])
		}
	}
	if want := "WARN " + whoami + " " + got.Header.Get("X-Request-Id") + " 127.0.0.1 "; len(found) != 1 ||
		!strings.HasPrefix(found[0], want) || !strings.Contains(found[0], reason) {
		t.Errorf("logged %q, want one %q with %q", found, want, reason)
	}
	for part := range strings.SplitSeq(token, ".") {
		if len(part) > 8 && strings.Contains(log, part) {
			t.Errorf("the token is in the log: %s", log)
		}
	}
}

func TestServiceDoor(t *testing.T) {
	s, keys, _ := keyed(t)
	for _, header := range []string{bearer(t, keys), strings.Replace(bearer(t, keys), "Bearer", "bearer", 1)} {
		got := s.Get(whoami, "Authorization", header)
		expect(t, got, 200, "Content-Type", "application/json", "Cache-Control", "private, no-store", "Set-Cookie", "",
			"WWW-Authenticate", "")
		var v struct {
			Sub, Aud string
			Exp      int64
		}
		if err := json.Unmarshal([]byte(got.Text), &v); err != nil || v.Sub != worker || v.Aud != api ||
			time.Until(time.Unix(v.Exp, 0)) > time.Minute || time.Until(time.Unix(v.Exp, 0)) < 0 {
			t.Errorf("%s, %v", got.Text, err)
		}
	}
	for _, route := range s.server.Routes() {
		if route.Door == "service" && !strings.HasPrefix(route.Path, "/api/") {
			t.Errorf("%s: refusals would be pages, for a machine", route.Path)
		}
	}
}

func TestServiceDoorRefuses(t *testing.T) {
	s, keys, path := keyed(t)
	s.log.text()
	for _, c := range tokentest.Hostile(tokentest.First(t, path), api, time.Now()) {
		t.Run(c.Name, func(t *testing.T) {
			s.shut(t, s.Get(whoami, "Authorization", "Bearer "+c.Token), c.Token, c.Reason)
		})
	}
	good := bearer(t, keys)
	token := strings.TrimPrefix(good, "Bearer ")
	for name, c := range map[string]struct {
		path   string
		header []string
		reason string
	}{
		"nothing":                   {whoami, nil, "no bearer"},
		"a word":                    {whoami, []string{"Authorization", "Bearer"}, "signed token"},
		"no scheme":                 {whoami, []string{"Authorization", token}, "no bearer"},
		"another scheme":            {whoami, []string{"Authorization", "Basic " + token}, "no bearer"},
		"two spaces":                {whoami, []string{"Authorization", "Bearer  " + token}, "base64url"},
		"two of them":               {whoami, []string{"Authorization", good, "Authorization", good}, "more than one"},
		"in the query":              {whoami + "?access_token=" + token, nil, "no bearer"},
		"in a cookie":               {whoami, []string{"Cookie", "access_token=" + token}, "no bearer"},
		"in the proxy's header":     {whoami, []string{"Proxy-Authorization", good}, "no bearer"},
		"a page's, of this site":    {whoami, []string{"Authorization", good, "Origin", s.Base}, "browser"},
		"a page's, of another site": {whoami, []string{"Authorization", good, "Origin", "https://evil.example"}, "browser"},
		"a page's, in hiding":       {whoami, []string{"Authorization", good, "Sec-Fetch-Site", "same-origin"}, "browser"},
	} {
		t.Run(name, func(t *testing.T) { s.shut(t, s.raw(t, "GET", c.path, c.header...), token, c.reason) })
	}
	expect(t, s.Get(whoami, "Authorization", good), 200) // what the table above spoils
}

// TestSessionOpensNoServiceRoute: no session opens a service route, not even an admin's, with any Authorization.
func TestSessionOpensNoServiceRoute(t *testing.T) {
	s, _, _ := keyed(t)
	user, _ := s.person(t, "user@example.com")
	for _, c := range []*authtest.Client{user, s.admin(t, "boss@example.com")} {
		expect(t, c.Get("/dashboard", navigate...), 200)
		s.log.text()
		s.shut(t, c.Get(whoami), "", "no bearer")
		for _, cookie := range c.Cookies() {
			s.shut(t, c.Get(whoami, "Authorization", "Bearer "+cookie.Value), cookie.Value, "")
		}
	}
}

// TestServiceTokenOpensNoOtherRoute: on every other route, a request with a service token is answered as without.
func TestServiceTokenOpensNoOtherRoute(t *testing.T) {
	s, keys, _ := keyed(t)
	token := bearer(t, keys)
	admin, _ := s.person(t, "boss@example.com")
	for _, route := range s.server.Routes() {
		if route.Door == "service" {
			continue
		}
		method, path := example(route)
		for _, kind := range [][]string{navigate, program} {
			header := append([]string{"Content-Type", "application/json", "Origin", s.Base}, kind...)
			stranger := s.stranger(t).Do(method, path, "{}", header...)
			shown := s.stranger(t).Do(method, path, "{}", append(header, "Authorization", token)...)
			if said(shown) != said(stranger) {
				t.Errorf("%s %s (%s): %s with a service token, %s without", method, path, route.Door, said(shown), said(stranger))
			}
		}
	}
	// Beside a session it changes nothing either: it is not looked at.
	expect(t, admin.Get("/dashboard", append(navigate, "Authorization", token)...), 200)
	expect(t, admin.Get("/admin", append(navigate, "Authorization", token)...), 403)
}

func TestPublishedKeys(t *testing.T) {
	t.Parallel()
	const path = "/.well-known/jwks.json"
	s, keys, file := keyed(t)
	got := s.Get(path)
	expect(t, got, 200, "Content-Type", "application/jwk-set+json", "Cache-Control", "private, no-cache", "Set-Cookie", "")
	if want, err := keys.JWKS(); err != nil || got.Text != string(want) {
		t.Errorf("%s, want %s, %v", got.Text, want, err)
	}
	var set struct{ Keys []map[string]string }
	if err := json.Unmarshal([]byte(got.Text), &set); err != nil || len(set.Keys) != 1 || set.Keys[0]["d"] != "" {
		t.Errorf("%s, %v", got.Text, err)
	}
	none := newSite(t)
	if got := none.Get(path); got.StatusCode != 200 || got.Text != `{"keys":[]}` {
		t.Errorf("without keys: %d %s", got.StatusCode, got.Text)
	}
	none.log.text()
	none.shut(t, none.Get(whoami, "Authorization", bearer(t, keys)), "", "unknown kid")

	// A file that is away is our mistake, said to nobody but the log, and opens nothing.
	good := bearer(t, keys)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	s.log.text()
	s.shut(t, s.Get(whoami, "Authorization", good), "", "no such file")
	got = s.Get(path)
	expect(t, got, 500)
	lacks(t, got, file)
}

// TestAServiceRouteNamesItsCallers: a key can sign any name, so a route admits only the services it names.
func TestAServiceRouteNamesItsCallers(t *testing.T) {
	s, keys, _ := keyed(t)
	for caller, want := range map[string]int{
		worker: 200, "service:unknown": 403, "service:worker2": 403, "SERVICE:WORKER": 403, "service:": 403,
		" service:worker": 403,
		"user:1":          403, "admin@example.com": 403, "x": 403, "worker": 403,
		"service:worker,service:api": 403, api: 403,
	} {
		token, err := keys.Sign(caller, api)
		if err != nil {
			t.Fatal(err)
		}
		s.log.text()
		got := s.Get(whoami, "Authorization", "Bearer "+token)
		expect(t, got, want, "Set-Cookie", "", "Cache-Control", "private, no-store")
		log := s.log.text()
		told := strings.Contains(log, `"service not allowed","`) && strings.Contains(log, `"ip":"127.0.0.1"`)
		if told != (want == 403) || strings.Contains(log, token) {
			t.Errorf("%s: %d, logged: %s", caller, want, log)
		}
	}
}
