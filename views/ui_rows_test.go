package views

import (
	"strings"
	"testing"
	"time"
)

// TestRows: columns are the inputs of one line; the first cell of a row leads to its page, if it has one.
func TestRows(t *testing.T) {
	t.Parallel()
	l := List{Columns: append(columns([]input{
		{Name: "name", Label: "Name", Type: "text"}, {Name: "pitch", Type: "textarea"}, {Name: "open", Type: "checkbox"},
	}), Column{Label: "Owner"})}
	if got := strings.Join(l.Sorts(), " "); got != "name open created_at" {
		t.Errorf("columns %q", got)
	}
	typed := map[string][]string{"name": {"A <b>"}, "open": {"yes"}}
	for href, want := range map[string]string{
		"":     `<td class="key"><span class="fit" title="A &lt;b&gt;"><bdi>A &lt;b&gt;</bdi></span></td>`,
		"/a/1": `<td class="key"><a class="fit" title="A &lt;b&gt;" href="/a/1"><bdi>A &lt;b&gt;</bdi></a></td>`,
	} {
		var text strings.Builder
		rows := []Row{{Href: href, Values: typed, Owner: "Ada", CreatedAt: time.Unix(0, 0).UTC()}}
		if err := Rows(l, rows).Render(t.Context(), &text); err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{want, ">yes<", ">Ada<", `data-label="Owner"`, "1970-01-01"} {
			if !strings.Contains(text.String(), part) {
				t.Errorf("no %q in %s", part, text.String())
			}
		}
	}
}
