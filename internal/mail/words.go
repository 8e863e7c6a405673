package mail

import "example.com/foyer/internal/auth/letter"

// content are the words of a mail: subject, text, label of its button, and why it is sent. {app} is replaced by the
// name of the app, {new}, {about} and {code} by the fields of auth.Mail. If it warns, it also says when and from where
// something was done.
type content struct {
	subject, text, action, reason string
	warns                         bool
}

// safety is why a warning is sent.
const safety = "You get this mail because it is about the safety of your account for {app}."

// owned is why a mail is sent that a stranger, an admin or the app itself can cause, too.
const owned = "You get this mail because an account for {app} has this address."

var letters = map[letter.Purpose]content{
	letter.VerifyEmail: {
		subject: "Confirm your e-mail address for {app}",
		text:    "Confirm that this address is yours. If you have not signed up or asked for this mail, do nothing.",
		action:  "Confirm the address",
		reason:  owned,
	},
	letter.ResetPassword: {
		subject: "Choose a new password for {app}",
		text:    "You can choose a new password. If you did not ask for this, do nothing: your password stays as it is.",
		action:  "Choose a new password",
		reason:  owned,
	},
	letter.SetPassword: {
		subject: "Your account for {app}",
		text:    "You have an account for {app}. Choose a password to log in.",
		action:  "Choose a password",
		reason:  "You get this mail because an admin of {app} made or confirmed an account with this address.",
	},
	letter.ConfirmEmailChange: {
		subject: "Allow the change of your e-mail address for {app}",
		text: "A browser that is logged in to your account asked to change its address to {new}. Allow it only if that " +
			"address is yours. If you did not ask for it, do nothing, and change your password.",
		action: "Allow the change",
		reason: "You get this mail because this is the address of your account for {app}.",
		warns:  true,
	},
	letter.ChangeEmail: {
		subject: "Confirm your new e-mail address for {app}",
		text:    "An account for {app} is to get this address. Confirm that it is yours. If you did not ask for it, do nothing.",
		action:  "Confirm the address",
		reason:  "You get this mail because this address was entered as the new one of an account for {app}.",
	},
	// part:magiclink
	letter.MagicLink: {
		subject: "Log in to {app}",
		text: "Your code is {code}. Enter it on the page that asked for it, or log in on this device by the link. If you " +
			"did not ask for it, do nothing, and give the code to nobody.",
		action: "Log in",
		reason: "You get this mail because a log-in to {app} was asked for with this address.",
	},
	// end:magiclink
	// part:betterauth
	letter.DeleteAccount: {
		subject: "Delete your account for {app}",
		text: "The link below deletes your account and everything in it, for good. If you did not ask for it, do not open " +
			"the link, and change your password.",
		action: "Delete the account",
		reason: "You get this mail because the deletion of your account for {app} was asked for.",
		warns:  true,
	},
	// end:betterauth
	letter.PasswordChanged: {
		subject: "Your password for {app} was changed",
		text:    "The password of your account was changed. If it was not you, choose a new one at once.",
		action:  "Choose a new password",
		reason:  safety,
		warns:   true,
	},
	letter.EmailChangeAsked: {
		subject: "A change of your e-mail address for {app} was asked for",
		text: "A browser that is logged in to your account asked to change its address to {new}. If that was you, open the " +
			"link that was mailed to the new address. If it was not you, stop the change: the browser that asked is logged " +
			"out. Then choose a new password.",
		action: "Stop the change",
		reason: safety,
		warns:  true,
	},
	letter.EmailChanged: {
		subject: "Your e-mail address for {app} was changed",
		text: "The address of your account is now {new}. If it was not you, undo it: every browser is logged out, and you " +
			"choose a new password.",
		action: "Undo the change",
		reason: safety,
		warns:  true,
	},
	letter.EmailMoved: {
		subject: "An admin changed the e-mail address of your account for {app}",
		text: "Your account has another address now, and this one gets no more mails of it. If you did not ask for it, " +
			"write to those who run {app}.",
		reason: safety,
		warns:  true,
	},
	letter.NewDevice: {
		subject: "A new log-in to {app}",
		text: "There was a log-in to your account from a browser that was not used for it before. If it was not you, " +
			"choose a new password at once.",
		action: "Choose a new password",
		reason: safety,
		warns:  true,
	},
	// part:twofactor
	letter.TwoFactorEnabled: {
		subject: "The second factor of your account for {app} is on",
		text: "Your account now asks for a code of an authenticator app when you log in. Keep the recovery codes where you " +
			"find them without your phone. If it was not you, choose a new password and ask an admin for help.",
		action: "Choose a new password",
		reason: safety,
		warns:  true,
	},
	letter.TwoFactorDisabled: {
		subject: "The second factor of your account for {app} is off",
		text: "Your account does not ask for a code any more when you log in. If it was not you, choose a new password at " +
			"once.",
		action: "Choose a new password",
		reason: safety,
		warns:  true,
	},
	letter.FactorRemoved: {
		subject: "An admin removed the second factor of your account for {app}",
		text: "Your account does not ask for a code any more when you log in, and every browser is logged out. If you did " +
			"not ask for it, choose a new password, then set the second factor up again.",
		action: "Choose a new password",
		reason: safety,
		warns:  true,
	},
	letter.FactorLocked: {
		subject: "Too many wrong codes for your account for {app}",
		text: "Wrong codes were entered for your account, ten in a row, so it takes no codes for some minutes. Only a " +
			"person who got past the first step of your log-in can do that: if it was not you, choose a new password at once.",
		action: "Choose a new password",
		reason: safety,
		warns:  true,
	},
	letter.RecoveryCodesMade: {
		subject: "New recovery codes for {app}",
		text: "Your account has new recovery codes; the old ones do not work any more. If it was not you, choose a new " +
			"password at once.",
		action: "Choose a new password",
		reason: safety,
		warns:  true,
	},
	letter.RecoveryCodesEnded: {
		subject: "Your recovery codes for {app} are deleted",
		text: "The change of your address is undone. New recovery codes had been made since, perhaps by another person, and " +
			"work no longer. Make new ones in your settings.",
		action: "Choose a new password",
		reason: safety,
		warns:  true,
	},
	letter.RecoveryCodeUsed: {
		subject: "A recovery code was used for {app}",
		text: "A recovery code of your account was used. Codes that are left: {about}. If it was not you, choose a new " +
			"password at once. Make new codes before the last one is used.",
		action: "Choose a new password",
		reason: safety,
		warns:  true,
	},
	letter.DeviceTrusted: {
		subject: "A trusted device for {app}",
		text: "A browser is now a trusted device of your account: logging in with it takes the password alone. If it was " +
			"not you, choose a new password at once; that ends the trust in all devices.",
		action: "Choose a new password",
		reason: safety,
		warns:  true,
	},
	// end:twofactor
	// part:passkey
	letter.PasskeyAdded: {
		subject: "A passkey was added to your account for {app}",
		text: "A passkey was added to your account. It logs in without your password. If it was not you, delete it at once, " +
			"and choose a new password.",
		action: "See your passkeys",
		reason: safety,
		warns:  true,
	},
	letter.PasskeyRemoved: {
		subject: "A passkey of your account for {app} was deleted",
		text: "A passkey of your account was deleted and logs in no longer. If it was not you, choose a new password at " +
			"once, and look at the passkeys that are left.",
		action: "See your passkeys",
		reason: safety,
		warns:  true,
	},
	letter.PasskeysRemoved: {
		subject: "An admin removed the passkeys of your account for {app}",
		text: "No passkey logs in to your account any more, and every browser is logged out. If you did not ask for it, " +
			"choose a new password at once. If you have no password, choose one to log in.",
		action: "Choose a new password",
		reason: safety,
		warns:  true,
	},
	// end:passkey
	letter.AccountDeleted: {
		subject: "Your account for {app} is deleted",
		text:    "Your account and everything in it is deleted. There is nothing more to do.",
		reason:  "You get this last mail because this was the address of the account.",
		warns:   true,
	},
	letter.AdminMade: {
		subject: "{about} is now an admin of {app}",
		text: "{about} has become an admin of {app} and can do everything that you can. If you did not expect it, log in," +
			" look at that account under Admin, Users, and take the role away.",
		reason: "You get this mail because you are an admin of {app}.",
		warns:  true,
	},
	letter.ExistingAccount: {
		subject: "You already have an account for {app}",
		text: "This address was used to sign up for {app}, but it has an account already. If that was you, log in, or " +
			"choose a new password if you have forgotten yours. If it was not you, do nothing.",
		action: "Log in",
		reason: "You get this mail because this is the address of your account for {app}.",
	},
}
