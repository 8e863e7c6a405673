package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"example.com/foyer/internal/audit"
	"example.com/foyer/internal/database"
)

// addAudit makes the trail, which records what auth reports.
func (a *app) addAudit() (err error) {
	a.site.Audit, err = audit.New(a.db, audit.Options{Secrets: a.Secrets, Now: database.Now, Logger: a.log})
	if err != nil {
		return err
	}
	a.options.OnEvent = a.site.Audit.Record
	a.works = append(a.works, work{name: "trail", run: a.site.Audit.Run}) // counts the refusals of the last request too
	return nil
}

// verifyAudit checks the trail and prints its head. args is the head of an earlier run, as printed, or nothing.
func (a *app) verifyAudit(ctx context.Context, args []string) error {
	var noted []audit.Point
	for _, arg := range args {
		number, link, _ := strings.Cut(arg, ":")
		seq, err := strconv.ParseInt(number, 10, 64)
		if err != nil || link == "" {
			return errUsage
		}
		noted = append(noted, audit.Point{Seq: seq, Link: link})
	}
	if err := a.prepare(ctx); err != nil {
		return err
	}
	r, err := a.site.Audit.Verify(ctx, noted...)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%d events, all as they were written; %d older ones are pruned\nhead %d:%s\n",
		r.Events, r.Pruned, r.Head.Seq, r.Head.Link)
	return nil
}

// pruneAudit deletes the events before a day.
func (a *app) pruneAudit(ctx context.Context, args []string) error {
	day, err := time.Parse(time.DateOnly, args[0])
	if err != nil {
		return errUsage
	}
	if err := a.prepare(ctx); err != nil {
		return err
	}
	n, err := a.site.Audit.Prune(ctx, day)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%d events before %s are pruned\n", n, args[0])
	return nil
}
