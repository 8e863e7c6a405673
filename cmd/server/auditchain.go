package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"example.com/foyer/internal/audit/chain"
	"example.com/foyer/internal/database"
	"example.com/foyer/migrations"
)

// parseAudit reads verify [seq:link] and prune <yyyy-mm-dd>; it returns nil for anything else.
func parseAudit(args []string) func(*app, context.Context) error {
	switch {
	case len(args) == 1 && args[0] == "verify":
		return func(a *app, ctx context.Context) error { return a.verifyAudit(ctx) }
	case len(args) == 2 && args[0] == "verify":
		seq, link, _ := strings.Cut(args[1], ":")
		if n, err := strconv.ParseInt(seq, 10, 64); err == nil && link != "" {
			return func(a *app, ctx context.Context) error { return a.verifyAudit(ctx, chain.Point{Seq: n, Link: link}) }
		}
	case len(args) == 2 && args[0] == "prune":
		if day, err := time.Parse(time.DateOnly, args[1]); err == nil {
			return func(a *app, ctx context.Context) error { return a.pruneAudit(ctx, day) }
		}
	}
	return nil
}

func (a *app) verifyAudit(ctx context.Context, noted ...chain.Point) error {
	if err := database.Migrate(ctx, a.db, migrations.FS); err != nil {
		return err
	}
	r, err := a.chain.Verify(ctx, noted...)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%d events, all as they were written; %d older ones are pruned\n", r.Events, r.Pruned)
	fmt.Fprintf(a.stdout, "head %d:%s\n", r.Head.Seq, r.Head.Link)
	return nil
}

func (a *app) pruneAudit(ctx context.Context, day time.Time) error {
	if err := database.Migrate(ctx, a.db, migrations.FS); err != nil {
		return err
	}
	n, err := a.chain.Prune(ctx, day)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%d events before %s are pruned\n", n, day.Format(time.DateOnly))
	return nil
}
