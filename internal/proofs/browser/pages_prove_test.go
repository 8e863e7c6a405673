//go:build prove

package browser

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// TestStrictAccess runs axe-core over every page with nasty data, in both themes and directions, on a wide and a narrow
// screen.
func TestStrictAccess(t *testing.T) {
	t.Parallel()
	axe := requireAxe(t)
	walkAll(t, walk{proof: func(b *tab, name string) {
		b.Helper()
		for _, direction := range []string{"rtl", "ltr"} {
			b.turn(direction)
			b.checkRules(axe, name+", "+direction)
		}
	}})
}

// TestStrictTextSize: all text follows the size that a person chose in the browser, and pages still fit.
func TestStrictTextSize(t *testing.T) {
	t.Parallel()
	walkAll(t, walk{proof: (*tab).fitsDoubled})
}

// remember and compare are what the page does before its text is doubled, and after it.
const (
	remember = `window.sizes = new Map([...document.querySelectorAll("body, body *")]
		.filter((e) => e.checkVisibility() && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
		.map((e) => [e, parseFloat(getComputedStyle(e).fontSize)]))`
	compare = `[...sizes].filter(([e, size]) => Math.abs(parseFloat(getComputedStyle(e).fontSize) - 2 * size) > 0.1)
		.map(([e]) => e.outerHTML.replace(/\s+/g, " ").slice(0, 100)).slice(0, 5)`
)

// fitsDoubled looks at the page with text of twice the size.
func (b *tab) fitsDoubled(name string) {
	b.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](remember))
	before := eval[float64](b, `parseFloat(getComputedStyle(document.documentElement).fontSize)`)
	b.setFontSize(32)
	b.wait(fmt.Sprintf(`parseFloat(getComputedStyle(document.documentElement).fontSize) === %v`, 2*before))
	for _, element := range eval[[]string](b, compare) {
		b.Errorf("%s: the size of this text does not follow: %s", name, element)
	}
	b.fitsOn(name+", text of 200 %", screens[0], screens[1])
	b.resize(375, 812) // where long words may be cut, but the page must not scroll sideways
	b.checkWidth(name+", text of 200 %", 375)
	b.setFontSize(16)
	b.wait(fmt.Sprintf(`parseFloat(getComputedStyle(document.documentElement).fontSize) === %v`, before))
}

func (b *tab) setFontSize(pixels int64) {
	b.Helper()
	sizes := page.SetFontSizesParams{FontSizes: &page.FontSizes{Standard: pixels, Fixed: pixels}}
	if _, err := chromedp.Call(b.ctx, page.SetFontSizes, sizes); err != nil {
		b.Fatal(err)
	}
}

// TestStrictStillness: on a slow line, with nothing in the browser's cache, no page moves while it loads.
func TestStrictStillness(t *testing.T) {
	t.Parallel()
	for _, width := range []int64{1280, 375, 320} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			t.Parallel()
			walkAll(t, walk{width: width, begin: (*tab).slowDown})
		})
	}
}

// slowDown gives the tab a line of 50 KB/s that takes 400 ms to answer.
func (b *tab) slowDown() {
	b.Helper()
	_, err := chromedp.Call(b.ctx, network.Enable, network.EnableParams{})
	if err == nil {
		_, err = chromedp.Call(b.ctx, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true})
	}
	if err == nil {
		line := &network.Conditions{Latency: 400, DownloadThroughput: 50_000, UploadThroughput: 50_000}
		_, err = chromedp.Call(b.ctx, network.EmulateNetworkConditionsByRule,
			network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{line}})
	}
	if err != nil {
		b.Fatal(err)
	}
}
