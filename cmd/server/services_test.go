package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/foyer/internal/servicetoken"
)

// answer sends a GET to a running server, with a service token if keys is not nil.
func (s *running) answer(t *testing.T, path string, keys *servicetoken.Keyring) (status int, text string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if keys != nil {
		token, err := keys.Sign("service:worker", "service:api")
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

const whoami, jwks = "/api/service/whoami", "/.well-known/jwks.json"

// TestKeysCommand: the command line makes and rotates a key file without other configuration, while a server and a
// worker keep using it.
func TestKeysCommand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "keys.json")
	env := append([]string{"SERVICE_KEY_FILE=keys.json"}, production...)
	commandSays := func(verb string) string {
		stdout, stderr, code := result(t, dir, "", []string{"SERVICE_KEY_FILE=keys.json", "APP_ENV=production"}, "keys", verb)
		if code != 0 || !strings.HasPrefix(stdout, "keys.json: signing with key ") {
			t.Fatalf("keys %s: %d %q %q", verb, code, stdout, stderr)
		}
		return strings.Fields(stdout)[4]
	}
	first := commandSays("new")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v; want mode 0600", info.Mode(), err)
	}
	if _, stderr, code := result(t, dir, "", env, "keys", "new"); code == 0 || !strings.Contains(stderr, "exists") {
		t.Errorf("keys new over a file: %d %q", code, stderr)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left: %v, %v", left, err)
	}
	worker, err := servicetoken.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, dir, env...)
	defer s.stop(t)
	if status, text := s.answer(t, whoami, worker); status != http.StatusOK || !strings.Contains(text, "service:worker") {
		t.Errorf("%d %s", status, text)
	}
	second := commandSays("rotate")
	if status, text := s.answer(t, whoami, worker); status != http.StatusOK {
		t.Errorf("after a rotation: %d %s", status, text)
	}
	_, text := s.answer(t, jwks, nil)
	if i, j := strings.Index(text, second), strings.Index(text, first); i < 0 || j < i || strings.Contains(text, `"d"`) {
		t.Errorf("published: %s", text)
	}
	for name, args := range map[string][]string{"no verb": {"keys"}, "another": {"keys", "drop"},
		"too many": {"keys", "new", "x"}} {
		if _, stderr, code := result(t, dir, "", env, args...); code == 0 || !strings.Contains(stderr, "unknown command") {
			t.Errorf("%s: %d %q", name, code, stderr)
		}
	}
	if _, stderr, code := result(t, dir, "", nil, "keys", "new"); code == 0 ||
		!strings.Contains(stderr, "SERVICE_KEY_FILE") {
		t.Errorf("without a file: %d %q", code, stderr)
	}
}

// TestServiceKeys: the server starts with good keys and without keys, and refuses bad ones.
func TestServiceKeys(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "good.json")
	if _, err := servicetoken.Create(path); err != nil {
		t.Fatal(err)
	}
	worker, err := servicetoken.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		env    []string
		status int // for the worker
		keys   int // published
	}{
		"development, none": {nil, 401, 1},
		"production, none":  {production, 401, 0},
		"inline":            {append([]string{"SERVICE_KEY=" + string(text)}, production...), 200, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, t.TempDir(), c.env...)
			defer s.stop(t)
			if status, text := s.answer(t, whoami, worker); status != c.status {
				t.Errorf("%d %s, want %d", status, text, c.status)
			}
			_, text := s.answer(t, jwks, nil)
			var set struct{ Keys []struct{ Kid string } }
			if err := json.Unmarshal([]byte(text), &set); err != nil || set.Keys == nil || len(set.Keys) != c.keys {
				t.Errorf("published: %s, want %d keys", text, c.keys)
			}
		})
	}
	empty := filepath.Join(dir, "empty.json")
	if err := os.WriteFile(empty, []byte(`{"keys":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, env := range map[string][]string{
		"no file":          {"SERVICE_KEY_FILE=" + path + ".not"},
		"an empty set":     {"SERVICE_KEY_FILE=" + empty},
		"an empty set too": {`SERVICE_KEY={"keys":[]}`},
		"an empty key":     {`SERVICE_KEY={"keys":[{"kty":"oct","k":""}]}`},
		"a secret":         {"SERVICE_KEY=zebra-7"},
		"both":             {"SERVICE_KEY_FILE=" + path, "SERVICE_KEY=zebra-7"},
	} {
		t.Run(name, func(t *testing.T) {
			_, stderr, code := result(t, t.TempDir(), "", append([]string{"ADDR=127.0.0.1:0"}, env...))
			if code == 0 || !strings.Contains(stderr, "SERVICE_KEY") || strings.Contains(stderr, "zebra") ||
				strings.Count(stderr, "\n") != 1 {
				t.Errorf("%d %q", code, stderr)
			}
		})
	}
}

// TestAKeyThatOthersCanReadIsWarnedOf, because every user of the machine could sign as any service.
func TestAKeyThatOthersCanReadIsWarnedOf(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "keys.json")
	if _, err := servicetoken.Create(path); err != nil {
		t.Fatal(err)
	}
	for mode, told := range map[os.FileMode]bool{0o600: false, 0o640: false, 0o644: true, 0o604: true} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		s := start(t, dir, append([]string{"SERVICE_KEY_FILE=" + path}, production...)...)
		s.stop(t)
		if got := strings.Contains(s.output(), "can be read by every user"); got != told {
			t.Errorf("mode %o: told %t", mode, got)
		}
	}
}
