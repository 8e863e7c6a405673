package main

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
)

var reported = regexp.MustCompile(
	`^(\d+) events, all as they were written; (\d+) older ones are pruned\nhead (\d+:[0-9a-f]{64})\n$`)

// TestAuditCommands: the acts of users and commands are in the trail of a running server, counted refusals after its
// end. An edited event makes verify fail.
func TestAuditCommands(t *testing.T) {
	dir, url := t.TempDir(), dbtest.Postgres(t)
	env := []string{"DATABASE_URL=" + url}
	verify := func(args ...string) []string {
		t.Helper()
		stdout, stderr, code := result(t, dir, "", env, append([]string{"audit", "verify"}, args...)...)
		found := reported.FindStringSubmatch(stdout)
		if code != 0 || found == nil {
			t.Fatalf("exit status %d, %q %q", code, stdout, stderr)
		}
		return found
	}
	s := start(t, dir, env...)
	b := authtest.NewClient(t, s.url)
	b.SignUp("ada@example.com")
	for range 20 {
		if got := b.Get("/admin").StatusCode; got != http.StatusForbidden {
			t.Fatalf("/admin as a plain user: %d", got)
		}
	}
	b.PostForm("/logout", nil)
	noted := verify()[3] // while it runs
	s.stop(t)
	if log := s.output(); !strings.Contains(log, "event=sign_up") {
		t.Errorf("no event in the log: %s", log)
	}
	result(t, dir, "", env, "user", "promote", "ada@example.com")
	const events = 2 + 1 + 2 + 1 + 1 // two demo users, sign-up, refusals, log-out, role
	if got := verify(noted); got[1] != fmt.Sprint(events) {
		t.Errorf("%s events, want %d", got[1], events)
	}
	db := dbtest.Open(t, url)
	var times int64
	if err := db.Raw("SELECT SUM(times) FROM audit_events WHERE event = 'forbidden'").Scan(&times).Error; err != nil ||
		times != 20 {
		t.Errorf("%d refusals, %v; want 20", times, err)
	}

	for day, want := range map[string]string{time.Now().UTC().Format(time.DateOnly): "last 7 days", "2001-02-03": ""} {
		stdout, stderr, code := result(t, dir, "", env, "audit", "prune", day)
		done := code == 0 && stdout == "0 events before 2001-02-03 are pruned\n"
		if refused := code != 0 && strings.Contains(stderr, want); want == "" && !done || want != "" && !refused {
			t.Errorf("prune %s: %d %q %q", day, code, stdout, stderr)
		}
	}
	if err := db.Exec("UPDATE audit_events SET detail = 'role: user' WHERE event = 'role_changed'").Error; err != nil {
		t.Fatal(err)
	}
	if stdout, stderr, code := result(t, dir, "", env, "audit", "verify"); code == 0 || stdout != "" ||
		!strings.Contains(stderr, "broken at event 7: it was edited") {
		t.Errorf("verify after an edit: %d %q %q", code, stdout, stderr)
	}
}
