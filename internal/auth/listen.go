package auth

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Instances on one PostgreSQL tell each other what they revoke by LISTEN/NOTIFY. A revocation bites on the very next
// request, wherever it arrives, because of two rules:
//
//   - An instance trusts its cache for one lease from the moment it sent a nonce that came back as a notification.
//     PostgreSQL delivers in the order of commits. So the instance has acted on all that was revoked before that moment.
//   - A revocation ends when each instance that may trust its cache has confirmed it, or has been silent for longer
//     than the lease (announce.go).
//
// The nonce goes out over the pool, never over the connection that listens. Behind a pooler that hands out another
// backend for each transaction, a LISTEN and a NOTIFY of one connection may meet on the same backend: the nonce would
// come back although nothing from other instances does.
const (
	revokedChannel = "auth_revoked"   // notices
	heardChannel   = "auth_heard"     // confirmations: the notice, a space, the instance
	beatChannel    = "auth_beat"      // a nonce, a space, its instance once that hears; without the nonce: it hears no more
	listenerName   = "auth listener " // and the instance: the application_name of a connection that hears

	beat      = 500 * time.Millisecond // from one nonce to the next
	lease     = 2 * time.Second        // how long a nonce that came back is a sign of life, and how long sending one may take
	silence   = lease + beat           // an instance of which no nonce arrives for so long trusts no cache
	ackWait   = 3 * time.Second        // longer than that
	connLimit = 10 * time.Second       // for a connection and its LISTEN
	deafAfter = 20                     // nonces sent and not come back: 10 s
	deafRetry = 5 * time.Minute        // a network may be mended without a restart of this process
)

// errDeaf is for a connection on which LISTEN succeeds and nothing arrives.
var errDeaf = errors.New("notifications do not arrive")

// earState is what has become of listening, from good to bad.
type earState int

const (
	earFine   earState = iota
	earMissed          // a nonce could not be sent
	earDown            // there is no connection that listens
	earDeaf            // there was one, and no nonce came back
)

// nonce is one that was sent and has not come back.
type nonce struct {
	id    string
	at    time.Time // monotonic: before it was sent
	named bool      // sent when the connection that listens had its name
}

// listener is this process's ear. Its times are monotonic.
type listener struct {
	id    string        // the instance's
	retry time.Duration // deafRetry
	acks  chan string   // notices to confirm

	mu        sync.Mutex
	state     earState
	hears     bool                 // a nonce came back on the present connection
	since     time.Time            // when the present connection began to listen
	lastHeard time.Time            // when the newest nonce that came back was sent
	sent      []nonce              // oldest first
	beats     map[string]time.Time // other instances that hear → when their last nonce arrived here
	waiting   map[string]chan string
	clock     dbClock
}

func newListener() *listener {
	return &listener{
		id: newID(), retry: deafRetry, acks: make(chan string, 256),
		beats: map[string]time.Time{}, waiting: map[string]chan string{},
	}
}

// Hears reports whether a notification came back on the connection that listens now. It does only where a connection
// to the database keeps its session: no pooler hands out another backend for each transaction.
func (a *Auth) Hears() bool {
	a.ear.mu.Lock()
	defer a.ear.mu.Unlock()
	return a.ear.hears
}

// CacheOff says why this process trusts no cached copy although it could be told of every revocation by a database
// that is set up well; "" where there is no such reason.
func (a *Auth) CacheOff() string {
	a.ear.mu.Lock()
	defer a.ear.mu.Unlock()
	if a.ear.state == earDeaf {
		return "session cache off: notifications do not arrive"
	}
	return a.ear.clock.complaint()
}

// trusted reports whether this process, at now by its clock, has acted on every revocation that is over.
func (l *listener) trusted(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.lastHeard.IsZero() && time.Since(l.lastHeard) < lease && l.clock.good(now)
}

// opened begins anew with a connection that listens.
func (l *listener) opened() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.since = time.Now()
}

// closed forgets the connection that listened and reports whether it heard. Other instances stay known: they may trust
// their caches still.
func (l *listener) closed() (heard bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	heard = l.hears
	l.hears, l.sent, l.lastHeard = false, nil, time.Time{}
	return heard
}

