package main

import (
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database"
	"example.com/foyer/internal/database/dbtest"
)

var reported = regexp.MustCompile(`^(\d+) events, all as they were written; (\d+) older ones are pruned
head (\d+:[0-9a-f]{64})
$`)

// The trail has the acts of users and commands on a running server and, after its stop, the number of refusals.
// After an edit, verify fails.
func TestAuditCommands(t *testing.T) {
	t.Parallel()
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
	err := db.Raw("SELECT SUM(times) FROM audit_events WHERE event = 'forbidden'").Scan(&times).Error
	if err != nil || times != 20 {
		t.Errorf("%d refusals, %v; want 20", times, err)
	}

	stdout, stderr, code := result(t, dir, "", env, "audit", "prune", "2001-02-03")
	if code != 0 || stdout != "0 events before 2001-02-03 are pruned\n" {
		t.Errorf("prune: %d %q %q", code, stdout, stderr)
	}
	stdout, stderr, code = result(t, dir, "", env, "audit", "prune", time.Now().UTC().Format(time.DateOnly))
	if code == 0 || stdout != "" || !strings.Contains(stderr, "last 7 days") {
		t.Errorf("prune today: %d %q %q", code, stdout, stderr)
	}
	if err := db.Exec("UPDATE audit_events SET detail = 'role: user' WHERE event = 'role_changed'").Error; err != nil {
		t.Fatal(err)
	}
	stdout, stderr, code = result(t, dir, "", env, "audit", "verify")
	if code == 0 || stdout != "" || !strings.Contains(stderr, "broken at event 7: this event was edited") {
		t.Errorf("verify after an edit: %d %q %q", code, stdout, stderr)
	}
}

// TestBackupOfAnAlteredTrail: a backup and a restore say so, and take place: the one who altered the trail must not be
// able to prevent them.
func TestBackupOfAnAlteredTrail(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	succeed(t, dir, nil, "password", "seed")
	succeed(t, dir, nil, "checked: integrity, foreign keys, audit trail\n$", "backup", "whole.db")
	db := dbtest.Open(t, databaseIn(dir))
	if err := db.Exec("UPDATE audit_events SET detail = 'role: user' WHERE seq = 1").Error; err != nil {
		t.Fatal(err)
	}
	database.Close(db)
	for _, args := range [][]string{{"backup", "altered.db"}, {"restore", "altered.db"}} {
		stdout, stderr, code := result(t, dir, "", nil, args...)
		if code != 1 || !strings.Contains(stdout, "audit trail\n") ||
			!strings.Contains(stderr, "complete, but its audit trail failed the check: the trail is broken at event 1") {
			t.Errorf("%v: %d %q %q", args, code, stdout, stderr)
		}
	}
	if kept, err := filepath.Glob(filepath.Join(dir, databaseFile+".before-*")); len(kept) != 1 {
		t.Errorf("kept: %v, %v", kept, err)
	}
}
