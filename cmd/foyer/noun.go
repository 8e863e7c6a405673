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

// readNoun refuses what is no name in Go. Words of SQL are names, because migrations quote them. Errors begin with what.
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

// singular is the English noun for one of n.
func (n noun) singular() noun {
	one := slices.Clone(n)
	last := &one[len(one)-1]
	for _, ending := range [][2]string{
		{"people", "person"}, {"children", "child"}, {"indices", "index"}, {"statuses", "status"}, {"addresses", "address"},
		{"movies", "movie"}, {"cookies", "cookie"}, {"series", "series"}, {"ies", "y"}, {"sses", "ss"}, {"shes", "sh"},
		{"ches", "ch"},
		{"xes", "x"}, {"zzes", "zz"}, {"oes", "o"}, {"ss", "ss"}, {"us", "us"}, {"is", "is"}, {"s", ""},
	} {
		if stem, ok := strings.CutSuffix(*last, ending[0]); ok {
			*last = stem + ending[1]
			break
		}
	}
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
	attributes before children closest contains elements matches remove`)

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
	if len(list) == 0 {
		return nil, fmt.Errorf("a feature has a field; the first one names a row, such as name:string")
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
