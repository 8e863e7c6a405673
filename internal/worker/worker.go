// Package worker runs background work: a panic in it must not end the program.
package worker

import (
	"context"
	"log/slog"
	"runtime/debug"
	"time"
)

// pause is the wait between a panic and the next start, so that work that always panics does not fill the log.
const pause = time.Second

// Run calls work and returns when work does. If work panics, Run logs the stack under name and calls work again after a
// second, unless ctx has ended.
func Run(ctx context.Context, log *slog.Logger, name string, work func(context.Context)) {
	for panicked(ctx, log, name, work) {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

func panicked(ctx context.Context, log *slog.Logger, name string, work func(context.Context)) (yes bool) {
	defer func() {
		if p := recover(); p != nil {
			log.ErrorContext(ctx, "worker panicked", "worker", name, "panic", p, "stack", string(debug.Stack()))
			yes = true
		}
	}()
	work(ctx)
	return false
}
