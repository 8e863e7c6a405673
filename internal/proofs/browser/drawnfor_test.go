package browser

import (
	"fmt"
	"testing"

	"example.com/foyer/internal/auth/authtest"
	"github.com/chromedp/chromedp"
)

// othersTurn has another person log in by a tab beside b, whose page stays as it is.
func (b *tab) othersTurn(email string) {
	b.Helper()
	other := b.beside()
	other.open("/dashboard")
	other.logOut()
	if email != "" {
		other.logIn(email)
	}
}

// told waits until the page says who is logged in now, in sight of the form that was sent.
func (b *tab) told(who string) {
	b.Helper()
	b.wait(fmt.Sprintf(`(() => {
		const problem = document.querySelector("#problem"), box = problem.getBoundingClientRect();
		return !problem.hidden && problem.textContent.includes(%q) && problem.contains(document.elementFromPoint(box.left + 20, box.top + 20));
	})()`, who))
}

// TestFormOfTheOtherTab: what one person left in a tab is not done to another who has logged in by the next tab, and
// the page leads on to their own.
func TestFormOfTheOtherTab(t *testing.T) {
	t.Parallel()
	for name, scripts := range map[string]bool{"with scripts": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.addUser(t, "Ann Early", "ann@example.com", "user")
			s.addUser(t, "Bob Later", "bob@example.com", "user")
			for _, c := range []struct{ page, field, typed string }{
				{"/settings", "name", " Married"},
				{"/settings/email", "newEmail", "ann-new@example.com"},
			} {
				b := newTab(t, s.URL)
				b.expect("status of 409")
				if !scripts {
					b.disableScripts()
				}
				b.logIn("ann@example.com")
				b.open(c.page)
				b.fill(c.field, c.typed)
				b.othersTurn("bob@example.com")
				if scripts {
					b.do(chromedp.Click(chromedp.CSS("main form .primary")))
					b.told("logged in as Bob Later, bob@example.com")
					b.wantPath(c.page)
					const color = `getComputedStyle(document.querySelector(%q)).color`
					on, is := fmt.Sprintf(color, "main form .primary"), fmt.Sprintf(color, "#problem .primary")
					if !eval[bool](b, on+" === "+is) {
						t.Error("the button in the red box has the color of a link")
					}
					if typed := eval[string](b, fmt.Sprintf(`document.getElementById(%q).value`, c.field)); typed == "" {
						t.Error("what was typed is gone")
					}
				} else {
					b.leave("send the form", submit)
					b.wantText("h1", "Something has changed")
					b.wantText("main", "logged in as Bob Later, bob@example.com")
				}
				b.leave("go on", chromedp.Click(chromedp.CSS(`[role=alert] a.button`)))
				b.wantPath("/dashboard")
				b.open("/settings")
				b.wantText("main", "bob@example.com")
				if got := eval[string](b, `document.getElementById("name").value`); got != "Bob Later" {
					t.Errorf("Bob is called %q", got)
				}
				b.open("/dev/mail")
				b.wantText("main", "No mail yet")
			}

			b := newTab(t, s.URL)
			b.expect("status of 409")
			if !scripts {
				b.disableScripts()
			}
			b.logIn("ann@example.com")
			b.open("/settings")
			b.othersTurn("")
			if scripts {
				b.do(chromedp.Click(chromedp.CSS("main form .primary")))
				b.told("Nobody is logged in")
			} else {
				b.leave("send the form", submit)
				b.wantText("main", "Nobody is logged in")
			}
			b.leave("go to the door", chromedp.Click(chromedp.CSS(`[role=alert] a.button`)))
			b.fill("email", "ann@example.com", "password", authtest.Password)
			b.leave("log in", submit)
			b.wantText("#account", "Ann Early")
		})
	}
}
