package web

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"example.com/foyer/internal/list"
	"example.com/foyer/views"
)

var papers = views.List{
	Path: "/papers", Per: 10, Order: "-made",
	Filters: []views.Filter{{Name: "size", Label: "Size", Options: []string{"a4", "A4", "a5", "A5"}}},
	Columns: []views.Column{{Label: "Name", Sort: "name"}, {Label: "Made", Sort: "made"}, {Label: "Color"}},
}

// TestParseList: what an address asks for, and the shortest address that asks for the same.
func TestParseList(t *testing.T) {
	for address, want := range map[string]struct {
		list.Query
		page       int
		size, back string
	}{
		"":                       {Query: list.Query{Sort: "made", Descending: true}, page: 1},
		"sort=made":              {Query: list.Query{Sort: "made", Descending: true}, page: 1},
		"sort=made&dir=desc":     {Query: list.Query{Sort: "made", Descending: true}, page: 1},
		"dir=asc":                {Query: list.Query{Sort: "made"}, page: 1, back: "?dir=asc&sort=made"},
		"sort=name":              {Query: list.Query{Sort: "name"}, page: 1, back: "?dir=asc&sort=name"},
		"sort=name&dir=desc":     {Query: list.Query{Sort: "name", Descending: true}, page: 1, back: "?dir=desc&sort=name"},
		"page=3&q=+a+&size=&x=y": {list.Query{Text: "a", Sort: "made", Descending: true, Offset: 20}, 3, "", "?page=3&q=a"},
		"per=25&page=2": {
			Query: list.Query{Sort: "made", Descending: true, Limit: 25, Offset: 25}, page: 2, back: "?page=2&per=25",
		},
		"per=10":         {Query: list.Query{Sort: "made", Descending: true}, page: 1},
		"size=a5&page=1": {list.Query{Sort: "made", Descending: true}, 1, "a5", "?size=a5"},
	} {
		v, err := url.ParseQuery(address)
		if err != nil {
			t.Fatal(err)
		}
		want.Limit = cmp.Or(want.Limit, 10)
		got, wrong := parseList(papers, v)
		if back := got.address(papers, "/papers"); len(wrong) > 0 || back != "/papers"+want.back {
			t.Errorf("%q: %q, back at %q", address, wrong, back)
		}
		if got.Query != want.Query || got.page != want.page || got.chosen["size"] != want.size {
			t.Errorf("%q: %+v, want %+v", address, got, want)
		}
	}
	v := url.Values{
		"q": {"\x00"}, "size": {"a6"}, "sort": {"color"}, "dir": {"up"}, "page": {"-1"}, "per": {"11"},
	}
	_, wrong := parseList(papers, v)
	want := []string{
		"Search for at most 200 characters that can be shown.", "There is no such size. Size is one of: a4, a5.",
		"The list is sorted by one of: name, made.", "The order is asc or desc.",
		"There is no page of that size. A page has one of these: 10, 25, 50, 100.", "There is no such page.",
	}
	if !slices.Equal(wrong, want) {
		t.Errorf("%q", wrong)
	}
}

// FuzzParseList: an address is refused, or asks only for what the list has; its shortest form asks for the same.
func FuzzParseList(f *testing.F) {
	for _, s := range []string{
		"", "q=a&page=2", "size=a4&sort=name&dir=desc", "page=1000000", "page=1000001", "q=%00", "q=%ff", "sort=;", "size=%20",
		"dir=", "q=" + strings.Repeat("x", 201), "page=00", "page=%2B2", "per=25", "per=0", "size=a4&size=a5",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		v, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		q, wrong := parseList(papers, v)
		if len(wrong) > 0 {
			return
		}
		if size := q.chosen["size"]; len(q.chosen) > 1 || size != "" && size != "a4" && size != "a5" ||
			q.Sort != "name" && q.Sort != "made" || q.page < 1 || q.Offset != (q.page-1)*q.Limit || !slices.Contains(papers.Sizes(), q.Limit) || q.Offset < 0 ||
			strings.Contains(q.Text, "\x00") || len([]rune(q.Text)) > 200 {
			t.Fatalf("%q asks for %+v", raw, q)
		}
		u, err := url.Parse(q.address(papers, "/papers"))
		if err != nil {
			t.Fatal(err)
		}
		again, wrong := parseList(papers, u.Query())
		if len(wrong) > 0 || again.address(papers, "/papers") != u.String() || !maps.Equal(again.chosen, q.chosen) ||
			again.Query != q.Query || again.page != q.page {
			t.Fatalf("%q asks for %+v, then %s for %+v", raw, q, u, again)
		}
	})
}
