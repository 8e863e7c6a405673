package auth

import (
	"log/slog"
	"net/http"
	"runtime"
	"time"

	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/auth/password"
	"gorm.io/gorm"
)

// Options is the one configuration of authentication. The zero value of a field means its default.
type Options struct {
	// BaseURL is the origin people type, such as https://app.example. It is trusted, mailed links start with
	// it, and its scheme decides on Secure cookies. Required.
	BaseURL string

	// TrustedOrigins may call the API from a browser and be the target of a callbackURL, besides BaseURL. An app's
	// scheme such as myapp:// is one too: it stands for every address in the app.
	TrustedOrigins []string

	// Secrets sign cookies: the first signs, all verify, so that a secret can be replaced without signing
	// everyone out. Each at least 32 characters. Required.
	Secrets []string

	// AppName may not be part of a password (ASVS 6.2.11). Default: no such rule.
	AppName string

	// CookiePrefix starts every cookie's name. Default "better-auth", as its clients and tools expect.
	CookiePrefix string

	// CookieDomain sends every auth cookie to this domain and all hosts below it, such as app.example for an app that
	// is both www.app.example and api.app.example. It must be the host of BaseURL or a domain above it. Over https the
	// names then start with __Secure- in place of __Host-: whoever holds a host below the domain reads the cookies and
	// can plant their own. Setting it later signs everyone out. Default: the host of BaseURL alone.
	CookieDomain string

	// ExpiresIn is how long a session lives from its creation or last refresh. Default 7 days.
	ExpiresIn time.Duration

	// UpdateAge is how old a session must be, counted from its creation or last refresh, to slide. Default 24 hours.
	UpdateAge time.Duration

	// ReauthAge is how young a session must be for what a thief would do first: deleting the account without its
	// password, moving it to another address without asking the old one, the "fresh" door. Default 10 minutes.
	ReauthAge time.Duration

	// StepUp asks for a session younger than ReauthAge for what else a thief would do: the admin endpoints that change
	// something, the app's own verbs that call Auth.StepUp, and ending other sessions. Default off, as on the wire.
	StepUp bool

	// MaxAge is how long a session lives at most, however much it is used. Default 30 days (ASVS 7.3.2).
	MaxAge time.Duration

	// BriefExpiresIn is the life of a session that is not to be remembered; it never slides. Default 24 hours.
	BriefExpiresIn time.Duration

	// ImpersonationExpiresIn is the life of a session in which an admin acts as somebody else. Default 1 hour.
	ImpersonationExpiresIn time.Duration

	// CacheMaxAge is how long the signed cache cookie may answer reads in place of the store. Default 5
	// minutes; 1 minute where the session is not to be remembered; negative turns the cache off.
	CacheMaxAge time.Duration

	// Roles a user can have. Default "user" and "admin"; new users get the first one.
	Roles []string

	// AllowCommonPasswords turns off the list of refused passwords and the rule on context words.
	AllowCommonPasswords bool

	// LocalImages accepts http addresses of this machine as images too, for development. Default off: https addresses
	// and paths of this site.
	LocalImages bool

	// RequireEmailVerification lets nobody sign in before the mailed link is used, and makes signing up answer the
	// same for an address that is taken. Default off.
	RequireEmailVerification bool

	// AutoSignInAfterVerification makes the mailed link of a new account sign in the browser it is opened in.
	// Default off: whoever signed up may not be who reads the mail.
	AutoSignInAfterVerification bool

	// ConfirmEmailChange asks the old address, where it is verified, before the new one. Default off: then the
	// session must be younger than ReauthAge.
	ConfirmEmailChange bool

	// ResetTokenTTL is the life of a password reset link. Default 30 minutes.
	ResetTokenTTL time.Duration

	// VerifyTokenTTL is the life of a link that verifies or changes an address. Default 1 hour.
	VerifyTokenTTL time.Duration

	// Notices tells people by mail of what a thief would do: a changed password, asking for a change of address and making
	// it, a deleted account, signing in on a device not seen before, signing up with an address that is theirs. Default off.
	Notices bool

	// UndoTokenTTL is the life of the link that brings an account back to its old address. Default 7 days.
	UndoTokenTTL time.Duration

	// InviteTokenTTL is the life of the link by which somebody chooses the password of an account made for them. Default
	// 7 days.
	InviteTokenTTL time.Duration

	// DeleteTokenTTL is the life of a link that deletes an account. Default 24 hours.
	DeleteTokenTTL time.Duration

	// Links builds the address that a mail of a purpose (see Mail) carries; callbackURL is where the browser goes in the
	// end, "" for nowhere in particular. Where it gives "", a warning is sent without a link, and a verb whose mail needs
	// one fails. Default: always "".
	Links func(purpose letter.Purpose, token, callbackURL string) string

	// RateLimit bounds guessing and mail. Default off.
	RateLimit RateLimit

	// HashWorkers is how many passwords may be hashed at the same time. Default: cores − 1, at least 1. Each hash takes
	// 19 MiB. 64 more may wait for 5 seconds; the rest are refused with a 503.
	HashWorkers int

	// HashMemory is what one hash takes, in KiB. Default 19456, OWASP's 19 MiB (Password Storage Cheat Sheet). Only tests
	// take less.
	HashMemory int

	// MinAnswer is how long a request about an address takes at least, and up to a third more: longer than the work that it
	// may cause, so that time does not show whether the address is known. Default 300 ms. Only tests take less.
	MinAnswer time.Duration

	// SweepEvery is the pause between two purges of what has expired. Default 1 hour.
	SweepEvery time.Duration

	// ClientIP tells a request's peer, "" where unknown. Default: the connection's address.
	ClientIP func(*http.Request) string

	// Mailer takes mails. Default: a log line that a mail was not sent, without its link.
	Mailer Mailer

	// OnEvent hears every event inside the transaction that causes it; an error undoes that transaction.
	// Default: a log line.
	OnEvent func(tx *gorm.DB, e Event) error

	// Now is the clock. Default: UTC in whole milliseconds.
	Now func() time.Time

	// Logger gets what no caller can be told. Default slog.Default().
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
	set(&o.DeleteTokenTTL, 24*time.Hour)
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

func set[T comparable](field *T, def T) {
	var zero T
	if *field == zero {
		*field = def
	}
}
