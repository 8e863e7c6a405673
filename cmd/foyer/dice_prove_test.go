//go:build prove

package main

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"unicode/utf8"
)

// dice chooses at random; from the same seed always the same.
type dice struct{ *rand.Rand }

// chance is true one time in n.
func (d dice) chance(n int) bool { return d.IntN(n) == 0 }

func pick[T any](d dice, list []T) T { return list[d.IntN(len(list))] }

// word is one that can be spoken and is none of English, of 2 to 2n letters.
func (d dice) word(n int) string {
	var text strings.Builder
	for range 1 + d.IntN(n) {
		text.WriteByte(pick(d, []byte("bdfgklmnprstvz")))
		text.WriteByte(pick(d, []byte("aeiou")))
	}
	return text.String()
}

// module is a module path.
func (d dice) module() string {
	path := pick(d, []string{"github.com/Acme/", "example.com/", "git.example.org/a/b/c/d/", "example.com/foyer/"})
	for range 1 + d.IntN(3) {
		path += d.word(8) + pick(d, []string{"", "", "-2", "_x", "~y", ".z"})
	}
	return path + pick(d, []string{"", "", "/v2"})
}

// plainName matches a name or the end of a module path that a prefix of cookies follows from.
var plainName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9 .+-]{0,18}[A-Za-z0-9]!?$`)

// name is the name of an app.
func (d dice) name() string {
	words := strings.Split("Harbor Sea Ada Test Foyer Route 66 2nd x CRM Büro Ärzte Crème Straße Łódź 日本 naïve "+
		"Harbourmastersassociation", " ")
	name := pick(d, words)
	for range d.IntN(4) {
		name += pick(d, []string{" ", " ", "-", "+", "."}) + pick(d, words)
	}
	name += pick(d, []string{"", "", "", "!"})
	if utf8.RuneCountInString(name) > 50 || strings.Trim(name, "0123456789+-. !") == "" {
		return d.name()
	}
	return name
}

func (d dice) prefix() string {
	return pick(d, []string{"hb", "x1", "session", "a-b-c-d", "abcdefghij0123456789", d.word(4) + "-" + d.word(3)})
}

// noun names several things.
func (d dice) noun() string {
	usual := []string{"projects", "sea_crates", "boxes", "stories", "people", "orders", "categories", "invoices",
		"error_logs", "addresses", "time_sheets", "children", "companies", "releases", "branches"}
	if d.chance(2) {
		return pick(d, usual)
	}
	noun := ""
	for range d.IntN(3) {
		noun += d.word(4) + "_"
	}
	return noun + d.word(4) + "rs"
}
