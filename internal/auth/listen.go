package auth

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"sync"
	"time"

	"example.com/foyer/internal/worker"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Instances on one PostgreSQL tell each other what they revoke by LISTEN/NOTIFY. A revocation bites on the very next
// request, wherever it arrives, because of two rules:
//
//   - An instance trusts its cache for one lease from the moment it sent a nonce that came back as a notification.
//     PostgreSQL delivers in the order of commits. So the instance has acted on all that was revoked before then.
//   - A revocation ends when each instance that may trust its cache has confirmed it, or has been silent for longer
//     than the lease (announce.go).
//
// The nonce goes out over the pool, never over the connection that listens. Behind a pooler that hands out another
// backend for each transaction, a LISTEN and a NOTIFY of one connection may meet on the same backend: the nonce
// would come back although nothing from other instances does.
const (
	revokedChannel = "auth_revoked"   // notices
	heardChannel   = "auth_heard"     // confirmations: the notice, a space, the instance
	beatChannel    = "auth_beat"      // a nonce, a space, its instance once that hears; no nonce: it hears no more
	listenerName   = "auth listener " // and the instance: the application_name of a connection that hears

	beat      = 500 * time.Millisecond // from one nonce to the next
	lease     = 2 * time.Second        // how long a nonce counts that came back, and how long sending one may take
	silence   = lease + beat           // an instance of which no nonce arrives for so long trusts no cache
	ackWait   = 3 * time.Second        // how long a revocation waits for confirmations: longer than silence
	connLimit = 10 * time.Second       // for a connection and its LISTEN
	deafAfter = 20                     // nonces sent and not come back: 10 s
	deafRetry = 5 * time.Minute        // a network may be mended without a restart of this process
)

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
		a.opts.Logger.WarnContext(ctx, "LISTEN is not delivered; is a transaction pooler between this process and PostgreSQL? "+
			"The session cache is off.")
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
	speaking.Go(func() {
		worker.Run(ctx, a.opts.Logger, "revocation beats", func(ctx context.Context) { stop(a.speak(ctx)) })
	})
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

// takeBeat: the first nonce that comes back gives the connection its name, by which others know whom to wait for.
// Only what is sent under that name is a sign of life: so no instance trusts its cache before others can see that it
// does.
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
		a.opts.Logger.WarnContext(ctx, "no nonce could be sent; the session cache is not trusted until one comes back", "error", err)
	}
}

// say sends one notification over the pool within a lease, and compares the clocks by the way. The payload is made
// once there is a connection, so that waiting for one costs no lease.
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

// notify sends a notification; there is the database's clock. It takes one round trip, because nothing is prepared.
func notify(ctx context.Context, conn *sql.Conn, channel, payload string) (there time.Time, err error) {
	const statement = "SELECT clock_timestamp() FROM pg_notify($1, $2)"
	err = conn.QueryRowContext(ctx, statement, pgx.QueryExecModeExec, channel, payload).Scan(&there)
	return there, err
}
