package text_test

import (
	"maps"
	"math"
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

func TestCheck(t *testing.T) {
	wrong := text.Check{}
	good := []bool{
		wrong.Line("a", " x ", 1, 3) == "x", wrong.Lines("b", "x\r\ny", 0, 3) == "x\ny",
		wrong.Number("c", " -7 ", -7, 7) == -7,
		wrong.Day("e", " 2026-05-31").Equal(time.Date(2026, 5, 31, 0, 0, 0, 0, time.UTC)),
	}
	for i, ok := range good {
		if !ok {
			t.Errorf("value %d", i)
		}
	}
	if len(wrong) > 0 {
		t.Errorf("%q", wrong)
	}
	wrong.Line("name", " ", 1, 200)
	wrong.Line("title", "xxxx", 1, 3)
	wrong.Lines("long_summary", "xxxx", 0, 3)
	wrong.Line("odd", "a\x00", 0, 3)
	wrong.Number("budget", "1e3", 0, math.MaxInt64)
	wrong.Number("count", "8", 1, 7)
	wrong.Number("huge", "99999999999999999999", 1, 7)
	wrong.Day("due", "31.5.2026")
	wrong.Day("end", "9999-01-01")
	wrong.Day("start", "")
	want := text.Check{
		"name": "Name: enter 1 to 200 characters.", "title": "Title: enter 1 to 3 characters.",
		"long_summary": "Long summary: enter at most 3 characters.", "odd": "Odd: it has characters that cannot be shown.",
		"budget": "Budget: enter a whole number from 0.", "count": "Count: enter a whole number from 1 to 7.",
		"huge": "Huge: enter a whole number from 1 to 7.", "due": "Due: enter a day such as 2026-05-31.",
		"end": "End: enter a day such as 2026-05-31.", "start": "Start: enter a day such as 2026-05-31.",
	}
	if !maps.Equal(wrong, want) {
		t.Errorf("%q", wrong)
	}
}

// FuzzText: what passes can be stored and shown, is clean already, and is no longer than it says.
func FuzzText(f *testing.F) {
	for _, s := range []string{"", " a ", "a\x00b", "\r\n\t", "\xff", "日本語", "a\u202e", "50%_\\", "\u0085a\u0085"} {
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
		text.Check{}.Number("x", s, 0, 9)
		if day, ok := text.Day(s); ok && day.Year() >= 9999 {
			t.Errorf("%q is %v", s, day)
		}
	})
}
