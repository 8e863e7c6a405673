package web_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/views"
	"example.com/foyer/web"
)

// TestComponents: every building block works on the page that shows them.
func TestComponents(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *web.Config) { c.Development = true })
	const at = "/dev/components"
	checkPages(t, []contractPage{
		{"components", func() authtest.Answer { return s.Get(at, navigate...) }},
		{"a question", func() authtest.Answer { return s.Get(at+"?show=question", navigate...) }},
	})
	list := func(query, want string) authtest.Answer {
		t.Helper()
		got := s.Get(at+query, s.htmx(at)...)
		expect(t, got, http.StatusOK)
		var names []string
		for _, tr := range tags(parse(t, got), "tr")[1:] {
			names = append(names, textOf(tags(tr, "td")[1]))
		}
		if all := strings.Join(names, " "); all != want {
			t.Errorf("%s: %q, want %q", query, all, want)
		}
		lacks(t, got, "<html", "<form")
		return got
	}
	n := len(views.Icons)
	before := (n - 1) / 5 // pages of five before the last one
	ends := views.Icons[5*before:]
	got := list(fmt.Sprintf("?page=%d", before+1), strings.Join(ends, " "))
	contains(t, got, fmt.Sprint(n, " icons"), fmt.Sprintf("%d–%d of %[2]d", 5*before+1, n),
		fmt.Sprintf(`href="/dev/components?page=%d"`, before))
	expect(t, list("?page=99", strings.Join(ends, " ")), http.StatusOK, "HX-Push-Url",
		fmt.Sprintf("%s?page=%d", at, before+1))
	last := slices.Clone(views.Icons[n-5:])
	slices.Reverse(last)
	list("?dir=desc", strings.Join(last, " "))
	list("?q=che", "check chevron")
	contains(t, list("?q=key&length=short", "key"), "1 icon<")
	none := s.Get(at+"?q=key&length=long", s.htmx(at)...)
	contains(t, none, "No icons found", "Show all icons")
	expect(t, s.Get(at+"?length=tall", navigate...), http.StatusBadRequest)

	page := s.Get(at, navigate...)
	contains(t, page, "Line: enter 1 to 200 characters.", `aria-describedby="line-error line-hint"`, `maxlength="200"`,
		`max="10" min="0"`, `aria-invalid="true"`, "<textarea", `type="file"`, `enctype="multipart/form-data"`, "Fifth",
		`hx-target="#dialog" hx-swap="innerHTML"`, "at most 10")
	dialog := s.Get(at+"?show=question", s.htmx(at)...)
	contains(t, dialog, "<h2>Delete this note?</h2>", `class="button act danger"`, "data-cancel")
	lacks(t, dialog, "<html", "card")
	file := s.Get(at+"?show=csv", navigate...)
	expect(t, file, http.StatusOK, "Content-Type", "text/csv; charset=utf-8")
	if lines := strings.Split(strings.TrimSpace(file.Text), "\n"); len(lines) != len(views.Icons)+1 || lines[0] != "\ufeffname" {
		t.Errorf("%q", lines)
	}
}
