package auth

import (
	"encoding/json"
	"net/http"
	"time"
)

// This file is the JSON form of a user and a session. The cache cookie holds it, and the npm client reads it.

// SessionJSON is Session as JSON: {"session", "user"}, or null for a stranger. With cache the cache cookie may
// answer, with refresh an ageing session slides forward.
func (a *Auth) SessionJSON(w http.ResponseWriter, r *http.Request, cache, refresh bool) (json.RawMessage, error) {
	if token, ok := a.readSigned(r, tokenCookie); ok && cache {
		if c := a.readCache(r, token); c != nil {
			return c.answer, nil // signed by us: it goes out as it is
		}
	}
	s, err := a.load(w, r, loading{refresh: refresh})
	if s == nil || err != nil {
		return json.RawMessage("null"), err
	}
	return json.Marshal(s.answer())
}

// wireUser and wireSession have dates with exactly three decimals, and absent values as null.
type wireUser struct {
	ID            string   `json:"id"`
	Name          string   `json:"name"`
	Email         string   `json:"email"`
	EmailVerified bool     `json:"emailVerified"`
	Image         *string  `json:"image"`
	CreatedAt     isoTime  `json:"createdAt"`
	UpdatedAt     isoTime  `json:"updatedAt"`
	Role          string   `json:"role"`
	Banned        bool     `json:"banned"`
	BanReason     *string  `json:"banReason"`
	BanExpires    *isoTime `json:"banExpires"`
}

type wireSession struct {
	ID             string  `json:"id"`
	Token          string  `json:"token"`
	UserID         string  `json:"userId"`
	ExpiresAt      isoTime `json:"expiresAt"`
	CreatedAt      isoTime `json:"createdAt"`
	UpdatedAt      isoTime `json:"updatedAt"`
	IPAddress      string  `json:"ipAddress"`
	UserAgent      string  `json:"userAgent"`
	ImpersonatedBy *string `json:"impersonatedBy"`
}

// answer is what SessionJSON says; the cache cookie holds the very same.
type answer struct {
	Session wireSession `json:"session"`
	User    wireUser    `json:"user"`
}

func (s *Session) answer() answer { return answer{s.wire(), s.User.wire()} }

// session is the way back: what an answer says of a session and its user.
func (v answer) session() *Session {
	s, u := v.Session, v.User
	return &Session{
		ID: s.ID, UserID: s.UserID, ExpiresAt: s.ExpiresAt.Time, CreatedAt: s.CreatedAt.Time, UpdatedAt: s.UpdatedAt.Time,
		IPAddress: s.IPAddress, UserAgent: s.UserAgent, ImpersonatedBy: s.ImpersonatedBy,
		User: &User{
			ID: u.ID, Name: u.Name, Email: u.Email, EmailVerified: u.EmailVerified, Image: u.Image, Role: u.Role,
			Banned: u.Banned, BanReason: u.BanReason, BanExpires: u.BanExpires.pointer(),
			CreatedAt: u.CreatedAt.Time, UpdatedAt: u.UpdatedAt.Time,
		},
	}
}

func (u *User) wire() wireUser {
	return wireUser{
		ID: u.ID, Name: u.Name, Email: u.Email, EmailVerified: u.EmailVerified, Image: u.Image,
		CreatedAt: isoTime{u.CreatedAt}, UpdatedAt: isoTime{u.UpdatedAt}, Role: u.Role,
		Banned: u.Banned, BanReason: u.BanReason, BanExpires: isoPointer(u.BanExpires),
	}
}

func (s *Session) wire() wireSession {
	return wireSession{
		ID: s.ID, Token: s.ID, UserID: s.UserID, ExpiresAt: isoTime{s.ExpiresAt}, CreatedAt: isoTime{s.CreatedAt},
		UpdatedAt: isoTime{s.UpdatedAt}, IPAddress: s.IPAddress, UserAgent: s.UserAgent, ImpersonatedBy: s.ImpersonatedBy,
	}
}

// MarshalJSON gives the wire's form of a user.
func (u User) MarshalJSON() ([]byte, error) { return json.Marshal(u.wire()) }

// MarshalJSON gives the wire's form of a session, without its user and without anything secret.
func (s Session) MarshalJSON() ([]byte, error) { return json.Marshal(s.wire()) }

// isoTime marshals as the wire's dates: ISO 8601, UTC, exactly three decimals.
type isoTime struct{ time.Time }

func isoPointer(t *time.Time) *isoTime {
	if t == nil {
		return nil
	}
	return &isoTime{*t}
}

func (t *isoTime) pointer() *time.Time {
	if t == nil {
		return nil
	}
	return &t.Time
}

// MarshalJSON implements json.Marshaler.
func (t isoTime) MarshalJSON() ([]byte, error) {
	return t.UTC().AppendFormat(make([]byte, 0, 26), `"2006-01-02T15:04:05.000Z"`), nil
}
