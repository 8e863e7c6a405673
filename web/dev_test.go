package web_test

import (
	"bufio"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"example.com/foyer/web"
	templruntime "github.com/a-h/templ/runtime"
)

// TestReload: an open page hears of a template that changed, and the stream ends with the server.
func TestReload(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("TEMPL_DEV_MODE_ROOT", t.TempDir())
	if err := os.MkdirAll("views", 0o700); err != nil {
		t.Fatal(err)
	}
	touch := func(name string) {
		t.Helper()
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	touch("views/page.templ")
	touch("views/unchanged.templ") // templ has written nothing for it
	touch(templruntime.GetDevModeTextFileName("views/page.templ"))
	s := newSite(t, func(c *web.Config) { c.Development, c.Reload = true, true })
	if text := s.Get("/", navigate...).Text; !strings.Contains(text, "/static/reload.") {
		t.Error("pages do not listen")
	}
	res, err := http.Get(s.Base + "/dev/reload")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got := res.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("Content-Type %s", got)
	}
	lines := bufio.NewScanner(res.Body)
	data := func() string {
		for lines.Scan() {
			if v, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				return v
			}
		}
		return ""
	}
	first := data()
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(templruntime.GetDevModeTextFileName("views/page.templ"), later, later); err != nil {
		t.Fatal(err)
	}
	if second := data(); first == "" || second == "" || second == first {
		t.Errorf("version %q, after a change %q", first, second)
	}
	s.server.Drain()
	if more := data(); more != "" {
		t.Errorf("after the server said good-bye: %q", more)
	}
}

// Nothing of it is there without `task dev`.
func TestReloadIsOff(t *testing.T) {
	t.Parallel()
	for _, development := range []bool{true, false} {
		s := newSite(t, func(c *web.Config) { c.Development = development })
		if res := s.Get("/dev/reload"); res.StatusCode != http.StatusNotFound {
			t.Errorf("/dev/reload: %d", res.StatusCode)
		}
		if strings.Contains(s.Get("/", navigate...).Text, "reload.") {
			t.Error("pages listen")
		}
	}
}

// TestPrefetchRules: pages name the rules by which a link is fetched when it is pressed, and not before, because the
// session may end before the click; fragments do not.
func TestPrefetchRules(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	rules := strings.Trim(s.Get("/", navigate...).Header.Get("Speculation-Rules"), `"`)
	res := s.Get(rules)
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "application/speculationrules+json" ||
		!strings.Contains(res.Text, `"prefetch"`) || !strings.Contains(res.Text, `"eagerness": "conservative"`) {
		t.Errorf("%s: %d %s", rules, res.StatusCode, res.Header.Get("Content-Type"))
	}
	if got := s.Get("/nav", "HX-Request", "true").Header.Get("Speculation-Rules"); got != "" {
		t.Errorf("a fragment has rules: %s", got)
	}
}
