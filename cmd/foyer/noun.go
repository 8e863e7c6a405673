package main

import (
	"fmt"
	"go/token"
	"go/types"
	"regexp"
	"slices"
	"strings"
)

// A noun is a name in words of lower case.
type noun []string

var nounPattern = regexp.MustCompile(`^[a-z][a-z0-9]+(_[a-z][a-z0-9]+)*$`)

// readNoun refuses what is no name in Go. Words of SQL are names, because migrations quote them. Errors begin with
// what.
func readNoun(what, s string) (noun, error) {
	switch {
	case !nounPattern.MatchString(s):
		return nil, fmt.Errorf("%s %q: write it in lower-case words of two letters or more, with _ between them", what, s)
	case token.IsKeyword(s) || types.Universe.Lookup(s) != nil:
		return nil, fmt.Errorf("%s %q is a word of Go: choose another", what, s)
	}
	return strings.Split(s, "_"), nil
}

// forms are the ways in which code and pages write a noun: paper_clip, paperclip, paper-clip, paperClip, PaperClip,
// paper clip, Paper clip.
func (n noun) forms() []string {
	var pascal string
	for _, word := range n {
		pascal += strings.ToUpper(word[:1]) + word[1:]
	}
	text := strings.Join(n, " ")
	return []string{
		strings.Join(n, "_"), strings.Join(n, ""), strings.Join(n, "-"), n[0] + pascal[len(n[0]):], pascal,
		text, strings.ToUpper(text[:1]) + text[1:],
	}
}

// pairs are the forms of n, each before the same form of to, for strings.NewReplacer.
func (n noun) pairs(to noun) (list []string) {
	for i, form := range n.forms() {
		list = append(list, form, to.forms()[i])
	}
	return list
}

// singulars are endings of English plurals with those of their singulars, the exceptions to an ending before it. "_"
// is the beginning of a word. No list knows all words, so the verb prints what it took.
var singulars = strings.Fields(`people person children child indices index quizzes quiz elves elf
	series series species species movies movie cookies cookie calories calorie selfies selfie zombies zombie hoodies hoodie
	smoothies smoothie brownies brownie rookies rookie _pies _pie _ties _tie _lies _lie ies y
	lyses lysis gnoses gnosis crises crisis theses thesis iases ias canvases canvas lenses lens atlases atlas _gases _gas
	ouses ouse auses ause _uses _use excuses excuse _fuses _fuse _muses _muse uses us sses ss
	oaches oach eaches each aches ache niches niche avalanches avalanche ches ch shes sh xes x zzes zz
	shoes shoe canoes canoe _toes _toe _foes _foe oes o menus menu ss ss us us is is`)

// singular is the English noun for one of n.
func (n noun) singular() noun {
	one := slices.Clone(n)
	last := &one[len(one)-1]
	for pair := range slices.Chunk(singulars, 2) {
		if stem, ok := strings.CutSuffix("_"+*last, pair[0]); ok {
			*last = (stem + pair[1])[1:]
			return one
		}
	}
	*last = strings.TrimSuffix(*last, "s")
	return one
}

// A field is one that the rows of a feature have.
type field struct {
	noun
	kind string
}

// titleKind is the kind of the first field, which names a row.
const titleKind = "title"

// exampleFields are the fields of the example, one of each kind. Two words make each form of a name different, so that
// replacing them is exact.
var exampleFields = []field{
	{noun{"trade", "name"}, titleKind},
	{noun{"wire", "gauge"}, "string"},
	{noun{"box", "label"}, "string?"},
	{noun{"sales", "pitch"}, "text"},
	{noun{"care", "hint"}, "text?"},
	{noun{"bend", "count"}, "int"},
	{noun{"spare", "count"}, "int?"},
	{noun{"zinc", "coated"}, "bool"},
	{noun{"made", "on"}, "date"},
	{noun{"sold", "on"}, "date?"},
}

// taken are the columns and methods that every row of a feature has, those of PostgreSQL among them, and the fields
// that forms have anyway; the ids that pages give to other elements; and what scripts use of a form, which a field of
// that name would hide.
var taken = strings.Fields(`id owner owner_id search created created_at updated_at table_name values
	cmax cmin ctid tableoid xmax xmin
	account banners delete dialog filter found list live main menu problem selected selection toasts
	attributes before children closest contains elements form matches remove`)

// readFields parses fields such as "due:date?". The first one is a string, because it names a row.
func readFields(args []string) (list []field, err error) {
	for i, arg := range args {
		name, kind, _ := strings.Cut(arg, ":")
		n, err := readNoun("field", name)
		known := func(f field) bool { return f.kind == kind && kind != titleKind }
		switch {
		case err != nil:
			return nil, err
		case !slices.ContainsFunc(exampleFields, known):
			return nil, fmt.Errorf("field %q: %q is no kind; kinds: %s", name, kind, kinds())
		case slices.Contains(taken, name):
			return nil, fmt.Errorf("field %q: a form or a row has one of that name already", name)
		case slices.ContainsFunc(list, func(f field) bool { return f.forms()[1] == n.forms()[1] }):
			return nil, fmt.Errorf("field %q is named twice", name)
		case i == 0 && kind != "string":
			return nil, fmt.Errorf("field %q: the first field names a row, so it is a string", name)
		case i == 0:
			kind = titleKind
		}
		list = append(list, field{n, kind})
	}
	return list, nil
}

func kinds() string {
	var list []string
	for _, f := range exampleFields[1:] {
		list = append(list, f.kind)
	}
	return strings.Join(list, " ")
}
