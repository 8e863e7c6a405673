package auth

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/auth/password"
	"gorm.io/gorm"
)

// Options is the one configuration of authentication. The zero value of a field means its default.
type Options struct {
	// BaseURL is the origin of the app, such as https://app.example. It is trusted, and cookies are Secure if it is
	// https. Required.
	BaseURL string

	// TrustedOrigins may call the API from a browser and be the target of a callbackURL, besides BaseURL. The scheme of a
	// mobile app, such as myapp://, stands for every address in the app.
	TrustedOrigins []string

	// Secrets sign cookies, at least 32 characters each. The first signs, all verify, so that a secret can be replaced
	// without signing everyone out. Required.
	Secrets []string

	// AppName may not be part of a password, however it is spaced (ASVS 6.2.11). It has at most 50 characters, none of
	// them a control character. Default: no such rule.
	AppName string

	// CookiePrefix starts every cookie's name. It has at most 20 characters of those that a name may have, and does not
	// begin with "__". Default "better-auth", as its clients and tools expect.
	CookiePrefix string

	// CookieDomain sends every auth cookie to this domain and all hosts below it, such as app.example for an app that
	// is both www.app.example and api.app.example. It must be the host of BaseURL or a domain above it. Over https the
	// names then start with __Secure- instead of __Host-: every host below the domain reads the cookies and can plant its
	// own. Setting it later signs everyone out. Default: the host of BaseURL alone.
	CookieDomain string

	// ExpiresIn is how long a session lives from its creation or last refresh. Default 7 days.
	ExpiresIn time.Duration

	// UpdateAge is how long after its creation or last refresh a session is refreshed when it is used. Default 24 hours.
	UpdateAge time.Duration

	// ReauthAge is how long a session counts as recently authenticated, which the first acts of a thief demand: deleting
	// the account without its password, changing the address without asking the old one, and pages that demand it. One
	// of a user with a second factor counts only if it started with both. Default 10 minutes.
	ReauthAge time.Duration

	// part:betterauth
	// StepUp demands a recently authenticated session for more: the admin endpoints that change something, ending other
	// sessions, and what calls Auth.StepUp. Default off, as on the wire.
	StepUp bool
	// end:betterauth

	// MaxAge is how long a session lives at most, however much it is used. Default 30 days (ASVS 7.3.2).
	MaxAge time.Duration

	// BriefExpiresIn is the life of a session that is not remembered; it is never refreshed. Default 24 hours.
	BriefExpiresIn time.Duration

	// ImpersonationExpiresIn is the life of an impersonation. Default 1 hour.
	ImpersonationExpiresIn time.Duration

	// CacheMaxAge is how long the signed cache cookie may answer reads instead of the store, at most 1 minute if the
	// session is not remembered. Default 5 minutes; negative turns the cache off.
	CacheMaxAge time.Duration

	// Roles lists the roles that a user can have; new users get the first one, which is not admin. Default "user" and
	// "admin".
	Roles []string

	// AllowCommonPasswords accepts common passwords, and those that contain AppName or the address. Default off.
	AllowCommonPasswords bool

	// LocalImages accepts http addresses of this machine as images too, for development. Default off: https addresses
	// and paths of this site.
	LocalImages bool

	// RequireEmailVerification refuses to sign a user in before the mailed link is used, and answers a sign-up alike if
	// the address is taken. Default off.
	RequireEmailVerification bool

	// part:betterauth
	// AutoSignInAfterVerification starts a session in the browser in which the mailed link of a new account is opened.
	// Default off, because an attacker may have signed up with the address of the reader.
	AutoSignInAfterVerification bool
	// end:betterauth

	// ConfirmEmailChange asks the old address, if it is verified, before the new one. Default off: then the session must
	// be RecentlyAuthenticated.
	ConfirmEmailChange bool

	// ResetTokenTTL is the life of a password reset link. Default 30 minutes.
	ResetTokenTTL time.Duration

	// VerifyTokenTTL is the life of a link that verifies or changes an address. Default 1 hour.
	VerifyTokenTTL time.Duration

	// Notices mails users a warning of what a thief would do: a changed password, a change of address, asked for and
	// made, a deleted account, a sign-in on a new device, a sign-up with their address. The warnings of a change of
	// address have links that stop or undo it; without Notices there are no such links. Admins are warned of a new admin.
	// Default off.
	Notices bool

	// UndoTokenTTL is the life of the link that moves an account back to its old address. Default 7 days.
	UndoTokenTTL time.Duration

	// InviteTokenTTL is the life of the link that sets the first password of an account made by an admin. Default 7 days.
	InviteTokenTTL time.Duration

	// part:betterauth
	// DeleteTokenTTL is the life of a link that deletes an account. Default 24 hours.
	DeleteTokenTTL time.Duration
	// end:betterauth

	// Links builds the address of the link in a mail of a purpose. token is its secret, "" in a warning whose link needs
	// none. callbackURL is where the browser goes in the end, "" for nowhere in particular. If it returns "", a warning
	// is sent without a link, and a verb whose mail needs one fails. Default: always "".
	Links func(purpose letter.Purpose, token, callbackURL string) string

	// RateLimit bounds guessing and mail. Default off.
	RateLimit RateLimit

	// HashWorkers is how many passwords may be hashed at the same time. Default: cores − 1, at least 1. Each hash takes
	// 19 MiB. 64 more may wait for 5 seconds; the rest are refused with a 503.
	HashWorkers int

	// HashMemory is the memory of one hash, in KiB. Default 19456, OWASP's 19 MiB (Password Storage Cheat Sheet). Only
	// tests take less.
	HashMemory int

	// MinAnswer is the least time of a request about an address, plus a random part of up to a third. It is longer than
	// the work, so that the time does not show whether the address has an account. Default 300 ms. Only tests take less.
	MinAnswer time.Duration

	// SweepEvery is the pause between two purges of what has expired. Default 1 hour.
	SweepEvery time.Duration

	// ClientIP returns the IP address of the client, "" if it is unknown. Default: the other end of the connection.
	ClientIP func(*http.Request) string

	// Mailer sends mails. Default: a log line that a mail was not sent, without its link.
	Mailer Mailer

	// OnEvent gets every event inside the transaction that causes it; an error rolls that back. Events that are Refused
	// come outside a transaction, where an error is logged. Default: a log line.
	OnEvent func(tx *gorm.DB, e Event) error

	// Now is the clock. Default: UTC in whole milliseconds.
	Now func() time.Time

	// Logger gets errors that have no caller. Default slog.Default().
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	set(&o.CookiePrefix, "better-auth")
	set(&o.ExpiresIn, 7*24*time.Hour)
	set(&o.UpdateAge, 24*time.Hour)
	set(&o.MaxAge, 30*24*time.Hour)
	set(&o.BriefExpiresIn, 24*time.Hour)
	set(&o.ReauthAge, 10*time.Minute)
	set(&o.ImpersonationExpiresIn, time.Hour)
	set(&o.CacheMaxAge, 5*time.Minute)
	set(&o.ResetTokenTTL, 30*time.Minute)
	set(&o.VerifyTokenTTL, time.Hour)
	set(&o.UndoTokenTTL, 7*24*time.Hour)
	set(&o.InviteTokenTTL, 7*24*time.Hour)
	set(&o.DeleteTokenTTL, 24*time.Hour) // part:betterauth
	set(&o.HashWorkers, max(1, runtime.GOMAXPROCS(0)-1))
	set(&o.HashMemory, password.DefaultMemory)
	set(&o.MinAnswer, 300*time.Millisecond)
	set(&o.SweepEvery, time.Hour)
	set(&o.Logger, slog.Default())
	o.RateLimit.setDefaults()
	if o.Roles == nil {
		o.Roles = []string{"user", "admin"}
	}
	if o.ClientIP == nil {
		o.ClientIP = peer
	}
	if o.Now == nil {
		o.Now = func() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
	}
	if o.Links == nil {
		o.Links = func(letter.Purpose, string, string) string { return "" }
	}
	if o.OnEvent == nil {
		o.OnEvent = logEvent(o.Logger)
	}
	if o.Mailer == nil {
		o.Mailer = logMailer{o.Logger}
	}
	return o
}

