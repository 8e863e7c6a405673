package web

import (
	"cmp"
	"net/http"
	"net/url"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/text"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

// userAction is something an admin does to a user, at an address below the user's page: GET asks for confirmation, POST
// does it.
type userAction struct {
	name, title, sentence, button string
	aim                           string // completes "Enter your password to" with the name of the user
	danger                        bool
	offered                       func(*auth.User) bool
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
		name: "verify", title: "Verify the address", button: "Verify the address",
		aim: "verify the address of %s",
		sentence: "You confirm for them that this is their address, so that they can log in. If nobody has logged in to " +
			"the account since its sign-up, a stranger may have entered the address: its password is then deleted, and " +
			"a link to choose one is sent to the address.",
		offered: unverified, act: (*Server).markVerified, done: "user-verified", doneToSeveral: "users-verified",
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
			"alone logs them in. Make sure first that it is they who ask.",
		offered: hasFactor, act: (*Server).removeFactors, done: "user-factors",
	},
	// end:twofactor
	// part:passkey
	{
		name: "remove-passkeys", title: "Remove passkeys", button: "Remove them", danger: true,
		aim: "remove the passkeys of %s",
		sentence: "For a user who has lost the devices that keep them. They are logged out everywhere, and log in with the " +
			"password or by a reset link. Make sure first that it is they who ask.",
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

func anyUser(*auth.User) bool          { return true }
func banned(u *auth.User) bool         { return u.Banned }
func notBanned(u *auth.User) bool      { return !u.Banned }
func unverified(u *auth.User) bool     { return !u.EmailVerified }
func canImpersonate(u *auth.User) bool { return !u.Banned && !u.HasRole("admin") }

// actionNamed returns the action that an address names; nil if there is none.
func actionNamed(name string) *userAction {
	for i := range userActions {
		if userActions[i].name == name {
			return &userActions[i]
		}
	}
	return nil
}

// showUser shows a user, with links to the actions. There are none on the visitor's own account.
func (s *Server) showUser(c *echo.Context) error {
	ctx := c.Request().Context()
	u, err := s.Auth.User(ctx, c.Param("id"))
	if err != nil {
		return err
	}
	sessions, err := s.Auth.UserSessions(ctx, u.ID)
	if err != nil {
		return err
	}
	page := views.UserPage{UserRow: userRow(u), Self: u.ID == session(c).UserID, Until: u.BanExpires}
	if u.Banned && u.BanReason != nil {
		page.Reason = *u.BanReason
	}
	for i := range sessions {
		if s.Auth.Now().Before(sessions[i].ExpiresAt) {
			page.Sessions = append(page.Sessions, sessionRow(&sessions[i], session(c)))
		}
	}
	for _, a := range userActions {
		if !page.Self && a.offered(u) {
			page.Actions = append(page.Actions, views.UserAction{Name: a.name, Label: a.title, Danger: a.danger})
		}
	}
	page.Panels = s.draw(u.ID, s.userPanels())
	return s.render(c, http.StatusOK, views.User(page))
}

// requestedAction returns the action and the user that the address names. It refuses actions on the visitor's own
// account.
func (s *Server) requestedAction(c *echo.Context) (userAction, *auth.User, error) {
	action := actionNamed(c.Param("action"))
	if action == nil {
		return userAction{}, nil, echo.ErrNotFound
	}
	u, err := s.Auth.User(c.Request().Context(), c.Param("id"))
	if err != nil {
		return userAction{}, nil, err
	}
	if u.ID == session(c).UserID {
		return userAction{}, nil, errs.New(http.StatusBadRequest, "YOURSELF",
			"This is your own account. You can change it in your settings.")
	}
	return *action, u, nil
}

// userActionForm is the form of an action. typed may name the session to end.
func (s *Server) userActionForm(a userAction, u *auth.User, typed url.Values) views.Form {
	return views.ActOnUser(views.UserActionForm{
		UserRow: userRow(u), Roles: s.Auth.Roles(), Session: typed.Get("session"),
		Action: a.name, Title: a.title, Sentence: a.sentence, Button: a.button, Danger: a.danger,
	})
}

// showUserAction asks for confirmation: htmx in a dialog, everybody else on a page. It restores what was typed before
// /reauth asked for the password, except the role and the address: a passer-by could have entered those at an unlocked
// screen, and left the admin one click away from promoting or deleting a user.
func (s *Server) showUserAction(c *echo.Context) error {
	a, u, err := s.requestedAction(c)
	if err != nil {
		return err
	}
	draft := s.takeDraft(c)
	draft.Del("role")
	draft.Del("confirm")
	return s.showForm(c, s.userActionForm(a, u, draft).Filled(draft))
}

func (s *Server) actOnUser(c *echo.Context) error {
	values, refused := parseForm(c)
	a, u, err := s.requestedAction(c)
	if err != nil {
		return err
	}
	form := s.userActionForm(a, u, values)
	if refused != nil {
		return s.refuseForm(c, form, refused)
	}
	if err := a.act(s, c, u, values); err != nil {
		return s.refuseForm(c, form, err)
	}
	if a.done != "" {
		s.flash(c, a.done)
	}
	return seeOther(c, cmp.Or(a.to, usersPath+"/"+u.ID))
}

func (s *Server) changeRole(c *echo.Context, u *auth.User, typed url.Values) error {
	_, err := s.Auth.SetRole(c.Request().Context(), session(c), u.ID, cmp.Or(typed.Get("role"), u.Role))
	return err
}

func (s *Server) mailReset(c *echo.Context, u *auth.User, _ url.Values) error {
	return s.Auth.MailPasswordReset(c.Request().Context(), session(c), u.ID)
}

func (s *Server) markVerified(c *echo.Context, u *auth.User, _ url.Values) error {
	yes := true
	_, err := s.Auth.ChangeUser(c.Request().Context(), session(c), u.ID, auth.UserChanges{EmailVerified: &yes})
	return err
}

// endUserSessions ends the named session, or all of them.
func (s *Server) endUserSessions(c *echo.Context, u *auth.User, typed url.Values) error {
	if id := typed.Get("session"); id != "" {
		return s.Auth.RevokeSession(c.Request().Context(), session(c), u.ID, id)
	}
	return s.Auth.RevokeSessions(c.Request().Context(), session(c), u.ID)
}

func (s *Server) impersonate(c *echo.Context, u *auth.User, _ url.Values) error {
	_, err := s.Auth.Impersonate(c.Response(), c.Request(), session(c), u.ID)
	return err
}

func (s *Server) ban(c *echo.Context, u *auth.User, typed url.Values) error {
	var until *time.Time
	if last := typed.Get("until"); last != "" {
		day, ok := text.Day(last)
		if !ok || !day.After(s.Auth.Now()) || day.After(s.Auth.Now().AddDate(100, 0, 0)) {
			return errs.Invalid("until", "VALIDATION_ERROR", "Choose a day of the next 100 years, or leave this empty.")
		}
		until = &day
	}
	_, err := s.Auth.BanUser(c.Request().Context(), session(c), u.ID, trim(typed.Get("reason")), until)
	return err
}

func (s *Server) unban(c *echo.Context, u *auth.User, _ url.Values) error {
	_, err := s.Auth.UnbanUser(c.Request().Context(), session(c), u.ID)
	return err
}

// removeUser asks for the address, to prevent accidents.
func (s *Server) removeUser(c *echo.Context, u *auth.User, typed url.Values) error {
	if err := confirmed(typed, u.Email); err != nil {
		return err
	}
	return s.Auth.RemoveUser(c.Request().Context(), session(c), u.ID)
}
