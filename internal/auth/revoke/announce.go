package revoke

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"example.com/foyer/internal/id"
	"example.com/foyer/internal/text"
	"gorm.io/gorm"
)

// message tells other instances which sessions and users were revoked.
type message struct {
	From string   `json:"from"` // the instance
	ID   string   `json:"id"`
	IDs  []string `json:"ids"`
}

// maxIDs keeps a message below the 8,000 bytes that PostgreSQL accepts: an id has 32 characters.
const maxIDs = 200

// Announcement is a revocation whose transaction is not over yet.
type Announcement struct {
	bus  *Bus
	ids  []string
	last string      // the last message, "" if none was sent
	acks chan string // instances that have handled it
}

// Announce tells the other instances, if tx commits, that these sessions and users are revoked. Here they are at once,
// for RevokedSince. Call Done when the transaction is over.
func (b *Bus) Announce(tx *gorm.DB, ids []string) (*Announcement, error) {
	a := &Announcement{bus: b, ids: ids}
	if len(ids) == 0 {
		return a, nil
	}
	b.revoke(ids)
	if !b.shared {
		return a, nil
	}
	for part := range slices.Chunk(ids, maxIDs) {
		a.last = id.New()
		payload, err := json.Marshal(message{b.id, a.last, part})
		if err != nil {
			return nil, err
		}
		if err := tx.Exec("SELECT pg_notify(?, ?)", revokedChannel, string(payload)).Error; err != nil {
			return nil, err
		}
	}
	if a.last != "" { // before the commit, because the others may answer at once
		a.acks = make(chan string, 256)
		b.mu.Lock()
		defer b.mu.Unlock()
		b.awaitAcks[a.last] = a.acks
	}
	return a, nil
}

// Done voids the copies on this instance. If the transaction committed, it then waits, 3 seconds at most, until no
// other instance uses one. Call it after the commit, so that every copy of an earlier read is older than the
// revocation, and after a failed commit too: the connection may have broken when the database had committed already.
// It does nothing on a nil Announcement.
func (a *Announcement) Done(err error) {
	if a == nil {
		return
	}
	a.bus.revoke(a.ids)
	if a.last == "" {
		return
	}
	defer func() {
		a.bus.mu.Lock()
		defer a.bus.mu.Unlock()
		delete(a.bus.awaitAcks, a.last)
	}()
	if err != nil {
		return
	}
	a.wait()
}

// wait returns when no other instance can use a copy that a void. It waits for the last message alone: an instance
// handles messages in the order of sending.
//
// Say N is that message, and B an instance that trusts copies without having handled N. It does so by a nonce that
// was committed before N, because notifications arrive in the order of commits. So B stops within a lease of N's
// commit, which is less than ackWait. Usually B acknowledges at once. The list of such instances has two sources:
//
//   - Nonces. A nonce of B that was committed before N arrives here before N does. If N has come back and B's last
//     nonce is older than silence, B has stopped. A frozen or dead instance delays only the first revocations.
//   - Names, if this instance has listened for less than a lease or does not hear. B names its connection before it
//     sends the nonce, so the name is there after N's commit.
//
// Waiting ackWait is enough for every instance in the list. One instance can be missing from the list: the server
// dropped its connection less than a lease ago, and this instance just started or does not hear. That instance may then
// use a copy for up to one lease.
//
// An instance that does not hear, such as a command, waits for ackWait if the list is not empty.
func (a *Announcement) wait() {
	ctx, cancel := context.WithTimeout(context.Background(), ackWait) // a caller who leaves does not undo a revocation
	defer cancel()
	b := a.bus
	missing, err := b.others(ctx)
	if err != nil {
		<-ctx.Done()
		b.log.Warn("a log-out or ban waited the full 3 s, because the other instances could not be listed", "error", err)
		return
	}
	returned := false // the message has arrived here
	look := time.NewTicker(lease / 20)
	defer look.Stop()
	for len(missing) > 0 {
		select {
		case id := <-a.acks:
			delete(missing, id)
			returned = returned || id == b.id
		case <-look.C:
		case <-ctx.Done():
			if b.Hears() { // otherwise no acknowledgement can arrive
				names := listenerName + strings.Join(slices.Sorted(maps.Keys(missing)), ", "+listenerName)
				b.log.Warn("an instance did not confirm a log-out or ban in 3 s, but cannot serve a session that ended",
					"application_name", names)
			}
			return
		}
		b.mu.Lock()
		maps.DeleteFunc(missing, func(id string, _ bool) bool { return returned && b.silent(id) })
		b.mu.Unlock()
	}
}

// others lists the other instances that may trust copies.
func (b *Bus) others(ctx context.Context) (map[string]bool, error) {
	var names []string
	err := b.db.WithContext(ctx).Raw(`SELECT application_name FROM pg_stat_activity
		WHERE datname = current_database() AND application_name LIKE ?`, text.Like(listenerName)+"%").Scan(&names).Error
	if err != nil {
		return nil, err
	}
	others := map[string]bool{}
	for _, name := range names {
		if other := strings.TrimPrefix(name, listenerName); id.Is(other) && other != b.id {
			others[other] = true
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for id := range b.peers {
		others[id] = true
	}
	return others, nil
}

// silent reports whether an instance has stopped trusting copies: this instance hears, has listened for longer than
// silence, and no nonce of the other arrived meanwhile; b.mu is held.
func (b *Bus) silent(id string) bool {
	last := b.peers[id]
	if last.Before(b.openedAt) {
		last = b.openedAt
	}
	return b.hears && time.Since(last) > silence
}

// handleMessage voids the copies that a message names and has it acknowledged. This instance's own message shows that
// all earlier ones have arrived.
func (b *Bus) handleMessage(payload string) {
	m, ok := readMessage(payload)
	if !ok {
		return
	}
	if m.From == b.id {
		b.handleAck(m.ID + " " + b.id)
		return
	}
	b.revoke(m.IDs)
	select {
	case b.acks <- m.ID:
	default: // too many at once; the other instance waits for ackWait
	}
}

// readMessage accepts what Announce sends. Any program that may connect to the database can notify, so a hostile
// payload must not end the connection that listens.
func readMessage(payload string) (m message, ok bool) {
	err := json.Unmarshal([]byte(payload), &m)
	return m, err == nil && id.Is(m.From) && id.Is(m.ID)
}

// handleAck passes an acknowledgement on to the announcement that waits for it.
func (b *Bus) handleAck(payload string) {
	id, from, _ := strings.Cut(payload, " ")
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case b.awaitAcks[id] <- from: // a nil channel is never ready
	default:
	}
}