// checkNames refuses names that would break cookies and mails without an error.
func (o Options) checkNames() error {
	cookie := http.Cookie{Name: o.CookiePrefix}
	if cookie.Valid() != nil || len(o.CookiePrefix) > 20 || strings.HasPrefix(o.CookiePrefix, "__") {
		return fmt.Errorf("auth: CookiePrefix %q cannot begin the name of a cookie: use at most 20 letters and digits, "+
			"and - between them", o.CookiePrefix)
	}
	if utf8.RuneCountInString(o.AppName) > 50 || strings.ContainsFunc(o.AppName, unicode.IsControl) {
		return fmt.Errorf("auth: AppName %q must have at most 50 characters and no control character", o.AppName)
	}
	return checkRoles(o.Roles)
}

func (o *RateLimit) setDefaults() {
	if o.Rules == nil {
		o.Rules = []RateRule{
			{"/sign-in/magic-link", 3, time.Minute}, {"/sign-in/email-otp", 3, time.Minute}, // part:magiclink
			{"/email-otp", 3, time.Minute}, // part:magiclink
			{"/sign-in", 3, 10 * time.Second}, {"/sign-up", 3, 10 * time.Second},
			{"/change-password", 3, 10 * time.Second}, {"/change-email", 3, 10 * time.Second},
			{"/request-password-reset", 3, time.Minute}, {"/send-verification-email", 3, time.Minute},
			{"/two-factor", 3, 10 * time.Second}, // part:twofactor
			{"", 100, 10 * time.Second},
		}
	}
	set(&o.FreeFailures, 5)
	set(&o.FailureWindow, 15*time.Minute)
	set(&o.MailsPerHour, 3)
}

func set[T comparable](field *T, def T) {
	var zero T
	if *field == zero {
		*field = def
	}
}

// peer is the IP address at the other end of the connection.
func peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	return host
}
