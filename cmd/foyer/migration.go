package main

import (
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var (
	upLine   = regexp.MustCompile(`(?m)^-- \+goose Up[ \t]*\r?\n`)
	downLine = regexp.MustCompile(`(?m)^-- \+goose Down[ \t]*\r?\n`)
	number   = regexp.MustCompile(`^\d+_`)
)

// stamps is how the numbers of a project's own migrations are made from the time.
const stamps = "20060102150405"

// successors returns for each migration the name of one that comes after all of t, with prefix before its words.
func successors(t tree, files []string, now time.Time, prefix string) map[string]string {
	last := now.UTC().Format(stamps)
	for name := range t {
		stamp := strings.TrimSuffix(number.FindString(path.Base(name)), "_")
		if isMigration(name) && len(stamp) == len(stamps) {
			last = max(last, stamp)
		}
	}
	next, _ := strconv.Atoi(last) // digits only
	names := map[string]string{}
	for _, name := range files {
		next++
		names[name] = fmt.Sprintf("migrations/%d_%s%s", next, prefix, number.ReplaceAllString(path.Base(name), ""))
	}
	return names
}

// swapped returns a migration whose Up is the Down of another, and the other way round.
func swapped(name, text string) (string, error) {
	up, down := upLine.FindStringIndex(text), downLine.FindStringIndex(text)
	if up == nil || down == nil || down[0] < up[1] {
		return "", fmt.Errorf("%s: a migration of a part has a section Up and then a section Down", name)
	}
	var directives strings.Builder // such as NO TRANSACTION, which hold for both
	for line := range strings.Lines(text[:up[0]]) {
		if strings.HasPrefix(line, "-- +goose ") {
			directives.WriteString(line)
		}
	}
	return fmt.Sprintf("-- Takes %s back.\n%s-- +goose Up\n%s\n\n-- +goose Down\n%s\n", path.Base(name),
		directives.String(),
		strings.TrimSpace(text[down[1]:]), strings.TrimSpace(text[up[1]:down[0]])), nil
}
