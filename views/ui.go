package views

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// current is the aria-current of a link on the page at path: "page" if it leads to that page, "true" if the page is
// below it, "" otherwise.
func current(path, href string) string {
	switch {
	case path == href:
		return "page"
	case strings.HasPrefix(path, href+"/"):
		return "true"
	}
	return ""
}

func pressed(yes bool) string {
	if yes {
		return "true"
	}
	return "false"
}

func initial(name string) string {
	r, _ := utf8.DecodeRuneInString(strings.TrimSpace(name))
	return strings.ToUpper(string(r))
}

func dateTime(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }

func count(n int64) string { return strconv.FormatInt(n, 10) }

// days is an age of n days in words.
func days(n int) string {
	switch n {
	case 0:
		return "New"
	case 1:
		return "1 day"
	}
	return strconv.Itoa(n) + " days"
}
