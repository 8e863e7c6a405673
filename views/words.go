package views

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The language of all pages, and the direction in which it is read: "ltr" or "rtl".
const (
	language  = "en"
	direction = "ltr"
)

// The formats of dates, as browsers write them in language: shell.js puts the time of the visitor's zone in their
// place.
const (
	dayFormat  = "Jan 2, 2006"
	timeFormat = dayFormat + ", 15:04 UTC"
)

// dateTime is a time in words.
func dateTime(t time.Time) string { return t.UTC().Format(timeFormat) }

// Date is the day of t in UTC, in words.
func Date(t time.Time) string { return t.UTC().Format(dayFormat) }

// machineTime is a time for the attribute datetime.
func machineTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// count is a number in words: "1,234".
func count[N int | int64](n N) string {
	digits, sign := strconv.FormatInt(int64(n), 10), ""
	if n < 0 {
		digits, sign = digits[1:], "-"
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// plural is a number and what it counts: "1 user", "2 users".
func plural[N int | int64](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + many
}

// Wait is d in words, in seconds or minutes, rounded up.
func Wait(d time.Duration) string {
	seconds := int64((d + time.Second - 1) / time.Second)
	if seconds <= 90 {
		return plural(seconds, "second", "seconds")
	}
	return plural((seconds+59)/60, "minute", "minutes")
}

// roleWords are the roles of a user, which a comma separates, as people read them.
func roleWords(roles string) string {
	words := strings.Split(roles, ",")
	for i, w := range words {
		_, n := utf8.DecodeRuneInString(w)
		words[i] = initial(w) + w[n:]
	}
	return strings.Join(words, ", ")
}

// roleOptions are the options of a select: value and label alternate.
func roleOptions(roles []string) (options []string) {
	for _, role := range roles {
		options = append(options, role, roleWords(role))
	}
	return options
}
