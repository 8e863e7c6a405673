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

// A draft is what a visitor typed into a form of the fresh door before /reauth asked for the password. A sealed cookie
// keeps it. In a query it would appear in logs and histories, and a crafted link could fill in a form.
const (
	draftCookie = CookiePrefix + ".draft"
	draftLife   = 10 * time.Minute
	// Bytes of the value. The header line then has at most 512, which proxies accept.
	maxDraft = 512 - len("__Host-"+draftCookie+"=; Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Lax")
)

// keepDraft replaces the draft by what was typed into the form at path. If that is empty or too long, it only deletes
// the draft. Without Server.Keys there are no drafts.
func (s *Server) keepDraft(c *echo.Context, path string, typed url.Values) {
	if s.Keys != nil {
		s.setCookie(c, draftCookie, sealDraft(s.drafts, typed, draftOf(c, path), s.Auth.Now()), draftLife)
	}
}

// takeDraft returns the draft for the form of this page and deletes it. It returns nil and deletes nothing if there is
// no draft, if the draft is too old or belongs to another user or form, or if the answer is not shown as a page.
func (s *Server) takeDraft(c *echo.Context) url.Values {
	r := c.Request()
	value := s.cookie(r, draftCookie)
	if s.Keys == nil || value == "" || !isPageView(r) {
		return nil
	}
	typed := openDraft(s.drafts, value, draftOf(c, r.URL.Path), s.Auth.Now())
	if typed != nil {
		s.setCookie(c, draftCookie, "", 0)
	}
	return typed
}

// draftOf is what a draft is bound to: its user and the path of its form.
func draftOf(c *echo.Context, path string) []byte { return []byte(session(c).UserID + "\n" + path) }

// sealDraft makes the value of the cookie, "" if nothing was typed or it is too long. It leaves out fields with
// "password" in their name, because no cookie may contain a password, and forField, which is not typed.
func sealDraft(by keys.Sealer, typed url.Values, bound []byte, now time.Time) string {
	kept := url.Values{}
	for name, values := range typed {
		if name != forField && !strings.Contains(strings.ToLower(name), "password") {
			kept[name] = values
		}
	}
	plain := binary.BigEndian.AppendUint64(nil, uint64(now.Add(draftLife).UnixMilli()))
	plain = append(plain, kept.Encode()...)
	value := base64.RawURLEncoding.EncodeToString(by.Seal(plain, bound))
	if len(kept) == 0 || len(value) > maxDraft {
		return ""
	}
	return value
}

// openDraft reads the value of the cookie; nil if sealDraft did not make it for the same bound, or if it has expired.
func openDraft(by keys.Sealer, value string, bound []byte, now time.Time) url.Values {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(value)
	if err != nil {
		return nil
	}
	plain, ok := by.Open(sealed, bound)
	if !ok || len(plain) < 8 || now.UnixMilli() >= int64(binary.BigEndian.Uint64(plain)) {
		return nil
	}
	typed, err := url.ParseQuery(string(plain[8:]))
	if err != nil {
		return nil
	}
	return typed
}
