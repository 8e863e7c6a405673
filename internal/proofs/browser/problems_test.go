package browser

import (
	"fmt"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// listen keeps what the browser complains about.
func (b *tab) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			b.problems = append(b.problems, fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		}
	case *runtime.EventExceptionThrown:
		b.problems = append(b.problems, (&chromedp.ExceptionError{ExceptionDetails: e.ExceptionDetails}).Error())
	case *runtime.EventConsoleAPICalled:
		var text []string
		for _, arg := range e.Args {
			text = append(text, strings.Trim(string(arg.Value), `"`)+arg.Description)
		}
		line := strings.Join(text, " ")
		switch path, restored := strings.CutPrefix(line, "restored "); {
		case restored:
			b.restored = append(b.restored, path)
		case e.Type == runtime.ConsoleAPICalledTypeError, e.Type == runtime.ConsoleAPICalledTypeWarning,
			e.Type == runtime.ConsoleAPICalledTypeAssert:
			b.problems = append(b.problems, "console: "+line)
		}
	}
}

// expect announces a problem that the test brings about.
func (b *tab) expect(part string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expected = append(b.expected, part)
}

// unexpected lists what went wrong in the tab and was not announced.
func (b *tab) unexpected() (list []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
next:
	for _, problem := range b.problems {
		for _, part := range b.expected {
			if strings.Contains(problem, part) {
				continue next
			}
		}
		list = append(list, problem)
	}
	return list
}

// fromMemory lists pages that came back without asking the server.
func (b *tab) fromMemory() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.restored)
}

func (b *tab) checkQuiet() {
	if !b.Failed() {
		b.checkStorage()
	}
	for _, problem := range b.unexpected() {
		b.Errorf("the browser complains: %s", problem)
	}
}

// checkStorage looks whether anything was left where a script can read it.
func (b *tab) checkStorage() {
	b.Helper()
	if n := eval[int](b, `localStorage.length + sessionStorage.length`); n != 0 {
		b.Errorf("%d items in localStorage and sessionStorage of %s, want none", n, b.path())
	}
}
