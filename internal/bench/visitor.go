package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	password = "314-159-265"
	agent    = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
)

// visitor is a signed-in user and their requests.
type visitor struct {
	addr, email   string
	token, cookie string   // Cookie headers: the token of the session, and token and cached copy
	cached        bool     // the app has set a cached copy of the session
	others        []string // other users with the same password, for signing in
}

// stormClients is how many users sign in at the same time.
const stormClients = 32

// enter signs up the users that the measurements need.
func enter(ctx context.Context, addr string) (*visitor, error) {
	const users = stormClients + 1
	v := &visitor{addr: addr}
	emails, cookies, failures := make([]string, users), make([][]*http.Cookie, users), make([]error, users)
	var wg sync.WaitGroup
	for i := range emails {
		emails[i] = strings.ToLower(rand.Text()) + "@example.com"
		wg.Go(func() { cookies[i], failures[i] = signUp(ctx, addr, emails[i]) })
	}
	wg.Wait()
	if err := errors.Join(failures...); err != nil {
		return nil, err
	}
	v.email, v.others = emails[0], emails[1:]
	var all []string
	for _, c := range cookies[0] {
		all = append(all, c.Name+"="+c.Value)
		if strings.HasSuffix(c.Name, "session_token") {
			v.token = c.Name + "=" + c.Value
		}
		v.cached = v.cached || strings.HasSuffix(c.Name, "session_data")
	}
	v.cookie = strings.Join(all, "; ")
	return v, v.settle(ctx)
}

// firstCopy is how many requests the app has time to set a cached copy. On PostgreSQL it sets none before it listens
// for revocations.
const firstCopy = 10

// settle requests the session until the app answers from the cached copy. On PostgreSQL it trusts no copy that is
// younger than its own start.
func (v *visitor) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for tries, pause := 1, time.NewTicker(500*time.Millisecond); ; tries++ {
		p, err := v.captureOne(ctx, "/cached")
		if err != nil {
			return fmt.Errorf("waiting for the session cache: %w", err)
		}
		renewed := (&http.Response{Header: p.Header}).Cookies()
		if len(renewed) == 0 && (v.cached || tries > firstCopy) {
			return nil
		}
		for _, c := range renewed {
			if strings.HasSuffix(c.Name, "session_data") {
				v.cookie, v.cached = v.token+"; "+c.Name+"="+c.Value, true
			}
		}
		<-pause.C
	}
}

func signUp(ctx context.Context, addr, email string) ([]*http.Cookie, error) {
	body := fmt.Sprintf(`{"name":"Ada Lovelace","email":%q,"password":%q}`, email, password)
	url := "http://" + addr + "/api/auth/sign-up/email"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", agent)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("sign-up: %s %s", res.Status, text)
	}
	return res.Cookies(), nil
}

// get returns a request with a Cookie header.
func (v *visitor) get(path, cookie string) []byte {
	head := "GET " + path + " HTTP/1.1\r\nHost: " + v.addr + "\r\nUser-Agent: " + agent + "\r\nAccept: */*\r\n"
	if cookie != "" {
		head += "Cookie: " + cookie + "\r\n"
	}
	return []byte(head + "\r\n")
}

// signIns returns one sign-in per other user.
func (v *visitor) signIns() (requests [][]byte) {
	for _, email := range v.others {
		requests = append(requests, []byte(signInRequest(v.addr, email, "User-Agent: "+agent)))
	}
	return requests
}

const sessionPath = "/api/auth/get-session"

// paths returns the measured reads by their path on the bare server.
func (v *visitor) paths() map[string][]byte {
	return map[string][]byte{
		"/cached":    v.get(sessionPath, v.cookie),
		"/store":     v.get(sessionPath, v.token),
		"/login":     v.get("/login", ""),
		"/dashboard": v.get("/dashboard", v.cookie),
	}
}

// capture requests every path from the app and checks the answers.
func (v *visitor) capture(ctx context.Context) (map[string]page, error) {
	pages := map[string]page{}
	for key, want := range map[string]string{
		"/cached": v.email, "/store": v.email, "/login": "Log in", "/dashboard": "Ada Lovelace",
	} {
		p, err := v.captureOne(ctx, key)
		if err != nil {
			return nil, err
		}
		if !strings.Contains(string(p.Body), want) {
			return nil, fmt.Errorf("%s lacks %q: %s", key, want, p.Body)
		}
		if _, refilled := p.Header["Set-Cookie"]; v.cached && refilled != (key == "/store") {
			return nil, fmt.Errorf("%s: cookies set is %v; the cache does not work", key, refilled)
		}
		pages[key] = p
	}
	return pages, nil
}

func (v *visitor) captureOne(ctx context.Context, key string) (p page, err error) {
	path, cookie := key, v.cookie
	switch key {
	case "/cached":
		path = sessionPath
	case "/store":
		path, cookie = sessionPath, v.token
	case "/login":
		cookie = ""
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+v.addr+path, nil)
	if err != nil {
		return p, err
	}
	req.Header.Set("User-Agent", agent)
	if cookie != "" {
		req.Header.Set("Cookie", cookie)
	}
	transport := &http.Transport{DisableCompression: true}
	defer transport.CloseIdleConnections()
	res, err := transport.RoundTrip(req)
	if err != nil {
		return p, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return p, fmt.Errorf("GET %s: %s", path, res.Status)
	}
	p.Body, err = io.ReadAll(res.Body)
	p.Header = res.Header.Clone()
	for _, own := range []string{"Date", "Content-Length"} { // net/http writes these itself
		p.Header.Del(own)
	}
	return p, err
}
