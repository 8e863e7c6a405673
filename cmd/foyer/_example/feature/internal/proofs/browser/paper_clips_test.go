// opt:hasbrowsertest

package browser

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// TestPaperClips: a person adds a paper clip with a mistake on the way, finds it, and deletes it by the dialog. Every page
// keeps the rules of axe.
func TestPaperClips(t *testing.T) {
	t.Parallel()
	axe := requireAxe(t)
	s := newSite(t)
	s.addUser(t, "Ada Lovelace", "ada@example.com", "user")
	b := newTab(t, s.URL)
	b.expect("status of 422")
	b.logIn("ada@example.com")
	b.open("/paper-clips")
	b.checkRules(axe, "no paper clips")

	b.leave("add one", chromedp.Click(chromedp.CSS(".head .primary")))
	b.checkRules(axe, "new paper clip")
	b.fillPaperClip(" ")
	b.do(submit)
	b.wait(summaryFocused)
	b.checkRules(axe, "refused paper clip")
	b.fill("trade_name", "First")
	b.leave("save it", submit)
	b.wantPath("/paper-clips")
	b.wantText("[role=status]", "The paper clip is saved.")

	b.fill("q", "first")
	b.wait(`location.search === "?q=first" && document.querySelector("#found").textContent === "1 paper clip"`)
	b.checkRules(axe, "paper clips")
	b.leave("open it", chromedp.Click(chromedp.CSS("#list .key a")))
	b.do(chromedp.Click(chromedp.ID("delete")))
	b.wait(`document.querySelector("dialog[open] .act")`)
	b.checkRules(axe, "question")
	b.leave("delete it", chromedp.Click(chromedp.CSS("dialog .act")))
	b.wantText("[role=status]", "The paper clip is deleted.")
	b.wantText("main", "No paper clips yet")
}

// fillPaperClip types into the form of a paper clip.
func (b *tab) fillPaperClip(name string) {
	b.Helper()
	eval[int](b, `(() => {
		const values = {
			wire_gauge: "Wire gauge",
			box_label: "Box label",
			sales_pitch: "Sales pitch",
			care_hint: "Care hint",
			bend_count: "3",
			spare_count: "4",
			made_on: "2026-01-31",
			sold_on: "2026-02-28",
		};
		for (const [id, value] of Object.entries(values)) document.getElementById(id).value = value;
		return 0;
	})()`)
	b.fill("trade_name", name)
}

func init() { partFits = append(partFits, (*site).fitPaperClips) }

// fitPaperClips looks at the pages of a paper clip with a long name.
func (s *site) fitPaperClips(_ *testing.T, b fitted) {
	b.page("/paper-clips/new", "/paper-clips/new")
	b.fillPaperClip(longName)
	b.leave("save it", submit)
	b.page("/paper-clips", "/paper-clips")
	one := eval[string](b.tab, `document.querySelector("#list .key a").pathname`)
	b.page("/paper-clips/:id", one)
	b.page("/paper-clips/:id/delete", one+"/delete")
}

// end:hasbrowsertest
