package revoke

import (
	"context"
	"database/sql/driver"
	"errors"
	"sync"
	"time"

	"example.com/foyer/internal/worker"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// errDeaf is the error of a connection on which LISTEN succeeds and nothing arrives.
var errDeaf = errors.New("notifications do not arrive")

// state is the state of listening, from good to bad.
type state int

const (
	fine   state = iota
	missed       // a nonce or an acknowledgement could not be sent
	down         // no connection listens
	deaf         // a connection listened, and no nonce came back
)

var reports = map[state]string{
	fine: "revocation listener works again; the session cache is on, if the clock is right",
	missed: "a revocation heartbeat or acknowledgement could not be sent; after 2 s without a heartbeat " +
		"each read asks the database",
	down: "revocation listener is down; each read asks the database",
	deaf: cacheOff,
}

// report logs a state, unless the same or a worse one was logged since the state fine. After the end of ctx it logs
// nothing.
func (b *Bus) report(ctx context.Context, s state, err error) {
	if ctx.Err() != nil {
		return
	}
	b.mu.Lock()
	before := b.state
	if s == fine || s > before {
		b.state = s
	}
	b.mu.Unlock()
	switch {
	case s > before:
		b.log.WarnContext(ctx, reports[s], "error", err)
	case s == fine && s != before:
		b.log.InfoContext(ctx, reports[s])
	}
}

// listen keeps a connection listening until ctx ends.
func (b *Bus) listen(ctx context.Context) {
	for ctx.Err() == nil {
		err := b.listenOnce(ctx)
		b.disconnected(ctx)
		now, pause := down, time.Second
		if errors.Is(err, errDeaf) {
			now, pause = deaf, b.retry
		}
		b.report(ctx, now, err)
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// disconnected ends the trust in copies and tells the others that they need not wait for this instance. It keeps the
// other instances, which may still trust their copies.
func (b *Bus) disconnected(ctx context.Context) {
	b.mu.Lock()
	heard := b.hears
	b.hears, b.sent, b.heardUpTo = false, nil, time.Time{}
	b.mu.Unlock()
	if heard {
		b.send(ctx, beatChannel, func() string { return " " + b.id }) // if it is lost, the others wait for silence
	}
}

func (b *Bus) listenOnce(ctx context.Context) error {
	pool, err := b.db.DB()
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
			return errors.New("revoke: not a pgx connection")
		}
		err := b.hear(ctx, pg.Conn())
		over, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		pg.Conn().Close(over) // it listens, so it must not return to the pool
		return errors.Join(err, driver.ErrBadConn)
	})
}

// hear handles what arrives on conn, which only waits after its LISTEN, while speak sends nonces over the pool.
func (b *Bus) hear(ctx context.Context, conn *pgx.Conn) error {
	err := execute(ctx, conn, "LISTEN "+revokedChannel+"; LISTEN "+ackChannel+"; LISTEN "+beatChannel)
	if err != nil {
		return err
	}
	now := b.now()
	b.mu.Lock()
	b.openedAt, b.blindBefore = time.Now(), now
	b.mu.Unlock()
	ctx, stop := context.WithCancelCause(ctx)
	var speaking sync.WaitGroup
	speaking.Go(func() {
		worker.Run(ctx, b.log, "revocation beats", func(ctx context.Context) { stop(b.speak(ctx)) })
	})
	defer speaking.Wait()
	defer stop(nil)
	for {
		n, err := conn.WaitForNotification(ctx)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			return err
		}
		if err := b.handle(ctx, conn, n.Channel, n.Payload); err != nil {
			return err
		}
	}
}

// handle ignores payloads that no instance sends.
func (b *Bus) handle(ctx context.Context, conn *pgx.Conn, channel, payload string) error {
	switch channel {
	case revokedChannel:
		b.handleMessage(payload)
	case ackChannel:
		b.handleAck(payload)
	case beatChannel:
		return b.handleBeat(ctx, conn, payload)
	}
	return nil
}

// announceListener names conn in pg_stat_activity, where other instances see that they must wait for this one. It drops
// the nonces sent before, so that this instance trusts no copy earlier. It turns idle_session_timeout off, because conn
// runs no statement from now on.
func (b *Bus) announceListener(ctx context.Context, conn *pgx.Conn) error {
	err := execute(ctx, conn, "SET application_name = '"+listenerName+b.id+"'; "+
		"SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'idle_session_timeout'")
	if err != nil {
		return err
	}
	now := b.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hears, b.sent, b.blindBefore = true, nil, now
	return nil
}

// execute runs statements without parameters as one, whatever mode of execution the database's URL asks for.
func execute(ctx context.Context, conn *pgx.Conn, statements string) error {
	ctx, cancel := context.WithTimeout(ctx, connLimit)
	defer cancel()
	return conn.PgConn().Exec(ctx, statements).Close()
}
