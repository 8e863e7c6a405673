package auth

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"example.com/foyer/internal/auth/password"
	"example.com/foyer/internal/auth/revoke"
	"example.com/foyer/internal/keys"
	"example.com/foyer/internal/origins"
	"example.com/foyer/internal/purge"
	"example.com/foyer/internal/worker"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Auth owns authentication. It is safe for use by many goroutines; make one per process.
type Auth struct {
	db      *gorm.DB
	opts    Options
	origins *origins.List       // BaseURL's and TrustedOrigins
	macs    map[string]keys.MAC // by cookie name without prefix
	policy  password.Policy
	hasher  *password.Hasher
	revoked *revoke.Bus
	ring    *keys.Ring
	parts   []Hooks
}

// New makes an Auth on a migrated database. It fails if a name, BaseURL, TrustedOrigins, CookieDomain or Secrets
// are unusable, or if the database cannot be read.
func New(db *gorm.DB, o Options) (*Auth, error) {
	o = o.withDefaults()
	a := &Auth{
		db: db, opts: o,
		policy:  password.Policy{AppName: o.AppName, AllowCommon: o.AllowCommonPasswords},
		hasher:  password.New(password.Options{Workers: o.HashWorkers, Memory: o.HashMemory}),
		revoked: revoke.New(db, o.Now, o.Logger),
	}
	err := o.checkNames()
	if err != nil {
		return nil, err
	}
	if a.origins, err = origins.New(o.BaseURL, o.TrustedOrigins); err != nil {
		return nil, fmt.Errorf("auth: %w", err)
	}
	if a.opts.CookieDomain, err = cookieDomain(o.CookieDomain, a.origins.Home); err != nil {
		return nil, err
	}
	ring, err := keys.New(o.Secrets)
	if err != nil {
		return nil, fmt.Errorf("auth: %w", err)
	}
	a.ring, a.macs = ring, cookieMACs(ring)
	if err := a.hasher.FindLegacy(context.Background(), db); err != nil {
		return nil, err
	}
	return a, nil
}

// Run purges what has expired, at once and then every SweepEvery, and exchanges revocations with other instances, until
// ctx ends. A panic in either is logged and stops neither.
func (a *Auth) Run(ctx context.Context) {
	var working sync.WaitGroup
	defer working.Wait()
	working.Go(func() { a.revoked.Run(ctx) })
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
	a.revoked.Forget(now.Add(-max(a.opts.CacheMaxAge, replacedFor)))
	return errors.Join(
		a.hasher.FindLegacy(ctx, a.db),
		a.PurgeExpired(ctx, &Session{}, "id", now), a.PurgeExpired(ctx, &Verification{}, "id", now),
		purge.Few(ctx, pendingBatch, func() (int64, error) { return a.purgePending(ctx) }),
		a.purgeParts(ctx),
	)
}

// PurgeExpired deletes the rows of a model that had expired at over, in small batches. key is its primary key. Locked
// rows wait for the next purge, so that a purge cannot deadlock with a verb that ends many rows.
func (a *Auth) PurgeExpired(ctx context.Context, model any, key string, over time.Time) error {
	db := a.db.WithContext(ctx)
	return purge.All(ctx, func() *gorm.DB {
		some := db.Model(model).Clauses(skipLocked).Select(key).Where("expires_at <= ?", over).Limit(purge.Batch)
		return db.Where("? IN (?)", clause.Column{Name: key}, some).Delete(model)
	})
}

// Hears reports whether notifications of PostgreSQL reach this process. They do not through a pooler in transaction
// mode.
func (a *Auth) Hears() bool { return a.revoked.Hears() }

// CacheOff says, in a line for /readyz, what an operator must mend before this process trusts a cached session. It is
// "" if no fault is known.
func (a *Auth) CacheOff() string { return a.revoked.CacheFault() }

// Now reads Options.Now.
func (a *Auth) Now() time.Time { return a.opts.Now() }
