package auth_test

import (
	"strings"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// TestUsers: the same lists on both databases; what was typed is never read as a pattern or a column.
func TestUsers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		for _, u := range []auth.NewUser{
			{Name: "Bob 100%", Email: "bob@example.com"}, {Name: "ada_1", Email: "ada@example.com", Role: "admin"},
			{Name: "Zoe", Email: "zoe@example.com"}, {Name: "ädel", Email: "edel@example.com"}, {Name: "adaX1", Email: "x@example.com"},
		} {
			if _, err := r.auth.CreateUser(t.Context(), nil, u); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct {
			name  string
			query auth.UserQuery
			want  string
		}{
			{"binary order", auth.UserQuery{Sort: "name"}, "Bob 100%,Zoe,adaX1,ada_1,ädel"},
			{"downwards", auth.UserQuery{Sort: "email", Descending: true}, "Zoe,adaX1,ädel,Bob 100%,ada_1"},
			{"a page", auth.UserQuery{Sort: "name", Limit: 2, Offset: 1}, "Zoe,adaX1"},
			{"whatever the case", auth.UserQuery{Search: "BOB", SearchField: "name"}, "Bob 100%"},
			{"percent is a character", auth.UserQuery{Search: "%", SearchField: "name"}, "Bob 100%"},
			{"so is the underscore", auth.UserQuery{Search: "a_1", SearchField: "name"}, "ada_1"},
			{"and the backslash", auth.UserQuery{Search: `\`, SearchField: "name"}, ""},
			{"role", auth.UserQuery{Filter: "admin", FilterField: "role"}, "ada_1"},
			{"a part", auth.UserQuery{Filter: "a_", FilterField: "name", FilterOperator: "contains"}, "ada_1"},
			{"a beginning", auth.UserQuery{Filter: "ada", FilterField: "name", FilterOperator: "starts_with", Sort: "name"}, "adaX1,ada_1"},
			{"an end", auth.UserQuery{Search: "e", SearchField: "name", SearchOperator: "ends_with"}, "Zoe"},
			{"a boolean", auth.UserQuery{Filter: false, FilterField: "banned", Sort: "name", Limit: 1}, "Bob 100%"},
			{"not", auth.UserQuery{Filter: "user", FilterField: "role", FilterOperator: "ne"}, "ada_1"},
			{"one of", auth.UserQuery{Filter: []any{"bob@example.com", "x@example.com"}, FilterOperator: "in", Sort: "name"}, "Bob 100%,adaX1"},
			{"banned", auth.UserQuery{Filter: "true", FilterField: "banned"}, ""},
			{"since", auth.UserQuery{Filter: "2020-01-01T00:00:00.000Z", FilterField: "createdAt", FilterOperator: "gt", Sort: "name", Limit: 1}, "Bob 100%"},
		} {
			users, total, err := r.auth.Users(t.Context(), c.query)
			var names []string
			for _, u := range users {
				names = append(names, u.Name)
			}
			if got := strings.Join(names, ","); err != nil || got != c.want || int(total) < len(users) {
				t.Errorf("%s: %q of %d, %v; want %q", c.name, got, total, err, c.want)
			}
		}
		for _, q := range []auth.UserQuery{
			{Sort: "password"}, {Sort: "name; DROP TABLE users"}, {Search: "x", SearchField: "role"}, {Search: "x", SearchOperator: "regex"},
			{Filter: "x", FilterField: "token_hash"}, {Filter: "x", FilterOperator: "like"}, {Filter: "x", FilterField: "banned"},
			{Filter: "x", FilterField: "createdAt"}, {Filter: "x", FilterField: "createdAt", FilterOperator: "contains"},
			{Filter: 5, FilterOperator: "contains"}, {Filter: []any{"a", "b"}}, {Filter: []any{5}, FilterOperator: "in"}, {Limit: 101}, {Limit: -1}, {Offset: -1},
		} {
			if _, _, err := r.auth.Users(t.Context(), q); err == nil || !strings.Contains(err.Error(), "Invalid input") {
				t.Errorf("%+v: %v", q, err)
			}
		}
	})
}
