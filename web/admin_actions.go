package web

import (
	"net/url"
	"time"

	"example.com/foyer/internal/auth"
	"github.com/labstack/echo/v5"
)

// userAction is something an admin does to a user, at an address below the user's page: GET asks for confirmation, POST
// does it.
type userAction struct {
	name, title, sentence, button string
	aim                           string // completes "Enter the password of … to"; %s is the name of the user
	danger                        bool
	offered                       func(u *auth.User, now time.Time) bool
	act                           func(*Server, *echo.Context, *auth.User, url.Values) error
	done                          string // a key of flashes; "" for none
	doneToSeveral                 string // likewise, with a number; "" if it is done to one user at a time
	to                            string // the next page; "" for the user's page
}

var userActions = []userAction{
	{
		name: "role", title: "Change the role", button: "Change the role",
		aim:      "change the role of %s",
		sentence: "The new role applies from their next request.",
		offered:  anyUser, act: (*Server).changeRole, done: "user-role",
	},
	{
		name: "reset", title: "Send a reset link", button: "Send the link",
		aim:      "mail a reset link to %s",
		sentence: "They get a mail with a link to choose a new password. Their current password works until then.",
		offered:  notBanned, act: (*Server).mailReset, done: "user-reset",
	},
	{
		name: "verify", title: "Confirm the address", button: "Confirm the address",
		aim: "confirm the address of %s",
		sentence: "You vouch that this address is theirs, so that they can log in. If the account was never used, a " +
			"stranger may have made it: its password is deleted, and a link to choose one goes to the address.",
		offered: unverified, act: (*Server).markVerified, done: "user-verified", doneToSeveral: "users-verified",
	},
	{
		name: "session", title: "Log out one browser", button: "Log it out",
		aim:      "log out one browser of %s",
		sentence: "One of their browsers is logged out at once.",
		offered:  besideSession, act: (*Server).endUserSession, done: "session-ended",
	},
	{
		name: "sessions", title: "Log them out", button: "Log them out",
		aim:      "log out %s",
		sentence: "All their sessions end at once.",
		offered:  anyUser, act: (*Server).endUserSessions, done: "user-sessions", doneToSeveral: "users-sessions",
	},
	// part:twofactor
	{
		name: "remove-factors", title: "Remove second factors", button: "Remove them", danger: true,
		aim: "remove the second factors of %s",
		sentence: "For a user who has lost phone and recovery codes. They are logged out everywhere, and the password " +
			"alone logs them in. First make sure that the request comes from this person.",
		offered: hasFactor, act: (*Server).removeFactors, done: "user-factors",
	},
	// end:twofactor
	// part:passkey
	{
		name: "remove-passkeys", title: "Remove passkeys", button: "Remove them", danger: true,
		aim: "remove the passkeys of %s",
		sentence: "For a user who has lost the devices that keep them. They are logged out everywhere, and log in with the " +
			"password or by a reset link. First make sure that the request comes from this person.",
		offered: anyUser, act: (*Server).removePasskeys, done: "user-passkeys",
	},
	// end:passkey
	{
		name: "impersonate", title: "Impersonate", button: "Impersonate", danger: true,
		aim: "impersonate %s",
		sentence: "For an hour you see what they see and act in their name. What you do is recorded as done by you. " +
			"You cannot open pages that ask for a password.",
		offered: canImpersonate, act: (*Server).impersonate, to: defaultReturnTo,
	},
	{
		name: "ban", title: "Ban", button: "Ban", danger: true,
		aim:      "ban %s",
		sentence: "They are logged out at once and cannot log in until the ban ends. When they try, they see the reason.",
		offered:  notBanned, act: (*Server).ban, done: "user-banned", doneToSeveral: "users-banned",
	},
	{
		name: "unban", title: "Lift the ban", button: "Lift the ban",
		aim:      "lift the ban of %s",
		sentence: "They can log in again.",
		offered:  banned, act: (*Server).unban, done: "user-unbanned",
	},
	{
		name: "delete", title: "Delete", button: "Delete for good", danger: true,
		aim:      "delete the account of %s",
		sentence: "The account and all its data are deleted at once and for good.",
		offered:  anyUser, act: (*Server).removeUser, done: "user-deleted", to: usersPath,
	},
}

func anyUser(*auth.User, time.Time) bool              { return true }
func besideSession(*auth.User, time.Time) bool        { return false } // its button stands in the list of sessions
func banned(u *auth.User, now time.Time) bool         { return u.BannedAt(now) }
func notBanned(u *auth.User, now time.Time) bool      { return !u.BannedAt(now) }
func unverified(u *auth.User, _ time.Time) bool       { return !u.EmailVerified }
func canImpersonate(u *auth.User, now time.Time) bool { return !u.BannedAt(now) && !u.HasRole("admin") }

// actionNamed returns the action that an address names; nil if there is none.
func actionNamed(name string) *userAction {
	for i := range userActions {
		if userActions[i].name == name {
			return &userActions[i]
		}
	}
	return nil
}
