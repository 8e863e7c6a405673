package auth_test

import (
	"fmt"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
)

// BenchmarkUsers lists 100,000 users. To be beaten: 10 ms for a filtered, sorted page, 80 ms for a part of a name, 15 ms
// for page 1,000.
func BenchmarkUsers(b *testing.B) {
	for name, url := range map[string]func(testing.TB) string{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		b.Run(name, func(b *testing.B) {
			db := dbtest.Open(b, url(b))
			authtest.Crowd(b, db, 100_000)
			a, err := auth.New(db, auth.Options{BaseURL: home, Secrets: []string{authtest.Secret}})
			if err != nil {
				b.Fatal(err)
			}
			for _, c := range []struct {
				name string
				q    auth.UserQuery
			}{
				{"newest", auth.UserQuery{Sort: "createdAt", Descending: true}},
				{"by-name", auth.UserQuery{Sort: "name"}},
				{"admins-by-name", auth.UserQuery{Role: "admin", Sort: "name"}},
				{"users-by-email", auth.UserQuery{Role: "user", Sort: "email"}},
				{"banned-newest", auth.UserQuery{Banned: true, Sort: "createdAt", Descending: true}},
				{"unverified-by-name", auth.UserQuery{Unverified: true, Sort: "name"}},
				{"some-by-name", auth.UserQuery{Role: "editor", Sort: "name"}},
				{"text-few", auth.UserQuery{Text: "number 4242", Sort: "name"}},
				{"text-none", auth.UserQuery{Text: "nobody like this", Sort: "createdAt", Descending: true}},
				{"text-all", auth.UserQuery{Text: "EXAMPLE", Sort: "name"}},
				{"page-1000", auth.UserQuery{Sort: "createdAt", Descending: true, Offset: 999 * 50}},
				{"page-1000-by-name", auth.UserQuery{Sort: "name", Offset: 999 * 50}},
			} {
				b.Run(c.name, func(b *testing.B) {
					c.q.Limit = 50
					for b.Loop() {
						if _, _, err := a.Users(b.Context(), c.q); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
			b.Run("export-all", func(b *testing.B) {
				for b.Loop() {
					n := 0
					for _, err := range a.ExportUsers(b.Context(), nil, auth.UserQuery{}) {
						if n++; err != nil {
							b.Fatal(err)
						}
					}
					if n != 100_000 {
						b.Fatal(fmt.Errorf("%d users", n))
					}
				}
			})
		})
	}
}
