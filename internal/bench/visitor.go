package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	password = "correct-horse-1"
	agent    = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
)

// visitor is somebody signed in, and the requests they send.
type visitor struct {
	addr, email   string
	token, cookie string // Cookie headers: the session's token alone, and with the cached copy
	gzip          bool
	cached        bool     // the server handed out a cached copy of the session
	others        []string // further addresses with the same password, for signing in
}

// stormClients is how many sign in at the same time.
const stormClients = 32

// enter signs up everybody the measurements need.
func enter(ctx context.Context, addr string, o options) (*visitor, error) {
	v := &visitor{addr: addr, gzip: o.gzip}
	emails, cookies, failures := make([]string, stormClients+1), make([][]*http.Cookie, stormClients+1), make([]error, stormClients+1)
	var wg sync.WaitGroup
	for i := range emails {
		emails[i] = strings.ToLower(rand.Text()) + "@example.com"
		wg.Go(func() { cookies[i], failures[i] = signUp(ctx, addr, emails[i]) })
	}
	wg.Wait()
	for _, err := range failures {
		if err != nil {
			return nil, err
		}
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

// firstCopy is how many looks at the session the server has to hand out a copy: on a database that several instances may
// share it makes none before it hears of revocations.
const firstCopy = 10

// settle takes newer copies of the session until the server answers from one: on a database that several instances may
// share it trusts none that is as young as the process itself.
func (v *visitor) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for looks, pause := 1, time.NewTicker(500*time.Millisecond); ; looks++ {
		p, err := v.captureOne(ctx, "/cached")
		if err != nil {
			return fmt.Errorf("waiting for the session cache: %w", err)
		}
		renewed := (&http.Response{Header: p.Header}).Cookies()
		if len(renewed) == 0 && (v.cached || looks > firstCopy) {
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
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+addr+"/api/auth/sign-up/email", strings.NewReader(body))
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
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("sign-up: %s %s", res.Status, text)
	}
	return res.Cookies(), err
}

// get is the request for a path with a Cookie header, as bytes.
func (v *visitor) get(path, cookie string) []byte {
	head := "GET " + path + " HTTP/1.1\r\nHost: " + v.addr + "\r\nUser-Agent: " + agent + "\r\nAccept: */*\r\n"
	if v.gzip {
		head += "Accept-Encoding: gzip\r\n"
	}
	if cookie != "" {
		head += "Cookie: " + cookie + "\r\n"
	}
	return []byte(head + "\r\n")
}

// signIns are requests that sign in, each somebody else.
func (v *visitor) signIns() (requests [][]byte) {
	for _, email := range v.others {
		body := fmt.Sprintf(`{"email":%q,"password":%q}`, email, password)
		requests = append(requests, fmt.Appendf(nil, "POST /api/auth/sign-in/email HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\n"+
			"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", v.addr, agent, len(body), body))
	}
	return requests
}

const sessionPath = "/api/auth/get-session"

// paths are the measured reads: the key is what the bare server knows each by.
func (v *visitor) paths() map[string][]byte {
	return map[string][]byte{
		"/cached":    v.get(sessionPath, v.cookie),
		"/store":     v.get(sessionPath, v.token),
		"/login":     v.get("/login", ""),
		"/dashboard": v.get("/dashboard", v.cookie),
	}
}

// capture asks the real server for every path and checks that the answer is the one meant.
func (v *visitor) capture(ctx context.Context) (map[string]page, error) {
	pages := map[string]page{}
	for key, want := range map[string]string{"/cached": v.email, "/store": v.email, "/login": "Log in", "/dashboard": "Ada Lovelace"} {
		p, err := v.captureOne(ctx, key)
		if err != nil {
			return nil, err
		}
		if !v.gzip && !strings.Contains(string(p.Body), want) {
			return nil, fmt.Errorf("%s lacks %q: %s", key, want, p.Body)
		}
		if _, refilled := p.Header["Set-Cookie"]; v.cached && refilled != (key == "/store") {
			return nil, fmt.Errorf("%s: cookies set is %v; the cache does not work as measured", key, refilled)
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
	if v.gzip {
		req.Header.Set("Accept-Encoding", "gzip")
	}
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
