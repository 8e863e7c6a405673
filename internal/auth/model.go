package auth

import (
	"slices"
	"strings"
	"time"

	"example.com/foyer/internal/auth/letter"
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

	// Pending marks an account that a stranger may have made with this address, so that the holder of the mailbox may
	// replace it. It is set by a public sign-up without verification, and cleared by the first session (but not by an
	// impersonation), by a password chosen through a mailed link or by an admin, and by an admin who vouches for the
	// address.
	Pending bool

	Search string // name and e-mail in lower case, for searching; kept by this package
}

// BeforeSave implements gorm's hook.
func (u *User) BeforeSave(*gorm.DB) error {
	u.Search = strings.ToLower(u.Name + " " + u.Email)
	return nil
}

// HasRole reports whether the user's roles include any of the given ones.
func (u *User) HasRole(roles ...string) bool {
	return slices.ContainsFunc(strings.Split(u.Role, ","), func(r string) bool { return slices.Contains(roles, r) })
}

// banned reports whether a ban is in force at now. The next sign-in removes one that has run out.
func (u *User) banned(now time.Time) bool {
	return u.Banned && (u.BanExpires == nil || now.Before(*u.BanExpires))
}

// Session is a signed-in browser. Answers carry ID as "token": it names the session, and is no credential.
type Session struct {
	ID             string
	TokenHash      string // SHA-256 of the cookie's token, hex; never leaves this package
	UserID         string
	User           *User
	Remember       bool // always false on a copy from the cache
	IPAddress      string
	UserAgent      string
	ImpersonatedBy *string
	ExpiresAt      time.Time
	CreatedAt      time.Time
	UpdatedAt      time.Time

	// Of the request that presented or started this session.
	token     string
	ip, agent string
	admin     *Session // of an impersonation that starts: the admin's own session
}

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
