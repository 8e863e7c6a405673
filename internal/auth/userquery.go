package auth

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"example.com/foyer/internal/errs"
	"gorm.io/gorm"
)

// userColumns are the columns a list may be searched, filtered and sorted by: none that could give a secret away bit
// by bit.
var userColumns = map[string]string{
	"id": "id", "name": "name", "email": "email", "emailVerified": "email_verified", "role": "role", "banned": "banned",
	"createdAt": "created_at", "updatedAt": "updated_at",
}

// aColumn is what a refused column should have been.
var aColumn = "one of " + strings.Join(slices.Sorted(maps.Keys(userColumns)), ", ")

var comparisons = map[string]string{
	"eq": " = ?", "ne": " <> ?", "lt": " < ?", "lte": " <= ?", "gt": " > ?", "gte": " >= ?", "in": " IN ?", "not_in": " NOT IN ?",
}

// search is the wire's: in one column.
func (q UserQuery) search(where *gorm.DB) (*gorm.DB, error) {
	if q.Search == "" {
		return where, nil
	}
	field := or(q.SearchField, "email")
	if field != "email" && field != "name" {
		return nil, badQuery("searchField", "email or name")
	}
	if asText(q.Search) == nil {
		return nil, badQuery("searchValue", "text")
	}
	pattern, ok := likePattern(or(q.SearchOperator, "contains"), q.Search)
	if !ok {
		return nil, badQuery("searchOperator", "contains, starts_with or ends_with")
	}
	return where.Where("LOWER("+field+`) LIKE LOWER(?) ESCAPE '\'`, pattern), nil
}

// filter is the wire's: of one column.
func (q UserQuery) filter(where *gorm.DB) (*gorm.DB, error) {
	field := or(q.FilterField, "email")
	column, ok := userColumns[field]
	if !ok {
		return nil, badQuery("filterField", aColumn)
	}
	operator := or(q.FilterOperator, "eq")
	if pattern, ok := likePattern(operator, text(asText(q.Filter))); ok {
		if field != "name" && field != "email" && field != "role" && field != "id" || asText(q.Filter) == nil {
			return nil, badQuery("filterValue", "text, of a column of text")
		}
		return where.Where(column+` LIKE ? ESCAPE '\'`, pattern), nil
	}
	comparison, ok := comparisons[operator]
	if !ok {
		return nil, badQuery("filterOperator", "one of contains, starts_with, ends_with, "+
			strings.Join(slices.Sorted(maps.Keys(comparisons)), ", "))
	}
	list, many := q.Filter.([]any)
	if !many {
		list = []any{q.Filter}
	}
	values := make([]any, len(list))
	for i, raw := range list {
		if values[i], ok = columnValue(field, raw); !ok {
			return nil, badQuery("filterValue", "a value of that column")
		}
	}
	if strings.HasSuffix(operator, "in") {
		return where.Where(column+comparison, values), nil
	}
	if many {
		return nil, badQuery("filterValue", "one value")
	}
	return where.Where(column+comparison, values[0]), nil
}

// order names a column from the list above, never what was typed.
func (q UserQuery) order(database string) (string, error) {
	column, ok := userColumns[or(q.Sort, "id")]
	if !ok {
		return "", badQuery("sortBy", aColumn)
	}
	direction := ""
	if q.Descending {
		direction = " DESC"
	}
	collate := ""
	switch column {
	case "id", "name", "email", "role":
		collate = ` COLLATE "C"`
		if database == "sqlite" {
			collate = " COLLATE BINARY"
		}
	}
	order := column + collate + direction
	if column != "id" {
		order += ", id" + direction
	}
	return order, nil
}

// columnValue gives text the type of its column.
func columnValue(field string, raw any) (any, bool) {
	s := asText(raw)
	switch field {
	case "emailVerified", "banned":
		if b, ok := raw.(bool); ok {
			return b, true
		}
		return text(s) == "true", s != nil && (*s == "true" || *s == "false")
	case "createdAt", "updatedAt":
		at, err := time.Parse(time.RFC3339, text(s))
		return at.UTC(), err == nil
	}
	return text(s), s != nil
}

func asText(v any) *string {
	if s, ok := v.(string); ok && strings.IndexByte(s, 0) < 0 { // PostgreSQL does not keep a null byte
		return &s
	}
	return nil
}

// likePattern escapes what LIKE would read as a wildcard; false where operator is none of LIKE's.
func likePattern(operator, s string) (string, bool) {
	s = strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(s)
	switch operator {
	case "contains":
		return "%" + s + "%", true
	case "starts_with":
		return s + "%", true
	case "ends_with":
		return "%" + s, true
	}
	return "", false
}

// badQuery names the parameter of a refused query, and what it may be.
func badQuery(field, expected string) error {
	return errs.New(http.StatusBadRequest, "VALIDATION_ERROR", "[query."+field+"] Invalid input: expected "+expected)
}

// or gives v, or def where v is empty.
func or[T comparable](v, def T) T {
	set(&v, def)
	return v
}
