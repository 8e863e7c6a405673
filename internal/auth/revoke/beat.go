package revoke

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"example.com/foyer/internal/id"
	"github.com/jackc/pgx/v5"
)

// nonce proves, when it comes back, that notifications arrive.
type nonce struct {
	id string
	at time.Time // monotonic, before it was sent
}

// speak sends a nonce each beat and acknowledges messages, until ctx ends or nonces do not come back.
func (b *Bus) speak(ctx context.Context) error {
	next := time.NewTimer(0)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case id := <-b.acks:
			if err := b.send(ctx, ackChannel, func() string { return id + " " + b.id }); err != nil {
				b.report(ctx, missed, err)
			}
		case <-next.C:
			if err := b.sendNonce(ctx); err != nil {
				return err
			}
			next.Reset(beat)
		}
	}
}

// sendNonce fails if too many nonces did not come back. One that cannot be sent is only reported.
func (b *Bus) sendNonce(ctx context.Context) error {
	var id, payload string
	err := b.send(ctx, beatChannel, func() string {
		id, payload = b.nextNonce()
		return payload
	})
	if err != nil {
		b.report(ctx, missed, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil {
		b.sent = slices.DeleteFunc(b.sent, func(n nonce) bool { return n.id == id })
	}
	switch {
	case len(b.sent) < deafAfter:
		return nil
	case b.hears:
		return errors.New("notifications arrive no more")
	}
	return errDeaf
}

// nextNonce keeps the id of an instance that does not hear out of the payload: others need not wait for it.
func (b *Bus) nextNonce() (own, payload string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := nonce{id.New(), time.Now()}
	b.sent = append(b.sent, n)
	if !b.hears {
		return n.id, n.id
	}
	return n.id, n.id + " " + b.id
}

// send notifies over the pool within a lease, and compares the clocks on the way. The payload is made when there is a
// connection, so that waiting for one costs no lease. The end of ctx does not interrupt it: a nonce must not arrive
// after the message that this instance hears no more.
func (b *Bus) send(ctx context.Context, channel string, payload func() string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lease)
	defer cancel()
	pool, err := b.db.DB()
	if err != nil {
		return err
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	const unprepared = pgx.QueryExecModeExec // one round trip
	text, asked := payload(), time.Now()
	row := conn.QueryRowContext(ctx, "SELECT clock_timestamp() FROM pg_notify($1, $2)", unprepared, channel, text)
	var there time.Time
	if err := row.Scan(&there); err != nil {
		return err
	}
	b.compareClocks(ctx, asked, there)
	return nil
}

// handleBeat takes a nonce. The first own one that comes back gives the connection its name.
func (b *Bus) handleBeat(ctx context.Context, conn *pgx.Conn, payload string) error {
	id, from, _ := strings.Cut(payload, " ")
	own, hears := b.takeNonce(id, from, b.now())
	if own && !hears {
		return b.announceListener(ctx, conn)
	}
	if own {
		b.report(ctx, fine, nil)
	}
	return nil
}

// takeNonce reports whether a nonce is one of those sent on this connection, and whether this instance hears already.
// If an older nonce did not arrive, revocations may be lost too, so copies made until now are void.
func (b *Bus) takeNonce(sent, from string, now time.Time) (own, hears bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.sent, func(n nonce) bool { return n.id == sent })
	switch {
	case i >= 0:
		if i > 0 {
			b.blindBefore = now
		}
		if b.hears {
			b.heardUpTo = b.sent[i].at
			maps.DeleteFunc(b.peers, func(id string, _ time.Time) bool { return b.silent(id) })
		}
		b.sent = b.sent[i+1:]
	case sent == "":
		delete(b.peers, from)
	case id.Is(from) && from != b.id:
		b.peers[from] = time.Now()
	}
	return i >= 0, b.hears
}

// Hears reports whether a nonce came back on the connection that listens now. Through a pooler in transaction mode it
// does not.
func (b *Bus) Hears() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.hears
}
