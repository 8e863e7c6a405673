package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/text"
	"gorm.io/gorm"
)

// User is a person. Role is one word or a comma list. A ban lasts until BanExpires; nil is for good.
type User struct {
	ID            string
	Name          string
	Email         string // lower-cased ASCII, unique
	EmailVerified bool
	Image         *string
	Role          string
	Banned        bool
	BanReason     *string
	BanExpires    *time.Time
	CreatedAt     time.Time
	UpdatedAt     time.Time

	// Pending marks an account that a stranger may have made with this address. The next account or change of e-mail
	// that takes the address deletes it. Pending is set by a sign-up with Options.RequireEmailVerification. It is
	// cleared by the first session (but not by an impersonation), by the verification of the address, by a password
	// that a mailed link or an admin sets, and by an admin who vouches for the address.
	Pending bool

	// SecondFactor says that a part asks this user for a second step, and that RecentlyAuthenticated demands it. That part
	// keeps it.
	SecondFactor bool

	Search string // name and e-mail by text.Fold, for searching; kept by this package
}

// BeforeSave implements gorm's hook.
func (u *User) BeforeSave(*gorm.DB) error {
	u.Search = text.Fold(u.Name + " " + u.Email)
	return nil
}

// HasRole reports whether the user's roles include any of the given ones.
func (u *User) HasRole(roles ...string) bool {
	return slices.ContainsFunc(strings.Split(u.Role, ","), func(r string) bool { return slices.Contains(roles, r) })
}

// BannedAt reports whether a ban is in force at now. The next sign-in removes one that has ended.
func (u *User) BannedAt(now time.Time) bool {
	return u.Banned && (u.BanExpires == nil || now.Before(*u.BanExpires))
}

// title is the name of a user in events.
func (u *User) title() string { return u.Name + " <" + u.Email + ">" }

// Session is a signed-in browser. Answers carry ID as "token": it names the session, and is no credential.
type Session struct {
	ID             string
	TokenHash      string // SHA-256 of the cookie's token, hex; never leaves this package
	UserID         string
	User           *User
	Remember       bool   // always false on a copy from the cache
	AMR            string // how the user authenticated: words of RFC 8176, or "email", with spaces between
	IPAddress      string
	UserAgent      string
	ImpersonatedBy *string
	ExpiresAt      time.Time
	CreatedAt      time.Time
	UpdatedAt      time.Time

	// Of the request that presented or started this session.
	token     string
	ip, agent string
	admin     *Session // of an impersonation that starts: the admin's own session // part:admin
}

// Words of Session.AMR. RFC 8176 has none for a mailed link.
const (
	amrPassword = "pwd"
	amrMail     = "email"
	amrMulti    = "mfa"
	amrSecond   = " otp " + amrMulti // after the word of the first step
)

// MultiFactor reports whether the user authenticated by two factors when s started.
func (s *Session) MultiFactor() bool { return slices.Contains(strings.Fields(s.AMR), amrMulti) }

// person is the id of the user at the keyboard: the impersonating admin, else the session's user.
func (s *Session) person() string {
	if s.ImpersonatedBy != nil {
		return *s.ImpersonatedBy
	}
	return s.UserID
}

// Account is one way for a user to sign in; for provider "credential" it holds the password hash.
type Account struct {
	ID         string
	UserID     string
	User       *User
	ProviderID string
	AccountID  string
	Password   string
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// Verification is a mailed, single-use secret, bound to a user, an address and a purpose; only its hash is stored.
// SessionID is the session that the link ends with, nil for none.
type Verification struct {
	ID        string
	UserID    string
	SessionID *string
	Purpose   letter.Purpose
	Email     string
	TokenHash string
	ExpiresAt time.Time
	CreatedAt time.Time

	CallbackURL string // where the browser goes in the end; "" for nowhere in particular
}

// The JSON form of a user and a session follows. The cache cookie holds it, and the npm client reads it.

// MarshalJSON gives the wire's form of a user.
func (u User) MarshalJSON() ([]byte, error) { return json.Marshal(u.wire()) }

// MarshalJSON gives the wire's form of a session, without its user and without anything secret.
func (s Session) MarshalJSON() ([]byte, error) { return json.Marshal(s.wire()) }

// answer is what SessionJSON says; the cache cookie holds the very same.
type answer struct {
	Session wireSession `json:"session"`
	User    wireUser    `json:"user"`
}

func (s *Session) answer() answer { return answer{s.wire(), s.User.wire()} }

// session turns an answer back into a Session with its User. AMR and SecondFactor are not set.
func (v answer) session() *Session {
	s, u := v.Session, v.User
	return &Session{
		ID: s.ID, UserID: s.UserID,
		ExpiresAt: time.Time(s.ExpiresAt), CreatedAt: time.Time(s.CreatedAt), UpdatedAt: time.Time(s.UpdatedAt),
		IPAddress: s.IPAddress, UserAgent: s.UserAgent, ImpersonatedBy: s.ImpersonatedBy,
		User: &User{
			ID: u.ID, Name: u.Name, Email: u.Email, EmailVerified: u.EmailVerified, Image: u.Image, Role: u.Role,
			Banned: u.Banned, BanReason: u.BanReason, BanExpires: (*time.Time)(u.BanExpires),
			CreatedAt: time.Time(u.CreatedAt), UpdatedAt: time.Time(u.UpdatedAt),
		},
	}
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
	SecondFactor  bool     `json:"twoFactorEnabled"` // part:twofactor
}

func (u *User) wire() wireUser {
	return wireUser{
		ID: u.ID, Name: u.Name, Email: u.Email, EmailVerified: u.EmailVerified, Image: u.Image,
		CreatedAt: isoTime(u.CreatedAt), UpdatedAt: isoTime(u.UpdatedAt), Role: u.Role,
		Banned: u.Banned, BanReason: u.BanReason, BanExpires: (*isoTime)(u.BanExpires),
		SecondFactor: u.SecondFactor, // part:twofactor
	}
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

func (s *Session) wire() wireSession {
	return wireSession{
		ID: s.ID, Token: s.ID, UserID: s.UserID, ExpiresAt: isoTime(s.ExpiresAt), CreatedAt: isoTime(s.CreatedAt),
		UpdatedAt: isoTime(s.UpdatedAt), IPAddress: s.IPAddress, UserAgent: s.UserAgent, ImpersonatedBy: s.ImpersonatedBy,
	}
}

// isoTime marshals as the wire's dates: ISO 8601, UTC, exactly three decimals.
type isoTime time.Time

// UnmarshalJSON implements json.Unmarshaler.
func (t *isoTime) UnmarshalJSON(b []byte) error { return (*time.Time)(t).UnmarshalJSON(b) }

// MarshalJSON implements json.Marshaler.
func (t isoTime) MarshalJSON() ([]byte, error) {
	return time.Time(t).UTC().AppendFormat(make([]byte, 0, 26), `"2006-01-02T15:04:05.000Z"`), nil
}

// newToken gives 256 random bits as 43 base64url characters.
func newToken() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails: crypto/rand ends the program instead
	return base64.RawURLEncoding.EncodeToString(b)
}

// HashToken returns the SHA-256 of a text, in hex. It is what the store keeps of a token of this package or a part:
// tokens are random, so a fast hash is enough. Counters shorten addresses by it, which does not hide them.
func HashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
