package static_test

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"testing"
)

var token = regexp.MustCompile(`--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)`)

// luminance is the relative luminance of WCAG 2.2.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	rgb, err := strconv.ParseUint(hex[1:], 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	channel := func(shift uint) float64 {
		c := float64(rgb>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(16) + 0.7152*channel(8) + 0.0722*channel(0)
}

// TestContrast checks the colour tokens against WCAG 2.2 AA: 4.5 for text, 3 for the edges of controls (1.4.3, 1.4.11).
func TestContrast(t *testing.T) {
	css, err := os.ReadFile("app.css")
	if err != nil {
		t.Fatal(err)
	}
	themes := [2]map[string]string{{}, {}}
	for _, m := range token.FindAllStringSubmatch(string(css), -1) {
		themes[0][m[1]], themes[1][m[1]] = m[2], m[3]
	}
	pairs := []struct {
		front, back string
		least       float64
	}{
		{"text", "bg", 4.5}, {"text", "surface", 4.5}, {"text", "surface-2", 4.5}, {"text", "danger-soft", 4.5},
		{"muted", "bg", 4.5}, {"muted", "surface", 4.5}, {"muted", "surface-2", 4.5},
		{"accent", "bg", 4.5}, {"accent", "surface", 4.5}, {"accent", "accent-soft", 4.5},
		{"success", "success-soft", 4.5}, {"warning", "warning-soft", 4.5}, {"text", "success-soft", 4.5},
		{"text", "warning-soft", 4.5}, {"text", "accent-soft", 4.5},
		{"on-primary", "primary", 4.5}, {"danger", "bg", 4.5}, {"danger", "surface", 4.5}, {"danger", "danger-soft", 4.5},
		{"control-border", "bg", 3}, {"control-border", "surface", 3},
	}
	for i, name := range []string{"light", "dark"} {
		for _, p := range pairs {
			front, back := themes[i][p.front], themes[i][p.back]
			if front == "" || back == "" {
				t.Fatalf("no token --%s or --%s", p.front, p.back)
			}
			a, b := luminance(t, front), luminance(t, back)
			if ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05); ratio < p.least {
				t.Errorf("%s: --%s on --%s has contrast %.2f, want %.1f", name, p.front, p.back, ratio, p.least)
			}
		}
	}
}
