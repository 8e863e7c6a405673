package directory_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/directory"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func key(u *auth.User) (time.Time, string) { return u.CreatedAt, u.ID }

// names lists a page by the names of its users.
func names(t *testing.T, db *gorm.DB, q directory.Query) (list string, total int64) {
	t.Helper()
	users, total, err := directory.List[auth.User](t.Context(), db, q)
	if err != nil || users == nil {
		t.Errorf("%+v: %v, error %v", q, users, err)
	}
	var names []string
	for _, u := range users {
		names = append(names, u.Name)
	}
	return strings.Join(names, ","), total
}

// TestList: the same lists on both databases. No character of a text is read as a wildcard.
func TestList(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		a := authtest.NewOn(t, db, auth.Options{})
		for _, u := range []auth.NewUser{
			{Name: "Bob 100%", Email: "bob@example.com"},
			{Name: "ada_1", Email: "ada@example.com", Role: "user,admin"},
			{Name: "Zoe", Email: "zoe@example.com"},
			{Name: "ädel", Email: "edel@example.com"},
			{Name: "adaX1", Email: "x@example.com"},
		} {
			if _, err := a.CreateUser(t.Context(), nil, u); err != nil {
				t.Fatal(err)
			}
		}
		where := func(c directory.Column, o directory.Operator, value any) directory.Query {
			return directory.Query{Sort: directory.Name, Where: []directory.Condition{{Column: c, Operator: o, Value: value}}}
		}
		anyCase := func(o directory.Operator, text string) directory.Query {
			q := where(directory.Name, o, text)
			q.Where[0].AnyCase = true
			return q
		}
		both := where(directory.Name, directory.Contains, "ada")
		both.Where = append(both.Where, where(directory.Email, directory.NotEqual, "x@example.com").Where...)
		list, past := []any{"bob@example.com", "x@example.com", "y"}, time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
		const all = "Bob 100%,Zoe,adaX1,ada_1,ädel"
		for _, c := range []struct {
			name  string
			query directory.Query
			want  string
			total int64
		}{
			{"binary order", directory.Query{Sort: directory.Name}, all, 5},
			{"downwards", directory.Query{Sort: directory.Email, Descending: true}, "Zoe,adaX1,ädel,Bob 100%,ada_1", 5},
			{"a page", directory.Query{Sort: directory.Name, Limit: 2, Offset: 1}, "Zoe,adaX1", 5},
			{"beyond the end", directory.Query{Sort: directory.Name, Offset: 9}, "", 5},
			{"text in the e-mail", directory.Query{Text: "ZOE@"}, "Zoe", 1},
			{"text in the name", directory.Query{Text: "100%"}, "Bob 100%", 1},
			{"an accent of its own", directory.Query{Text: "A\u0308DEL"}, "ädel", 1},
			{"no text", directory.Query{Text: "nobody"}, "", 0},
			{"a role", directory.Query{Role: "admin"}, "ada_1", 1},
			{"half a role", directory.Query{Role: "admi"}, "", 0},
			{"banned", directory.Query{Banned: true}, "", 0},
			{"unverified", directory.Query{Unverified: true, Sort: directory.Name}, all, 5},
			{"any case", anyCase(directory.Contains, "BOB"), "Bob 100%", 1},
			{"percent is a character", anyCase(directory.Contains, "%"), "Bob 100%", 1},
			{"so is the underscore", anyCase(directory.Contains, "a_1"), "ada_1", 1},
			{"and the backslash", anyCase(directory.Contains, `\`), "", 0},
			{"and the question mark", anyCase(directory.Contains, `?`), "", 0},
			{"an end", anyCase(directory.EndsWith, "E"), "Zoe", 1},
			{"a part", where(directory.Name, directory.Contains, "a_"), "ada_1", 1},
			{"a beginning", where(directory.Name, directory.StartsWith, "ada"), "adaX1,ada_1", 2},
			{"a part in its own case alone", where(directory.Name, directory.Contains, "BOB"), "", 0},
			{"an end in its own case", where(directory.Name, directory.EndsWith, "E"), "", 0},
			{"no wildcard in its own case", where(directory.Name, directory.Contains, "[B]*?"), "", 0},
			{"the percent too", where(directory.Name, directory.EndsWith, "100%"), "Bob 100%", 1},
			{"equal", where(directory.Role, directory.Equal, "user,admin"), "ada_1", 1},
			{"not equal", where(directory.Role, directory.NotEqual, "user"), "ada_1", 1},
			{"a boolean", where(directory.Banned, directory.Equal, false), all, 5},
			{"one of", where(directory.Email, directory.In, list), "Bob 100%,adaX1", 2},
			{"none of", where(directory.Email, directory.NotIn, list), "Zoe,ada_1,ädel", 3},
			{"less", where(directory.Email, directory.Less, "bob@example.com"), "ada_1", 1},
			{"or equal", where(directory.Email, directory.LessOrEqual, "bob@example.com"), "Bob 100%,ada_1", 2},
			{"greater", where(directory.Email, directory.Greater, "x@example.com"), "Zoe", 1},
			{"or equal, too", where(directory.Email, directory.GreaterOrEqual, "x@example.com"), "Zoe,adaX1", 2},
			{"since", where(directory.CreatedAt, directory.Greater, past), all, 5},
			{"before", where(directory.UpdatedAt, directory.Less, past), "", 0},
			{"both", both, "ada_1", 1},
		} {
			t.Run(c.name, func(t *testing.T) {
				if got, total := names(t, db, c.query); got != c.want || total != c.total {
					t.Errorf("%q of %d; want %q of %d", got, total, c.want, c.total)
				}
			})
		}
	})
}

// TestALongList: what is found by each of the ways to read a page, and an export of several batches.
func TestALongList(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		authtest.Crowd(t, db, 2500)
		name := func(i int) string { return fmt.Sprintf("Person Number %05d", i) }
		for _, c := range []struct {
			query directory.Query
			want  string
			total int64
		}{
			{directory.Query{Sort: directory.Name, Limit: 1}, name(0), 2500},
			{directory.Query{Sort: directory.CreatedAt, Descending: true, Limit: 1, Offset: 2000}, name(499), 2500},
			{directory.Query{Text: "EXAMPLE", Sort: directory.Name, Limit: 1, Offset: 7}, name(7), 2500},
			{directory.Query{Text: "number 0242", Sort: directory.Name, Limit: 2, Offset: 1}, name(2421) + "," + name(2422), 10},
			{directory.Query{Role: "user", Sort: directory.Email, Limit: 1}, name(0), 2437},
			{directory.Query{Role: "admin", Sort: directory.Name}, name(2) + "," + name(1002) + "," + name(2002), 3},
			{directory.Query{Banned: true, Sort: directory.Name, Descending: true, Limit: 1}, name(2001), 5},
			{directory.Query{Unverified: true, Sort: directory.Name, Limit: 1, Offset: 1}, name(3), 834},
		} {
			if got, total := names(t, db, c.query); got != c.want || total != c.total {
				t.Errorf("%+v: %q of %d; want %q of %d", c.query, got, total, c.want, c.total)
			}
		}
		users, _, err := directory.List[auth.User](t.Context(), db, directory.Query{Limit: 1000})
		if err != nil || len(users) != directory.MaxLimit {
			t.Errorf("%d users in a page, %v", len(users), err)
		}
		var exported []string
		for u, err := range directory.Export(t.Context(), db, directory.Query{Sort: directory.Email, Limit: 1}, key) {
			if err != nil {
				t.Fatal(err)
			}
			exported = append(exported, u.Name)
		}
		if len(exported) != 2500 || !slices.IsSorted(exported) {
			t.Errorf("%d users, the oldest first: %v", len(exported), slices.IsSorted(exported))
		}
		for range directory.Export(t.Context(), db, directory.Query{}, key) {
			break // a reader who leaves
		}
		pool, err := db.DB()
		if err != nil {
			t.Fatal(err)
		}
		pool.Close()
		n := 0
		for u, err := range directory.Export(t.Context(), db, directory.Query{Role: "user"}, key) {
			if n++; u != nil || err == nil {
				t.Errorf("without a database: %v, %v", u, err)
			}
		}
		if n != 1 {
			t.Errorf("without a database: %d users", n)
		}
	})
}
