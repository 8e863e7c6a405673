package text

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Date is a day that people typed. JSON has it as "2026-05-31", because an instant would be the day before in a browser
// west of Greenwich. Databases have it as midnight UTC. The zero Date is no day: "", null and NULL.
type Date struct{ time.Time }

// String returns the day as people type it.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.Format(time.DateOnly)
}

// MarshalJSON implements json.Marshaler.
func (d Date) MarshalJSON() ([]byte, error) {
	if d.IsZero() {
		return []byte("null"), nil
	}
	return json.Marshal(d.String())
}

// UnmarshalJSON implements json.Unmarshaler. It reads what Day reads.
func (d *Date) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	day, ok := Day(s)
	if !ok {
		return fmt.Errorf("%q is no day", s)
	}
	d.Time = day
	return nil
}

// Value implements driver.Valuer.
func (d Date) Value() (driver.Value, error) {
	if d.IsZero() {
		return nil, nil
	}
	return d.Time, nil
}

// Scan implements sql.Scanner.
func (d *Date) Scan(column any) error {
	var t sql.NullTime
	err := t.Scan(column)
	d.Time = t.Time.UTC()
	return err
}

// midnight ends a day that a program sends as an instant, as JavaScript does.
var midnight = regexp.MustCompile(`T00:00:00(\.0+)?Z$`)

// Day parses a day such as 2026-05-31, or 2026-05-31T00:00:00.000Z; "" is the zero time, before which there is no day.
// It is midnight UTC. The day after the last, 9999-12-31, has five digits of a year, and a database that stores times
// as texts sorts it wrongly.
func Day(s string) (time.Time, bool) {
	if s = strings.TrimSpace(s); s == "" {
		return time.Time{}, true
	}
	t, err := time.Parse(time.DateOnly, midnight.ReplaceAllString(s, ""))
	return t, err == nil && t.After(time.Time{})
}
