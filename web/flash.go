package web

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

// flashes are the messages that a page can leave for the next. The cookie holds only the key, so that an attacker
// cannot plant a message.
var flashes = map[string]views.Flash{
	"saved":            {Message: "Saved."},
	"password-reset":   {Message: "Your password is set, and all browsers are logged out. Log in with the new one."},
	"verified":         {Message: "Your address is confirmed."},
	"password-changed": {Message: "Your password is changed."},
	"email-asked": {Mail: true, Message: "A mail with a link is on its way to the new address. " +
		"Your address changes when you open the link."},
	"email-stopped": {Message: "The change is stopped, and the browser that asked for it is logged out. " +
		"If it was not you, choose a new password now."},
	"email-restored": {Mail: true, Message: "Your account has its former address again, and all browsers are " +
		"logged out. Choose a new password by the link that we sent you."},
	// part:passkey
	"passkey-added":   {Message: "The passkey is added. You can log in with it from now on."},
	"passkey-deleted": {Message: "The passkey is deleted."},
	// end:passkey
	"logged-out":    {Message: "You are logged out."},
	"log-in-first":  {Message: "You are logged out. Log in to go on."},
	"session-over":  {Message: "Your session ended. Log in to go on."},
	"not-saved":     {Undone: true, Message: "Your session ended, so what you typed was not saved. Log in to go on."},
	"not-done":      {Undone: true, Message: "Nothing is changed yet. Send the form again."},
	"not-made":      {Undone: true, Message: "The file is not made yet. Check what is selected, and export it again."},
	"session-ended": {Message: "That browser is logged out."},
	"others-ended":  {Message: "All other browsers are logged out."},
	// part:twofactor
	"step-over":    {Undone: true, Message: "This log-in took too long, or had too many wrong codes. Log in again."},
	"factor-off":   {Message: "The second factor is off."},
	"device-ended": {Message: "That device needs a code when it logs in again."},
	// end:twofactor
	// part:admin
	"user-role":      {Message: "The role is changed."},
	"user-reset":     {Message: "A mail with a link is on its way.", Mail: true},
	"user-verified":  {Message: "The address is confirmed."},
	"user-sessions":  {Message: "They are logged out."},
	"user-passkeys":  {Message: "Their passkeys are removed, and they are logged out."},       // part:passkey
	"user-factors":   {Message: "Their second factors are removed, and they are logged out."}, // part:twofactor
	"user-banned":    {Message: "They are banned and logged out everywhere."},
	"users-verified": {Message: "Users whose address is confirmed now: %d."},
	"users-sessions": {Message: "Users who are logged out: %d."},
	"users-banned":   {Message: "Users who are banned and logged out everywhere: %d."},
	"select-users": {
		Undone: true, Message: "No user is selected. Select the users in the list, and choose what to do.",
	},
	"user-unbanned":       {Message: "The ban is lifted."},
	"user-deleted":        {Message: "The account is deleted."},
	"user-invited":        {Message: "The account is created, and a mail with a link is on its way.", Mail: true},
	"impersonation-ended": {Message: "Impersonation ended."},
	"admin-session-ended": {Message: "Impersonation ended, and so did your own session. Log in again."},
	// end:admin
	"account-deleted": {Message: "Your account and all its data are deleted."},
}

// beforeReauth are the flashes about a request for which /reauth had to ask for the password first, in the words of
// that page. It leaves them for the page that it returns to, which says them in the words of flashes.
var beforeReauth = map[string]views.Flash{
	"not-done": {Undone: true, Message: "Nothing is changed yet. After your password, send the form again."},
	"not-made": {Undone: true, Message: "The file is not made yet. After your password, export it again."},
}

const flashCookie = CookiePrefix + ".flash"

// flash leaves the message key of flashes for the next page.
func (s *Server) flash(c *echo.Context, key string) {
	life := time.Minute
	if beforeReauth[key].Message != "" {
		life = draftLife
	}
	s.setCookie(c, flashCookie, key, life)
}

// message finds what flash left, with the number that follows its key, the zero value for anything else.
func message(value string) views.Flash {
	key, number, counted := strings.Cut(value, ".")
	found := cmp.Or(appFlashes[key], flashes[key])
	if n, err := strconv.Atoi(number); counted && err == nil {
		found.Message = strings.Replace(found.Message, "%d", strconv.Itoa(n), 1)
	}
	return found
}

// withoutSession are the flashes for visitors who are not logged in. The others are dropped if the session ends first,
// because the next visitor of this browser may be another person.
var withoutSession = []string{
	"password-reset", "verified", "email-stopped", "email-restored", "admin-session-ended", "account-deleted",
	"logged-out", "log-in-first", "session-over", "not-saved",
	"step-over", // part:twofactor
}

// toStrangers are the flashes that only ask to log in. They are dropped if another tab has logged in meanwhile.
var toStrangers = []string{"log-in-first", "session-over"}

// takeFlash returns the message for this page and deletes it.
func (s *Server) takeFlash(c *echo.Context) views.Flash {
	key := s.cookie(c.Request(), flashCookie)
	if key == "" || !isPageView(c.Request()) {
		return views.Flash{}
	}
	state, anyone := visitor(c).State, slices.Contains(withoutSession, key)
	if state == views.Loading && !anyone {
		return views.Flash{}
	}
	if waits := beforeReauth[key]; waits.Message != "" && c.Path() == "/reauth" {
		return waits
	}
	s.setCookie(c, flashCookie, "", 0)
	if state == views.Unauthenticated && !anyone || state == views.Authenticated && slices.Contains(toStrangers, key) {
		return views.Flash{}
	}
	return message(key)
}