// next is the payload of the next beat. An instance that does not hear keeps its name back: others need not wait for it.
func (l *listener) next() (payload string, n nonce) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n = nonce{newID(), time.Now(), l.hears}
	l.sent = append(l.sent, n)
	if !l.hears {
		return n.id, n
	}
	return n.id + " " + l.id, n
}

// unsent takes a nonce back.
func (l *listener) unsent(n nonce) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.sent {
		if l.sent[i].id == n.id {
			l.sent = append(l.sent[:i], l.sent[i+1:]...)
			return
		}
	}
}

// unheard is nil as long as nonces come back, and else says what to make of it.
func (l *listener) unheard() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case len(l.sent) < deafAfter:
		return nil
	case l.hears:
		return errors.New("notifications arrive no more")
	}
	return errDeaf
}

// own takes a nonce that arrived out of those sent; ok is false where it is none of this connection's. With gap, an
// older one did not arrive: then notices may be lost too.
func (l *listener) own(id string) (n nonce, gap, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, n := range l.sent {
		if n.id == id {
			l.sent = l.sent[i+1:]
			return n, i > 0, true
		}
	}
	return nonce{}, false, false
}

// heard notes a sign of life, given at at.
func (l *listener) heard(at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lastHeard = at
	maps.DeleteFunc(l.beats, func(id string, _ time.Time) bool { return l.silent(id) })
}

// other notes that another instance hears, or does no more.
func (l *listener) other(id string, hears bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !hears {
		delete(l.beats, id)
	} else if isID(id) && id != l.id {
		l.beats[id] = time.Now()
	}
}

// become notes what has become of listening and reports whether the log should say so. What is better than the last
// that was said is not news, until all is well again.
func (l *listener) become(s earState) (news bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	news = s > l.state || s == earFine && l.state != earFine
	if news {
		l.state = s
	}
	return news
}

// listen hears what other instances revoke until ctx ends, and connects again whenever the connection is lost.
func (a *Auth) listen(ctx context.Context) {
	for ctx.Err() == nil {
		err := a.listenOnce(ctx)
		a.leave(ctx)
		if ctx.Err() != nil {
			return
		}
		pause := time.Second
		if errors.Is(err, errDeaf) {
			pause = a.ear.retry
		}
		a.complain(ctx, err)
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// complain logs once why nothing is heard.
func (a *Auth) complain(ctx context.Context, err error) {
	if !errors.Is(err, errDeaf) {
		if a.ear.become(earDown) {
			a.opts.Logger.WarnContext(ctx, "revocation listener is down; the session cache is not trusted", "error", err)
		}
		return
	}
	if a.ear.become(earDeaf) {
		a.opts.Logger.WarnContext(ctx, "LISTEN is not delivered; is a transaction pooler between this process and PostgreSQL? The session cache is off.")
	}
}

// leave ends the trust in the cache, and tells the others that they need not wait for this instance.
func (a *Auth) leave(ctx context.Context) {
	if !a.ear.closed() {
		return
	}
	over, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	a.say(over, beatChannel, func() string { return " " + a.ear.id }) // unheard, it costs them silence
}

func (a *Auth) listenOnce(ctx context.Context) error {
	pool, err := a.db.DB()
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, connLimit)
	defer cancel()
	conn, err := pool.Conn(limited)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(raw any) error {
		pg, ok := raw.(*stdlib.Conn)
		if !ok {
			return errors.New("auth: not a pgx connection")
		}
		err := a.hear(ctx, pg.Conn())
		over, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		pg.Conn().Close(over) // never back into the pool: it listens
		return errors.Join(err, driver.ErrBadConn)
	})
}

// hear acts on what arrives on conn, which from its LISTEN on only waits, while speak sends the nonces.
func (a *Auth) hear(ctx context.Context, conn *pgx.Conn) error {
	if err := execute(ctx, conn, "LISTEN "+revokedChannel+"; LISTEN "+heardChannel+"; LISTEN "+beatChannel); err != nil {
		return err
	}
	a.ear.opened()
	a.revoked.restart(a.opts.Now()) // what happened before, nobody told us
	ctx, stop := context.WithCancelCause(ctx)
	var speaking sync.WaitGroup
	speaking.Go(func() { stop(a.speak(ctx)) })
	defer speaking.Wait()
	defer stop(nil)
	for {
		n, err := conn.WaitForNotification(ctx)
		if n == nil && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if n == nil {
			return err
		}
		if err := a.take(ctx, conn, n.Channel, n.Payload); err != nil {
			return err
		}
	}
}

