package worker_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"example.com/foyer/internal/worker"
)

// TestRun: after a panic, work is called again; after it returns, it is not.
func TestRun(t *testing.T) {
	var log bytes.Buffer
	calls := 0
	worker.Run(t.Context(), slog.New(slog.NewTextHandler(&log, nil)), "outbox", func(context.Context) {
		if calls++; calls == 1 {
			panic("a letter too odd")
		}
	})
	if calls != 2 {
		t.Errorf("called %d times, want 2", calls)
	}
	for _, want := range []string{"worker=outbox", "a letter too odd", "worker_test.go"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("%q is missing from the log: %s", want, log.String())
		}
	}
}

// TestRunEnds: after the end of ctx, work is not called again.
func TestRunEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	worker.Run(ctx, slog.New(slog.DiscardHandler), "outbox", func(context.Context) {
		calls++
		cancel()
		panic("at the end")
	})
	if calls != 1 {
		t.Errorf("called %d times, want 1", calls)
	}
}
