package text

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Check collects what is wrong with the fields of an input, by the names of the fields. Its methods return the value of
// a field as it is stored. For example:
//
//	wrong := text.Check{}
//	p.Name = wrong.Line("name", in.Name, 1, 200)
//	p.Due = wrong.Day("due", in.Due)
//	if err := errs.Fields(wrong); err != nil {
//		return err
//	}
type Check map[string]string

// Line checks a text of one line, of least to most characters.
func (c Check) Line(field, s string, least, most int) string {
	line, ok := Line(s, most)
	c.length(field, line, ok, least, most)
	return line
}

// Lines checks a text of several lines, of least to most characters.
func (c Check) Lines(field, s string, least, most int) string {
	lines, ok := Lines(s, most)
	c.length(field, lines, ok, least, most)
	return lines
}

func (c Check) length(field, s string, ok bool, least, most int) {
	n := utf8.RuneCountInString(s)
	switch {
	case n > most && least == 0:
		c.wrong(field, "enter at most %d characters.", most)
	case n > most || n < least:
		c.wrong(field, "enter %d to %d characters.", least, most)
	case !ok:
		c.wrong(field, "it has characters that cannot be shown.")
	}
}

// Number checks a whole number from least to most.
func (c Check) Number(field, s string, least, most int64) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err == nil && least <= n && n <= most {
		return n
	}
	if most == math.MaxInt64 {
		c.wrong(field, "enter a whole number from %d.", least)
	} else {
		c.wrong(field, "enter a whole number from %d to %d.", least, most)
	}
	return 0
}

// Day checks a day such as 2026-05-31, as input type=date sends it.
func (c Check) Day(field, s string) time.Time {
	day, ok := Day(s)
	if !ok || day.IsZero() {
		c.wrong(field, "enter a day such as 2026-05-31.")
	}
	return day
}

// Day parses a day such as 2026-05-31, in UTC; "" is the zero time. The years end at 9998, so that the day after is a
// day too.
func Day(s string) (time.Time, bool) {
	if s = strings.TrimSpace(s); s == "" {
		return time.Time{}, true
	}
	t, err := time.Parse(time.DateOnly, s)
	return t, err == nil && t.Year() < 9999
}

// wrong begins a sentence with the name of its field, because a summary of errors shows it without the field.
func (c Check) wrong(field, sentence string, values ...any) {
	name := strings.ReplaceAll(field, "_", " ")
	c[field] = strings.ToUpper(name[:1]) + name[1:] + ": " + fmt.Sprintf(sentence, values...)
}
