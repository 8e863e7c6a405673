package servicetoken_test

import (
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/foyer/internal/servicetoken"
)

// called is a service that notes what it is sent, and answers under /elsewhere with a redirect to wherever to is.
type called struct {
	*httptest.Server
	tokens []string
	to     string
}

func serve(t *testing.T) *called {
	t.Helper()
	c := &called{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.tokens = append(c.tokens, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		if r.URL.Path == "/elsewhere" {
			http.Redirect(w, r, c.to, http.StatusTemporaryRedirect)
		}
	}))
	t.Cleanup(c.Close)
	return c
}

func client(t *testing.T, k *servicetoken.Keyring, to string) *http.Client {
	t.Helper()
	carrier, err := k.Transport(to, worker, api, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Transport: carrier}
}

func TestTransportSignsEachRequest(t *testing.T) {
	k, _ := keyring(t)
	k.Once = true
	service := serve(t)
	c := client(t, k, service.URL)
	for range 2 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, service.URL+"/jobs", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Basic zebra-7")
		res, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if got := req.Header.Get("Authorization"); got != "Basic zebra-7" {
			t.Errorf("the caller's request was changed: %s", got)
		}
	}
	if len(service.tokens) != 2 {
		t.Fatalf("%d requests", len(service.tokens))
	}
	for _, token := range service.tokens {
		if id, err := k.Verify(t.Context(), token, api); err != nil || id.Subject != worker {
			t.Errorf("%+v, %v", id, err)
		}
	}
}

// TestTokenGoesNowhereElse: not by an address, not by a redirect, not in the clear.
func TestTokenGoesNowhereElse(t *testing.T) {
	k, _ := keyring(t)
	service, other := serve(t), serve(t)
	c := client(t, k, service.URL)
	body := &closed{Reader: strings.NewReader("{}")}
	for _, url := range []string{other.URL, strings.Replace(service.URL, "127.0.0.1", "localhost", 1), strings.Replace(service.URL, "http:", "https:", 1)} {
		if res, err := c.Post(url+"/jobs", "application/json", body); err == nil {
			res.Body.Close()
			t.Errorf("%s is called", url)
		}
		if !body.closed {
			t.Error("the body is left open")
		}
	}
	for _, to := range []string{other.URL, service.URL} {
		service.to, service.tokens = to, nil
		res, err := c.Get(service.URL + "/elsewhere")
		if err == nil {
			res.Body.Close()
		}
		if err == nil || len(service.tokens) != 1 || strings.Contains(err.Error(), service.tokens[0]) {
			t.Errorf("redirected to %s: %v, %d requests", to, err, len(service.tokens))
		}
	}
	if len(other.tokens) != 0 {
		t.Errorf("another service was sent %d tokens", len(other.tokens))
	}
	for _, to := range []string{"http://api.example", "http://10.0.0.1", "http://localhost.evil.example", "api.example", "", "ftp://localhost", "https://zebra-7@api.example"} {
		if _, err := k.Transport(to, worker, api, nil); err == nil || strings.Contains(err.Error(), "zebra") {
			t.Errorf("%q: %v", to, err)
		}
	}
	if _, err := k.Transport("https://API.example/path", worker, api, nil); err != nil {
		t.Error(err)
	}
	none := &servicetoken.Keyring{}
	if res, err := client(t, none, service.URL).Get(service.URL); err == nil {
		res.Body.Close()
		t.Error("called without a key")
	}
}

// closed is a body that remembers being closed.
type closed struct {
	io.Reader
	closed bool
}

// Close implements io.Closer.
func (c *closed) Close() error {
	c.closed = true
	return nil
}

func TestWhereKeysMayComeFrom(t *testing.T) {
	for url, ok := range map[string]bool{
		"https://worker.example/.well-known/jwks.json": true, "http://localhost:8081/keys": true, "http://127.0.0.1/keys": true, "http://[::1]:8081/keys": true,
		"http://worker.example/keys": false, "http://localhost.evil.example/keys": false, "http://10.0.0.1/keys": false, "ftp://localhost/keys": false,
		"https://user:zebra-7@worker.example/keys": false, "/keys": false, "": false, "file:///etc/passwd": false, "://": false,
	} {
		_, err := servicetoken.Remote(url, worker, nil)
		if (err == nil) != ok || err != nil && strings.Contains(err.Error(), "zebra") {
			t.Errorf("%s: %v", url, err)
		}
	}
	if _, err := servicetoken.Remote("https://worker.example", "", nil); err == nil {
		t.Error("a peer may speak for everybody")
	}
}

// TestPeerVerifiesCertificates: https is only as good as what is checked.
func TestPeerVerifiesCertificates(t *testing.T) {
	t.Parallel()
	p := publish(t)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(jwks(t, p.Keyring)) }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it will complain of a client that hangs up
	server.StartTLS()
	defer server.Close()
	for client, reason := range map[*http.Client]string{nil: "certificate", server.Client(): ""} {
		peer, err := servicetoken.Remote(server.URL, worker, client)
		if err != nil {
			t.Fatal(err)
		}
		k := &servicetoken.Keyring{Peers: []*servicetoken.Peer{peer}, Now: at(0)}
		_, err = k.Verify(t.Context(), sign(t, p.Keyring), api)
		if reason == "" && err != nil || reason != "" && (err == nil || !strings.Contains(errors.Unwrap(err).Error(), reason)) {
			t.Errorf("%v, want %q", err, reason)
		}
	}
}
