package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"example.com/foyer/internal/keys"
	"example.com/foyer/internal/purge"
	"example.com/foyer/internal/worker"
	"gorm.io/gorm"
)

// Auth is the provider of authentication. It is safe for use by many goroutines; make one per process.
type Auth struct {
	db      *gorm.DB
	opts    Options
	home    string // BaseURL's origin
	secure  bool   // BaseURL is https
	trusted map[string]bool
	macs    map[string]keys.MAC // by cookie name without prefix
	hasher  *hasher
	revoked *revocations
	ear     *listener

	legacyHashes atomic.Bool // better-auth's scrypt hashes are in the store

	endpoints map[string]map[string]Endpoint // path → method
}

// New makes the provider on a migrated database. It fails if BaseURL, CookieDomain or Secrets are unusable.
func New(db *gorm.DB, o Options) (*Auth, error) {
	o = o.withDefaults()
	a := &Auth{
		db: db, opts: o,
		hasher:  newHasher(o.HashWorkers, o.HashMemory),
		ear:     newListener(),
		trusted: map[string]bool{},
	}
	var skew time.Duration
	if a.shared() {
		skew = clockSkew
	}
	a.revoked = newRevocations(skew, o.Now())
	base, ok := parseOrigin(o.BaseURL)
	if !ok {
		return nil, fmt.Errorf("auth: BaseURL %q is not an origin", o.BaseURL)
	}
	a.home, a.secure = base, base[:5] == "https"
	for _, raw := range append([]string{o.BaseURL}, o.TrustedOrigins...) {
		origin, ok := parseOrigin(raw)
		if app, rest, isApp := splitApp(raw); isApp {
			origin, ok = app, rest == ""
		}
		if !ok {
			return nil, fmt.Errorf("auth: trusted origin %q is neither an origin nor an app's scheme such as myapp://", raw)
		}
		a.trusted[origin] = true
	}
	var err error
	if a.opts.CookieDomain, err = cookieDomain(o.CookieDomain, base); err != nil {
		return nil, err
	}
	ring, err := keys.New(o.Secrets)
	if err != nil {
		return nil, fmt.Errorf("auth: %w", err)
	}
	a.macs = cookieMACs(ring)
	if a.endpoints, err = a.table(); err != nil {
		return nil, err
	}
	return a, a.noteLegacyHashes(context.Background())
}

// Run calls Purge now and every SweepEvery, and on PostgreSQL listens to the revocations of other instances, until ctx
// ends. A panic in either is logged and stops neither.
func (a *Auth) Run(ctx context.Context) {
	var working sync.WaitGroup
	defer working.Wait()
	if a.shared() {
		working.Go(func() { worker.Run(ctx, a.opts.Logger, "revocation listener", a.listen) })
	}
	worker.Run(ctx, a.opts.Logger, "purge", a.sweep)
}

func (a *Auth) sweep(ctx context.Context) {
	tick := time.NewTicker(a.opts.SweepEvery)
	defer tick.Stop()
	for {
		if err := a.Purge(ctx); err != nil && ctx.Err() == nil {
			a.opts.Logger.ErrorContext(ctx, "purge failed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Purge deletes expired sessions and verifications, and pending accounts that are 7 days old (see User.Pending).
func (a *Auth) Purge(ctx context.Context) error {
	now := a.opts.Now()
	a.revoked.forget(now.Add(-a.opts.CacheMaxAge - clockSkew))
	db := a.db.WithContext(ctx)
	return errors.Join(
		a.noteLegacyHashes(ctx),
		purge.All(ctx, func() *gorm.DB { return deleteExpired(db, &Session{}, now) }),
		purge.All(ctx, func() *gorm.DB { return deleteExpired(db, &Verification{}, now) }),
		purge.Few(ctx, pendingBatch, func() (int64, error) { return a.purgePending(ctx) }),
	)
}

// deleteExpired deletes at most purge.Batch expired rows of a model.
func deleteExpired(db *gorm.DB, model any, now time.Time) *gorm.DB {
	some := db.Model(model).Select("id").Where("expires_at <= ?", now).Limit(purge.Batch)
	return db.Where("id IN (?)", some).Delete(model)
}

// transact runs fn in one transaction, writes the events that fn recorded and, after the commit, invalidates the
// cached copies that fn named.
func (a *Auth) transact(ctx context.Context, fn func(tx *transaction) error) error {
	t := &transaction{}
	var notices []string
	err := a.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		t.DB = tx
		if err := fn(t); err != nil {
			return err
		}
		if err := a.writeEvents(tx, t.events...); err != nil {
			return err
		}
		var err error
		notices, err = a.announce(t)
		a.ear.expect(notices) // before the commit: the others may answer at once
		return err
	})
	defer a.ear.forget(notices)
	// Dated after the commit, so that every copy made from an earlier read is older. After an error too, because the
	// connection may have broken after the commit.
	a.revoked.add(a.opts.Now(), t.invalid...)
	if err != nil {
		return err
	}
	a.awaitHeard(notices)
	return nil
}

type transaction struct {
	*gorm.DB
	invalid []string // see invalidate
	events  []*Event // written before the commit
}

// invalidate names sessions and users whose cached copies end with the commit.
func (t *transaction) invalidate(ids ...string) { t.invalid = append(t.invalid, ids...) }

// lockUser reads a user and locks the row until the end of t. Everything that ends sessions or changes credentials
// calls it, so that a concurrent sign-in sees the state before or after, never half of it.
func (t *transaction) lockUser(id string) (*User, error) {
	var u User
	err := t.Clauses(forUpdate).Where("id = ?", id).Take(&u).Error
	return &u, err
}

// Now reads Options.Now.
func (a *Auth) Now() time.Time { return a.opts.Now() }

// Handler serves the wire contract; it expects request paths that start with /api/auth.
func (a *Auth) Handler() http.Handler { return http.HandlerFunc(a.serve) }
