package auth

import (
	"slices"
	"strings"
	"time"

	"example.com/foyer/internal/auth/letter"
	"gorm.io/gorm"
)

// User is a person. Role is one word or a comma list; a ban holds until BanExpires, or for good where that is nil.
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

	// Pending is true from a public sign-up whose address nobody has confirmed until the first session, a password chosen by
	// a mailed link or an admin, or an admin's word for the address. A session in which an admin acts as the user proves
	// nothing. Until then whoever reads mail to the address may replace the account, for anybody could have made it.
	Pending bool

	Search string // what lists are searched by: name and e-mail in lower case; kept by this package
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

// banned reports whether a ban is in force at now; one that has run out is lifted at the next sign-in.
func (u *User) banned(now time.Time) bool {
	return u.Banned && (u.BanExpires == nil || now.Before(*u.BanExpires))
}

// Session is a signed-in browser. ID doubles as the opaque handle that answers carry as "token": good for
// naming the session, worthless as a credential.
type Session struct {
	ID             string
	TokenHash      string // SHA-256 of the cookie's token, hex; never leaves this package
	UserID         string
	User           *User
	Remember       bool // false on a copy from the cache, which does not say
	IPAddress      string
	UserAgent      string
	ImpersonatedBy *string
	ExpiresAt      time.Time
	CreatedAt      time.Time
	UpdatedAt      time.Time

	from  origin // where the request came from that presented this session
	token string // the cookie's, where this session was presented or made by this request
}

// person is the id of who uses s: the admin where one acts as somebody else.
func (s *Session) person() string {
	if s.ImpersonatedBy != nil {
		return *s.ImpersonatedBy
	}
	return s.UserID
}

// origin is where a request came from.
type origin struct{ ip, agent string }

// Account is one way a user can prove who they are; for provider "credential" it holds the password hash.
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

// Verification is a mailed, single-use secret, bound to a user, an address and a purpose; only its hash is kept. SessionID
// is the session that asked for it, where the link ends with that session; else nil.
type Verification struct {
	ID        string
	UserID    string
	SessionID *string
	Purpose   letter.Purpose
	Email     string
	TokenHash string
	ExpiresAt time.Time
	CreatedAt time.Time

	CallbackURL string // where the browser goes in the end, as the client asked; "" for nowhere in particular
}
