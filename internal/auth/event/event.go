// Package event has the names of the events that internal/auth records. A Name says what was done; an auth.Event also
// says by which user, and to which. It knows no words for people; the page of the audit trail has them.
package event

// Name is the name of an event, as it is stored.
type Name string

// What was done.
const (
	AccountUnlinked      Name = "account_unlinked"
	DeletionAsked        Name = "deletion_asked"
	EmailChangeAsked     Name = "email_change_asked"
	EmailChangeStopped   Name = "email_change_stopped" // by the link mailed to the old address
	EmailChanged         Name = "email_changed"
	EmailRestored        Name = "email_restored"
	EmailVerified        Name = "email_verified"
	ImpersonationStarted Name = "impersonation_started"
	ImpersonationStopped Name = "impersonation_stopped"
	Invited              Name = "invited"          // by a mailed link to choose a password
	MagicLinkAsked       Name = "magic_link_asked" // to sign in by a mailed link or code // part:magiclink
	PasskeyAdded         Name = "passkey_added"    // part:passkey
	PasskeyRemoved       Name = "passkey_removed"  // part:passkey
	PasskeyRenamed       Name = "passkey_renamed"  // part:passkey
	PasswordChanged      Name = "password_changed"
	PasswordReset        Name = "password_reset"
	PasswordResetAsked   Name = "password_reset_asked"
	PasswordSet          Name = "password_set" // by an admin
	Reauthenticated      Name = "reauthenticated"
	RoleChanged          Name = "role_changed"
	SessionRevoked       Name = "session_revoked"
	SessionsRevoked      Name = "sessions_revoked"
	SignIn               Name = "sign_in"
	SignOut              Name = "sign_out"
	SignUp               Name = "sign_up"
	UserBanned           Name = "user_banned"
	UserCreated          Name = "user_created"
	UserDeleted          Name = "user_deleted" // from here on no record may name the subject
	UserUnbanned         Name = "user_unbanned"
	UserUpdated          Name = "user_updated"
	UsersExported        Name = "users_exported"
	VerificationSent     Name = "verification_sent"

	// part:twofactor
	DeviceRevoked      Name = "device_revoked" // a trusted one
	DeviceTrusted      Name = "device_trusted"
	FactorLocked       Name = "two_factor_locked"    // by wrong codes
	FactorRemoved      Name = "two_factor_removed"   // by an admin
	RecoveryCodesEnded Name = "recovery_codes_ended" // deleted, because a stranger may have made them
	RecoveryCodesMade  Name = "recovery_codes_made"
	RecoveryCodeUsed   Name = "recovery_code_used"
	SecondStepOwed     Name = "second_step_owed" // the first step of a sign-in has passed
	TwoFactorDisabled  Name = "two_factor_disabled"
	TwoFactorEnabled   Name = "two_factor_enabled"
	// end:twofactor
)

// What was refused.
const (
	CookieForged    Name = "cookie_forged" // a session cookie with a signature that is not ours; Detail is which
	CrossSite       Name = "cross_site_refused"
	Forbidden       Name = "forbidden"
	PasswordRefused Name = "password_refused" // a wrong current password within a session
	RateLimited     Name = "rate_limited"     // Detail is what was tried
	SignInFailed    Name = "sign_in_failed"
	CodeRefused     Name = "code_refused" // a wrong code of a second step // part:twofactor
)

// The details of UserDeleted for accounts that no user deleted.
const (
	DetailNeverConfirmed = "never confirmed"
	DetailReplaced       = "never confirmed, and the address was used again"
)

// part:audit

// Refusals lists the names of what was refused.
func Refusals() []Name {
	return []Name{
		CookieForged, CrossSite, Forbidden, PasswordRefused, RateLimited, SignInFailed,
		CodeRefused, // part:twofactor
	}
}

// All lists every name.
func All() []Name {
	return append(Refusals(),
		AccountUnlinked, DeletionAsked, EmailChangeAsked, EmailChangeStopped, EmailChanged, EmailRestored, EmailVerified,
		ImpersonationStarted, ImpersonationStopped, Invited, PasswordChanged, PasswordReset, PasswordResetAsked, PasswordSet,
		Reauthenticated, RoleChanged, SessionRevoked, SessionsRevoked, SignIn, SignOut, SignUp, UserBanned, UserCreated,
		UserDeleted, UserUnbanned, UserUpdated, UsersExported, VerificationSent,
		// part:twofactor
		DeviceRevoked, DeviceTrusted, FactorLocked, FactorRemoved, RecoveryCodesEnded, RecoveryCodesMade, RecoveryCodeUsed,
		SecondStepOwed, TwoFactorDisabled, TwoFactorEnabled,
		// end:twofactor
		MagicLinkAsked,                               // part:magiclink
		PasskeyAdded, PasskeyRemoved, PasskeyRenamed, // part:passkey
	)
}

// end:audit
