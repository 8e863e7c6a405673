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

// Auth is the provider. It is safe for use by many goroutines; make one per process.
type Auth struct {
	db      *gorm.DB
	opts    Options
	origins *origins.List       // BaseURL's and TrustedOrigins
	macs    map[string]keys.MAC // cookie name without prefix → what signs it
	policy  password.Policy
	hasher  *password.Hasher
	revoked *revocations
	ear     *listener
}

// New makes the provider on a migrated database. It fails where BaseURL, CookieDomain or Secrets are unusable.
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

// Run purges what has expired, now and then every SweepEvery, and on PostgreSQL hears what other instances revoke,
// until ctx ends. A panic in either is logged and stops neither.
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

// Purge deletes expired sessions and verifications, pending accounts that are 7 days old (see User.Pending),
// and nothing that is still good.
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

// deleteExpired deletes at most purge.Batch rows of a model that are over.
func deleteExpired(db *gorm.DB, model any, now time.Time) *gorm.DB {
	some := db.Model(model).Select("id").Where("expires_at <= ?", now).Limit(purge.Batch)
	return db.Where("id IN (?)", some).Delete(model)
}

// transact runs fn in one transaction. Once it is committed, the cached copies fn named are void.
func (a *Auth) transact(ctx context.Context, fn func(tx *transaction) error) error {
	t := &transaction{}
	var notices []string
	err := a.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		t.DB = tx
		err := fn(t)
		if err == nil {
			err = a.tellEvents(t)
		}
		if err == nil {
			notices, err = a.announce(t)
			a.ear.expect(notices) // before the commit: the others may answer at once
		}
		return err
	})
	defer a.ear.forget(notices)
	// The time is taken after the commit: every copy made from an earlier read is older than this. After an error too:
	// the connection may have broken between the commit and the word of it.
	a.revoked.add(a.opts.Now(), t.void...)
	if err == nil {
		a.awaitHeard(notices)
	}
	return err
}

type transaction struct {
	*gorm.DB
	void   []string // ids of sessions and users whose cached copies end with the commit
	events []*Event // told before it
}

// lockUser reads a user and holds the row until the end of the transaction: whatever ends sessions or changes
// credentials goes through here, so that a sign-in running beside it sees one state or the other, never half.
func (t *transaction) lockUser(id string) (*User, error) {
	var u User
	err := t.Clauses(forUpdate).Where("id = ?", id).Take(&u).Error
	return &u, err
}

// Origins are BaseURL and TrustedOrigins: what may call the app, and where it may send a browser.
func (a *Auth) Origins() *origins.List { return a.origins }

// Now is the provider's clock.
func (a *Auth) Now() time.Time { return a.opts.Now() }
