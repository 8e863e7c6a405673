package web

import (
	"encoding/base64"
	"encoding/binary"
	"net/url"
	"strings"
	"time"

	"example.com/foyer/internal/keys"
	"github.com/labstack/echo/v5"
)

// A draft is what was typed into a form before the password was asked for again. It travels sealed, in a cookie: an
// address would show it to logs and histories, and let a stranger's link fill a form in.
const (
	draftCookie = CookiePrefix + ".draft"
	draftLife   = 10 * time.Minute
	maxDraft    = 440 // bytes of the cookie's value, so that its line has 512 over https: proxies bound a whole header
)

// keepDraft keeps what was typed into the visitor's form at path and forgets what it kept before. A longer text than
// maxDraft takes is not kept.
func (s *Server) keepDraft(c *echo.Context, path string, typed url.Values) {
	if s.Keys != nil {
		s.keep(c, draftCookie, sealDraft(s.drafts, typed, draftOf(c, path), s.Auth.Now()), draftLife)
	}
}

// takeDraft gives what the visitor had typed into the form of this page, once; none where there is none, or it is
// somebody else's, another form's, or old.
func (s *Server) takeDraft(c *echo.Context) url.Values {
	r := c.Request()
	value := s.kept(r, draftCookie)
	if s.Keys == nil || value == "" || !looksAt(r) {
		return nil
	}
	typed := openDraft(s.drafts, value, draftOf(c, r.URL.Path), s.Auth.Now())
	if typed != nil {
		s.keep(c, draftCookie, "", 0)
	}
	return typed
}

// draftOf is what a draft is bound to: who typed it, and into which form.
func draftOf(c *echo.Context, path string) []byte { return []byte(session(c).UserID + "\n" + path) }

// sealDraft makes the value of the cookie, "" where there is nothing to keep or it is too long. Passwords are left out:
// no cookie, not even a sealed one, holds them. So a field for one has "password" in its name. Whom the form was drawn for
// is left out because nobody typed it.
func sealDraft(by keys.Sealer, typed url.Values, of []byte, now time.Time) string {
	kept := url.Values{}
	for name, values := range typed {
		if name != forField && !strings.Contains(strings.ToLower(name), "password") {
			kept[name] = values
		}
	}
	plain := binary.BigEndian.AppendUint64(nil, uint64(now.Add(draftLife).UnixMilli()))
	plain = append(plain, kept.Encode()...)
	value := base64.RawURLEncoding.EncodeToString(by.Seal(plain, of))
	if len(kept) == 0 || len(value) > maxDraft {
		return ""
	}
	return value
}

// openDraft reads the value of the cookie; nil for what sealDraft did not make for the same, or too long ago.
func openDraft(by keys.Sealer, value string, of []byte, now time.Time) url.Values {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(value)
	if err != nil {
		return nil
	}
	plain, ok := by.Open(sealed, of)
	if !ok || len(plain) < 8 || now.UnixMilli() >= int64(binary.BigEndian.Uint64(plain)) {
		return nil
	}
	typed, err := url.ParseQuery(string(plain[8:]))
	if err != nil {
		return nil
	}
	return typed
}
