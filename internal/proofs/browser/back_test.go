package browser

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// TestBackToARefusedForm: after a refused form, another page and Back, what was typed is still there.
func TestBackToARefusedForm(t *testing.T) {
	t.Parallel()
	for name, scripts := range map[string]bool{"with scripts": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			b := newWindow(t, s.URL)
			b.expect("status of 422")
			if !scripts {
				b.disableScripts()
			}
			b.open("/signup")
			b.fill("name", "Ada Lovelace", "email", "ada@example.com", "password", "short")
			if scripts {
				b.do(submit)
			} else {
				b.leave("send the form", submit)
			}
			b.wait(`document.querySelector("[data-summary]")`)
			b.leave("look elsewhere", chromedp.Click(chromedp.CSS(".brand")))
			b.wantPath("/")
			b.back()
			b.wantPath("/signup")
			for field, want := range map[string]string{"name": "Ada Lovelace", "email": "ada@example.com"} {
				if got := eval[string](b, `document.getElementById("`+field+`").value`); got != want {
					t.Errorf("%s is %q, want %q", field, got, want)
				}
			}
			if got := b.text("[data-summary]"); got == "" {
				t.Error("the errors are gone")
			}
		})
	}
}
