package auth

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Instances on one PostgreSQL tell each other what they revoke by LISTEN/NOTIFY. Whoever revokes waits until every
// other instance has heard it; an instance that cannot be asked stops trusting its cache before that wait is over.
// So a revocation bites on the very next request, wherever it arrives.
const (
	revokedChannel = "auth_revoked"
	heardChannel   = "auth_heard"
	listenerName   = "auth listener" // of the connection, in pg_stat_activity

	beat      = 500 * time.Millisecond // a silent connection is asked for a sign of life this often
	lease     = 2 * time.Second        // without one for this long the cache is not trusted
	ackWait   = 3 * time.Second        // longer than the lease
	clockSkew = 5 * time.Second        // how far the clocks of two instances may be apart
)

// notice says which sessions and users changed.
type notice struct {
	From string   `json:"from"` // the instance
	ID   string   `json:"id"`
	IDs  []string `json:"ids"`
}

// maxNoticeIDs keeps a notice below the 8,000 bytes that PostgreSQL takes: an id has 32 characters.
const maxNoticeIDs = 200

// listener is this process's ear.
type listener struct {
	id string // the instance's

	mu        sync.Mutex
	lastHeard time.Time // monotonic: when the connection last gave a sign of life
	waiting   map[string]chan struct{}
}

func newListener() *listener { return &listener{id: newID(), waiting: map[string]chan struct{}{}} }

// alive reports whether this process hears of every revocation.
func (l *listener) alive() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.lastHeard.IsZero() && time.Since(l.lastHeard) < lease
}

func (l *listener) heard(at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lastHeard = at
}

func (a *Auth) shared() bool { return a.db.Name() == "postgres" }

// announce tells the other instances, when t commits, what it voids. It returns the ids of the notices.
func (a *Auth) announce(t *transaction) (notices []string, err error) {
	for ids := t.void; len(ids) > 0 && a.shared(); {
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

// awaitHeard waits until every other listening instance has heard the notices. It must not be called in a transaction.
func (a *Auth) awaitHeard(notices []string) {
	if len(notices) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), ackWait) // a caller who leaves does not undo a revocation
	defer cancel()
	// Whoever has been silent for longer than the lease trusts no cache: it need not answer.
	var others int64
	err := a.db.WithContext(ctx).Raw(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
		AND application_name = ? AND state_change > clock_timestamp() - interval '3 seconds'`, listenerName).Scan(&others).Error
	if a.ear.alive() {
		others-- // ourselves
	}
	if err != nil {
		<-ctx.Done()
	}
	if err != nil || !a.ear.acknowledged(ctx, notices, int(others)) {
		a.opts.Logger.Warn("an instance did not confirm a revocation in time; its cache is not trusted meanwhile", "error", err)
	}
}

// expect makes room for the acknowledgements of a notice.
func (l *listener) expect(notices []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range notices {
		l.waiting[id] = make(chan struct{}, 64)
	}
}

func (l *listener) forget(notices []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range notices {
		delete(l.waiting, id)
	}
}

// acknowledged waits for n acknowledgements of each notice; false where the time is up.
func (l *listener) acknowledged(ctx context.Context, notices []string, n int) bool {
	for _, id := range notices {
		l.mu.Lock()
		acks := l.waiting[id]
		l.mu.Unlock()
		for i := 0; i < n; i++ {
			select {
			case <-acks:
			case <-ctx.Done():
				return false
			}
		}
	}
	return true
}

// listen hears what other instances revoke until ctx ends, and connects again whenever the connection is lost.
func (a *Auth) listen(ctx context.Context) {
	for ctx.Err() == nil {
		err := a.listenOnce(ctx)
		a.ear.heard(time.Time{})
		if ctx.Err() != nil {
			return
		}
		a.opts.Logger.WarnContext(ctx, "revocation listener is down; the session cache is not trusted", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

func (a *Auth) listenOnce(ctx context.Context) error {
	pool, err := a.db.DB()
	if err != nil {
		return err
	}
	conn, err := pool.Conn(ctx)
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
		pg.Conn().Close(context.WithoutCancel(ctx)) // never back into the pool: it listens
		return errors.Join(err, driver.ErrBadConn)
	})
}

func (a *Auth) hear(ctx context.Context, conn *pgx.Conn) error {
	// The name comes last: by it the others know whose answer to wait for.
	for _, sql := range []string{"LISTEN " + revokedChannel, "LISTEN " + heardChannel, "SET application_name = '" + listenerName + "'"} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	a.revoked.restart(a.opts.Now()) // what happened before, nobody told us
	for {
		asked := time.Now()
		if err := conn.Ping(ctx); err != nil { // buffers what arrives before the answer
			return err
		}
		if err := a.takeBuffered(ctx, conn); err != nil {
			return err
		}
		a.ear.heard(asked)
		wait, cancel := context.WithTimeout(ctx, beat)
		n, err := conn.WaitForNotification(wait)
		cancel()
		if err != nil && (ctx.Err() != nil || wait.Err() == nil || conn.IsClosed()) {
			return err
		}
		if err == nil {
			if err := a.take(ctx, conn, n.Channel, n.Payload); err != nil {
				return err
			}
		}
	}
}

// takeBuffered acts on what has arrived, so that a long queue of notices counts as silence.
func (a *Auth) takeBuffered(ctx context.Context, conn *pgx.Conn) error {
	over, cancel := context.WithCancel(ctx)
	cancel() // wait for nothing
	for {
		n, _ := conn.WaitForNotification(over)
		if n == nil {
			return ctx.Err()
		}
		if err := a.take(ctx, conn, n.Channel, n.Payload); err != nil {
			return err
		}
	}
}

// take acts on one notification and confirms it; what is none of ours is ignored.
func (a *Auth) take(ctx context.Context, conn *pgx.Conn, channel, payload string) error {
	if channel == heardChannel {
		a.ear.mu.Lock()
		defer a.ear.mu.Unlock()
		if acks := a.ear.waiting[payload]; acks != nil {
			select {
			case acks <- struct{}{}:
			default:
			}
		}
		return nil
	}
	v, ok := readNotice(payload)
	if !ok || v.From == a.ear.id {
		return nil
	}
	a.revoked.add(a.opts.Now(), v.IDs...)
	_, err := conn.Exec(ctx, "SELECT pg_notify($1, $2)", heardChannel, v.ID)
	return err
}

// readNotice accepts what announce makes. Whoever may connect to the database can notify: what PostgreSQL would not
// take back as a confirmation must not end the connection that listens.
func readNotice(payload string) (v notice, ok bool) {
	err := json.Unmarshal([]byte(payload), &v)
	return v, err == nil && isID(v.From) && isID(v.ID)
}
