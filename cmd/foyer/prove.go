package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A proof shows that parts come off: without each set of them, in a copy of root, the rest builds and nothing is left
// behind.
type proof struct {
	root   folder
	before tree
	list   partList
	copy   folder // the same for all sets, so that they share what Go compiled
	out    io.Writer
}

// prove removes each of the named parts alone, with what needs it, or every part and then all of them. Pairs adds
// every two.
func prove(ctx context.Context, root folder, names []string, pairs bool, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "foyer-prove-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	p := proof{root: root, copy: folder(filepath.Join(dir, "copy")), out: out}
	if p.before, err = root.read(ctx); err != nil {
		return err
	}
	if p.list, err = readParts(p.before[partsFile]); err != nil {
		return err
	}
	if err := p.list.check(p.list.with(names...)); err != nil {
		return err
	}
	faults, err := leftovers(p.before)
	if err != nil {
		return err
	}
	if len(faults) > 0 {
		return errors.New(strings.Join(faults, "\n"))
	}
	for _, set := range p.sets(names, pairs) {
		if err := p.without(ctx, set, false); err != nil {
			return fmt.Errorf("without %s: %w", strings.Join(set, ", "), err)
		}
	}
	if len(names) > 0 {
		return nil
	}
	if err := p.without(ctx, p.list.names(), true); err != nil {
		return fmt.Errorf("without any part: %w", err)
	}
	return nil
}

// sets returns what is removed together: each name, or every part and pair of parts, with the parts that need them.
func (p proof) sets(names []string, pairs bool) (sets [][]string) {
	if len(names) == 0 {
		names = p.list.names()
	}
	for i, a := range names {
		sets = append(sets, p.list.with(a))
		if !pairs {
			continue
		}
		for _, b := range names[i+1:] {
			sets = append(sets, p.list.with(a, b))
		}
	}
	slices.SortStableFunc(sets, slices.Compare)
	return slices.CompactFunc(sets, slices.Equal)
}

// without proves one set. The whole proof is for all parts at once, as a new project leaves them out: every test runs,
// and no function may be left that nothing calls.
func (p proof) without(ctx context.Context, set []string, whole bool) error {
	started := clock()
	if err := os.RemoveAll(string(p.copy)); err != nil {
		return err
	}
	if _, err := p.root.copyTo(ctx, p.copy); err != nil {
		return err
	}
	r := removal{parts: set}
	if !whole {
		r.has = p.before.only(p.list.migrationsOf(set))
	}
	after, err := render(p.before, r)
	if err != nil {
		return err
	}
	if err := p.copy.write(p.before, after); err != nil {
		return err
	}
	if err := settle(ctx, p.copy, p.before); err != nil {
		return err
	}
	if after, err = p.copy.read(ctx); err != nil {
		return err
	}
	faults, err := leftovers(after)
	if err != nil {
		return err
	}
	if faults = append(faults, orphans(p.before, after)...); len(faults) > 0 {
		return errors.New(strings.Join(faults, "\n"))
	}
	if err := p.test(ctx, whole); err != nil {
		return err
	}
	fmt.Fprintf(p.out, "without %s: %.1f s\n", strings.Join(set, ", "), clock().Sub(started).Seconds())
	return nil
}

func (p proof) test(ctx context.Context, whole bool) error {
	if !whole {
		_, err := p.copy.run(ctx, "go", "test", "./internal")
		return err
	}
	if _, err := p.copy.run(ctx, "go", "test", "./..."); err != nil {
		return err
	}
	dead, err := deadCode(ctx, p.copy)
	if err != nil {
		return err
	}
	if len(dead) > 0 {
		return errors.New(strings.Join(dead, "\n"))
	}
	return nil
}

func clock() time.Time { return time.Now().UTC() }
