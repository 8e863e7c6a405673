package main

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database"
	"example.com/foyer/internal/mail/mailtest"
)

// part:betterauth

// slowRequest starts a slow request and returns when its first bytes have arrived.
func slowRequest(t *testing.T, s *running, wait string) *http.Response {
	t.Helper()
	c := authtest.NewClient(t, s.url)
	c.SignIn("user@example.com", password(t, s.output(), "user@example.com"))
	res, err := c.Client.Get(s.url + "/dashboard?slow=" + wait)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func TestStopLetsRequestsFinish(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir(), "DRAIN_DELAY=2s")
	res := slowRequest(t, s, "4s") // longer than the delay
	defer res.Body.Close()
	other := authtest.NewClient(t, s.url)
	if got := other.Get("/readyz"); got.StatusCode != 200 {
		t.Fatalf("/readyz before the signal: %d %s", got.StatusCode, got.Text)
	}
	s.Process.Signal(syscall.SIGTERM)
	for other.Get("/readyz").StatusCode != http.StatusServiceUnavailable { // turns while the slow request is under way
	}
	if page, err := io.ReadAll(res.Body); err != nil || !strings.HasSuffix(string(page), "</html>") {
		t.Errorf("the request under way was cut off: %v, %d bytes", err, len(page))
	}
	if code := s.end(); code != 0 {
		t.Errorf("exit status %d", code)
	}
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir(), "DRAIN_DELAY=10s")
	res := slowRequest(t, s, "10s")
	defer res.Body.Close()
	other := authtest.NewClient(t, s.url)
	s.Process.Signal(syscall.SIGTERM)
	for other.Get("/readyz").StatusCode != http.StatusServiceUnavailable {
	}
	s.Process.Signal(syscall.SIGTERM)
	if code := s.end(); code == 0 {
		t.Error("the second signal was taken for a graceful end")
	}
}

// TestKillLosesNoAnsweredSignUp kills the server during many sign-ups.
func TestKillLosesNoAnsweredSignUp(t *testing.T) {
	t.Parallel()
	const people, enough = 200, 40
	dir := t.TempDir()
	s := start(t, dir, "RATE_LIMIT=off")
	var answered atomic.Int32
	clients := make([]*authtest.Client, people)
	slots := make(chan struct{}, 48) // below the password queue's bound
	var wg sync.WaitGroup
	for i := range people {
		slots <- struct{}{}
		if answered.Load() >= enough {
			s.Process.Kill() // again and again is no harm
		}
		wg.Go(func() {
			defer func() { <-slots }()
			c := authtest.NewClient(t, s.url)
			if signUp(c, i) {
				clients[i] = c
				answered.Add(1)
			}
		})
	}
	wg.Wait()
	s.end()
	if n := answered.Load(); n < enough || n == people {
		t.Fatalf("%d of %d sign-ups were answered: the kill was not in their middle", n, people)
	}

	s = start(t, dir, "RATE_LIMIT=off")
	for i, c := range clients {
		if c == nil {
			continue
		}
		c.Base = s.url
		if res := c.Get("/api/auth/get-session"); res.StatusCode != 200 || res.Text == "null" {
			t.Errorf("sign-up %d was answered and is gone: %d %s", i, res.StatusCode, res.Text)
		}
	}
	s.stop(t)
	checkWhole(t, dir)
}

// checkWhole checks that every stored sign-up is complete.
func checkWhole(t *testing.T, dir string) {
	t.Helper()
	db, err := database.Open(databaseIn(dir), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close(db)
	var integrity string
	var halves int64
	db.Raw("PRAGMA integrity_check").Scan(&integrity)
	err = db.Raw(`SELECT count(*) FROM users WHERE email LIKE 'person%' AND (
		(SELECT count(*) FROM accounts WHERE user_id = users.id AND password <> '') <> 1 OR
		(SELECT count(*) FROM sessions WHERE user_id = users.id) <> 1)`).Scan(&halves).Error
	if err != nil || integrity != "ok" || halves != 0 {
		t.Errorf("integrity %q, %d people by half, %v", integrity, halves, err)
	}
}

// TestStopWithSilentMailServer: a mail server that does not answer does not delay the stop, and no mail is lost.
func TestStopWithSilentMailServer(t *testing.T) {
	t.Parallel()
	dir, mails := t.TempDir(), mailtest.Serve(t, "")
	mails.Fail("EHLO", mailtest.Silence)
	env := []string{"SMTP_URL=smtp://" + mails.Addr, "MAIL_FROM=App <hello@app.example>"}
	s := start(t, dir, env...)
	c := authtest.NewClient(t, s.url)
	c.SignUp("ada@example.com")
	c.PostForm("/forgot-password", url.Values{"email": {"ada@example.com"}})
	<-mails.Held
	began := time.Now()
	s.stop(t)
	if took := time.Since(began); took > 20*time.Second { // without the rule the server has half a minute
		t.Errorf("the end took %v", took)
	}
	db, err := database.Open(databaseIn(dir), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close(db)
	var waiting int64
	err = db.Raw("SELECT count(*) FROM mails WHERE sent_at IS NULL AND due_at IS NOT NULL").Scan(&waiting).Error
	if err != nil || waiting == 0 {
		t.Errorf("%d letters wait for the next start, %v", waiting, err)
	}
}

// end:betterauth
