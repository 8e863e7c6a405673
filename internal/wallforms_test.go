package internal

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// This file holds the wall around forms: one that does something behind a private door names the person it was drawn
// for, because another person may have logged in by another tab before it is sent. web checks the name
// (web/drawnfor.go).

// undrawn are the forms that act for whatever visitor there is: they end a login, or choose how pages look.
var undrawn = []string{"/logout", "/theme", "/impersonation/stop"}

var (
	wholeForm  = regexp.MustCompile(`(?is)<form\b.*?</form>`)
	unsafeForm = regexp.MustCompile(`(?i)\bmethod\s*=\s*(\{|["']?post)|\shx-(post|put|patch|delete)\s*=`)
	formButton = regexp.MustCompile(`(?is)<button\b[^<]*\sformaction=[^<]*`) // does nothing outside a form
	formAction = regexp.MustCompile(`\saction="([^"]*)"`)
	openHX     = regexp.MustCompile(`^\shx-post="([^"]*)"`)
	drawnFor   = regexp.MustCompile(`(?m)^\s*@drawnFor\(\)\s*$`)
	openPost   = regexp.MustCompile(`\b(?:public|anyone|guest)\.(?:POST|Form|Any)\("([^"]+)"`)
)

// formFaults lists the forms of a template that lack @drawnFor(). open are the addresses of forms that strangers may
// send.
func formFaults(name, text string, open []string) (list []string) {
	report := func(at int, what string) {
		list = append(list, fmt.Sprintf("%s:%d: %s", name, 1+strings.Count(text[:at], "\n"), what))
	}
	forms, buttons := wholeForm.FindAllStringIndex(text, -1), formButton.FindAllStringIndex(text, -1)
	for _, at := range forms {
		form, action := text[at[0]:at[1]], ""
		if found := formAction.FindStringSubmatch(form); found != nil {
			action = found[1]
		}
		if unsafeForm.MatchString(form) && !slices.Contains(open, action) && !drawnFor.MatchString(form) {
			report(at[0], "a form of a private page without @drawnFor() would act for another person who has logged in meanwhile")
		}
	}
	for _, at := range unsafeForm.FindAllStringIndex(text, -1) {
		within := func(element []int) bool { return element[0] < at[0] && at[1] < element[1] }
		found := openHX.FindStringSubmatch(text[at[0]:])
		isOpen := found != nil && slices.Contains(open, found[1])
		if !isOpen && !slices.ContainsFunc(slices.Concat(forms, buttons), within) {
			report(at[0], "a request that changes something belongs into a form, which says whom it was drawn for")
		}
	}
	return list
}

// openForms are the addresses of forms that need no @drawnFor(): strangers may send them, or they are undrawn.
func openForms(t *testing.T) []string {
	t.Helper()
	open := slices.Clone(undrawn)
	for name, text := range sources(t, "web/*.go") {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		for _, found := range openPost.FindAllStringSubmatch(text, -1) {
			open = append(open, found[1])
		}
	}
	return open
}

// sources reads the files of the project that match a pattern, by name.
func sources(t *testing.T, pattern string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, pattern))
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts[filepath.ToSlash(strings.TrimPrefix(file, root+string(filepath.Separator)))] = string(text)
	}
	return texts
}

// TestFormsNameTheirPerson holds every template against the wall.
func TestFormsNameTheirPerson(t *testing.T) {
	open := openForms(t)
	for _, action := range append([]string{"/login", "/reset-password", "/verify-email/resend"}, undrawn...) {
		if !slices.Contains(open, action) {
			t.Errorf("%s is not known to be open", action)
		}
	}
	for _, action := range []string{"/settings", "/reauth"} {
		if slices.Contains(open, action) {
			t.Errorf("%s is taken for open", action)
		}
	}
	drawn := 0
	for name, text := range sources(t, "views/*.templ") {
		drawn += len(drawnFor.FindAllString(text, -1))
		for _, fault := range formFaults(name, text, open) {
			t.Error(fault)
		}
	}
	if drawn == 0 {
		t.Error("no form names its person")
	}
}

// TestWallOfFormsStands plants a form of each kind that must be refused, and of each that must not.
func TestWallOfFormsStands(t *testing.T) {
	open := []string{"/login", "/logout"}
	for _, text := range []string{
		`<form method="post" action="/notes"><button>Save</button></form>`,
		"<form\n\tclass=\"card\"\n\tmethod=\"post\"\n\taction={ templ.SafeURL(\"/login\") }\n>\n</form>",
		`<form method={ how } action="/notes"></form>`,
		`<form METHOD=POST action="/notes"></form>`,
		`<form hx-post="/notes"></form>`,
		`<form hx-delete={ "/notes/" + id }></form>`,
		"<form method=\"post\" action=\"/login\">\n</form>\n<form method=\"post\" action=\"/notes\">\n</form>",
		"<form method=\"post\" action=\"/notes\">\n\t@drawnFor()\n</form>\n<form method=\"post\" action=\"/notes/1\">\n</form>",
		"<form method=\"post\" action=\"/notes\">\n\t<!-- @drawnFor() -->\n</form>",
		`<button hx-post="/notes">Save</button>`,
		`<button formaction="/notes">Save</button><button hx-post="/notes">Save</button>`,
	} {
		if got := formFaults("views/x.templ", text, open); len(got) != 1 || !strings.HasPrefix(got[0], "views/x.templ:") {
			t.Errorf("%s\nfound %q", text, got)
		}
	}
	for _, text := range []string{
		"<form method=\"post\" action=\"/notes\" hx-post=\"/notes\">\n\t@drawnFor()\n</form>",
		`<form method="post" action="/login" hx-post="/login"></form>`,
		`<form method="post" action="/logout"></form>`,
		`<form method="get" action="/notes" hx-get="/notes"></form>`,
		`<form action="/notes"></form>`,
		`<input hx-post="/login"/>`,
		`<button formaction={ "/notes/" + id } hx-post={ "/notes/" + id }>Save</button>`,
		"<form method=\"post\" action=\"/notes\">\n\t@drawnFor()\n\t<button hx-post=\"/notes/more\">More</button>\n</form>",
	} {
		if got := formFaults("views/x.templ", text, open); len(got) > 0 {
			t.Errorf("%s\nis refused: %q", text, got)
		}
	}
}
