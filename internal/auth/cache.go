package auth

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"time"
)

// The cache cookie answers reads without the store. Its form is ours:
//
//	base64url( readAt, 8 bytes | expiresAt, 8 bytes | SHA-256 of the token, 32 bytes |
//		session id "\n" user id "\n" AMR "\n" second factor "\n" answer | HMAC, 32 bytes )
//
// Times are Unix milliseconds; the second factor is "1", or "" for none; the answer is get-session's. The cookie is
// bound to its token and is no credential without it.
const (
	cacheHead    = 8 + 8 + sha256.Size
	maxCacheSize = 1536 // with name and attributes; see maxCookieSize
)

// setCache sends a copy of s as it was at readAt. If s is too large, it deletes the copy that the browser has.
func (a *Auth) setCache(w http.ResponseWriter, s *Session, readAt time.Time) {
	if a.opts.CacheMaxAge <= 0 || !a.revoked.Stamp(readAt) {
		return
	}
	life := min(a.cacheAge(s), s.ExpiresAt.Sub(readAt))
	cookieLife := life
	if !s.Remember {
		cookieLife = 0 // ends with the browser; expiresAt bounds the copy all the same
	}
	line := a.cookieLine(cacheCookie, a.encodeCache(s, readAt, life), cookieLife)
	if life <= 0 || len(line) > maxCacheSize {
		line = a.cookieLine(cacheCookie, "", expired)
	}
	a.sendCookie(w, line)
}

func (a *Auth) cacheAge(s *Session) time.Duration {
	if !s.Remember {
		return min(a.opts.CacheMaxAge, time.Minute)
	}
	return a.opts.CacheMaxAge
}

func (a *Auth) encodeCache(s *Session, readAt time.Time, life time.Duration) string {
	body, err := json.Marshal(s.answer())
	if err != nil { // impossible: an answer has only strings, booleans and dates
		panic(err)
	}
	b := make([]byte, 0, 2048)
	b = binary.BigEndian.AppendUint64(b, uint64(readAt.UnixMilli()))
	b = binary.BigEndian.AppendUint64(b, uint64(readAt.Add(life).UnixMilli()))
	tokenHash, err := hex.DecodeString(s.TokenHash)
	if err != nil { // impossible: HashToken made it
		panic(err)
	}
	b = append(b, tokenHash...)
	factor := ""
	if s.User.SecondFactor {
		factor = "1"
	}
	b = append(b, s.ID+"\n"+s.UserID+"\n"+s.AMR+"\n"+factor+"\n"...)
	b = append(b, body...)
	return base64.RawURLEncoding.EncodeToString(append(b, a.macs[cacheCookie].Sign(b)...))
}

// readCache returns the copy in the request's cache cookie, nil if the store has to be asked. It records a forged one.
func (a *Auth) readCache(r *http.Request, token string) *cachedCopy {
	cookie, err := r.Cookie(a.cookieName(cacheCookie))
	if err != nil || a.opts.CacheMaxAge <= 0 {
		return nil
	}
	c, ours := a.decodeCache(cookie.Value, HashToken(token))
	if !ours {
		a.recordForgery(r, cacheCookie)
	}
	if c == nil || !a.revoked.Valid(c.readAt, c.sessionID, c.userID) {
		return nil
	}
	return c
}

// decodeCache checks the signature, token and times of a cookie, but no revocations. ours reports whether we signed it.
func (a *Auth) decodeCache(value, tokenHash string) (c *cachedCopy, ours bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(value)
	if err != nil || len(raw) < cacheHead+32 {
		return nil, false
	}
	body, signature := raw[:len(raw)-32], raw[len(raw)-32:]
	if !a.macs[cacheCookie].Verify(body, signature) {
		return nil, false
	}
	if hex.EncodeToString(body[16:cacheHead]) != tokenHash {
		return nil, true
	}
	readAt := time.UnixMilli(int64(binary.BigEndian.Uint64(body))).UTC()
	expiresAt := time.UnixMilli(int64(binary.BigEndian.Uint64(body[8:]))).UTC()
	if now := a.opts.Now(); readAt.After(now) || !now.Before(expiresAt) {
		return nil, true
	}
	sessionID, rest, _ := bytes.Cut(body[cacheHead:], []byte("\n"))
	userID, rest, _ := bytes.Cut(rest, []byte("\n"))
	amr, rest, _ := bytes.Cut(rest, []byte("\n"))
	factor, answer, ok := bytes.Cut(rest, []byte("\n"))
	if !ok {
		return nil, true
	}
	return &cachedCopy{readAt, string(sessionID), string(userID), string(amr), len(factor) > 0, answer}, true
}

// cachedCopy is the content of a valid cache cookie.
type cachedCopy struct {
	readAt                 time.Time
	sessionID, userID, amr string
	secondFactor           bool
	answer                 []byte // JSON
}

// session parses the copy; nil if it is none of ours.
func (c *cachedCopy) session() *Session {
	var v answer
	if err := json.Unmarshal(c.answer, &v); err != nil {
		return nil
	}
	s := v.session()
	s.AMR, s.User.SecondFactor = c.amr, c.secondFactor
	return s
}
