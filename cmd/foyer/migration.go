package main

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

var (
	upLine   = regexp.MustCompile(`(?m)^-- \+goose Up[ \t]*\r?\n`)
	downLine = regexp.MustCompile(`(?m)^-- \+goose Down[ \t]*\r?\n`)
	number   = regexp.MustCompile(`^\d+_`)
)

// addDrops adds for each migration one that takes it back. An applied migration is never deleted: databases know its
// number.
func addDrops(t tree, files []string, now time.Time) error {
	slices.Sort(files)
	slices.Reverse(files) // what came last may stand on what came first
	for i, name := range files {
		text, ok := t[name]
		if !ok {
			continue
		}
		drop, err := swapped(name, text)
		if err != nil {
			return err
		}
		stamp := now.UTC().Add(time.Duration(i) * time.Second).Format("20060102150405")
		t["migrations/"+stamp+"_drop_"+number.ReplaceAllString(path.Base(name), "")] = drop
	}
	return nil
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
