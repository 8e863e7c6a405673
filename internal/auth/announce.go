package auth

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

// notice says which sessions and users changed.
type notice struct {
	From string   `json:"from"` // the instance
	ID   string   `json:"id"`
	IDs  []string `json:"ids"`
}

// maxNoticeIDs keeps a notice below the 8,000 bytes that PostgreSQL takes: an id has 32 characters.
const maxNoticeIDs = 200

func (a *Auth) shared() bool { return a.db.Name() == "postgres" }

// announce tells the other instances, when t commits, what it voids. It returns the ids of the notices.
func (a *Auth) announce(t *transaction) (notices []string, err error) {
	for ids := t.invalid; len(ids) > 0 && a.shared(); {
		n := min(maxNoticeIDs, len(ids))
		v := notice{a.ear.id, newID(), ids[:n]}
		ids = ids[n:]
		payload, err := json.Marshal(v)
		if err == nil {
			err = t.Exec("SELECT pg_notify(?, ?)", revokedChannel, string(payload)).Error
		}
		if err != nil {
			return nil, err
		}
		notices = append(notices, v.ID)
	}
	return notices, nil
}

// takeNotice acts on a notice and has it confirmed. One's own that comes back shows that all older ones have, too.
func (a *Auth) takeNotice(payload string) {
	v, ok := readNotice(payload)
	if !ok {
		return
	}
	if v.From == a.ear.id {
		a.ear.confirmed(v.ID + " " + v.From)
		return
	}
	a.revoked.add(a.opts.Now(), v.IDs...)
	select {
	case a.ear.acks <- v.ID:
	default: // so many at once: the other waits, and this costs it ackWait
	}
}

// readNotice accepts what announce makes. Every program that can connect to the database can notify, so that a hostile
// payload must not end the connection that listens.
func readNotice(payload string) (v notice, ok bool) {
	err := json.Unmarshal([]byte(payload), &v)
	return v, err == nil && isID(v.From) && isID(v.ID)
}

// awaitHeard returns when no instance can honour what the notices void any more. It must not be called in a
// transaction.
//
// Say N is a notice and B an instance that trusts its cache without having acted on N. B does so by a nonce that was
// committed before N, for B's connection delivers in the order of commits. So B stops within a lease of N's commit:
// ackWait is always enough. Mostly B confirms at once; which B are there is known in two ways.
//
//   - By beats. A nonce of B that was committed before N arrives here before N does. When N has come back here and B's
//     last nonce is older than the lease, B has stopped: a frozen or dead one slows the first revocations alone.
//   - By name, where this process has listened for less than that, or does not hear. B gave its connection a name
//     before it sent the nonce, so the name is there after N's commit. What is left is a B whose connection the server
//     has ended within the lease and B has not noticed, beside a process that has just started or is deaf.
//
// A process that does not hear, as a command, waits for ackWait where there is any such name. A backend that bears
// one and sends no nonce, a pooler's or a stranger's, is an instance that is silent.
func (a *Auth) awaitHeard(notices []string) {
	if len(notices) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), ackWait) // a caller who leaves does not undo a revocation
	defer cancel()
	others, err := a.others(ctx)
	if err != nil {
		<-ctx.Done()
		a.opts.Logger.Warn("it is not known whether every instance heard of a revocation", "waited", ackWait, "error", err)
		return
	}
	for _, id := range notices {
		missing := a.ear.await(ctx, id, others)
		if len(missing) == 0 {
			continue
		}
		if a.Hears() { // else it is known that no confirmation arrives
			a.opts.Logger.Warn("not every instance confirmed a revocation in time", "waited", ackWait, "missing", missing)
		}
		return
	}
}

// others lists the instances that may trust their cache, but for this one.
func (a *Auth) others(ctx context.Context) (map[string]bool, error) {
	var names []string
	err := a.db.WithContext(ctx).Raw(`SELECT application_name FROM pg_stat_activity
		WHERE datname = current_database() AND application_name LIKE ?`, listenerName+"%").Scan(&names).Error
	others := a.ear.known()
	for _, name := range names {
		if id := strings.TrimPrefix(name, listenerName); isID(id) && id != a.ear.id {
			others[id] = true
		}
	}
	return others, err
}

// known are the instances whose nonces have arrived here of late.
func (l *listener) known() map[string]bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	known := map[string]bool{}
	for id := range l.beats {
		known[id] = true
	}
	return known
}

// expect makes room for the confirmations of notices.
func (l *listener) expect(notices []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range notices {
		l.waiting[id] = make(chan string, 256)
	}
}

func (l *listener) forget(notices []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range notices {
		delete(l.waiting, id)
	}
}

// confirmed takes a notice's id, a space and the instance that acted on it.
func (l *listener) confirmed(payload string) {
	id, from, _ := strings.Cut(payload, " ")
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case l.waiting[id] <- from: // a nil channel is never ready: no revocation waits for this
	default:
	}
}

// await waits until each of the others has confirmed a notice or has stopped trusting its cache. It returns the instances
// that have done neither when the time is up.
func (l *listener) await(ctx context.Context, notice string, others map[string]bool) (missing []string) {
	l.mu.Lock()
	acks := l.waiting[notice]
	l.mu.Unlock()
	left, back := maps.Clone(others), false // back: the notice has arrived here
	look := time.NewTicker(lease / 20)
	defer look.Stop()
	for len(left) > 0 {
		select {
		case id := <-acks:
			delete(left, id)
			back = back || id == l.id
		case <-look.C:
		case <-ctx.Done():
			return slices.Sorted(maps.Keys(left))
		}
		if back {
			l.dropSilent(left)
		}
	}
	return nil
}

func (l *listener) dropSilent(ids map[string]bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	maps.DeleteFunc(ids, func(id string, _ bool) bool { return l.silent(id) })
}

// silent reports whether an instance has stopped trusting its cache: this process hears, and has had no nonce of it
// for longer than the lease although it listened. l.mu is held.
func (l *listener) silent(id string) bool {
	last := l.beats[id]
	if last.Before(l.since) {
		last = l.since
	}
	return l.hears && time.Since(last) > silence
}
