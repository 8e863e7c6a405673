package text_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"example.com/foyer/internal/text"
)

func TestLine(t *testing.T) {
	for in, want := range map[string]string{
		"": "", " a b ": "a b", "Zoë": "Zoë", "日本語日": "日本語日", "👩\u200d💻": "👩\u200d💻",
		"می\u200cخ": "می\u200cخ",
		"12345":     "refused", "a\nb": "refused", "a\x00b": "refused", "a\tb": "refused", "a\x7fb": "refused",
		"\xff": "refused", "a\u202eb": "refused", "a\u200bb": "refused", "a\u2028b": "refused", "\ufeffa": "refused",
	} {
		got, ok := text.Line(in, 4)
		if !ok {
			got = "refused"
		}
		if got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestLowerASCII(t *testing.T) {
	if got := text.LowerASCII("Ada@\u212aATE.ÉXAMPLE"); got != "ada@\u212aate.Éxample" {
		t.Errorf("%q", got)
	}
}

func TestLines(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "\r\na\r\nb\rc\n": "a\nb\nc", "a\tb": "a\tb", "a\x00b": "refused", "\xff": "refused", "a\u202eb": "refused",
		"123456789": "refused",
	} {
		got, ok := text.Lines(in, 8)
		if !ok {
			got = "refused"
		}
		if got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestCuts(t *testing.T) {
	for in, want := range map[string][2]string{
		"": {"", ""}, "abcd": {"abcd", "abcd"}, "abcde": {"abcd", "abcd"}, "a\x00\nb": {"a\nb", "ab"},
		"\xffab": {"ab", "ab"}, "abcé": {"abc", "abc"}, "日本": {"日", "日"},
	} {
		if a, b := text.Storable(in, 4), text.Printable(in, 4); a != want[0] || b != want[1] {
			t.Errorf("%q: %q and %q, want %q", in, a, b, want)
		}
	}
}

func TestLike(t *testing.T) {
	if got := text.Like(`50%_\x`); got != `50\%\_\\x` {
		t.Error(got)
	}
}

// TestFold: a search finds a letter in each of its forms, and no other one.
func TestFold(t *testing.T) {
	for _, same := range [][]string{
		{"οδος", "ΟΔΟΣ", "οδοσ"}, {"café", "Cafe\u0301", "CAFÉ"}, {"ädel", "A\u0308DEL"}, {"k", "\u212a"}, {"ada", "ＡＤＡ"},
	} {
		for _, s := range same {
			if got := text.Fold(s); got != text.Fold(same[0]) || text.Fold(got) != got {
				t.Errorf("%q is folded to %q, %q to %q", s, got, same[0], text.Fold(same[0]))
			}
		}
	}
	if text.Fold("e") == text.Fold("é") {
		t.Error("an accent is ignored")
	}
}

func TestInput(t *testing.T) {
	day := time.Date(2026, 5, 31, 0, 0, 0, 0, time.UTC)
	in := text.Read(url.Values{
		"a": {" X "}, "b": {"x\r\ny"}, "c": {" -7 "}, "e": {" 2026-05-31"}, "g": {" "}, "json": {"2026-05-31T00:00:00Z"},
		"script": {"2026-05-31T00:00:00.000Z"}, "on": {"on"}, "yes": {"yes"}, "last": {"9999-12-31"}, "first": {"0001-01-02"},
	})
	good := []bool{
		in.Line("a", 1, 3) == "X", in.Lines("b", 0, 3) == "x\ny", in.Search() == "x\nx\ny",
		in.Number("c", -7, 7) == -7, *in.OptionalNumber("c", -7, 7) == -7, in.OptionalNumber("g", 1, 7) == nil,
		in.Day("e").Equal(day), in.Day("json").Equal(day), in.Day("script").Equal(day),
		in.OptionalDay("e").Equal(day), in.OptionalDay("f") == nil, in.Flag("on"), in.Flag("yes"), !in.Flag("f"),
		in.Day("last").String() == "9999-12-31", in.Day("first").String() == "0001-01-02",
	}
	if slices.Contains(good, false) || len(in.Wrong) > 0 {
		t.Errorf("%v %q", good, in.Wrong)
	}
	in = text.Read(url.Values{
		"name": {" "}, "title": {"xxxx"}, "long_summary": {"xxxx"}, "odd": {"a\x00"}, "budget": {"1e3"}, "count": {"8"},
		"huge": {"99999999999999999999"}, "due": {"31.5.2026"}, "end": {"10000-01-01"}, "at": {"2026-05-31T00:00:01Z"},
		"midnight": {"T00:00:00Z"}, "fraction": {"2026-05-31T00:00:00.001Z"}, "zone": {"2026-05-31T00:00:00+02:00"},
		"active": {"false"}, "none": {"0001-01-01"}, "before": {"0000-12-31"},
	})
	in.Line("name", 1, 200)
	in.Line("title", 1, 3)
	in.Lines("long_summary", 0, 3)
	in.Line("odd", 0, 3)
	in.OptionalNumber("budget", 0, 9)
	in.Number("count", 1, 7)
	in.Number("huge", 1, 7)
	in.OptionalDay("due")
	in.Day("end")
	in.Day("start")
	in.Day("at")
	in.Day("midnight")
	in.Day("fraction")
	in.Day("zone")
	in.OptionalDay("none")
	in.Day("before")
	in.Flag("active")
	want := map[string]string{
		"name": "Name: enter 1 to 200 characters.", "title": "Title: enter 1 to 3 characters.",
		"long_summary": "Long summary: enter at most 3 characters.", "odd": "Odd: it has characters that cannot be shown.",
		"budget": "Budget: enter a whole number from 0 to 9.", "count": "Count: enter a whole number from 1 to 7.",
		"huge": "Huge: enter a whole number from 1 to 7.", "due": "Due: enter a day such as 2026-05-31.",
		"none": "None: enter a day such as 2026-05-31.", "before": "Before: enter a day such as 2026-05-31.",
		"end": "End: enter a day such as 2026-05-31.", "start": "Start: enter a day such as 2026-05-31.",
		"at": "At: enter a day such as 2026-05-31.", "midnight": "Midnight: enter a day such as 2026-05-31.",
		"fraction": "Fraction: enter a day such as 2026-05-31.", "zone": "Zone: enter a day such as 2026-05-31.",
		"active": "Active: choose yes or no.",
	}
	if !maps.Equal(in.Wrong, want) {
		t.Errorf("%q", in.Wrong)
	}
}

// TestTyped: what was stored is read again as it was.
func TestTyped(t *testing.T) {
	n, day := int64(-7), text.Date{Time: time.Date(2026, 5, 31, 0, 0, 0, 0, time.UTC)}
	for want, v := range map[string][]any{
		"[x y]": {"x y"}, "[-7]": {n, &n}, "[2026-05-31]": {day, &day}, "[yes]": {true},
		"[]": {false, (*int64)(nil), (*text.Date)(nil)},
	} {
		for _, value := range v {
			if got := fmt.Sprint(text.Typed(value)); got != want {
				t.Errorf("%v: %s, want %s", value, got, want)
			}
		}
	}
}

// TestDate: a day is written in JSON as people type it, and read again, also as an instant of JavaScript.
func TestDate(t *testing.T) {
	type row struct {
		Due  text.Date  `json:"due"`
		Done *text.Date `json:"done"`
	}
	day := text.Date{Time: time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC)}
	for want, r := range map[string]row{
		`{"due":"2026-03-29","done":null}`: {Due: day}, `{"due":null,"done":"2026-03-29"}`: {Done: &day},
	} {
		got, err := json.Marshal(r)
		if err != nil || string(got) != want {
			t.Errorf("%s %v, want %s", got, err, want)
		}
		var again row
		if err := json.Unmarshal(got, &again); err != nil || fmt.Sprint(again.Due, again.Done) != fmt.Sprint(r.Due, r.Done) {
			t.Errorf("%s is read as %v, %v", got, again, err)
		}
	}
	var d text.Date
	if err := json.Unmarshal([]byte(`"2026-03-29T00:00:00.000Z"`), &d); err != nil || d != day {
		t.Error(d, err)
	}
	for _, bad := range []string{`"2026-03-29T00:00:00+02:00"`, `"29.3.2026"`, "7"} {
		if err := json.Unmarshal([]byte(bad), &d); err == nil {
			t.Errorf("%s is read as %v", bad, d)
		}
	}
}

// FuzzText: what passes can be stored and shown, is clean already, and is no longer than it says.
func FuzzText(f *testing.F) {
	for _, s := range []string{"", " a ", "a\x00b", "\r\n\t", "\xff", "日本語", "a\u202e", "50%_\\", "\u0085a\u0085",
		"2026-05-31", "2026-05-31T00:00:00.000Z", "9999-12-31"} {
		f.Add(s, 4)
	}
	f.Fuzz(func(t *testing.T, s string, most int) {
		for name, clean := range map[string]func(string, int) (string, bool){"line": text.Line, "lines": text.Lines} {
			got, ok := clean(s, most)
			if !ok {
				continue
			}
			again, ok := clean(got, most)
			if !ok || again != got || !utf8.ValidString(got) || strings.Contains(got, "\x00") ||
				utf8.RuneCountInString(got) > most || name == "line" && strings.ContainsFunc(got, unicode.IsControl) {
				t.Errorf("%s: %q becomes %q, then %q", name, s, got, again)
			}
		}
		limit := max(0, most%100)
		for _, cut := range []string{text.Storable(s, limit), text.Printable(s, limit)} {
			if len(cut) > limit || !utf8.ValidString(cut) || strings.Contains(cut, "\x00") {
				t.Errorf("%q cut to %d: %q", s, limit, cut)
			}
		}
		if plain := strings.NewReplacer(`\\`, `\`, `\%`, `%`, `\_`, `_`).Replace(text.Like(s)); plain != s {
			t.Errorf("%q escaped is %q", s, plain)
		}
		in := text.Read(url.Values{"x": {s}})
		if n := in.Number("x", 0, 9); (n < 0 || n > 9) || in.Wrong["x"] == "" && text.Typed(n)[0] == "" {
			t.Errorf("%q is the number %d", s, n)
		}
		if day, ok := text.Day(s); ok {
			again, ok := text.Day(text.Date{Time: day}.String())
			if !ok || !again.Equal(day) || day.Year() > 9999 {
				t.Errorf("%q is %v, then %v", s, day, again)
			}
		}
	})
}
