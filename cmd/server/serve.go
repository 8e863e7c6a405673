package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"example.com/foyer/internal/database"
	"example.com/foyer/internal/worker"
	"example.com/foyer/web"
)

// After the listener is closed, running requests and works have stopTime together. workerTime at its end is reserved
// for works, so that they finish what the last request caused.
const (
	stopTime   = 10 * time.Second
	workerTime = time.Second
)

// handOver is how much longer than a whole stop serve waits for another process that serves the same SQLite file.
const handOver = 5 * time.Second

// serve runs the app until ctx ends, then lets running requests finish.
func (a *app) serve(ctx context.Context, _ []string) error {
	if err := a.open(); err != nil {
		return err
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	release, err := a.lockDatabase(ctx)
	if err != nil && ctx.Err() != nil {
		return nil // stopped during the wait
	}
	if err != nil {
		return err
	}
	defer release()
	if err := a.build(ctx); err != nil {
		return err
	}
	if a.Development {
		if err := a.seed(ctx); err != nil {
			return err
		}
	}
	site := web.New(a.site)
	listener, err := net.Listen("tcp", a.Addr)
	if err != nil {
		return err
	}
	for _, warning := range append(a.Warnings(), a.warnings...) {
		a.log.Warn(warning)
	}
	database.Bound(a.db, a.auth.Hears)
	a.announce()

	server := a.server(site)
	endWork := a.startWork(ctx)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case failure := <-failed:
		end()
		return errors.Join(failure, a.stop(site, server, 0, endWork))
	case <-ctx.Done():
	}
	return a.stop(site, server, a.DrainDelay, endWork)
}

// lockDatabase waits until no other process serves the same SQLite file.
func (a *app) lockDatabase(ctx context.Context) (release func(), err error) {
	limit := a.DrainDelay + stopTime + handOver
	return database.LockForServing(ctx, a.db, limit, func() {
		a.log.Info("waiting for another process that serves this database to end", "limit", limit)
	})
}

func (a *app) server(site http.Handler) *http.Server {
	return &http.Server{
		Handler:           site,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
}

// work runs beside the requests until the last one is answered; early work ends with the signal to stop.
type work struct {
	name  string
	run   func(context.Context)
	early bool
}

// startWork starts all works. end ends them and waits until they have ended or its own context is over.
func (a *app) startWork(ctx context.Context) (end func(context.Context)) {
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var working sync.WaitGroup
	for _, w := range a.works {
		until := background
		if w.early {
			until = ctx
		}
		working.Go(func() { worker.Run(until, a.log, w.name, w.run) })
	}
	return func(ctx context.Context) {
		cancel()
		ended := make(chan struct{})
		go func() { working.Wait(); close(ended) }()
		select {
		case <-ended:
		case <-ctx.Done():
			a.log.Warn("background work did not end in time", "after", stopTime)
		}
	}
}

// stop makes /readyz answer 503 and keeps serving for drain, because a load balancer only asks now and then. Then it
// closes the listener. Running requests have stopTime − workerTime, and works the rest.
func (a *app) stop(site *web.Server, server *http.Server, drain time.Duration, endWork func(context.Context)) error {
	a.log.Info("stopping", "drain", drain)
	site.Drain()
	time.Sleep(drain) // a second signal ends the process
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	defer endWork(ctx)
	requests, cancel := context.WithTimeout(ctx, stopTime-workerTime)
	defer cancel()
	err := server.Shutdown(requests)
	if errors.Is(err, context.DeadlineExceeded) {
		a.log.Warn("requests did not end in time", "after", stopTime-workerTime)
		return server.Close()
	}
	return err
}
