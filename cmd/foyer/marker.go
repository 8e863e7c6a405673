package main

import (
	"fmt"
	"go/scanner"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
)

// A span is a run of lines in a shared file that belongs to parts: it goes with the first of them that goes.
type span struct {
	parts    []string
	from, to int    // line numbers from 0; to is the line after the last one
	bare     string // a line without the marker at its end; "" for a block between two marker lines, which it includes
}

// language is how a kind of file writes a marker: how its comment opens, the word that begins it, and its patterns.
type language struct {
	open, word    string
	exact, sloppy *regexp.Regexp
}

var (
	slashes  = newLanguage("part", "//", "")
	css      = newLanguage("part", "/*", "*/")
	hash     = newLanguage("part", "#", "")
	brackets = newLanguage("part", "<!--", "-->")
)

// newLanguage reads "part:a" and "end:a,b", if word is part, in a comment that ends its line. After it stands at most
// the bar that ends a row of a Markdown table.
func newLanguage(word, opening, closing string) *language {
	start, end := `[ \t]*`+regexp.QuoteMeta(opening), regexp.QuoteMeta(closing)
	return &language{
		open: opening,
		word: word,
		exact: regexp.MustCompile(start + `[ \t]+(` + word + `|end):([a-z]+(?:,[a-z]+)*)[ \t]*` + end +
			`([ \t]*\|)?[ \t]*$`),
		sloppy: regexp.MustCompile(start + `\s*(?:` + word + `|end):\s*([a-z]+)`),
	}
}

// languageOf returns the language of a file by its name; nil for files that hold no markers, generated Go among them.
func languageOf(name string) *language {
	base, ext := path.Base(name), path.Ext(name)
	switch {
	case isGenerated(name):
		return nil
	case slices.Contains([]string{".go", ".templ", ".js", ".mjs"}, ext):
		return slashes
	case ext == ".css":
		return css
	case ext == ".md", ext == ".svg":
		return brackets
	case ext == ".yml", ext == ".yaml", ext == ".sh", ext == "", strings.HasPrefix(base, "."):
		return hash
	}
	return nil
}

// spansOf returns the spans of a file in the order of their first lines. Blocks may nest. An error names file and line.
func spansOf(name, text string, known func(part string) bool) ([]span, error) {
	lang := languageOf(name)
	if lang == nil || !strings.Contains(text, "part:") && !strings.Contains(text, "end:") {
		return nil, nil
	}
	return lang.spans(name, text, known)
}

// spans is spansOf for a file in the language.
func (lang *language) spans(name, text string, known func(part string) bool) ([]span, error) {
	var list []span
	var open []int // indexes into list
	inString := stringsOf(name, text)
	offset := 0
	for i, line := range strings.SplitAfter(text, "\n") {
		start := offset
		offset += len(line)
		fault := func(format string, args ...any) error {
			return fmt.Errorf("%s:%d: %s", name, i+1, fmt.Sprintf(format, args...))
		}
		line = strings.TrimRight(line, "\r\n")
		m := lang.exact.FindStringSubmatchIndex(line)
		if m == nil {
			if s := lang.sloppy.FindStringSubmatch(line); s != nil && known(s[1]) && !inString(start+strings.Index(line, s[0])) {
				return nil, fault("a marker is \"%s %s:%s\" at the end of a line", lang.open, lang.word, s[1])
			}
			continue
		}
		word, parts := line[m[2]:m[3]], strings.Split(line[m[4]:m[5]], ",")
		before := strings.TrimSpace(line[:m[0]])
		unknown := slices.IndexFunc(parts, func(p string) bool { return !known(p) })
		switch {
		case inString(start + m[2]):
			return nil, fault("a marker in a string marks nothing")
		case unknown >= 0:
			return nil, fault("there is no part %s", parts[unknown])
		case word == lang.word && before == "":
			open = append(open, len(list))
			list = append(list, span{parts, i, -1, ""})
		case word == lang.word && lang == slashes && strings.ContainsAny(before[len(before)-1:], "({["):
			return nil, fault("a marker at the end of a line marks this line alone, and what it opens would stay")
		case word == lang.word:
			bar := ""
			if m[6] >= 0 {
				bar = " |"
			}
			list = append(list, span{parts, i, i + 1, line[:m[0]] + bar + text[start+len(line):offset]})
		case before != "":
			return nil, fault("end:%s belongs on a line of its own", parts[0])
		case len(open) == 0 || !slices.Equal(list[open[len(open)-1]].parts, parts):
			return nil, fault("end:%s ends no block", strings.Join(parts, ","))
		default:
			list[open[len(open)-1]].to = i + 1
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		s := list[open[len(open)-1]]
		return nil, fmt.Errorf("%s:%d: the block %s:%s is not closed", name, s.from+1, lang.word, strings.Join(s.parts, ","))
	}
	return list, nil
}

// stringsOf returns a function that reports whether an offset of a Go file lies within a string.
func stringsOf(name, text string) func(offset int) bool {
	if path.Ext(name) != ".go" {
		return func(int) bool { return false }
	}
	type run struct{ from, to int }
	var runs []run
	fset := token.NewFileSet()
	file := fset.AddFile(name, -1, len(text))
	var s scanner.Scanner
	s.Init(file, []byte(text), func(token.Position, string) {}, 0)
	for pos, tok, lit := s.Scan(); tok != token.EOF; pos, tok, lit = s.Scan() {
		if tok == token.STRING {
			from := file.Offset(pos)
			runs = append(runs, run{from, from + len(lit)})
		}
	}
	return func(offset int) bool {
		return slices.ContainsFunc(runs, func(r run) bool { return r.from <= offset && offset < r.to })
	}
}

// What happens to a span.
type fate int

const (
	stays fate = iota // with its markers
	goes
	bare // the lines stay, the markers go
)

// cut returns text after each span met its fate. Of two blank lines that a removed span leaves next to each other, one
// goes.
func cut(text string, spans []span, fateOf func(s span, lines []string) fate) string {
	lines := strings.SplitAfter(text, "\n")
	for _, s := range spans {
		switch f := fateOf(s, lines[s.from:s.to]); {
		case f == goes:
			clear(lines[s.from:s.to])
		case f == bare && s.bare == "":
			lines[s.from], lines[s.to-1] = "", ""
		case f == bare && lines[s.from] != "": // else it went with the block around it
			lines[s.from] = s.bare
		}
	}
	var out strings.Builder
	blank, removed := true, false // whether the last line that stays is blank, and whether lines after it were removed
	for _, line := range lines {
		isBlank := strings.TrimSpace(line) == ""
		if line == "" || removed && blank && isBlank {
			removed = true
			continue
		}
		out.WriteString(line)
		blank, removed = isBlank, false
	}
	return out.String()
}
