//go:build prove

package browser

import (
	"slices"
	"strings"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"gorm.io/gorm"
)

// watchSearch keeps how long it took from each input and click to the next paint, and from the last of them until the
// new rows were painted, in milliseconds.
const watchSearch = `
window.next = []; window.rows = []; window.asked = 0;
function painted(list, since) {
	const { port1, port2 } = new MessageChannel();
	port1.onmessage = () => list.push(performance.now() - since);
	requestAnimationFrame(() => port2.postMessage(0));
}
for (const name of ["input", "click"]) addEventListener(name, (e) => painted(next, asked = e.timeStamp), true);
addEventListener("DOMContentLoaded", () => new MutationObserver((changes) => {
	if (changes.some((c) => [...c.addedNodes].some((n) => n.id === "list"))) painted(rows, asked);
}).observe(document.querySelector("main"), { childList: true, subtree: true }));
`

// TestSearchPaint measures the search among 100,000 users as a person feels it: by letters, and by a click. To be
// beaten, on a quiet machine: 100 ms to the next paint. Letters wait 300 ms for the next one before they ask.
func TestSearchPaint(t *testing.T) {
	s := newSite(t, func(_ *auth.Options, db *gorm.DB) { authtest.Crowd(t, db, 100_000) })
	s.addUser(t, "Ada Lovelace", "ada@example.com", "admin")
	b := newTab(t, s.URL)
	b.everyPage(watchSearch)
	b.logIn("ada@example.com")
	b.open("/admin/users")
	measure := func(what string, times int, act func(i int)) {
		eval[int](b, `(next = [], rows = [], 0)`)
		for i := range times {
			before := eval[int](b, `rows.length`)
			act(i)
			for eval[int](b, `rows.length`) == before {
				eval[bool](b, nextFrame)
			}
		}
		report(t, what+", next paint", eval[[]float64](b, `next`))
		report(t, what+", new rows", eval[[]float64](b, `rows`))
	}
	word := "person number 0424"
	measure("letters", 5*len(word), func(i int) {
		if i%len(word) == 0 {
			b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#q").value = ""`), chromedp.Focus(chromedp.ID("q")))
		}
		b.press(word[i%len(word) : i%len(word)+1])
	})
	b.press(strings.Repeat(kb.Backspace, 5))
	measure("clicks", 50, func(int) { b.do(chromedp.Click(chromedp.CSS("#filter button"))) })
}

func report(t *testing.T, what string, ms []float64) {
	t.Helper()
	slices.Sort(ms)
	t.Logf("%-22s %3d times: p50 %4.0f ms, p95 %4.0f ms, most %4.0f ms", what, len(ms), ms[len(ms)/2], ms[len(ms)*95/100],
		ms[len(ms)-1])
}
