package web_test

import (
	"net/url"
	"strings"
	"testing"

	"example.com/foyer/internal/auth/authtest"
	"golang.org/x/net/html"
)

var payloads = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, `javascript:alert(1)`,
	`{{7*7}}${7*7}<%= 7*7 %>`, `\u003cscript\u003e`, `<a href=javascript:alert(1)>x`, `<style>@import//evil`, `-->`,
	"` onclick=alert(1)",
	`</title><script>alert(1)</script>`, `<img hx-get=/api/auth/sign-out hx-trigger=load>`, `<div hx-on:load=alert(1)>`,
	`" hx-post="/logout" hx-trigger="load`,
	`</textarea><svg/onload=alert(1)>`, `&lt;b&gt;`, `<hx-partial hx-target="#live">x</hx-partial>`, `]]><x>`, `<!--`,
}

// shape is a page's elements and attribute names, without their values and texts.
func shape(t *testing.T, page string) string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range doc.Descendants() {
		switch n.Type {
		case html.ElementNode:
			b.WriteString("<" + n.Data)
			for _, a := range n.Attr {
				b.WriteString(" " + a.Key)
			}
			b.WriteString(">")
		case html.CommentNode:
			b.WriteString("<!-- -->")
		}
	}
	return b.String()
}

// part:betterauth

// TestStoredText: with any name and any User-Agent, pages have the same structure as with harmless text, and show the
// text literally.
func TestStoredText(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	enter := func(name, email, agent string) *authtest.Client {
		t.Helper()
		browser := s.stranger(t)
		form := url.Values{"name": {name}, "email": {email}, "password": {"a long enough one"}, "remember": {"on"}}
		expect(t, browser.PostForm("/signup", form, "User-Agent", agent), 303)
		user, err := s.auth.UserByEmail(t.Context(), email)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.auth.SetRole(t.Context(), nil, user.ID, "admin"); err != nil {
			t.Fatal(err)
		}
		return browser
	}
	harmless := enter("Harmless", "harmless@example.com", "curl/8")
	pages := []string{"/", "/dashboard", "/admin", "/nav", "/nothing"}
	want := map[string]string{}
	for _, path := range pages {
		want[path] = shape(t, harmless.Get(path, navigate...).Text)
	}
	for i, payload := range payloads {
		t.Run(payload, func(t *testing.T) {
			browser := enter(payload, "p"+string(rune('a'+i))+"@example.com", payload+" curl/8")
			for _, path := range pages {
				page := browser.Get(path, navigate...)
				if got := shape(t, page.Text); got != want[path] {
					t.Errorf("%s has another shape:\n%s\n%s", path, got, want[path])
				}
				if path == "/dashboard" || path == "/nav" {
					contains(t, authtest.Answer{Response: page.Response, Text: textOf(parse(t, page))}, payload)
				}
			}
			answer := browser.Get("/api/auth/get-session")
			expect(t, answer, 200, "Content-Type", "application/json", "X-Content-Type-Options", "nosniff")
			lacks(t, answer, "<script", "<img", "</")
		})
	}
}

// end:betterauth

// TestReflectedText: typed text comes back in its field and nowhere else.
func TestReflectedText(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	harmless := url.Values{"name": {"x"}, "email": {"x"}, "password": {"x"}}
	for _, path := range []string{"/login", "/signup"} {
		for _, header := range [][]string{nil, s.htmx(path)} {
			want := shape(t, s.PostForm(path, harmless, header...).Text)
			for _, payload := range payloads {
				form := url.Values{"name": {payload}, "email": {payload}, "password": {"x"}, "returnTo": {payload}}
				got := s.PostForm(path, form, header...)
				if shape(t, got.Text) != want {
					t.Errorf("%s with %q has another shape: %s", path, payload, got.Text)
				}
				lacks(t, got, `href="javascript:`)
				contains(t, got, `name="returnTo" value="/dashboard"`)
			}
		}
		for _, payload := range payloads {
			for _, query := range []string{"returnTo", "q", "email", "error", "slow", "tab"} {
				page := s.Get(path+"?"+url.Values{query: {payload}}.Encode(), navigate...)
				if shape(t, page.Text) != shape(t, s.Get(path, navigate...).Text) || strings.Contains(page.Text, "alert(1)") {
					t.Errorf("%s?%s=%s is reflected", path, query, payload)
				}
			}
		}
	}
}

// TestReturnToOnThePage: a hostile target is in no attribute of the page that is supposed to carry it on.
func TestReturnToOnThePage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person(t, "user@example.com")
	for _, target := range []string{"//evil.example", "https://evil.example", "javascript:alert(1)", `/\evil.example`,
		"/x/..//evil.example", "/login", "/api/auth/sign-out"} {
		t.Run(target, func(t *testing.T) {
			query := "?" + url.Values{"returnTo": {target}}.Encode()
			for _, path := range []string{"/login", "/signup"} {
				page := s.Get(path+query, navigate...)
				lacks(t, page, "evil", "alert(1)")
				contains(t, page, `name="returnTo" value="/dashboard"`)
			}
			form := credentials("user@example.com", authtest.Password)
			expect(t, s.stranger(t).PostForm("/login"+query, form), 303, "Location", "/dashboard")
			form.Set("returnTo", target)
			expect(t, s.stranger(t).PostForm("/login?returnTo=/admin", form), 303, "Location", "/dashboard")
			expect(t, s.stranger(t).PostForm("/login", form, s.htmx("/login")...), 204, "HX-Redirect", "/dashboard")
		})
	}
	t.Run("given twice, the first counts", func(t *testing.T) {
		page := s.Get("/login?returnTo=/admin&returnTo=//evil.example", navigate...)
		contains(t, page, `name="returnTo" value="/admin"`)
		lacks(t, page, "evil")
		page = s.Get("/login?returnTo=//evil.example&returnTo=/admin", navigate...)
		contains(t, page, `name="returnTo" value="/dashboard"`)
	})
}
