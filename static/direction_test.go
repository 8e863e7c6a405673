package static_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	declaration = regexp.MustCompile(`([a-z-]+): ?([^;{}]+)[;}]`)
	sided       = regexp.MustCompile(`(^|-)(left|right)(-|$)`)
	sidedValue  = regexp.MustCompile(`\b(left|right)\b`)
	cssComment  = regexp.MustCompile(`(?s)/\*.*?\*/`)
)

// physical lists the declarations of a style that speak of left and right, instead of start and end.
func physical(style string) (list []string) {
	for _, d := range declaration.FindAllStringSubmatch(cssComment.ReplaceAllString(style, ""), -1) {
		name, value := d[1], strings.Fields(d[2])
		switch name {
		case "padding", "margin", "inset", "border-width", "scroll-padding", "scroll-margin": // top right bottom left
			if len(value) == 4 && value[1] != value[3] {
				list = append(list, d[0])
			}
		case "text-align", "float", "clear", "transform-origin", "justify-content", "position-area":
			if sidedValue.MatchString(d[2]) {
				list = append(list, d[0])
			}
		default:
			if sided.MatchString(name) {
				list = append(list, d[0])
			}
		}
	}
	return list
}

// TestStylesHaveNoSides: styles work in both directions, so that a translation that is read from right to left needs
// none of its own.
func TestStylesHaveNoSides(t *testing.T) {
	files, err := filepath.Glob("*.css")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		style, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range physical(string(style)) {
			t.Errorf("%s: %s", file, found)
		}
	}
	const bad = "a { left: 0; margin-right: 1px; padding: 1px 2px 3px 4px; text-align: left; border-top-left-radius: 2px; }"
	if got := physical(bad + "b { padding: 1px 2px 3px 2px; text-align: start; inset-inline-start: 0; }"); len(got) != 5 {
		t.Errorf("of 5 physical declarations %q are found", got)
	}
}
