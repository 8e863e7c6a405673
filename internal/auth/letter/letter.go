// Package letter names what a mail of internal/auth is for. A mailed link has the purpose of its mail; the two links
// that go along with a warning have purposes of their own.
package letter

// Purpose is why a mail is sent, as it is stored with its link.
type Purpose string

// Mails with a link that works once.
const (
	VerifyEmail        Purpose = "verify_email"         // confirms that the address is its reader's
	ResetPassword      Purpose = "reset_password"       // leads to choosing a new password
	SetPassword        Purpose = "set_password"         // leads to the first password of an account that an admin made
	ConfirmEmailChange Purpose = "confirm_email_change" // to the old address: allows the change to the new one
	ChangeEmail        Purpose = "change_email"         // to the new address: makes the change
	DeleteAccount      Purpose = "delete_account"       // deletes the account // part:betterauth
	MagicLink          Purpose = "magic_link"           // signs in; the mail has a code, too // part:magiclink
)

// Links of warnings.
const (
	UndoEmailChange Purpose = "undo_email_change" // in EmailChanged: moves the account back
	StopEmailChange Purpose = "stop_email_change" // in EmailChangeAsked: makes the change impossible
)

// Warnings. They tell the owner of an account what was done to it, perhaps by a thief.
const (
	PasswordChanged  Purpose = "password_changed"   // with the old password, by a mailed link, or by an admin
	EmailChanged     Purpose = "email_changed"      // to the old address
	EmailMoved       Purpose = "email_moved"        // to the old address, by an admin who vouches for the new one
	EmailChangeAsked Purpose = "email_change_asked" // to the old address
	AccountDeleted   Purpose = "account_deleted"
	ExistingAccount  Purpose = "existing_account" // a sign-up with the address of an account
	NewDevice        Purpose = "new_device"       // a sign-in on a device that this user has never signed in on
	AdminMade        Purpose = "admin_made"       // to every other admin: Mail.About has become one

	// part:twofactor
	TwoFactorEnabled   Purpose = "two_factor_enabled"
	TwoFactorDisabled  Purpose = "two_factor_disabled"
	FactorRemoved      Purpose = "two_factor_removed"   // by an admin
	FactorLocked       Purpose = "two_factor_locked"    // by wrong codes, after a right first step
	RecoveryCodesEnded Purpose = "recovery_codes_ended" // deleted, because a stranger may have made them
	RecoveryCodesMade  Purpose = "recovery_codes_made"  // in place of the old ones
	RecoveryCodeUsed   Purpose = "recovery_code_used"   // Mail.About says how many are left
	DeviceTrusted      Purpose = "device_trusted"       // no code is asked for on it
	// end:twofactor
	// part:passkey
	PasskeyAdded    Purpose = "passkey_added"
	PasskeyRemoved  Purpose = "passkey_removed"
	PasskeysRemoved Purpose = "passkeys_removed" // all of them, by an admin
	// end:passkey
)