// execute runs statements without parameters as one, whatever way of executing the database's URL asks for.
func execute(ctx context.Context, conn *pgx.Conn, statements string) error {
	ctx, cancel := context.WithTimeout(ctx, connLimit)
	defer cancel()
	return conn.PgConn().Exec(ctx, statements).Close()
}

// take acts on one notification; what is none of ours is ignored.
func (a *Auth) take(ctx context.Context, conn *pgx.Conn, channel, payload string) error {
	switch channel {
	case heardChannel:
		a.ear.confirmed(payload)
	case beatChannel:
		return a.takeBeat(ctx, conn, payload)
	case revokedChannel:
		a.takeNotice(payload)
	}
	return nil
}

// takeBeat: the first nonce that comes back gives the connection its name, by which others know whom to wait for. Only
// what is sent under that name is a sign of life: so no instance trusts its cache before others can see that it does.
func (a *Auth) takeBeat(ctx context.Context, conn *pgx.Conn, payload string) error {
	id, from, _ := strings.Cut(payload, " ")
	n, gap, ok := a.ear.own(id)
	if !ok {
		a.ear.other(from, id != "")
		return nil
	}
	if gap {
		a.revoked.restart(a.opts.Now())
	}
	if !a.Hears() {
		return a.name(ctx, conn)
	}
	if !n.named {
		return nil
	}
	a.ear.heard(n.at)
	if a.ear.become(earFine) {
		a.opts.Logger.InfoContext(ctx, "revocations are heard; the session cache is trusted again")
	}
	return nil
}

// name shows others in pg_stat_activity that conn hears. From now on it runs no statement, which some servers limit.
func (a *Auth) name(ctx context.Context, conn *pgx.Conn) error {
	err := execute(ctx, conn, "SET application_name = '"+listenerName+a.ear.id+"'; "+
		"SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'idle_session_timeout'")
	if err != nil {
		return err
	}
	a.ear.mu.Lock()
	defer a.ear.mu.Unlock()
	a.ear.hears = true
	return nil
}

// speak sends a nonce each beat and confirms what was taken, until ctx ends or nothing comes back.
func (a *Auth) speak(ctx context.Context) error {
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		a.sendBeat(ctx)
		if err := a.ear.unheard(); err != nil {
			return err
		}
		if err := a.confirm(ctx, tick.C); err != nil {
			return err
		}
	}
}

// confirm tells other instances which of their notices this one has acted on, until the next beat.
func (a *Auth) confirm(ctx context.Context, next <-chan time.Time) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-next:
			return nil
		case notice := <-a.ear.acks:
			err := a.say(ctx, heardChannel, func() string { return notice + " " + a.ear.id })
			if err != nil {
				a.missed(ctx, err)
			}
		}
	}
}

func (a *Auth) sendBeat(ctx context.Context) {
	var n nonce
	err := a.say(ctx, beatChannel, func() (payload string) {
		payload, n = a.ear.next()
		return payload
	})
	if err != nil {
		a.ear.unsent(n)
		a.missed(ctx, err)
	}
}

func (a *Auth) missed(ctx context.Context, err error) {
	if ctx.Err() == nil && a.ear.become(earMissed) {
		a.opts.Logger.WarnContext(ctx, "a sign of life could not be sent; the session cache is not trusted until one comes back", "error", err)
	}
}

// say sends one notification over the pool within a lease, and compares the clocks by the way. The payload is made once
// there is a connection, so that waiting for one costs no lease.
func (a *Auth) say(ctx context.Context, channel string, payload func() string) error {
	ctx, cancel := context.WithTimeout(ctx, lease)
	defer cancel()
	pool, err := a.db.DB()
	if err != nil {
		return err
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	text, asked := payload(), time.Now()
	there, err := notify(ctx, conn, channel, text)
	if err != nil {
		return err
	}
	a.compareClocks(ctx, asked, there)
	return nil
}

// notify sends a notification; there is the database's clock.
func notify(ctx context.Context, conn *sql.Conn, channel, payload string) (there time.Time, err error) {
	err = conn.QueryRowContext(ctx, "SELECT clock_timestamp() FROM pg_notify($1, $2)", channel, payload).Scan(&there)
	return there, err
}
