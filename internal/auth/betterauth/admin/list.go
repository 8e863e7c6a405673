package admin

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/foyer/internal/auth/directory"
	"example.com/foyer/internal/payload"
)

// The wire's names of columns and operators.
var (
	columns = map[string]directory.Column{
		"id": directory.ID, "name": directory.Name, "email": directory.Email, "role": directory.Role,
		"emailVerified": directory.EmailVerified, "banned": directory.Banned,
		"createdAt": directory.CreatedAt, "updatedAt": directory.UpdatedAt,
	}
	partial = map[string]directory.Operator{
		"contains": directory.Contains, "starts_with": directory.StartsWith, "ends_with": directory.EndsWith,
	}
	comparisons = map[string]directory.Operator{
		"eq": directory.Equal, "ne": directory.NotEqual, "lt": directory.Less, "lte": directory.LessOrEqual,
		"gt": directory.Greater, "gte": directory.GreaterOrEqual, "in": directory.In, "not_in": directory.NotIn,
	}
)

// maxPart bounds the text of a partial comparison, in bytes. SQLite refuses long patterns, and names and addresses are
// shorter.
const maxPart = 1000

var shortText = fmt.Sprintf("at most %d bytes", maxPart)

// words lists the words that a parameter may be.
func words[V any](m map[string]V) string { return strings.Join(slices.Sorted(maps.Keys(m)), ", ") }

func (p *plugin) listUsers(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	q, wrong := listQuery(b)
	if _, err := p.permitRead(w, r, b, "LIST_USERS"); err != nil {
		return nil, err
	}
	if wrong != nil {
		return nil, wrong
	}
	users, total, err := p.auth.Users(r.Context(), q)
	if err != nil {
		return nil, err
	}
	answer := map[string]any{"users": users, "total": total}
	if q.Limit != 0 {
		answer["limit"] = q.Limit
	}
	if q.Offset != 0 {
		answer["offset"] = q.Offset
	}
	return answer, nil
}

// listQuery translates the query of list-users: the order and the page, one search in a column, one filter of a
// column.
func listQuery(b *payload.Body) (directory.Query, error) {
	search, filter := word(b, "searchValue", ""), b.Value("filterValue")
	field, operator := word(b, "searchField", "email"), word(b, "searchOperator", "contains")
	filterField, filterOperator := word(b, "filterField", "email"), word(b, "filterOperator", "eq")
	q, err := page(b)
	if err != nil {
		return q, err
	}
	part, ok := partial[operator]
	switch {
	case field != "email" && field != "name":
		return q, invalid("searchField", "Invalid option")
	case !ok:
		return q, invalid("searchOperator", "Invalid option")
	case strings.ContainsRune(search, 0): // PostgreSQL keeps no null byte
		return q, expected("searchValue", "text")
	case len(search) > maxPart:
		return q, expected("searchValue", shortText)
	case search != "":
		c := directory.Condition{Column: columns[field], Operator: part, Value: search, AnyCase: true}
		q.Where = append(q.Where, c)
	}
	if filter == nil {
		return q, nil
	}
	c, err := condition(filterField, filterOperator, filter)
	q.Where = append(q.Where, c)
	return q, err
}

// page translates the order and the page.
func page(b *payload.Body) (q directory.Query, err error) {
	direction := word(b, "sortDirection", "")
	q.Limit, q.Offset = number(b, "limit"), number(b, "offset")
	column, ok := columns[word(b, "sortBy", "id")]
	q.Sort, q.Descending = column, direction == "desc"
	switch {
	case b.Has("sortDirection") && direction != "asc" && direction != "desc":
		return q, invalid("sortDirection", "Invalid option")
	case q.Limit < 0 || q.Limit > directory.MaxLimit:
		return q, expected("limit", "a number from 1 to 100")
	case q.Offset < 0:
		return q, expected("offset", "a number from 0 on")
	case !ok:
		return q, expected("sortBy", "one of "+words(columns))
	}
	return q, nil
}

// number returns a parameter, 0 for junk, as better-auth does.
func number(b *payload.Body, name string) int {
	n, err := strconv.Atoi(word(b, name, ""))
	if err != nil {
		return 0
	}
	return n
}

// word returns a parameter, byDefault if it is absent or empty.
func word(b *payload.Body, name, byDefault string) string {
	if s := b.OptionalString(name); s != nil && *s != "" {
		return *s
	}
	return byDefault
}

// condition translates a filter. A value is text, or a list of texts for a parameter that is given several times.
func condition(field, operator string, value any) (c directory.Condition, err error) {
	column, ok := columns[field]
	if !ok {
		return c, expected("filterField", "one of "+words(columns))
	}
	list, isList := value.([]any)
	if !isList {
		list = []any{value}
	}
	values := make([]any, len(list))
	for i := range list {
		if values[i], ok = typed(column, list[i]); !ok {
			return c, expected("filterValue", "a value of that column")
		}
	}
	part, isPart := partial[operator]
	comparison, ok := comparisons[operator]
	switch {
	case isPart && (isList || !column.IsText()):
		return c, expected("filterValue", "text, of a column of text")
	case isPart && len(values[0].(string)) > maxPart:
		return c, expected("filterValue", shortText)
	case isPart:
		return directory.Condition{Column: column, Operator: part, Value: values[0]}, nil
	case !ok:
		return c, expected("filterOperator", "one of contains, starts_with, ends_with, "+words(comparisons))
	case comparison == directory.In || comparison == directory.NotIn:
		return directory.Condition{Column: column, Operator: comparison, Value: values}, nil
	case isList:
		return c, expected("filterValue", "one value")
	}
	return directory.Condition{Column: column, Operator: comparison, Value: values[0]}, nil
}

// typed gives a text the type of its column.
func typed(column directory.Column, value any) (any, bool) {
	text, ok := value.(string)
	switch column {
	case directory.EmailVerified, directory.Banned:
		return text == "true", text == "true" || text == "false"
	case directory.CreatedAt, directory.UpdatedAt:
		at, err := time.Parse(time.RFC3339, text)
		return at.UTC(), err == nil
	}
	return text, ok && !strings.ContainsRune(text, 0)
}

func expected(field, what string) error { return invalid(field, "Invalid input: expected "+what) }

// invalid names the parameter that is wrong.
func invalid(field, what string) error {
	return faulty("query."+field, what)
}
