package web_test

import (
	"strings"
	"testing"
)

// part:betterauth

// TestHomeTellsWhatWentWrong: /api/auth redirects failed links here with a code. The page shows a sentence, and nothing
// of the query.
func TestHomeTellsWhatWentWrong(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	lacks(t, s.Get("/"), "alert danger")
	contains(t, s.Get("/?error=TOKEN_EXPIRED"), "alert danger", "This link has expired.")
	contains(t, s.Get("/?error=INVALID_TOKEN"), "alert danger", "This link does not work")
	strange := s.Get("/?error=Call+0900-1234+now")
	contains(t, strange, "alert danger", "That did not work.")
	lacks(t, strange, "0900-1234")
	contains(t, s.Get(strings.TrimPrefix(s.Get("/api/auth/error?error=TOKEN_EXPIRED").Header.Get("Location"), s.Base)),
		"This link has expired.")
}

// end:betterauth
