// Package revoke knows which sessions and users were revoked, and since when: on this instance of the app and, on
// PostgreSQL, on all others. It knows nothing else of sessions and users but their ids. A token that another one
// replaced is an id too, with no copies.
//
// # Threat
//
// A signed cookie contains a copy of a session and answers reads without the database for some minutes. A user logs out
// on one instance, or an admin bans a user there. A thief then replays the cookies on another instance. The log-out is
// answered when every other instance refuses the copy, or after 3 seconds: the lease of an instance that has not
// confirmed by then is over, so it uses no copy. Announcement.wait names the one exception.
//
// # Protocol
//
//  1. Each instance listens on one connection (LISTEN). Over another one it sends a nonce every half second (NOTIFY),
//     which arrives on the connection that listens.
//  2. PostgreSQL delivers notifications in the order of commits. So a nonce that comes back proves that this instance
//     has handled every revocation committed before the nonce was sent. It trusts copies for one lease after the
//     sending.
//  3. The transaction that revokes sends the ids as a notification, which is delivered if it commits.
//  4. Each other instance voids its copies and acknowledges. The revocation is over when every instance has
//     acknowledged, or no nonce of it has arrived for a lease and a beat, so that it trusts no copy.
//  5. Copies and revocations are dated by the clocks of their instances. An instance compares its clock with the
//     database's, and trusts and makes no copy while they are more than two seconds apart.
//
// # When notifications do not arrive
//
// Behind a pooler in transaction mode LISTEN succeeds and nothing is delivered. Then no nonce comes back, so the
// instance trusts no copy: each read asks the database, which is slower and never wrong. The same happens while the
// connection is down, the process is frozen or the network is cut. The log reports a failure once. /readyz shows only
// notifications that do not arrive and a wrong clock.
//
// Nonces go out over the pool, never over the connection that listens: behind a pooler both might meet on one
// backend, and the nonce would come back although nothing arrives from other instances.
//
// On SQLite there is one instance, and copies are always trusted.
package revoke

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"example.com/foyer/internal/id"
	"example.com/foyer/internal/worker"
	"gorm.io/gorm"
)

const (
	revokedChannel = "auth_revoked"   // a message
	ackChannel     = "auth_heard"     // the id of a message, a space, the instance that has handled it
	beatChannel    = "auth_beat"      // a nonce, a space, its instance if it hears; without a nonce: it hears no more
	listenerName   = "auth listener " // and the instance: application_name of a connection that hears

	beat      = 500 * time.Millisecond // from one nonce to the next
	lease     = 2 * time.Second        // how long a nonce counts, and how long sending one may take
	silence   = lease + beat           // an instance whose nonces do not arrive for so long trusts no copy
	ackWait   = 3 * time.Second        // how long a revocation waits at most: longer than silence
	connLimit = 10 * time.Second       // for a connection and its LISTEN
	deafAfter = 20                     // nonces that did not come back: 10 s
	deafRetry = 5 * time.Minute        // until a deaf instance tries again
)

// Bus remembers revocations and exchanges them with the other instances. It is safe for use by many goroutines. Make
// one per process.
type Bus struct {
	db     *gorm.DB
	now    func() time.Time
	log    *slog.Logger
	id     string        // of this instance
	shared bool          // there may be other instances
	skew   time.Duration // how far the clock that dated a copy may be from this one
	retry  time.Duration // deafRetry
	acks   chan string   // messages to acknowledge

	mu          sync.Mutex
	revokedAt   map[string]time.Time // session, user or replaced token → when
	blindBefore time.Time            // revocations before then may be unknown here
	newest      time.Time            // date of the newest copy

	state     state
	hears     bool      // a nonce came back on the present connection
	openedAt  time.Time // when the present connection began to listen (monotonic)
	heardUpTo time.Time // when the newest nonce that came back was sent (monotonic)
	sent      []nonce   // not yet back, oldest first
	clock     clock
	peers     map[string]time.Time   // other instances that hear → when their last nonce arrived (monotonic)
	awaitAcks map[string]chan string // message → instances that have handled it
}

// New makes a Bus. now dates copies and revocations.
func New(db *gorm.DB, now func() time.Time, log *slog.Logger) *Bus {
	b := &Bus{
		db: db, now: now, log: log, id: id.New(), shared: db.Name() == "postgres", retry: deafRetry,
		acks: make(chan string, 256), revokedAt: map[string]time.Time{}, blindBefore: now(),
		peers: map[string]time.Time{}, awaitAcks: map[string]chan string{},
	}
	if b.shared {
		b.skew = ClockSkew
	}
	return b
}

// Run exchanges revocations with other instances until ctx ends. On SQLite it returns at once.
func (b *Bus) Run(ctx context.Context) {
	if b.shared {
		worker.Run(ctx, b.log, "revocation listener", b.listen)
	}
}

// cacheOff is a line for /readyz and the log.
const cacheOff = "session cache off: PostgreSQL notifications do not reach this instance. " +
	"Is a transaction pooler such as PgBouncer in DATABASE_URL?"

// CacheFault is a line for /readyz about what an operator must mend before this instance trusts a copy: notifications
// do not arrive, or a clock is wrong. It is "" if neither is known.
func (b *Bus) CacheFault() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state == deaf {
		return cacheOff
	}
	return b.clock.complaint()
}

// Stamp reports whether a copy of a row read at readAt may be made now. It remembers the newest readAt, so that a
// revocation after the clock was set back still voids that copy.
func (b *Bus) Stamp(readAt time.Time) bool {
	now := b.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.trusted(now) {
		return false
	}
	if readAt.After(b.newest) {
		b.newest = readAt
	}
	return true
}

// Valid reports whether a copy read at readAt may be used now. The copy must be newer than the revocations of its ids,
// on PostgreSQL by more than ClockSkew, because the clocks of instances differ.
func (b *Bus) Valid(readAt time.Time, ids ...string) bool {
	now := b.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.trusted(now) || !b.blindBefore.Add(b.skew).Before(readAt) {
		return false
	}
	for _, id := range ids {
		if at, ok := b.revokedAt[id]; ok && !at.Add(b.skew).Before(readAt) {
			return false
		}
	}
	return true
}

// RevokedSince reports whether id was revoked at since or later, as far as this instance knows. The announcement of a
// revocation counts, so that a read that misses the deleted row finds it here.
func (b *Bus) RevokedSince(id string, since time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	at, ok := b.revokedAt[id]
	return ok && !at.Before(since)
}

// trusted reports whether this instance has handled every revocation that is over; b.mu is held.
func (b *Bus) trusted(now time.Time) bool {
	return !b.shared || !b.heardUpTo.IsZero() && time.Since(b.heardUpTo) < lease && b.clock.check(now)
}

// revoke voids the copies of ids made until now.
func (b *Bus) revoke(ids []string) {
	now := b.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if now.Before(b.newest) { // the clock was set back, but the revocation is newer than every copy
		now = b.newest
	}
	for _, id := range ids {
		b.revokedAt[id] = now
	}
}

// Forget drops the revocations before a time. Copies dated before it must have expired.
func (b *Bus) Forget(before time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, at := range b.revokedAt {
		if at.Add(b.skew).Before(before) {
			delete(b.revokedAt, id)
		}
	}
}
