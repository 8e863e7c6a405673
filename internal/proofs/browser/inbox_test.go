package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestInbox: the inbox of development shows a mail as HTML, in the dark, as on a phone and as text. A new mail appears
// in the list and leaves the open one alone. It works without scripts, but for the new mail.
func TestInbox(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser(t, "Ada Lovelace", "ada@example.com", "admin")
	s.addUser(t, "Grace Hopper", "grace@example.com", "user")
	b := newTab(t, s.URL)
	b.do(chromedp.EmulateViewport(1280, 800))
	b.open("/dev/mail")
	b.wantText("main", "No mail yet")
	s.mailReset(t, "ada@example.com")
	b.wait(`document.querySelector("article iframe") && document.querySelectorAll("#mails li").length === 1`) // by itself
	first := eval[string](b, `document.querySelector("#mails li").id`)

	for _, v := range []struct{ label, query, shown string }{
		{"HTML", "", `document.querySelector("iframe.letter:not(.phone)")`},
		{"Dark", "?view=dark", `document.querySelector("iframe[src$=dark]")`},
		{"Phone", "?view=phone", `document.querySelector("iframe.phone").offsetWidth === 375`},
		{"Text", "?view=text", `document.querySelector("pre").textContent.includes("To: ada@example.com")`},
	} {
		b.click("show it as "+v.label, `.tabs a[href$="`+strings.TrimPrefix(first, "mail-")+v.query+`"]`)
		b.wait(v.shown)
		b.wantText(".tabs [aria-current]", v.label)
	}
	eval[int](b, `window.open = document.querySelector("article"), document.querySelector("article a").focus(), 0`)
	s.mailReset(t, "grace@example.com")
	b.wait(`document.querySelectorAll("#mails li").length === 2`)
	if !eval[bool](b, `window.open === document.querySelector("article") && document.activeElement.closest("article") &&
		document.querySelector("pre").textContent.includes("ada@example.com") &&
		document.querySelector("#mails [aria-current]").closest("li").id === "`+first+`" &&
		document.querySelector("#mails li").textContent.includes("grace@example.com")`) {
		t.Errorf("a new mail changes what is open: %s", b.text("main"))
	}

	b.resize(375, 812)
	b.wait(`!document.querySelector("#mails").checkVisibility() && document.querySelector("article").checkVisibility()`)
	b.disableScripts()
	b.click("go back", ".back a")
	b.wait(`document.querySelector("#mails").checkVisibility() && !document.querySelector("article").checkVisibility()`)
	b.click("open the newest", "#mails a")
	b.wantText("article", "grace@example.com")
	b.click("follow its link", "article a")
	b.wantText("h1", "Choose a new password")
}
