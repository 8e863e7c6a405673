// Package authtest gives tests a provider on a real database and browsers that sign in through the real flow.
package authtest

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// Password is one the policy accepts. It has no letter, so that it has no app's name in it.
const Password = "314-159-265"

// Secret is long enough and known to nobody but tests.
const Secret = "0123456789abcdefghijklmnopqrstuvwxyzABCD"

// New makes a provider on a fresh SQLite database.
func New(t testing.TB) *auth.Auth {
	t.Helper()
	return NewOn(t, dbtest.Open(t, dbtest.SQLite(t)), auth.Options{})
}

// NewOn makes a provider on db. It fills in what o lacks. Hashes are cheap and answers are not padded; tests about cost
// or time ask for Costly.
func NewOn(t testing.TB, db *gorm.DB, o auth.Options) *auth.Auth {
	t.Helper()
	if o.BaseURL == "" {
		o.BaseURL = "http://localhost:8080"
	}
	if o.Secrets == nil {
		o.Secrets = []string{Secret}
	}
	if o.Links == nil {
		o.Links = func(purpose letter.Purpose, token, _ string) string {
			return o.BaseURL + "/mailed/" + string(purpose) + "?token=" + token
		}
	}
	if o.HashMemory == 0 {
		o.HashMemory = 8
	}
	if o.MinAnswer == 0 {
		o.MinAnswer = time.Millisecond
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	a, err := auth.New(db, o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Costly makes hashes and padding cost what they do in production.
func Costly(o auth.Options) auth.Options {
	o.HashMemory, o.MinAnswer = 19*1024, 300*time.Millisecond
	return o
}

// Client is a browser of one person: it keeps cookies and follows no redirect.
type Client struct {
	*http.Client
	Base string // the server's origin
	// Enter signs in by a page and returns the user's id; nil asks the endpoints of the npm client.
	Enter func(c *Client, page string, form url.Values) (userID string)
	t     testing.TB
}

// NewClient makes a browser without cookies for the server at base.
func NewClient(t testing.TB, base string) *Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Client{t: t, Base: base, Client: &http.Client{
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Serve runs handler until the end of the test and returns a browser without cookies for it.
func Serve(t testing.TB, handler http.Handler) *Client {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return NewClient(t, server.URL)
}

// Answer is a response with its body read.
type Answer struct {
	*http.Response
	Text string
}

// Do sends a request; header lists names and values in turn.
func (c *Client) Do(method, path, body string, header ...string) Answer {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.Base+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := c.Client.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return Answer{res, string(text)}
}

// Get reads a page.
func (c *Client) Get(path string, header ...string) Answer {
	c.t.Helper()
	return c.Do(http.MethodGet, path, "", header...)
}

// PostForm submits a form the way a browser does.
func (c *Client) PostForm(path string, form url.Values, header ...string) Answer {
	c.t.Helper()
	header = append([]string{"Content-Type", "application/x-www-form-urlencoded", "Origin", c.Base, "Sec-Fetch-Site",
		"same-origin", "Sec-Fetch-Mode", "navigate"}, header...)
	return c.Do(http.MethodPost, path, form.Encode(), header...)
}

// PostJSON calls an endpoint as a program does that sends neither Origin nor Sec-Fetch-*; with cookies the
// provider wants an Origin: pass one in header.
func (c *Client) PostJSON(path string, v any, header ...string) Answer {
	c.t.Helper()
	body, err := json.Marshal(v)
	if err != nil {
		c.t.Fatal(err)
	}
	return c.Do(http.MethodPost, path, string(body), append([]string{"Content-Type", "application/json"}, header...)...)
}

// SignUp makes an account and leaves the browser signed in; it returns the user's id.
func (c *Client) SignUp(email string) string {
	c.t.Helper()
	return c.enter("up", url.Values{"name": {"Test Person"}, "email": {email}, "password": {Password}})
}

// SignIn signs in; it returns the user's id.
func (c *Client) SignIn(email, password string) string {
	c.t.Helper()
	return c.enter("in", url.Values{"email": {email}, "password": {password}})
}

func (c *Client) enter(way string, form url.Values) string {
	c.t.Helper()
	if c.Enter != nil {
		form.Set("remember", "on")
		return c.Enter(c, map[string]string{"in": "/login", "up": "/signup"}[way], form)
	}
	body := map[string]string{}
	for name := range form {
		body[name] = form.Get(name)
	}
	path := "/api/auth/sign-" + way + "/email"
	res := c.PostJSON(path, body)
	var v struct{ User struct{ ID string } }
	if err := json.Unmarshal([]byte(res.Text), &v); res.StatusCode != http.StatusOK || err != nil {
		c.t.Fatalf("POST %s: %d %s", path, res.StatusCode, res.Text)
	}
	return v.User.ID
}

// Cookies returns what the browser would send.
func (c *Client) Cookies() []*http.Cookie {
	u, err := url.Parse(c.Base)
	if err != nil {
		c.t.Fatal(err)
	}
	return c.Jar.Cookies(u)
}

// Copy returns another browser that holds the same cookies now, as a thief's would.
func (c *Client) Copy() *Client {
	thief := NewClient(c.t, c.Base)
	u, _ := url.Parse(c.Base)
	thief.Jar.SetCookies(u, c.Cookies())
	return thief
}

// Forget deletes one cookie by the end of its name.
func (c *Client) Forget(suffix string) {
	u, _ := url.Parse(c.Base)
	for _, cookie := range c.Cookies() {
		if strings.HasSuffix(cookie.Name, suffix) {
			c.Jar.SetCookies(u, []*http.Cookie{{Name: cookie.Name, Path: "/", MaxAge: -1}})
		}
	}
}
