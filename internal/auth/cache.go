package auth

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"sync"
	"time"
)

// The cache cookie answers reads without the store. Its form is ours:
//
//	base64url( readAt, 8 bytes | expiresAt, 8 bytes | SHA-256 of the token, 64 hex | {"session", "user"} | HMAC, 32 bytes )
//
// Times are Unix milliseconds. It is bound to the token it was made for, it is no credential without it, and
// it never reaches a script.
const (
	cacheHead    = 8 + 8 + 64
	maxCacheSize = 3800 // browsers keep 4096 bytes a cookie, name and attributes included (RFC 6265bis §5.6)
)

// answer is the body of get-session; the cache holds the very same.
type answer struct {
	Session *Session `json:"session"`
	User    *User    `json:"user"`
}

// setCache sends a fresh copy of s as it was at readAt, or takes a stale one away where s does not fit.
func (a *Auth) setCache(w http.ResponseWriter, s *Session, readAt time.Time) {
	if !a.cacheTrusted() {
		return
	}
	life := min(a.cacheAge(s), s.ExpiresAt.Sub(readAt))
	a.revoked.stamped(readAt)
	value := a.encodeCache(s, readAt, life)
	if life <= 0 || len(value) > maxCacheSize {
		a.setCookie(w, cacheCookie, "", expired)
		return
	}
	if !s.Remember {
		life = 0 // the cookie ends with the browser; what it says ends when it says so
	}
	a.setCookie(w, cacheCookie, value, life)
}

func (a *Auth) cacheAge(s *Session) time.Duration {
	if !s.Remember {
		return min(a.opts.CacheMaxAge, time.Minute)
	}
	return a.opts.CacheMaxAge
}

func (a *Auth) encodeCache(s *Session, readAt time.Time, life time.Duration) string {
	var b bytes.Buffer
	b.Write(binary.BigEndian.AppendUint64(nil, uint64(readAt.UnixMilli())))
	b.Write(binary.BigEndian.AppendUint64(nil, uint64(readAt.Add(life).UnixMilli())))
	b.WriteString(s.TokenHash)
	json.NewEncoder(&b).Encode(answer{s, s.User}) // cannot fail: strings, booleans and dates into memory
	b.Write(a.signers[cacheCookie].sign(b.Bytes()))
	return base64.RawURLEncoding.EncodeToString(b.Bytes())
}

// cached returns the session a request's cache cookie vouches for, or nil where the store has to be asked.
func (a *Auth) cached(r *http.Request, token string) *Session {
	c, err := r.Cookie(a.cookieName(cacheCookie))
	if err != nil || !a.cacheTrusted() {
		return nil
	}
	s, readAt := a.decodeCache(c.Value, hashToken(token))
	if s == nil || !a.startedAt.Before(readAt) || a.revoked.since(readAt, s.ID, s.UserID) {
		return nil
	}
	return s
}

// cacheTrusted: on PostgreSQL another instance may have revoked what this one has not heard of.
func (a *Auth) cacheTrusted() bool { return a.opts.CacheMaxAge > 0 && a.db.Name() == "sqlite" }

// decodeCache checks everything a cookie can tell by itself: signature, token, times.
func (a *Auth) decodeCache(value, tokenHash string) (*Session, time.Time) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(value)
	if err != nil || len(raw) < cacheHead+32 {
		return nil, time.Time{}
	}
	body, signature := raw[:len(raw)-32], raw[len(raw)-32:]
	if !a.signers[cacheCookie].verify(body, signature) || string(body[16:cacheHead]) != tokenHash {
		return nil, time.Time{}
	}
	readAt := time.UnixMilli(int64(binary.BigEndian.Uint64(body))).UTC()
	expiresAt := time.UnixMilli(int64(binary.BigEndian.Uint64(body[8:]))).UTC()
	if now := a.opts.Now(); readAt.After(now) || !now.Before(expiresAt) {
		return nil, time.Time{}
	}
	var v answer
	if err := json.Unmarshal(body[cacheHead:], &v); err != nil || v.Session == nil || v.User == nil {
		return nil, time.Time{}
	}
	v.Session.User, v.Session.TokenHash = v.User, tokenHash
	return v.Session, readAt
}

// revocations remembers, for as long as a cached copy can live, which sessions and users changed and when:
// copies read before that are void. Nothing is remembered for longer, so it stays small.
type revocations struct {
	mu    sync.RWMutex
	at    map[string]time.Time
	stamp time.Time // the newest copy's: a clock that is set back must not date a revocation before it
}

func newRevocations() *revocations { return &revocations{at: map[string]time.Time{}} }

// stamped notes that a copy carries readAt.
func (v *revocations) stamped(readAt time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if readAt.After(v.stamp) {
		v.stamp = readAt
	}
}

func (v *revocations) add(now time.Time, ids ...string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if now.Before(v.stamp) {
		now = v.stamp
	}
	for _, id := range ids {
		v.at[id] = now
	}
}

// since reports whether any id was revoked at or after readAt.
func (v *revocations) since(readAt time.Time, ids ...string) bool {
	v.mu.RLock()
	defer v.mu.RUnlock()
	for _, id := range ids {
		if at, ok := v.at[id]; ok && !at.Before(readAt) {
			return true
		}
	}
	return false
}

// forget drops what no living copy can be older than.
func (v *revocations) forget(before time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for id, at := range v.at {
		if at.Before(before) {
			delete(v.at, id)
		}
	}
}
