// Package browser drives the app in a real Chromium, for what only a browser can tell: that scripts run under
// the content security policy, what Back shows after logging out, where the focus goes, what a skeleton looks
// like while data loads. Without a Chromium its tests skip, which under CI=true is a failure.
package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

func TestMain(m *testing.M) {
	code := m.Run()
	for _, stop := range started.stop {
		stop()
	}
	os.Exit(code)
}

// started are the browsers that tests started, by what ends them.
var started struct {
	sync.Mutex
	stop []func()
}

// desktop is the Chromium that people use. Its tabs live in windows, and it keeps pages in memory for Back.
// shell is the same engine without windows, which needs half the time. Where it is not installed, desktop stands in.
var (
	desktop = sync.OnceValues(func() (context.Context, error) {
		return startBrowser("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
			"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium")
	})
	shell = sync.OnceValues(func() (context.Context, error) {
		ctx, err := startBrowser("chromium-headless-shell", "chrome-headless-shell")
		if errors.Is(err, errNoBrowser) {
			return desktop()
		}
		return ctx, err
	})
	errNoBrowser = errors.New("not in PATH")
)

// startBrowser starts the first of these programs that is there, in a profile of its own.
func startBrowser(programs ...string) (context.Context, error) {
	i := slices.IndexFunc(programs, func(program string) bool {
		_, err := exec.LookPath(program)
		return err == nil
	})
	if i < 0 {
		return nil, fmt.Errorf("%s: %w", strings.Join(programs, ", "), errNoBrowser)
	}
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(programs[i]), chromedp.Headless, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck,
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("force-color-profile", "srgb"),
		chromedp.Flag("lang", "en"),
		chromedp.Flag("site-per-process", true), // as desktop does without being asked
	}
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium's sandbox does not work for root
	}
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(allocator)
	started.Lock()
	defer started.Unlock()
	started.stop = append(started.stop, func() { stop(); stopAllocator() })
	return ctx, chromedp.Do(ctx)
}

// required returns a browser, or skips the test where there is none.
func required(t *testing.T, browser func() (context.Context, error)) context.Context {
	t.Helper()
	ctx, err := browser()
	switch {
	case err == nil:
	case os.Getenv("CI") == "true":
		t.Fatal("a browser is required under CI=true: ", err)
	default:
		t.Skip("no browser: ", err)
	}
	return ctx
}

// TestWait: wait goes on where an element that its expression reads is not there yet, and where htmx still swaps.
func TestWait(t *testing.T) {
	t.Parallel()
	b := newTab(t, newSite(t).URL)
	b.open("/login")
	eval[int](b, `setTimeout(() => document.body.append(Object.assign(document.createElement("p"), { id: "late" })), 100)`)
	b.wait(`document.querySelector("#late").isConnected`)
	eval[int](b, `document.body.className = "htmx-added", setTimeout(() => { document.body.className = "" }, 100)`)
	b.wait(`true`)
	if got := eval[string](b, `document.body.className`); got != "" {
		t.Error("wait ends while htmx swaps")
	}
}
