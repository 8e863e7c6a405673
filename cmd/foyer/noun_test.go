package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestNounForms(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"paper_clips": "paper_clips paperclips paper-clips paperClips PaperClips paper clips Paper clips",
		"due":         "due due due due Due due Due",
		"line2_items": "line2_items line2items line2-items line2Items Line2Items line2 items Line2 items",
	} {
		n, err := readNoun("name", word)
		must(t, err)
		if got := strings.Join(n.forms(), " "); got != want {
			t.Errorf("%s: %s, want %s", word, got, want)
		}
	}
}

func TestSingular(t *testing.T) {
	t.Parallel()
	for many, want := range map[string]string{
		"projects": "project", "paper_clips": "paper_clip", "companies": "company", "boxes": "box", "addresses": "address",
		"people": "person", "sales_people": "sales_person", "heroes": "hero", "keys": "key", "dishes": "dish", "news": "new",
		"matches": "match", "glass": "glass", "houses": "house", "cases": "case", "invoice": "invoice", "series": "series",
		"shoes": "shoe", "potatoes": "potato", "toes": "toe", "caches": "cache", "branches": "branch", "coaches": "coach",
		"batches": "batch", "headaches": "headache", "bonuses": "bonus", "viruses": "virus", "statuses": "status",
		"buses": "bus", "causes": "cause", "warehouses": "warehouse", "uses": "use", "menus": "menu", "status": "status",
		"calories": "calorie", "cookies": "cookie", "pies": "pie", "flies": "fly", "categories": "category",
		"classes": "class", "expenses": "expense", "purchases": "purchase", "lenses": "lens", "aliases": "alias",
		"analyses": "analysis", "quizzes": "quiz", "sizes": "size", "archives": "archive", "shelves": "shelf",
	} {
		n, err := readNoun("name", many)
		must(t, err)
		if got := n.singular().forms()[0]; got != want {
			t.Errorf("%s: %s, want %s", many, got, want)
		}
	}
}

// FuzzNoun: what is accepted is a name in Go, SQL and addresses.
func FuzzNoun(f *testing.F) {
	for _, s := range []string{"projects", "paper_clips", "", "_", "a", "Ünïcode", "type", "select", "x__y", "a_b", "1st"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := readNoun("name", s)
		if err != nil {
			return
		}
		if n.forms()[0] != s || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" || s[0] < 'a' || s[0] > 'z' {
			t.Errorf("%q is accepted", s)
		}
		n.singular()
	})
}

func TestFields(t *testing.T) {
	t.Parallel()
	list, err := readFields(strings.Fields("name:string summary:text due:date? budget:int active:bool"))
	must(t, err)
	if len(list) != 5 || list[0].kind != titleKind || list[2].kind != "date?" || list[2].forms()[4] != "Due" {
		t.Errorf("%+v", list)
	}
	for args, words := range map[string]string{
		"name":                     "is no kind; kinds: string string? text",
		"name:title":               "is no kind",
		"name:string due:time":     `"time" is no kind`,
		"name:string ok:bool?":     `"bool?" is no kind`,
		"Name:string":              "lower-case words",
		"n:string":                 "two letters or more",
		"name:string _x:int":       "lower-case words",
		"name:string a__b:int":     "lower-case words",
		"type:string":              "a word of Go",
		"string:string":            "a word of Go",
		"name:string xmin:int":     "one of that name already",
		"name:string values:text":  "one of that name already",
		"name:string id:string":    "one of that name already",
		"name:string search:int":   "one of that name already",
		"name:string created:date": "one of that name already",
		"name:string q:text":       "two letters or more",
		"name:string name:text":    "named twice",
		"na_me:string name:text":   "named twice",
		"budget:int name:string":   "so it is a string",
		"name:string owner_id:int": "one of that name already",
		"name:string menu:text":    "one of that name already",
		"name:string matches:int":  "one of that name already",
		"name:string form:string":  "one of that name already",
	} {
		_, err := readFields(strings.Fields(args))
		refused(t, err, words)
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%q takes more than a line", err)
		}
	}
}

// drawnID finds an id that is no field's.
var drawnID = regexp.MustCompile(`(?:\bid="|dialogLink\("|lastElement = ")([a-z0-9_]+)"`)

// TestTakenIDs: no field has the id of another element on the pages of a feature.
func TestTakenIDs(t *testing.T) {
	t.Parallel()
	var ids []string
	for name, text := range template(t).tree(t) {
		if !strings.HasPrefix(name, "views/ui_") && !strings.HasPrefix(name, exampleDir+"feature/views/") &&
			name != "views/frame.go" || strings.HasSuffix(name, "_templ.go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		for _, m := range drawnID.FindAllStringSubmatch(text, -1) {
			if ids = append(ids, m[1]); !slices.Contains(taken, m[1]) {
				t.Errorf("%s draws the id %s, which a field may have", name, m[1])
			}
		}
	}
	for _, id := range []string{"menu", "live", "delete", "list"} {
		if !slices.Contains(ids, id) {
			t.Errorf("the id %s is not found: %q", id, ids)
		}
	}
}
