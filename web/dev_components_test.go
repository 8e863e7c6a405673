package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/static"
	"example.com/foyer/web"
)

// TestComponents: every building block works on the page that shows them.
func TestComponents(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *web.Config) { c.Development = true })
	const at = "/dev/components"
	page := func(query string) func() authtest.Answer {
		return func() authtest.Answer { return s.Get(at+query, navigate...) }
	}
	checkPages(t, []contractPage{{"components", page("")}, {"a question", page("?show=question")}})
	list := func(query string) (names string) {
		t.Helper()
		got := s.Get(at+query, s.htmx(at)...)
		expect(t, got, http.StatusOK)
		lacks(t, got, "<html", `id="filter"`)
		for _, tr := range tags(parse(t, got), "tr")[1:] {
			names += textOf(tags(tr, "td")[1]) + " "
		}
		return strings.TrimSpace(names)
	}
	symbols := strings.Count(static.Text("icons.svg"), `viewBox="0 0 24 24"`)
	got := s.Get(at+"?page=2", s.htmx(at)...)
	contains(t, got, fmt.Sprint(symbols, " icons"), fmt.Sprint("6–10 of ", symbols), `href="/dev/components?page=3"`)
	last := fmt.Sprint((symbols + 4) / 5)
	expect(t, s.Get(at+"?page=99", s.htmx(at)...), http.StatusOK, "HX-Push-Url", at+"?page="+last)
	if first, reversed := list(""), list("?dir=desc&page="+last); !strings.HasPrefix(first, "alert ") ||
		!strings.HasSuffix(reversed, " alert") && reversed != "alert" {
		t.Errorf("%q, and reversed %q at the end", first, reversed)
	}
	for query, want := range map[string]string{"?q=che": "check chevron", "?q=key&length=short": "key"} {
		if got := list(query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	none := s.Get(at+"?q=key&length=long", s.htmx(at)...)
	contains(t, none, "No icons found", "Show all icons")
	expect(t, s.Get(at+"?length=tall", navigate...), http.StatusBadRequest)

	contains(t, page("")(), `fill="var(--accent-soft)"`, "<textarea", `type="file"`, "at most 23",
		`hx-target="#dialog" hx-swap="innerHTML"`, `@alert(&#34;success&#34;`, "func SampleForm() Form {")
	contains(t, page("?show=form")(), "Line: enter 1 to 200 characters.", `aria-describedby="line-error line-hint"`,
		`maxlength="200"`, `max="10" min="0"`, `aria-invalid="true"`, `enctype="multipart/form-data"`,
		`hx-config="timeout:0"`)
	contains(t, page("?row=key&row=sun")(), "Delete this note?")
	dialog := s.Get(at+"?show=question", s.htmx(at)...)
	contains(t, dialog, "<h2>Delete this note?</h2>", `class="button act danger"`, "data-cancel")
	lacks(t, dialog, "<html", "card")
	file := s.Get(at+"?show=csv", navigate...)
	expect(t, file, http.StatusOK, "Content-Type", "text/csv; charset=utf-8")
	if lines := strings.Split(strings.TrimSpace(file.Text), "\n"); len(lines) != symbols+1 || lines[0] != "\ufeffname" {
		t.Errorf("%q", lines)
	}
}
