package admin_test

import (
	"encoding/json"
	"strings"
	"testing"

	"example.com/foyer/internal/auth"
)

// TestListUsers: the wire's language of lists.
func TestListUsers(t *testing.T) {
	h := newHouse(t)
	for name, email := range map[string]string{"Zoe": "zoe@example.com", "zed 100%": "zed@example.com"} {
		if _, err := h.auth.CreateUser(t.Context(), nil, auth.NewUser{Name: name, Email: email}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ query, want string }{
		{"sortBy=email", "ada boss zed zoe"},
		{"sortBy=email&sortDirection=desc&limit=2&offset=1", "zed boss"},
		{"searchValue=ZOE", "zoe"},
		{"searchValue=Z&searchField=name&searchOperator=starts_with&sortBy=email", "zed zoe"},
		{"searchValue=0%25&searchField=name&searchOperator=ends_with", "zed"},
		{"filterValue=zoe@example.com", "zoe"},
		{"filterValue=Zo&filterField=name&filterOperator=starts_with", "zoe"},
		{"filterValue=user&filterField=role&filterOperator=ne", "boss"},
		{"filterValue=zoe@example.com&filterValue=x&filterOperator=in", "zoe"},
		{"filterValue=ada@example.com&filterOperator=in", "ada"},
		{"filterValue=zoe@example.com&filterValue=zed@example.com&filterOperator=not_in&sortBy=email", "ada boss"},
		{"filterValue=true&filterField=banned", ""},
		{"filterValue=false&filterField=emailVerified&filterOperator=ne", ""},
		{"filterValue=2020-01-01T00:00:00.000Z&filterField=createdAt&filterOperator=lt", ""},
		{"filterValue=ada@example.com&filterOperator=gte&sortBy=email&limit=1", "ada"},
		{"searchValue=zoe&filterValue=admin&filterField=role", ""},
	} {
		got := h.boss.Get("/api/auth/admin/list-users?" + c.query)
		var v struct{ Users []struct{ Email string } }
		if err := json.Unmarshal([]byte(got.Text), &v); err != nil || got.StatusCode != 200 {
			t.Errorf("%s: %d %s", c.query, got.StatusCode, got.Text)
		}
		var list []string
		for _, u := range v.Users {
			list = append(list, strings.TrimSuffix(u.Email, "@example.com"))
		}
		if got := strings.Join(list, " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.query, got, c.want)
		}
	}
}

// TestListUsersRefuses what is no column, operator or value, by its name.
func TestListUsersRefuses(t *testing.T) {
	h := newHouse(t)
	for _, c := range []struct{ query, field string }{
		{"sortBy=password", "sortBy"}, {"sortBy=name%3B%20DROP%20TABLE%20users", "sortBy"},
		{"sortBy=email_verified", "sortBy"},
		{"sortDirection=", "sortDirection"}, {"searchField=role", "searchField"}, {"searchOperator=regex", "searchOperator"},
		{"filterValue=x&filterField=token_hash", "filterField"},
		{"filterValue=x&filterOperator=like", "filterOperator"},
		{"filterValue=x&filterField=banned", "filterValue"},
		{"filterValue=x&filterField=createdAt", "filterValue"},
		{"filterValue=true&filterField=banned&filterOperator=contains", "filterValue"},
		{"filterValue=a&filterValue=b", "filterValue"},
		{"filterValue=a&filterValue=b&filterOperator=contains", "filterValue"},
		{"searchValue=%00", "searchValue"}, {"filterValue=%00", "filterValue"},
		{"filterValue=%00&filterOperator=contains", "filterValue"},
		{"searchValue=" + strings.Repeat("_", 30000), "searchValue"},
		{"filterOperator=contains&filterValue=" + strings.Repeat("[", 30000), "filterValue"},
		{"filterValue=a&filterValue=%00&filterOperator=in", "filterValue"}, {"offset=-1", "offset"},
	} {
		got := h.boss.Get("/api/auth/admin/list-users?" + c.query)
		named := strings.Contains(got.Text, "[query."+c.field+"] Invalid ") &&
			strings.Contains(got.Text, `"VALIDATION_ERROR"`)
		if got.StatusCode != 400 || !named {
			t.Errorf("%s: %d %s, want %s refused", c.query, got.StatusCode, got.Text, c.field)
		}
	}
	if got := h.boss.Get("/api/auth/admin/list-users?limit=99999999999999999999&offset=junk"); got.StatusCode != 200 {
		t.Errorf("junk in numbers: %d %s", got.StatusCode, got.Text)
	}
}
