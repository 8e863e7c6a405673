package audit

import (
	"context"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"example.com/foyer/internal/auth"
	"gorm.io/gorm"
)

const (
	countFor   = time.Minute      // how long refusals that are alike are counted up
	maxCounted = 10_000           // kinds counted at once; what comes beyond them is told apart by its name alone
	lastFlush  = 10 * time.Second // how long writing what was counted may take, at the end of the program in all
	maxWriting = 8                // refusals that are written, or wait to be, at the same time
	writeFor   = time.Second      // how long writing one may take
)

// alike is what refusals have in common that are counted together.
type alike struct{ name, actor, impersonator, subject, address, detail string }

// refusals counts those of the minute: the first of each kind, and how often there was another that is not written yet.
// The zero value is ready.
type refusals struct {
	mu    sync.RWMutex // held to write for a new kind alone: a flood counts side by side
	kinds map[alike]*tally
}

// tally is the first event of a kind, and how many others are not written yet.
type tally struct {
	auth.Event
	times atomic.Int64
}

// note counts e. Where it is the first of its kind, it is not counted but returned for writing.
func (r *refusals) note(e auth.Event) (first *auth.Event) {
	key := kindOf(e)
	if r.count(key, 1) {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	c, known := r.kind(key, e)
	if !known {
		return &c.Event
	}
	c.times.Add(1)
	return nil
}

// again counts e n times more, none of which is written.
func (r *refusals) again(e auth.Event, n int64) {
	key := kindOf(e)
	if r.count(key, n) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	c, _ := r.kind(key, e)
	c.times.Add(n)
}

// count counts n more of a kind, and reports whether it is known.
func (r *refusals) count(key alike, n int64) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	c := r.kinds[key]
	if c == nil {
		return false
	}
	c.times.Add(n)
	return true
}

func kindOf(e auth.Event) alike {
	return alike{string(e.Name), e.ActorID, e.ImpersonatorID, e.SubjectID, network(e.IPAddress), e.Detail}
}

func (r *refusals) kind(key alike, e auth.Event) (c *tally, known bool) {
	if c = r.kinds[key]; c != nil {
		return c, true
	}
	if len(r.kinds) >= maxCounted {
		e = auth.Event{Name: e.Name, Refused: true, Detail: "many kinds at once"}
		key = kindOf(e)
	}
	if c = r.kinds[key]; c != nil {
		return c, true
	}
	if r.kinds == nil {
		r.kinds = map[alike]*tally{}
	}
	c = &tally{Event: e}
	r.kinds[key] = c
	return c, false
}

// network is who is counted as one: of IPv6 the /64 that one customer has to himself, and could send each refusal from
// another address of.
func network(address string) string {
	if ip, err := netip.ParseAddr(address); err == nil && ip.Is6() && !ip.Is4In6() {
		return netip.PrefixFrom(ip, 64).Masked().String()
	}
	return address
}

// take begins another minute, and returns what the last one left to write.
func (r *refusals) take() (list []told) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.kinds {
		if n := c.times.Load(); n > 0 {
			list = append(list, told{c.Event, n})
		}
	}
	r.kinds = nil
	return list
}

// refuse writes the first of its kind, also where the client has hung up since. What cannot be written now is counted, and
// written by Run.
func (l *Log) refuse(tx *gorm.DB, e auth.Event) error {
	first := l.counted.note(e)
	if first == nil {
		return nil
	}
	ctx := tx.Statement.Context
	l.log(ctx, told{*first, 1})
	if !l.queue.enter(ctx) {
		l.counted.again(*first, 1)
		return nil
	}
	defer l.queue.leave()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeFor)
	defer cancel()
	err := tx.WithContext(ctx).Transaction(func(tx *gorm.DB) error { return l.append(tx, told{*first, 1}) })
	if err != nil {
		l.counted.again(*first, 1)
	}
	return err
}

// queue lets refusals be written one at a time: a flood of many kinds must not wait in the database.
type queue struct{ places, turn chan struct{} }

func newQueue() queue { return queue{make(chan struct{}, maxWriting), make(chan struct{}, 1)} }

// enter waits for its turn to write, and reports whether it came: not where the queue is full or ctx ends first.
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

// Run writes once a minute, and when ctx ends, how many refusals there were of each kind beside the first.
func (l *Log) Run(ctx context.Context) {
	tick := time.NewTicker(countFor)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			l.flush(ctx)
		case <-ctx.Done():
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastFlush)
			defer cancel()
			l.flush(ctx)
			return
		}
	}
}

// flush writes in small transactions, so that nobody waits long for the end of the chain.
func (l *Log) flush(ctx context.Context) {
	const batch = 50
	for list := l.counted.take(); len(list) > 0; {
		some := list[:min(batch, len(list))]
		if err := l.writeCounted(ctx, some); err != nil {
			for _, c := range list {
				l.counted.again(c.Event, c.times)
			}
			l.Logger.WarnContext(ctx, "audit: refusals are counted and not written yet", "kinds", len(list), "error", err)
			return
		}
		list = list[len(some):]
	}
}

func (l *Log) writeCounted(ctx context.Context, list []told) error {
	ctx, cancel := context.WithTimeout(ctx, lastFlush)
	defer cancel()
	select {
	case l.queue.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-l.queue.turn }()
	err := l.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error { return l.append(tx, list...) })
	if err != nil {
		return err
	}
	for _, c := range list {
		l.log(ctx, c)
	}
	return nil
}
