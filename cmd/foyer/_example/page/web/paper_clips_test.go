package web_test

import (
	"testing"

	"example.com/foyer/internal/auth/authtest"
)

// TestPaperClipsPage: the page is what assistive technology needs, and says hello.
func TestPaperClipsPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	visitor, _ := s.person(t, "ada@example.com") // opt:users
	//opt:admins visitor := s.admin(t, "ada@example.com")
	//opt:open visitor := s.stranger(t)
	contains(t, visitor.Get("/paper-clips", navigate...), "<h1><bdi>Paper clips</bdi></h1>", "Hello")
	checkPages(t, []contractPage{
		{"paper clips", func() authtest.Answer { return visitor.Get("/paper-clips", navigate...) }},
	})
}
