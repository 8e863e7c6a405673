package directory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"example.com/foyer/internal/text"
	"gorm.io/gorm"
)

// Column is a column that users may be selected and sorted by. None gives a secret away bit by bit.
type Column int

// The columns.
const (
	ID Column = iota
	Name
	Email
	EmailVerified
	Role
	Banned
	CreatedAt
	UpdatedAt
)

var columns = [...]string{"id", "name", "email", "email_verified", "role", "banned", "created_at", "updated_at"}

// IsText reports whether the column holds text.
func (c Column) IsText() bool { return c == ID || c == Name || c == Email || c == Role }

// Operator compares a column with a value.
type Operator int

// The operators. In and NotIn take a list of values. The last three take text and read no character of it as a
// wildcard.
const (
	Equal Operator = iota
	NotEqual
	Less
	LessOrEqual
	Greater
	GreaterOrEqual
	In
	NotIn
	Contains
	StartsWith
	EndsWith
)

var operators = [...]string{" = ?", " <> ?", " < ?", " <= ?", " > ?", " >= ?", " IN ?", " NOT IN ?", "%?%", "?%", "%?"}

// Condition is one that users must meet. Value has the type of the column: string, bool or time.Time.
type Condition struct {
	Column   Column
	Operator Operator
	Value    any
	AnyCase  bool // upper and lower case are alike, for Contains, StartsWith and EndsWith
}

// Query selects users. The zero value selects all, in the order of their ids.
type Query struct {
	Text       string // a part of name or e-mail, in any case
	Role       string // one of the user's roles
	Banned     bool   // only users who are banned at Now
	Unverified bool   // only users whose address is not verified
	Active     bool   // only users who are neither
	Now        time.Time
	Where      []Condition

	Sort       Column // text is ordered byte by byte, alike on every database
	Descending bool
	Limit      int // 1 to MaxLimit; 0 means MaxLimit
	Offset     int
}

// page orders and cuts what a query selects. Users of the same value are in the order of their ids.
func (q Query) page(selected *gorm.DB) *gorm.DB {
	limit := min(cmp.Or(q.Limit, MaxLimit), MaxLimit)
	return selected.Order(q.order(selected.Name())).Limit(limit).Offset(q.Offset)
}

func (q Query) order(database string) string {
	direction, collate := "", ""
	if q.Descending {
		direction = " DESC"
	}
	if q.Sort == ID {
		return "id" + direction
	}
	if q.Sort.IsText() {
		collate = ` COLLATE "C"`
	}
	if q.Sort.IsText() && database == "sqlite" {
		collate = " COLLATE BINARY"
	}
	return columns[q.Sort] + collate + direction + ", id" + direction
}

// substring reports whether the query searches for a part of a text, for which no index helps.
func (q Query) substring() bool {
	return q.Text != "" || slices.ContainsFunc(q.Where, func(c Condition) bool { return c.AnyCase })
}

// selected is the condition of the query; it can be used several times. roles are the lists that contain q.Role.
// noIndex is put before the columns that select many rows: SQLite does not use the index of "+banned".
func (q Query) selected(db *gorm.DB, roles []string, noIndex string) *gorm.DB {
	where := db.Table("users")
	if q.Text != "" {
		where = where.Where(`search LIKE ? ESCAPE '\'`, Contains.pattern(text.Fold(q.Text)))
	}
	if q.Role != "" {
		where = where.Where(noIndex+"role IN ?", roles)
	}
	if q.Banned {
		where = where.Where(noIndex+"banned = ? AND (ban_expires IS NULL OR ban_expires > ?)", true, q.Now)
	}
	if q.Unverified {
		where = where.Where(noIndex+"email_verified = ?", false)
	}
	if q.Active {
		where = where.Where("("+noIndex+"banned = ? OR ban_expires <= ?)", false, q.Now).
			Where(noIndex+"email_verified = ?", true)
	}
	for _, c := range q.Where {
		column := columns[c.Column]
		switch {
		case c.Operator < Contains:
			where = where.Where(column+operators[c.Operator], c.Value)
		case c.AnyCase:
			where = where.Where("LOWER("+column+`) LIKE LOWER(?) ESCAPE '\'`, c.Operator.pattern(c.Value))
		case db.Name() == "sqlite": // its LIKE takes upper and lower case of ASCII for the same
			where = where.Where(column+" GLOB ?", c.Operator.glob(c.Value))
		default:
			where = where.Where(column+` LIKE ? ESCAPE '\'`, c.Operator.pattern(c.Value))
		}
	}
	return where.Session(&gorm.Session{})
}

// pattern is what LIKE matches a text with.
func (o Operator) pattern(value any) string {
	return strings.Replace(operators[o], "?", text.Like(fmt.Sprint(value)), 1)
}

var globs = strings.NewReplacer("*", "[*]", "?", "[?]", "[", "[[]")

// glob is what GLOB matches a text with.
func (o Operator) glob(value any) string {
	around := strings.ReplaceAll(operators[o], "%", "*")
	return strings.Replace(around, "?", globs.Replace(fmt.Sprint(value)), 1)
}

// roles lists the comma lists in the store that contain q.Role. It leaps from one list to the next along their index.
func (q Query) roles(ctx context.Context, db *gorm.DB) (with []string, err error) {
	if q.Role == "" {
		return nil, nil
	}
	err = db.WithContext(ctx).Raw(`
		WITH RECURSIVE lists (role) AS (
			SELECT MIN(role) FROM users
			UNION ALL
			SELECT (SELECT MIN(u.role) FROM users u WHERE u.role > lists.role) FROM lists WHERE lists.role IS NOT NULL
		)
		SELECT role FROM lists WHERE role IS NOT NULL`).Scan(&with).Error
	without := func(list string) bool { return !slices.Contains(strings.Split(list, ","), q.Role) }
	return slices.DeleteFunc(with, without), err
}
