package audit

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/event"
	"gorm.io/gorm"
)

// A flood of refusals must fill neither the table nor the database's queue.
const (
	countFor   = time.Minute      // how long refusals of one kind are counted before the number is written
	maxKinds   = 10_000           // kinds counted at once; beyond them, refusals of one name are one kind
	maxWriting = 8                // refusals that are written, or wait for it, at once
	writeFor   = time.Second      // how long writing one may take
	flushFor   = 10 * time.Second // how long writing a batch of numbers may take; at the end of the program, all of them
	flushBatch = 50               // numbers in one transaction: other writers wait for it
)

// kind is what refusals have in common that are counted together.
type kind struct {
	name                                          event.Name
	actor, impersonator, subject, network, detail string
}

func kindOf(e auth.Event) kind {
	return kind{e.Name, e.ActorID, e.ImpersonatorID, e.SubjectID, network(e.IPAddress), e.Detail}
}

// network is address, and for IPv6 its /64: one customer has all of that, and could use a new address for each
// refusal.
func network(address string) string {
	if ip, err := netip.ParseAddr(address); err == nil && ip.Is6() && !ip.Is4In6() {
		return netip.PrefixFrom(ip, 64).Masked().String()
	}
	return address
}

// refusals counts the refusals of the minute that are not written, by kind. The zero value is ready.
type refusals struct {
	mu    sync.Mutex
	kinds map[kind]*counted
}

// count counts e, unless it is the first of its kind: then it returns what to write at once.
func (r *refusals) count(e auth.Event) (first counted, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, isNew := r.counter(e)
	if !isNew {
		c.times++
	}
	return counted{c.Event, 1}, isNew
}

// add counts refusals that could not be written.
func (r *refusals) add(list ...counted) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, unwritten := range list {
		c, _ := r.counter(unwritten.Event)
		c.times += unwritten.times
	}
}

func (r *refusals) counter(e auth.Event) (c *counted, isNew bool) {
	key := kindOf(e)
	if r.kinds[key] == nil && len(r.kinds) >= maxKinds {
		e = auth.Event{Name: e.Name, Refused: true, Detail: "many kinds at once"}
		key = kindOf(e)
	}
	if c := r.kinds[key]; c != nil {
		return c, false
	}
	if r.kinds == nil {
		r.kinds = map[kind]*counted{}
	}
	c = &counted{Event: e}
	r.kinds[key] = c
	return c, true
}

// take begins a new minute and returns the numbers of the last one.
func (r *refusals) take() (list []counted) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.kinds {
		if c.times > 0 {
			list = append(list, *c)
		}
	}
	r.kinds = nil
	return list
}

// recordRefusal writes the first refusal of a kind, also if the client has hung up, and counts the others. Run writes
// what cannot be written now.
func (l *Log) recordRefusal(tx *gorm.DB, e auth.Event) error {
	first, ok := l.refusals.count(e)
	if !ok {
		return nil
	}
	ctx := tx.Statement.Context
	l.log(ctx, first)
	if !l.queue.enter(ctx) {
		l.refusals.add(first)
		return nil
	}
	defer l.queue.leave()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeFor)
	defer cancel()
	err := tx.WithContext(ctx).Transaction(func(tx *gorm.DB) error { return l.append(tx, first) })
	if err != nil {
		l.refusals.add(first)
	}
	return err
}

// queue lets refusals be written one at a time, so that a flood of many kinds does not use up the connections.
type queue struct{ places, turn chan struct{} }

func newQueue() queue { return queue{make(chan struct{}, maxWriting), make(chan struct{}, 1)} }

// enter waits for the turn to write. It reports false if the queue is full or ctx ends first.
func (q queue) enter(ctx context.Context) bool {
	select {
	case q.places <- struct{}{}:
	default:
		return false
	}
	select {
	case q.turn <- struct{}{}:
		return true
	case <-ctx.Done():
		<-q.places
		return false
	}
}

func (q queue) leave() {
	<-q.turn
	<-q.places
}

// Run writes the numbers of refusals once a minute, and when ctx ends.
func (l *Log) Run(ctx context.Context) {
	tick := time.NewTicker(countFor)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			l.flush(ctx)
		case <-ctx.Done():
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushFor)
			defer cancel()
			l.flush(ctx)
			return
		}
	}
}

func (l *Log) flush(ctx context.Context) {
	list := l.refusals.take()
	for batch := range slices.Chunk(list, flushBatch) {
		if err := l.writeNumbers(ctx, batch); err != nil {
			l.refusals.add(list...)
			l.Logger.WarnContext(ctx, "audit: refusals are counted, but not written yet", "kinds", len(list), "error", err)
			return
		}
		list = list[len(batch):]
	}
}

func (l *Log) writeNumbers(ctx context.Context, batch []counted) error {
	ctx, cancel := context.WithTimeout(ctx, flushFor)
	defer cancel()
	select {
	case l.queue.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-l.queue.turn }()
	err := l.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error { return l.append(tx, batch...) })
	if err != nil {
		return err
	}
	for _, c := range batch {
		l.log(ctx, c)
	}
	return nil
}
