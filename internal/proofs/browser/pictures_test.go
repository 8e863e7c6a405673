package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestPictures looks at every kind of page in both themes on screens wide and narrow: nothing may stick out
// sideways. SCREENSHOTS names a folder that keeps the pictures.
func TestPictures(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.addUser(t, "Ada Lovelace", "ada@example.com", "admin")
	b := newTab(t, s.URL)
	b.expect("status of 422")
	b.expect("status of 404")
	b.expect("status of 410")
	s.addUser(t, "Grace Hopper", "grace@example.com", "user")

	b.open("/")
	b.wait(`!document.querySelector("#account .skeleton")`)
	b.takePictures("home")
	b.open("/signup")
	b.takePictures("signup")
	b.open("/login")
	b.takePictures("login")
	b.fill("email", "ada@example.com", "password", "not-the-password")
	b.do(submit)
	b.wait(`document.querySelector("[data-summary]")`)
	b.takePictures("login-error")
	b.open("/forgot-password")
	b.takePictures("forgot")
	b.open("/forgot-password?done=sent")
	b.takePictures("forgot-sent")
	b.open(s.mailed(t, "/forgot-password", "grace@example.com"))
	b.takePictures("reset")
	b.open("/verify-email")
	b.takePictures("await")
	b.open(s.mailed(t, "/verify-email/resend", "grace@example.com"))
	b.takePictures("verify")
	b.open("/verify-email?token=x")
	b.takePictures("dead-link")
	b.open("/no-such-page")
	b.takePictures("not-found")
	b.logIn("ada@example.com")
	b.takePictures("dashboard")
	for _, page := range []string{"/settings", "/settings/security", "/settings/sessions", "/settings/appearance",
		"/settings/email", "/settings/delete", "/reauth", "/admin"} {
		b.open(page)
		b.wantPath(page)
		b.takePictures(strings.ReplaceAll(strings.TrimPrefix(page, "/"), "/", "-"))
	}
	b.open("/dev/guards")
	b.takePictures("guards")
	b.open("/dev/components")
	b.takePictures("components")
	s.mailReset(t, "ada@example.com")
	b.open("/dev/mail")
	b.takePictures("mail")
}

// pictures is the folder that keeps them, "" for none.
var pictures = os.Getenv("SCREENSHOTS")

// takePictures takes the page as it is on every screen and in both themes.
func (b *tab) takePictures(name string) {
	b.Helper()
	for _, screen := range []struct{ width, height int64 }{{1280, 800}, {640, 400}, {375, 812}, {320, 640}} {
		b.resize(screen.width, screen.height)
		b.checkWidth(name, screen.width)
		if pictures == "" {
			continue
		}
		// 640 is 1280 at a zoom of 200 %, 320 as narrow as WCAG asks for (1.4.4, 1.4.10).
		for _, look := range looks {
			b.setLook(look)
			picture := run(b, "take a picture", chromedp.CaptureScreenshot())
			b.keep(fmt.Sprintf("%s-%d-%s.png", name, screen.width, look.name), picture)
		}
	}
}

// look is a way to see a page: what the browser tells its media queries.
type look struct {
	name, media, theme, colors string
}

var looks = []look{{name: "light", theme: "light"}, {name: "dark", theme: "dark"},
	{name: "forced", theme: "dark", colors: "active"}, {name: "print", media: "print", theme: "light"}}

func (b *tab) checkWidth(name string, width int64) {
	b.Helper()
	if got := eval[int64](b, `document.documentElement.scrollWidth`); got > width {
		widest := eval[string](b, `[...document.body.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > innerWidth).at(-1)?.outerHTML.slice(0, 200) ?? "nothing visible"`)
		b.Errorf("%s at %d px is %d px wide: %s", name, width, got, widest)
	}
}

// setTheme shows the page as somebody sees it whose system has this theme.
func (b *tab) setTheme(theme string) {
	b.Helper()
	b.setLook(look{theme: theme})
}

// setLook also stills what moves, so that pictures can be compared.
func (b *tab) setLook(l look) {
	b.Helper()
	features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: l.theme},
		{Name: "prefers-reduced-motion", Value: "reduce"}, {Name: "forced-colors", Value: l.colors}}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia,
		emulation.SetEmulatedMediaParams{Media: l.media, Features: features}); err != nil {
		b.Fatal(err)
	}
	b.wait(fmt.Sprintf(`matchMedia("(prefers-color-scheme: %s)").matches && matchMedia("print").matches === %t && matchMedia("(forced-colors: active)").matches === %t`,
		l.theme, l.media == "print", l.colors == "active"))
}

func (b *tab) keep(file string, picture []byte) {
	b.Helper()
	if err := os.MkdirAll(pictures, 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(pictures, file), picture, 0o644); err != nil {
		b.Fatal(err)
	}
}
