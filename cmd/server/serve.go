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

	"example.com/foyer/internal/database"
	keyring "example.com/foyer/internal/keys"
	"example.com/foyer/migrations"
	"example.com/foyer/web"
)

// drainTime is how long requests under way may take after a signal to stop.
const drainTime = 10 * time.Second

// serve runs the app until ctx ends, then lets requests under way finish.
func (a *app) serve(ctx context.Context) error {
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
		Audit:  a.trail,
		Ready:  func(ctx context.Context) error { return database.Ready(ctx, a.db, migrations.FS) },
	}
	if config.Services, err = a.services(); err != nil {
		return err
	}
	if config.Keys, err = keyring.New(a.Secrets); err != nil {
		return err
	}
	site := web.New(config)
	listener, err := net.Listen("tcp", a.Addr)
	if err != nil {
		return err
	}
	a.announce()

	requests := &inFlight{next: site}
	server := &http.Server{
		Handler:           requests,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
	background, stopBackground := context.WithCancel(context.WithoutCancel(ctx))
	var working sync.WaitGroup
	working.Go(func() { provider.Run(background) })
	working.Go(func() { a.mails.Run(background) })
	working.Go(func() { a.trail.Run(background) })
	defer working.Wait()
	defer stopBackground()

	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	return a.stop(site, requests, server)
}

// stop keeps answering while requests are under way, so that a load balancer sees /readyz turn 503, and closes
// the door when the last one is done or the time is up.
func (a *app) stop(site *web.Server, requests *inFlight, server *http.Server) error {
	a.log.Info("stopping")
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	site.Drain()
	select {
	case <-requests.idle():
	case <-ctx.Done():
	}
	if err := server.Shutdown(ctx); err != nil {
		server.Close()
		if !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		a.log.Warn("requests cut off", "after", drainTime)
	}
	return nil
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

// inFlight counts requests under way; health checks are not work.
type inFlight struct {
	next http.Handler
	mu   sync.Mutex
	n    int
	done chan struct{} // closed when n reaches 0; nil until somebody waits
}

// ServeHTTP implements http.Handler.
func (f *inFlight) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/readyz" && r.URL.Path != "/healthz" {
		f.add(1)
		defer f.add(-1)
	}
	f.next.ServeHTTP(w, r)
}

func (f *inFlight) add(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n += n
	if f.n == 0 && f.done != nil {
		close(f.done)
		f.done = nil
	}
}

// idle is closed when no request is under way.
func (f *inFlight) idle() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	done := make(chan struct{})
	if f.n == 0 {
		close(done)
	} else {
		f.done = done
	}
	return done
}

// oneLine makes the faults of err fit a terminal and a log.
func oneLine(err error) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(err.Error(), "\n", "; ")), " ")
}
