package web_test

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/foyer/internal/auth/authtest"
	"golang.org/x/net/html"
)

// all returns all elements below n that satisfy ok, in document order.
func all(n *html.Node, ok func(*html.Node) bool) (list []*html.Node) {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && ok(d) {
			list = append(list, d)
		}
	}
	return list
}

func tags(n *html.Node, name string) []*html.Node {
	return all(n, func(e *html.Node) bool { return e.Data == name && (name != "title" || e.Namespace == "") })
}

func attr(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

func parse(t *testing.T, a authtest.Answer) *html.Node {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(a.Text))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestHTMLContract checks every page for the needs of assistive technology, password managers and the CSP.
func TestHTMLContract(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	user, _ := s.person(t, "user@example.com")
	admin := s.admin(t, "boss@example.com")
	checkPages(t, []contractPage{
		{"home", func() authtest.Answer { return s.Get("/", navigate...) }},
		{"login", func() authtest.Answer { return s.Get("/login", navigate...) }},
		{"login, failed", func() authtest.Answer { return s.PostForm("/login", credentials("ada@example.com", "x")) }},
		{"sign-up", func() authtest.Answer { return s.Get("/signup", navigate...) }},
		{"sign-up, failed", func() authtest.Answer { return s.PostForm("/signup", url.Values{"password": {"short"}}) }},
		{"forgot password", func() authtest.Answer { return s.Get("/forgot-password", navigate...) }},
		{"forgot password, failed", func() authtest.Answer { return s.PostForm("/forgot-password", nil) }},
		{"forgot password, sent", func() authtest.Answer { return s.Get("/forgot-password?done=sent", navigate...) }},
		{"reset password", func() authtest.Answer { return s.Get(s.resetLink(t, "user@example.com"), navigate...) }},
		{"reset password, failed", func() authtest.Answer {
			return s.PostForm("/reset-password", url.Values{"token": {tokenOf(t, s.resetLink(t, "user@example.com"))}})
		}},
		{"dead link", func() authtest.Answer { return s.Get("/reset-password?token=x", navigate...) }},
		{"somebody else's link", func() authtest.Answer {
			return admin.Get(s.resetLink(t, "user@example.com"),
				navigate...)
		}},
		{"verify", func() authtest.Answer { return s.Get(s.verifyLink(t, "user@example.com"), navigate...) }},
		{"verify, failed", func() authtest.Answer {
			return s.PostForm("/verify-email", url.Values{"token": {tokenOf(t, s.verifyLink(t, "user@example.com"))}})
		}},
		{"await a mail", func() authtest.Answer { return s.Get("/verify-email", navigate...) }},
		{"await a mail, failed", func() authtest.Answer { return s.PostForm("/verify-email/resend", nil) }},
		{"address changed", func() authtest.Answer { return user.Get("/verify-email?done=changed", navigate...) }},
		{"dashboard", func() authtest.Answer { return user.Get("/dashboard", navigate...) }},
		{"reauth", func() authtest.Answer { return user.Get("/reauth", navigate...) }},
		{"reauth, failed", func() authtest.Answer { return user.PostForm("/reauth", nil) }},
		{"settings", func() authtest.Answer { return user.Get("/settings", navigate...) }},
		{"settings, failed", func() authtest.Answer { return user.PostForm("/settings", nil) }},
		{"security", func() authtest.Answer { return user.Get("/settings/security", navigate...) }},
		{"security, failed", func() authtest.Answer { return user.PostForm("/settings/security", nil) }},
		{"sessions", func() authtest.Answer { return user.Get("/settings/sessions", navigate...) }},
		{"appearance", func() authtest.Answer { return user.Get("/settings/appearance", navigate...) }},
		{"e-mail", func() authtest.Answer { return user.Get("/settings/email", navigate...) }},
		{"e-mail, failed", func() authtest.Answer { return user.PostForm("/settings/email", nil) }},
		{"deletion", func() authtest.Answer { return user.Get("/settings/delete", navigate...) }},
		{"deletion, failed", func() authtest.Answer { return user.PostForm("/settings/delete", nil) }},
		{"admin", func() authtest.Answer { return admin.Get("/admin", navigate...) }},
		{"refused", func() authtest.Answer { return user.Get("/admin", navigate...) }},
		{"not found", func() authtest.Answer { return s.Get("/nothing", navigate...) }},
		{"wrong method", func() authtest.Answer { return s.Get("/logout", navigate...) }},
	})
}

// contractPage is a page to check. If its name contains "failed", its form has an error.
type contractPage struct {
	name string
	get  func() authtest.Answer
}

func checkPages(t *testing.T, pages []contractPage) {
	t.Helper()
	titles := map[string]string{}
	for _, p := range pages {
		t.Run(p.name, func(t *testing.T) {
			doc := parse(t, p.get())
			checkDocument(t, doc)
			checkControls(t, doc)
			checkNothingInline(t, doc)
			title := textOf(tags(doc, "title")[0])
			if other, taken := titles[title]; taken {
				t.Errorf("title %q is also that of %s", title, other)
			}
			titles[title] = p.name
			if failed := strings.Contains(p.name, "failed"); failed != strings.HasPrefix(title, "Error: ") {
				t.Errorf("title %q", title)
			}
		})
	}
}

func checkDocument(t *testing.T, doc *html.Node) {
	t.Helper()
	if lang, _ := attr(tags(doc, "html")[0], "lang"); lang != "en" {
		t.Errorf("lang %q", lang)
	}
	for tag, want := range map[string]int{"title": 1, "h1": 1, "main": 1, "body": 1} {
		if n := len(tags(doc, tag)); n != want {
			t.Errorf("%d <%s>, want %d", n, tag, want)
		}
	}
	ids := map[string]bool{}
	for _, e := range all(doc, func(*html.Node) bool { return true }) {
		if id, ok := attr(e, "id"); ok && (id == "" || ids[id]) {
			t.Errorf("id %q is empty or given twice", id)
		} else if ok {
			ids[id] = true
		}
	}
	filled := func(e *html.Node) bool { return e.Data != "dialog" || e.FirstChild != nil } // what comes into it brings its name
	for _, e := range all(doc, filled) {
		for _, name := range []string{"aria-describedby", "aria-labelledby", "aria-controls", "for", "data-reveal"} {
			value, _ := attr(e, name)
			for id := range strings.FieldsSeq(value) {
				if !ids[id] {
					t.Errorf("<%s %s> points to %q, which is not there", e.Data, name, id)
				}
			}
		}
		if href, _ := attr(e, "href"); strings.HasPrefix(href, "#") && !ids[href[1:]] {
			t.Errorf("a link to %s, which is not there", href)
		}
	}
	for _, img := range tags(doc, "img") {
		if _, ok := attr(img, "alt"); !ok {
			t.Error("an image without alt")
		}
	}
	if live := all(doc, func(e *html.Node) bool { v, _ := attr(e, "aria-live"); return v == "polite" }); len(live) != 1 {
		t.Errorf("%d live regions, want one before anything is swapped", len(live))
	}
}

// checkControls: every input has a label, every form its own address, every button a name.
func checkControls(t *testing.T, doc *html.Node) {
	t.Helper()
	labelled := map[string]bool{}
	for _, label := range tags(doc, "label") {
		if id, ok := attr(label, "for"); ok && strings.TrimSpace(textOf(label)) != "" {
			labelled[id] = true
		}
	}
	for _, input := range tags(doc, "input") {
		id, _ := attr(input, "id")
		kind, _ := attr(input, "type")
		wrapped := input.Parent.Data == "label" && strings.TrimSpace(textOf(input.Parent)) != ""
		if kind != "hidden" && !labelled[id] && !wrapped {
			t.Errorf("input %q has no label", id)
		}
		if name, _ := attr(input, "name"); name == "" {
			t.Errorf("input %q has no name", id)
		}
		if value, _ := attr(input, "value"); kind == "password" && value != "" {
			t.Error("a password comes back")
		}
	}
	for _, form := range tags(doc, "form") {
		method, _ := attr(form, "method")
		action, _ := attr(form, "action")
		role, _ := attr(form, "role")
		id, _ := attr(form, "id")
		if method != map[bool]string{true: "get", false: "post"}[role == "search" || id == "selection"] || !strings.HasPrefix(action, "/") {
			t.Errorf("form %s %s", method, action)
		}
		if to, ok := attr(form, "hx-"+method); ok && to != action {
			t.Errorf("with script the form goes to %s, without to %s", to, action)
		}
	}
	for _, button := range tags(doc, "button") {
		label, _ := attr(button, "aria-label")
		if strings.TrimSpace(textOf(button))+label == "" {
			t.Error("a button without a name")
		}
	}
}

var eventHandler = regexp.MustCompile(`^(on|hx-on|data-hx-on)`)

// checkNothingInline: nothing that the CSP would refuse or that htmx would have to evaluate.
func checkNothingInline(t *testing.T, doc *html.Node) {
	t.Helper()
	for _, e := range all(doc, func(*html.Node) bool { return true }) {
		for _, a := range e.Attr {
			value := strings.ToLower(strings.TrimSpace(a.Val))
			if eventHandler.MatchString(a.Key) || a.Key == "style" || strings.HasPrefix(value, "javascript:") ||
				strings.HasPrefix(value, "js:") {
				t.Errorf("<%s %s=%q> is inline code", e.Data, a.Key, a.Val)
			}
			if a.Key == "hx-trigger" && strings.ContainsAny(value, "[]") || a.Key == "hx-boost" ||
				a.Key == "hx-vals" && strings.Contains(value, "js:") {
				t.Errorf("<%s %s=%q>", e.Data, a.Key, a.Val)
			}
			if slices.Contains([]string{"src", "href", "action", "hx-get", "hx-post"}, a.Key) &&
				!strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "#") || strings.HasPrefix(a.Val, "//") {
				t.Errorf("<%s %s=%q> leaves the site", e.Data, a.Key, a.Val)
			}
		}
		if src, _ := attr(e, "src"); e.Data == "script" && (textOf(e) != "" || !strings.HasPrefix(src, "/static/")) ||
			e.Data == "style" {
			t.Errorf("<%s> with a body", e.Data)
		}
	}
	for _, meta := range tags(doc, "meta") {
		if name, _ := attr(meta, "name"); name == "htmx-config" {
			if content, _ := attr(meta, "content"); content != `extensions:"app", history:"reload", defaultTimeout:15000` {
				t.Errorf("htmx-config %s", content)
			}
			return
		}
	}
	t.Error("no htmx-config")
}

