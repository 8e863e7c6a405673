package views

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	component = regexp.MustCompile(`(?m)^templ (?:\(\w+ \w+\) )?(\w+)\(`)
	maker     = regexp.MustCompile(`(?m)^func (\w+)\(.*\) (?:input|templ\.Component) {`)
)

// unseen are components that no sample can show, and why.
var unseen = map[string]string{
	"hidden": "it is not seen", "username": "it is not seen",
	"document": "a page is one", "authLayout": "/login has it",
	"Loaded": "an answer of htmx", "toasted": "an answer of htmx", "PasswordVerdict": "an answer of htmx",
}

// code reads files of the project without their comments.
func code(t *testing.T, patterns ...string) (text string) {
	t.Helper()
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			text += regexp.MustCompile(`(?m)^\s*//.*$`).ReplaceAllString(string(data), "")
		}
	}
	return text
}

// TestGalleryShowsAll: every component has a sample in the gallery, unless it is only a part of other components.
func TestGalleryShowsAll(t *testing.T) {
	t.Parallel()
	blocks, samples := code(t, "ui*.templ", "ui*.go"), code(t, "dev_samples.templ", "dev_components.templ")
	var names []string
	for _, found := range append(component.FindAllStringSubmatch(blocks, -1), maker.FindAllStringSubmatch(blocks, -1)...) {
		names = append(names, found[1])
	}
	if len(names) < 40 || !slices.Contains(names, "toast") || !slices.Contains(names, "newPassword") {
		t.Fatalf("found only %q", names)
	}
	uses := func(text, name string) int { return len(regexp.MustCompile(`\b`+name+`\(`).FindAllString(text, -1)) }
	for _, name := range names {
		isPart := uses(blocks, name) > 1
		if _, known := unseen[name]; !known && !isPart && uses(samples, name) == 0 {
			t.Errorf("no sample shows %s: add one to dev_samples.templ, and a line to groups", name)
		}
	}
	for name := range unseen {
		if !slices.Contains(names, name) {
			t.Errorf("there is no component %s", name)
		}
	}
}

// TestGalleryShowsItsCode: each sample has the code that drew it, and no sample is forgotten.
func TestGalleryShowsItsCode(t *testing.T) {
	t.Parallel()
	for _, g := range groups() {
		for _, s := range g.Samples {
			if strings.TrimSpace(s.code()) == "" {
				t.Errorf("%s has no code", s.Name)
			}
		}
	}
	got := sample{Function: "tileSample"}.code()
	if !strings.HasPrefix(got, `@tile("Users"`) || strings.Contains(got, "\n\t\t") || !strings.HasSuffix(got, "\n}") {
		t.Errorf("the code of a component: %s", got)
	}
	got = sample{Function: "SampleQuestion"}.code()
	if !strings.HasPrefix(got, "func SampleQuestion() Form {\n") || !strings.HasSuffix(got, "\n\t}\n}") {
		t.Errorf("the code of a function: %s", got)
	}
	names := map[string]bool{}
	pair := regexp.MustCompile(`{"[^"]+", "(\w+)", (\w+)\(\)}`)
	for _, pair := range pair.FindAllStringSubmatch(code(t, "dev_components.go"), -1) {
		if names[pair[1]] = true; pair[1] != pair[2] {
			t.Errorf("the gallery draws %s and shows the code of %s", pair[2], pair[1])
		}
	}
	for _, found := range component.FindAllStringSubmatch(samplesText, -1) {
		if strings.HasSuffix(found[1], "Sample") && !names[found[1]] {
			t.Errorf("no line of groups has %s", found[1])
		}
	}
}
