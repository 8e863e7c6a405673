// Package text cleans and checks what people typed. It owns the rules for a text that can be stored on every database
// and shown on every page. It knows no form and no row.
package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Line returns s without the spaces around it, because phones add one after a word. It reports false if s has more than
// most characters, is invalid UTF-8, or has a character that Misleads, such as a line break.
func Line(s string, most int) (string, bool) {
	s = strings.TrimSpace(s)
	return s, fits(s, most) && !strings.ContainsFunc(s, Misleads)
}

// Lines is Line for a text of several lines. It allows tabs, and turns every line break into "\n".
func Lines(s string, most int) (string, bool) {
	s = strings.TrimSpace(breaks.Replace(s))
	return s, fits(s, most) && !strings.ContainsFunc(s, func(r rune) bool { return Misleads(r) && r != '\n' && r != '\t' })
}

var breaks = strings.NewReplacer("\r\n", "\n", "\r", "\n")

func fits(s string, most int) bool { return utf8.ValidString(s) && utf8.RuneCountInString(s) <= most }

// Misleads reports characters that make a text look like another one: control characters, of which PostgreSQL cannot
// store NUL, and those that turn the direction of writing, end a line or are invisible. U+200C and U+200D are allowed:
// Persian and Hindi names and many emoji need them.
func Misleads(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) ||
		strings.ContainsRune("\u200b\u2028\u2029\u2060\ufeff", r)
}

// Storable returns what every database can store of s: without NUL and invalid UTF-8, cut to at most limit bytes.
func Storable(s string, limit int) string {
	s = strings.ReplaceAll(s, "\x00", "")
	return strings.ToValidUTF8(s[:min(limit, len(s))], "")
}

// Printable returns s without control characters and invalid UTF-8, cut to at most limit bytes.
func Printable(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
	for len(s) > limit {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return s
}

// Fold returns s as searches compare it: without the case of letters, whether "é" is one character or two, and other
// forms of the same letter, such as ς and σ. A pattern and what it is searched in are both folded.
func Fold(s string) string { return strings.ToLower(strings.ToUpper(norm.NFKC.String(s))) }

var wildcards = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// Like escapes s for a pattern of LIKE ? ESCAPE '\', so that no character of s is a wildcard.
func Like(s string) string { return wildcards.Replace(s) }

// LowerASCII changes ASCII letters only: strings.ToLower turns the Kelvin sign into k.
func LowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
