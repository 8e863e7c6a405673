// Command bench compares the app with a bare net/http handler that answers the same headers and bytes:
//
//	go run ./internal/bench
//	go run ./internal/bench -flood 1500
//
// Three processes share the machine, all on the loopback interface: the app, built from cmd/server; the bare server;
// and this one, which sends requests on kept-open connections. App and bare server are measured in turns, so that
// other work of the machine slows down both. Compare the ratios; requests per second depend on the machine.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

type options struct {
	seconds  float64
	database string
	clients  int
	only     string
	flood    int
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == bareCommand {
		if err := serveBare(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	var o options
	flag.Float64Var(&o.seconds, "seconds", 3, "time for each measurement, at most 20")
	flag.StringVar(&o.database, "database", "", "URL of an empty database (default SQLite in a temporary folder)")
	flag.IntVar(&o.clients, "clients", 16, "kept-open connections")
	flag.StringVar(&o.only, "only", "", "measure only the reads whose name contains this")
	flag.IntVar(&o.flood, "flood", 0, "measure only signing in, beside so many connections of a refused address: 1500")
	flag.Parse()
	o.seconds = min(o.seconds, 20) // everything must be measured in the five minutes for which a cached session is valid

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

// run builds the app in a temporary folder, measures it, and ends every process that it started.
func run(ctx context.Context, o options, stdout io.Writer) error {
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if o.database == "" {
		o.database = "file:" + dir + "/bench.db"
	}
	binary, err := build(ctx, dir)
	if err != nil {
		return err
	}
	if o.flood > 0 {
		return flood(ctx, o, binary, dir, stdout)
	}
	return compare(ctx, o, binary, dir, stdout)
}

func compare(ctx context.Context, o options, binary, dir string, stdout io.Writer) error {
	app, err := startApp(ctx, binary, dir, o.database)
	if err != nil {
		return err
	}
	defer func() { app.stop() }()

	v, err := enter(ctx, app.addr)
	if err != nil {
		return err
	}
	pages, err := v.capture(ctx)
	if err != nil {
		return err
	}
	bare, err := startBare(ctx, pages)
	if err != nil {
		return err
	}
	defer func() { bare.stop() }()

	workers := max(1, runtime.GOMAXPROCS(0)-1)
	fmt.Fprintf(stdout, "%s %s/%s, %d cores, %d password workers, %d connections, %v each\n\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), workers, o.clients, o.duration())
	if !v.cached {
		fmt.Fprintln(stdout, "no session cache on this database: \"cached\" reads query the store too")
	}
	b := &bench{options: o, ctx: ctx, out: stdout, app: app, bare: bare, visitor: v, workers: workers}
	if err := b.measure(pages); err != nil {
		return err
	}
	app.stop()
	start, err := startTime(ctx, binary, dir, o.database)
	if err != nil {
		return err
	}
	b.row("start, warm database", "", fmt.Sprintf("%d ms", start.Milliseconds()), "", "", "")
	return nil
}

func (o options) duration() time.Duration { return time.Duration(o.seconds * float64(time.Second)) }
