package web_test

import (
	"strings"
	"testing"

	"example.com/foyer/internal/auth"
	"golang.org/x/net/html"
)

// TestNamesAreIsolated: a name may be written from right to left. On every page it stands in an element of its own, so
// that it does not reorder the words around it. Screen readers do not see an order, and titles are text.
func TestNamesAreIsolated(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const name = "\u0639\u0628\u062f \u0627\u0644\u0631\u062d\u0645\u0646"
	boss, id := s.person(t, "boss@example.com")
	_, other := s.person(t, "other@example.com")
	for _, user := range []string{id, other} {
		if _, err := s.auth.ChangeUser(t.Context(), nil, user, auth.UserChanges{Profile: auth.Profile{Name: new(name)}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.auth.SetRole(t.Context(), nil, id, "admin"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.auth.BanUser(t.Context(), nil, other, name, nil); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, path := range []string{
		"/", "/dashboard", "/settings", "/settings/security", "/settings/sessions", "/settings/email", "/settings/delete", "/reauth",
		"/admin/users", "/admin/users/" + other, "/admin/users/" + other + "/role", // part:admin
		"/admin/users/" + other + "/unban", "/admin/users/" + other + "/delete", // part:admin
		"/admin", "/admin/audit", // part:audit
	} {
		page := boss.Get(path, navigate...)
		expect(t, page, 200)
		for n := range parse(t, page).Descendants() {
			if n.Type != html.TextNode || !strings.Contains(n.Data, name) {
				continue
			}
			if seen++; !isolated(n) {
				t.Errorf("%s: %q is not isolated", path, n.Data)
			}
		}
	}
	if seen < 10 { // parts draw more of them
		t.Errorf("only %d names are seen: this proves nothing", seen)
	}
}

func isolated(n *html.Node) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		class, _ := attr(p, "class")
		if p.Data == "bdi" || p.Data == "title" || class == "sr-only" {
			return true
		}
	}
	return false
}
