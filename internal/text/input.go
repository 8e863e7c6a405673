package text

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Input reads the fields of an input and collects what is wrong with them. Its methods return the value of a field as
// it is stored. For example:
//
//	in := text.Read(typed)
//	p.Name = in.Line("name", 1, 200)
//	p.Due = in.Day("due")
//	return errs.Fields(in.Wrong)
type Input struct {
	Wrong map[string]string // sentences, by the names of the fields
	typed url.Values
	texts []string
}

// Read makes the Input for what people typed.
func Read(typed url.Values) *Input { return &Input{Wrong: map[string]string{}, typed: typed} }

// Search returns the texts that were read, as package list searches them.
func (in *Input) Search() string { return Fold(strings.Join(in.texts, "\n")) }

// Line reads a text of one line, of least to most characters.
func (in *Input) Line(field string, least, most int) string {
	line, ok := Line(in.typed.Get(field), most)
	in.text(field, line, ok, least, most)
	return line
}

// Lines reads a text of several lines, of least to most characters.
func (in *Input) Lines(field string, least, most int) string {
	lines, ok := Lines(in.typed.Get(field), most)
	in.text(field, lines, ok, least, most)
	return lines
}

func (in *Input) text(field, s string, ok bool, least, most int) {
	in.texts = append(in.texts, s)
	n := utf8.RuneCountInString(s)
	switch {
	case n > most && least == 0:
		in.wrong(field, "enter at most %d characters.", most)
	case n > most || n < least:
		in.wrong(field, "enter %d to %d characters.", least, most)
	case !ok:
		in.wrong(field, "it has characters that cannot be shown.")
	}
}

// Number reads a whole number from least to most.
func (in *Input) Number(field string, least, most int64) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(in.typed.Get(field)), 10, 64)
	if err != nil || n < least || n > most {
		in.wrong(field, "enter a whole number from %d to %d.", least, most)
		return 0
	}
	return n
}

// OptionalNumber is Number for a field that may be empty: nil.
func (in *Input) OptionalNumber(field string, least, most int64) *int64 {
	if strings.TrimSpace(in.typed.Get(field)) == "" {
		return nil
	}
	return new(in.Number(field, least, most))
}

// Day reads a day such as 2026-05-31, as input type=date sends it.
func (in *Input) Day(field string) Date {
	day, ok := Day(in.typed.Get(field))
	if !ok || day.IsZero() {
		in.wrong(field, "enter a day such as 2026-05-31.")
	}
	return Date{day}
}

// OptionalDay is Day for a field that may be empty: nil.
func (in *Input) OptionalDay(field string) *Date {
	if strings.TrimSpace(in.typed.Get(field)) == "" {
		return nil
	}
	return new(in.Day(field))
}

// Flag reads a checkbox, which sends nothing or "on", or the "yes" of Typed.
func (in *Input) Flag(field string) bool {
	value := in.typed.Get(field)
	if value != "" && value != "on" && value != "yes" {
		in.wrong(field, "choose yes or no.")
	}
	return value != ""
}

// Require refuses an input that lacks one of the fields. Browsers send no checkbox that is off, so it is for programs.
func (in *Input) Require(fields ...string) {
	for _, field := range fields {
		if !in.typed.Has(field) {
			in.wrong(field, "send this field, or null to empty it.")
		}
	}
}

// Typed returns the value of a field as people type it and Input reads it. Nothing is typed for nil and false.
func Typed(value any) []string {
	switch v := value.(type) {
	case *int64:
		if v != nil {
			return Typed(*v)
		}
	case *Date:
		if v != nil {
			return Typed(*v)
		}
	case bool:
		if v {
			return []string{"yes"}
		}
	default:
		return []string{fmt.Sprint(v)}
	}
	return nil
}

// wrong begins a sentence with the name of its field, because a summary of errors shows it without the field.
func (in *Input) wrong(field, sentence string, values ...any) {
	name := strings.ReplaceAll(field, "_", " ")
	in.Wrong[field] = strings.ToUpper(name[:1]) + name[1:] + ": " + fmt.Sprintf(sentence, values...)
}
