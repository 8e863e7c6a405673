package chain_test

import (
	"errors"
	"strings"
	"testing"

	"example.com/foyer/internal/audit/audittest"
	"example.com/foyer/internal/audit/chain"
	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// trail is a chained trail on a database of its own, with a clock that the test moves.
type trail struct {
	*audittest.Trail
	*chain.Chain
	t     testing.TB
	third chain.Point // see each
}

func newTrail(t testing.TB, db *gorm.DB) *trail {
	r := &trail{Trail: audittest.New(t, db), t: t}
	r.restart(authtest.Secret)
	return r
}

// restart goes on as another process that has these secrets.
func (r *trail) restart(secrets ...string) {
	r.t.Helper()
	var err error
	r.Log = r.Another()
	if r.Chain, err = chain.New(r.Log, r.DB, secrets); err != nil {
		r.t.Fatal(err)
	}
	r.Log.Seal = r.Chain.Seal
}

func (r *trail) wantWhole(events int64) chain.Report {
	r.t.Helper()
	report, err := r.Verify(r.t.Context())
	if err != nil || report.Events != events {
		r.t.Errorf("%d events, error %v; want %d and none", report.Events, err, events)
	}
	return report
}

func (r *trail) wantTampering(what string, seq int64, why string, noted ...chain.Point) {
	r.t.Helper()
	_, err := r.Verify(r.t.Context(), noted...)
	var found *chain.Tampering
	if !errors.As(err, &found) || found.Seq != seq || !strings.Contains(found.Why, why) {
		r.t.Errorf("%s: %v; want tampering at %d: %s", what, err, seq, why)
	}
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	r := newTrail(t, dbtest.Open(t, dbtest.SQLite(t)))
	for _, secrets := range [][]string{nil, {"short"}, {authtest.Secret, ""}} {
		if _, err := chain.New(r.Log, r.DB, secrets); err == nil {
			t.Errorf("secrets %q are taken", secrets)
		}
	}
}

// The chain seals what is stored: also events that were shortened, counted or recorded after the deletion of their
// user.
func TestEveryKindOfEventIsSealed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newTrail(t, db)
		r.wantWhole(0)
		e := audittest.Sample(1)
		e.Detail, e.Note, e.UserAgent = "GET\x00 \xff"+strings.Repeat("é", 600), "\x00", "\xf0\x28"
		r.Write(r.Log, e)
		r.Write(r.Log, auth.Event{Name: "sign_in_failed", IPAddress: "192.0.2.9"})
		r.Write(r.Log, auth.Event{Name: "user_deleted", ActorID: "ada", SubjectID: "bob", SubjectName: "Bob"})
		r.Write(r.Log, audittest.Sample(2))
		limited := auth.Event{Name: "rate_limited", SubjectID: "bob", SubjectName: "Bob", Refused: true}
		for range 100 {
			r.Write(r.Log, limited)
		}
		r.Flush()
		r.wantWhole(6)
		r.Write(r.Log, auth.Event{Name: "user_deleted", ActorID: "ada", ActorName: "Ada", SubjectID: "ada"})
		r.wantWhole(7)
	})
}

// BenchmarkChain records an event, and verifies 100,000.
func BenchmarkChain(b *testing.B) {
	const events = 100_000
	for kind, open := range map[string]func(testing.TB) string{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		b.Run(kind, func(b *testing.B) {
			r := newTrail(b, dbtest.Open(b, open(b)))
			b.Run("record", func(b *testing.B) {
				for i := 0; b.Loop(); i++ {
					r.Write(r.Log, audittest.Sample(i))
				}
			})
			r.Fill(events)
			b.Run("verify", func(b *testing.B) {
				for b.Loop() {
					if report, err := r.Verify(b.Context()); err != nil || report.Events < events {
						b.Fatal(report, err)
					}
				}
			})
		})
	}
}
