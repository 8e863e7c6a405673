package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/database"
	"example.com/foyer/internal/worker"
	"example.com/foyer/migrations"
	"example.com/foyer/web"
)

// Once the door is shut, requests under way and workers have stopTime in all, of which the workers' last words are
// kept for what the last request caused.
const (
	stopTime  = 10 * time.Second
	lastWords = time.Second
)

// handOver is how much longer than a whole stop another process that serves the same SQLite file may take to end.
const handOver = 5 * time.Second

// serve runs the app until ctx ends, then lets requests under way finish.
func (a *app) serve(ctx context.Context) error {
	ctx, end := context.WithCancel(ctx)
	defer end()
	patience := a.DrainDelay + stopTime + handOver
	release, err := database.LockForServing(ctx, a.db, patience, func() {
		a.log.Info("waiting for another process that serves this database to end", "limit", patience)
	})
	if err != nil && ctx.Err() != nil {
		return nil // told to stop while it waited
	}
	if err != nil {
		return err
	}
	defer release()
	provider, err := a.auth(ctx)
	if err != nil {
		return err
	}
	if a.Development {
		if err := a.seed(ctx, provider); err != nil {
			return err
		}
	}
	var readers []string
	if a.CORS {
		readers = a.TrustedOrigins
	}
	config := web.Config{
		CORSOrigins: readers,
		Auth:        provider, AppURL: a.AppURL, Development: a.Development, Logger: a.log,
		Reload: a.reload,
		Mails:  a.mails,
		Keys:   a.ring,
		Audit:  a.trail,
		Ready:  func(ctx context.Context) error { return database.Ready(ctx, a.db, migrations.FS) },
	}
	if config.API, err = a.api(provider); err != nil {
		return err
	}
	if config.Services, err = a.services(); err != nil {
		return err
	}
	site := web.New(config)
	listener, err := net.Listen("tcp", a.Addr)
	if err != nil {
		return err
	}
	for _, warning := range a.Warnings() {
		a.log.Warn(warning)
	}
	database.Bound(a.db, provider.Hears)
	a.announce()

	server := &http.Server{
		Handler:           site,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
	endWork := a.work(ctx, provider)
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

// work starts what runs beside the requests. The outbox ends with ctx, the rest when end is called. end waits for all
// of them until its own context is over.
func (a *app) work(ctx context.Context, provider *auth.Auth) (end func(context.Context)) {
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var working sync.WaitGroup
	start := func(ctx context.Context, name string, run func(context.Context)) {
		working.Go(func() { worker.Run(ctx, a.log, name, run) })
	}
	start(ctx, "outbox", a.mails.Run)           // takes up no letter after the signal: the next process sends it
	start(background, "provider", provider.Run) // hears of revocations as long as requests are answered
	start(background, "trail", a.trail.Run)     // counts the refusals of the last request too
	return func(ctx context.Context) {
		cancel()
		ended := make(chan struct{})
		go func() { working.Wait(); close(ended) }()
		select {
		case <-ended:
		case <-ctx.Done():
			a.log.Warn("workers cut off", "after", stopTime)
		}
	}
}

// stop tells load balancers by /readyz that no more visitors are wanted and goes on answering for as long as drain says,
// because a balancer looks only now and then. Then the door is shut, and what is under way has stopTime.
func (a *app) stop(site *web.Server, server *http.Server, drain time.Duration, endWork func(context.Context)) error {
	a.log.Info("stopping", "drain", drain)
	site.Drain()
	time.Sleep(drain) // a second signal ends the process meanwhile
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	defer endWork(ctx)
	requests, cancel := context.WithTimeout(ctx, stopTime-lastWords)
	defer cancel()
	err := server.Shutdown(requests)
	if errors.Is(err, context.DeadlineExceeded) {
		a.log.Warn("requests cut off", "after", stopTime-lastWords)
		return server.Close()
	}
	return err
}

// announce tells the person at the terminal where to go and, in development, how to get in.
func (a *app) announce() {
	if !a.Development {
		a.log.Info("listening", "addr", a.Addr, "url", a.AppURL)
		return
	}
	fmt.Fprintf(a.stdout, "\n  %s is at %s\n\n", web.AppName, a.AppURL)
	for _, u := range a.dev.users() {
		fmt.Fprintf(a.stdout, "  %s  password  %s\n", u.Email, u.Password)
	}
	fmt.Fprintln(a.stdout)
}

// oneLine makes the faults of err fit a terminal and a log.
func oneLine(err error) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(err.Error(), "\n", "; ")), " ")
}
