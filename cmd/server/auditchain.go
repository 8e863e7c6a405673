package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"example.com/foyer/internal/audit/chain"
)

// addAuditChain seals the trail.
func (a *app) addAuditChain() (err error) {
	if a.chain, err = chain.New(a.site.Audit, a.db, a.Secrets); err != nil {
		return err
	}
	a.site.Audit.Seal = a.chain.Seal
	a.checks = append(a.checks, check{"audit trail", func(ctx context.Context) error {
		_, err := a.chain.Verify(ctx)
		return err
	}})
	return nil
}

// verifyAudit verifies the trail and prints its head. args is the head of an earlier run, as printed, or nothing.
func (a *app) verifyAudit(ctx context.Context, args []string) error {
	var noted []chain.Point
	for _, arg := range args {
		number, link, _ := strings.Cut(arg, ":")
		seq, err := strconv.ParseInt(number, 10, 64)
		if err != nil || link == "" {
			return errUsage
		}
		noted = append(noted, chain.Point{Seq: seq, Link: link})
	}
	if err := a.prepare(ctx); err != nil {
		return err
	}
	r, err := a.chain.Verify(ctx, noted...)
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
	n, err := a.chain.Prune(ctx, day)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%d events before %s are pruned\n", n, args[0])
	return nil
}
