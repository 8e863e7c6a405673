package auth

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"example.com/foyer/internal/auth/password"
	"example.com/foyer/internal/keys"
	"example.com/foyer/internal/origins"
	"example.com/foyer/internal/purge"
	"example.com/foyer/internal/worker"
	"gorm.io/gorm"
)

// Auth is the provider of authentication. It is safe for use by many goroutines; make one per process.
type Auth struct {
	db      *gorm.DB
	opts    Options
	origins *origins.List       // BaseURL's and TrustedOrigins
	macs    map[string]keys.MAC // by cookie name without prefix
	policy  password.Policy
	hasher  *password.Hasher
	revoked *revocations
	ear     *listener
}

// New makes the provider on a migrated database. It fails if BaseURL, CookieDomain or Secrets are unusable.
func New(db *gorm.DB, o Options) (*Auth, error) {
	o = o.withDefaults()
	a := &Auth{
		db: db, opts: o,
		policy: password.Policy{AppName: o.AppName, AllowCommon: o.AllowCommonPasswords},
		hasher: password.New(password.Options{Workers: o.HashWorkers, Memory: o.HashMemory}),
		ear:    newListener(),
	}
	var skew time.Duration
	if a.shared() {
		skew = clockSkew
	}
	a.revoked = newRevocations(skew, o.Now())
	var err error
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
	a.macs = cookieMACs(ring)
	return a, a.hasher.FindLegacy(context.Background(), db)
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
		a.hasher.FindLegacy(ctx, a.db),
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

// Origins are BaseURL and TrustedOrigins: what may call the app, and where it may send a browser.
func (a *Auth) Origins() *origins.List { return a.origins }

// Now reads Options.Now.
func (a *Auth) Now() time.Time { return a.opts.Now() }
