package views_test

import (
	"context"
	"strings"
	"testing"

	"example.com/foyer/views"
)

// TestChart: each number but 0 has a bar, the largest fills the height, and the table has all numbers.
func TestChart(t *testing.T) {
	chart := views.Chart{
		ID: "papers", Title: "Papers", Sentence: "Papers of each day", Group: "Day", Labels: []string{"Mon", "Tue"},
		Series: []views.Series{{"Folded", []int64{0, 9_000_000_000_000_000_000}}, {"Torn", []int64{1, 0}}},
	}
	got := draw(t, context.Background(), chart.Draw())
	for _, want := range []string{
		`viewBox="0 0 40 120"`, `aria-label="Papers of each day, at most 9,000,000,000,000,000,000"`,
		`<rect class="first" x="22" y="0" width="7" height="120">`, `<rect class="second" x="10" y="118" width="7" height="2">`,
		"<title>Mon: folded 0, torn 1</title>", "<span>9,000,000,000,000,000,000</span><span>0</span>", "<span>Mon</span><span>Tue</span>",
		`<th scope="col">Day</th><th scope="col">Folded</th><th scope="col">Torn</th>`, "Torn <b>1</b>",
		"<td>Tue</td><td>9,000,000,000,000,000,000</td><td>0</td>", `<h2 id="papers">`, `aria-labelledby="papers"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}
	if n := strings.Count(got, `<rect class=`); n != 4 {
		t.Errorf("%d rects, want two bars and two swatches", n)
	}
	if strings.Contains(got, "style=") {
		t.Error("the policy forbids inline style")
	}
	chart.Series = []views.Series{{"Folded", []int64{0, 0}}}
	if nothing := draw(t, context.Background(), chart.Draw()); !strings.Contains(nothing, "Nothing yet.") ||
		strings.Contains(nothing, "<svg") {
		t.Errorf("without numbers: %s", nothing)
	}
}
