package directory_test

import (
	"fmt"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/directory"
	"example.com/foyer/internal/database/dbtest"
)

// BenchmarkUsers lists 100,000 users. To be beaten: 10 ms for a filtered, sorted page, 80 ms for a part of a name, 15
// ms for page 1,000.
func BenchmarkUsers(b *testing.B) {
	for name, url := range map[string]func(testing.TB) string{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		b.Run(name, func(b *testing.B) {
			db := dbtest.Open(b, url(b))
			authtest.Crowd(b, db, 100_000)
			for _, c := range []struct {
				name string
				q    directory.Query
			}{
				{"newest", directory.Query{Sort: directory.CreatedAt, Descending: true}},
				{"by-name", directory.Query{Sort: directory.Name}},
				{"admins-by-name", directory.Query{Role: "admin", Sort: directory.Name}},
				{"users-by-email", directory.Query{Role: "user", Sort: directory.Email}},
				{"banned-newest", directory.Query{Banned: true, Sort: directory.CreatedAt, Descending: true}},
				{"unverified-by-name", directory.Query{Unverified: true, Sort: directory.Name}},
				{"some-by-name", directory.Query{Role: "editor", Sort: directory.Name}},
				{"text-few", directory.Query{Text: "number 4242", Sort: directory.Name}},
				{"text-none", directory.Query{Text: "nobody like this", Sort: directory.CreatedAt, Descending: true}},
				{"text-all", directory.Query{Text: "EXAMPLE", Sort: directory.Name}},
				{"page-1000", directory.Query{Sort: directory.CreatedAt, Descending: true, Offset: 999 * 50}},
				{"page-1000-by-name", directory.Query{Sort: directory.Name, Offset: 999 * 50}},
			} {
				b.Run(c.name, func(b *testing.B) {
					c.q.Limit = 50
					for b.Loop() {
						if _, _, err := directory.List[auth.User](b.Context(), db, c.q); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
			b.Run("export-all", func(b *testing.B) {
				for b.Loop() {
					n := 0
					for _, err := range directory.Export(b.Context(), db, directory.Query{}, key) {
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