// TestFormFields pins the tokens by which password managers and phones know what a field is for.
func TestFormFields(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person(t, "user@example.com")
	verify, reset := s.verifyLink(t, "user@example.com"), s.resetLink(t, "user@example.com")
	const rules = "minlength: 8; maxlength: 128;"
	cases := []struct {
		page, field string
		want        map[string]string // "" means absent
	}{
		{"/login", "email", map[string]string{"type": "email", "autocomplete": "username webauthn", "inputmode": "email",
			"autocapitalize": "none", "spellcheck": "false", "required": "-", "maxlength": "", "passwordrules": ""}},
		{"/login", "password", map[string]string{"type": "password", "autocomplete": "current-password webauthn",
			"autocapitalize": "none", "spellcheck": "false", "required": "-", "maxlength": "", "minlength": "",
			"passwordrules": ""}},
		{"/signup", "name", map[string]string{"type": "text", "autocomplete": "name", "inputmode": "", "required": "-"}},
		{"/signup", "email", map[string]string{"type": "email", "autocomplete": "username", "inputmode": "email",
			"autocapitalize": "none", "spellcheck": "false", "required": "-"}},
		{"/signup", "password", map[string]string{"type": "password", "autocomplete": "new-password",
			"autocapitalize": "none", "spellcheck": "false", "required": "-", "passwordrules": rules,
			"aria-describedby": "password-hint", "maxlength": ""}},
		{"/forgot-password", "email", map[string]string{"type": "email", "autocomplete": "username", "inputmode": "email",
			"autocapitalize": "none", "required": "-"}},
		{reset, "newPassword", map[string]string{"type": "password", "autocomplete": "new-password", "required": "-",
			"passwordrules": rules, "aria-describedby": "toasts newPassword-hint", "maxlength": ""}},
		{reset, "username", map[string]string{"type": "email", "autocomplete": "username", "value": "user@example.com",
			"readonly": "-", "tabindex": "-1"}},
		{verify, "password", map[string]string{"type": "password", "autocomplete": "current-password", "required": "-",
			"passwordrules": ""}},
		{verify, "username", map[string]string{"type": "email", "autocomplete": "username", "value": "user@example.com",
			"readonly": "-", "tabindex": "-1"}},
	}
	for _, c := range cases {
		t.Run(c.page+" "+c.field, func(t *testing.T) {
			doc := parse(t, s.Get(c.page, navigate...))
			fields := all(doc, func(e *html.Node) bool {
				name, _ := attr(e, "name")
				return e.Data == "input" &&
					name == c.field
			})
			if len(fields) != 1 {
				t.Fatalf("%d fields: no second one to confirm, and not none", len(fields))
			}
			for name, want := range c.want {
				have, present := attr(fields[0], name)
				if present != (want != "") || want != "-" && have != want {
					t.Errorf("%s=%q, want %q", name, have, want)
				}
			}
		})
	}
}
