package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
)

// TestHealthcheck: the probe needs the address of the server and nothing else, and writes no file.
func TestHealthcheck(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir(), append([]string{"DRAIN_DELAY=1m"}, production...)...)
	addr := strings.TrimPrefix(s.url, "http://")
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	healthy := func(env ...string) {
		t.Helper()
		empty := t.TempDir()
		stdout, stderr, code := result(t, empty, "", append(env, "APP_ENV=production"), "healthcheck")
		if code != 0 || stdout != "ok\n" || stderr != "" {
			t.Errorf("%q: %d %s %s", env, code, stdout, stderr)
		}
		if files, err := os.ReadDir(empty); err != nil || len(files) > 0 {
			t.Errorf("%q: it left %v, %v", env, files, err)
		}
	}
	healthy("ADDR=" + addr)
	healthy("PORT=" + port)
	healthy("PORT="+port, "HTTP_PROXY=http://127.0.0.1:1", "http_proxy=http://127.0.0.1:1")

	s.Process.Signal(syscall.SIGTERM)
	for { // it drains once /readyz does not say 200
		res, err := http.Get(s.url + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode == http.StatusServiceUnavailable {
			break
		}
	}
	healthy("ADDR=" + addr) // so that no probe restarts a server that stops
}

// TestHealthcheckFails: the exit code is 1 whatever is wrong, because others are reserved for probes.
func TestHealthcheckFails(t *testing.T) {
	t.Parallel()
	ill := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "ill", http.StatusInternalServerError)
	}))
	defer ill.Close()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and answers none
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for _, c := range []struct{ env, want string }{
		{"ADDR=" + strings.TrimPrefix(ill.URL, "http://"), "500 Internal Server Error"},
		{"ADDR=" + silent.Addr().String(), "deadline exceeded"},
		{"ADDR=" + freeAddr(t), "refused"},
		{"ADDR=8080", "ADDR: "},
	} {
		stdout, stderr, code := result(t, t.TempDir(), "", []string{c.env}, "healthcheck")
		if code != 1 || stdout != "" || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: %d %s %s", c.env, code, stdout, stderr)
		}
	}
}
