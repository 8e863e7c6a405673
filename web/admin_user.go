package web

import (
	"net/http"
	"slices"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/errs"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

// userAction is something an admin does to a user. Each has an address below the user's: GET shows what is about to
// happen, POST does it.
type userAction struct {
	name, title, sentence, button string
	danger                        bool
	offered                       func(*auth.User) bool
	act                           func(*Server, *echo.Context, *auth.User, *views.UserActionForm) error
	done                          string // a word of flashes
	to                            string // where to go then; "" for the user's page
}

var userActions = []userAction{
	{name: "role", title: "Change the role", sentence: "The next thing they do is done with the new role.", button: "Change the role", offered: anyUser, act: (*Server).changeRole, done: "user-role"},
	{name: "reset", title: "Send a reset link", sentence: "A mail with a link to choose a new password goes to their address. Their present password works until then.", button: "Send the link", offered: notBanned, act: (*Server).mailReset, done: "user-reset"},
	{name: "verify", title: "Verify the address", sentence: "You vouch that this address is theirs: they can log in without having confirmed it. If the account was signed up for and nobody has ever logged in to it, anybody may have typed the address: then its password is dropped, and a link to choose one goes to the address.", button: "Verify the address", offered: unverified, act: (*Server).vouch, done: "user-verified"},
	{name: "sessions", title: "Log them out", sentence: "Their sessions end at once, wherever they are logged in.", button: "Log them out", offered: anyUser, act: (*Server).endUserSessions, done: "user-sessions"},
	{name: "impersonate", title: "Act as them", sentence: "For an hour you see what they see and act in their name. The trail tells that it was you. What asks for a password stays closed.", button: "Act as them", danger: true, offered: actable, act: (*Server).impersonate, to: defaultReturnTo},
	{name: "ban", title: "Ban", sentence: "They are logged out at once and cannot log in until the ban ends. They are told why when they try.", button: "Ban", danger: true, offered: notBanned, act: (*Server).ban, done: "user-banned"},
	{name: "unban", title: "Lift the ban", sentence: "They can log in again.", button: "Lift the ban", offered: banned, act: (*Server).unban, done: "user-unbanned"},
	{name: "delete", title: "Delete", sentence: "The account and everything in it is deleted at once and for good.", button: "Delete for good", danger: true, offered: anyUser, act: (*Server).removeUser, done: "user-deleted", to: usersPath},
}

func anyUser(*auth.User) bool      { return true }
func banned(u *auth.User) bool     { return u.Banned }
func notBanned(u *auth.User) bool  { return !u.Banned }
func unverified(u *auth.User) bool { return !u.EmailVerified }
func actable(u *auth.User) bool    { return !u.Banned && !u.HasRole("admin") }

// showUser is one user, and what can be done to them: nothing, where they are the visitor.
func (s *Server) showUser(c *echo.Context) error {
	ctx := c.Request().Context()
	u, err := s.Auth.User(ctx, c.Param("id"))
	if err != nil {
		return err
	}
	list, err := s.Auth.UserSessions(ctx, u.ID)
	if err != nil {
		return err
	}
	page := views.UserPage{UserRow: userRow(u), Self: u.ID == session(c).UserID, Until: u.BanExpires}
	if u.Banned && u.BanReason != nil {
		page.Reason = *u.BanReason
	}
	for _, l := range list {
		if s.Auth.Now().Before(l.ExpiresAt) {
			page.Sessions = append(page.Sessions, sessionRow(&l, session(c)))
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

// action finds what an address names, and whom it is about. Nobody does any of it to themselves, by accident or not.
func (s *Server) action(c *echo.Context) (a userAction, u *auth.User, form views.UserActionForm, err error) {
	i := slices.IndexFunc(userActions, func(a userAction) bool { return a.name == c.Param("action") })
	if i < 0 {
		return a, nil, form, echo.ErrNotFound
	}
	a = userActions[i]
	if u, err = s.Auth.User(c.Request().Context(), c.Param("id")); err != nil {
		return a, nil, form, err
	}
	if u.ID == session(c).UserID {
		return a, u, form, errs.New(http.StatusBadRequest, "YOURSELF", "This is your own account. What you may change of it is in your settings.")
	}
	form = views.UserActionForm{
		UserRow: userRow(u), Action: a.name, Title: a.title, Sentence: a.sentence, Button: a.button, Danger: a.danger, Roles: s.Auth.Roles(),
	}
	return a, u, form, nil
}

// showUserAction says what is about to happen: in a dialog to htmx, as a page to everybody else. It shows what was
// typed before the password was asked for, but for what decides, the role and the address: a passer-by who typed those
// at an unlocked screen would leave its owner one click away from making an admin, or from deleting.
func (s *Server) showUserAction(c *echo.Context) error {
	_, _, form, err := s.action(c)
	if err != nil {
		return err
	}
	draft := s.takeDraft(c)
	form.Reason, form.Until, form.Session = trim(draft.Get("reason")), draft.Get("until"), draft.Get("session")
	if partial(c) {
		return s.render(c, http.StatusOK, views.UserActionFields(form))
	}
	return s.render(c, http.StatusOK, views.UserActionPage(form))
}

func (s *Server) actOnUser(c *echo.Context) error {
	values, refused := parseForm(c)
	a, u, form, err := s.action(c)
	if err != nil {
		return err
	}
	form.Reason, form.Until, form.Session = trim(values.Get("reason")), values.Get("until"), values.Get("session")
	form.Confirm = trim(values.Get("confirm"))
	if role := values.Get("role"); role != "" {
		form.Role = role
	}
	if refused != nil {
		return s.userActionFailed(c, form, refused)
	}
	if err := a.act(s, c, u, &form); err != nil {
		return s.userActionFailed(c, form, err)
	}
	if a.done != "" {
		s.flash(c, a.done)
	}
	if a.to == "" {
		a.to = usersPath + "/" + u.ID
	}
	return seeOther(c, a.to)
}

func (s *Server) userActionFailed(c *echo.Context, form views.UserActionForm, err error) error {
	var other error
	if form.Errors, other = fieldErrors(err, "role", "reason", "until", "confirm"); other != nil {
		return other
	}
	return s.renderForm(c, err, views.UserActionPage(form), views.UserActionFailure(form))
}

func (s *Server) changeRole(c *echo.Context, u *auth.User, form *views.UserActionForm) error {
	_, err := s.Auth.SetRole(c.Request().Context(), session(c), u.ID, form.Role)
	return err
}

func (s *Server) mailReset(c *echo.Context, u *auth.User, _ *views.UserActionForm) error {
	return s.Auth.MailPasswordReset(c.Request().Context(), session(c), u.ID)
}

func (s *Server) vouch(c *echo.Context, u *auth.User, _ *views.UserActionForm) error {
	yes := true
	_, err := s.Auth.ChangeUser(c.Request().Context(), session(c), u.ID, auth.UserChanges{EmailVerified: &yes})
	return err
}

// endUserSessions ends the one session that is named, or all.
func (s *Server) endUserSessions(c *echo.Context, u *auth.User, form *views.UserActionForm) error {
	if form.Session != "" {
		return s.Auth.RevokeSession(c.Request().Context(), session(c), u.ID, form.Session)
	}
	return s.Auth.RevokeSessions(c.Request().Context(), session(c), u.ID)
}

func (s *Server) impersonate(c *echo.Context, u *auth.User, _ *views.UserActionForm) error {
	_, err := s.Auth.Impersonate(c.Response(), c.Request(), session(c), u.ID)
	return err
}

func (s *Server) ban(c *echo.Context, u *auth.User, form *views.UserActionForm) error {
	var until *time.Time
	if form.Until != "" {
		day, err := time.Parse(time.DateOnly, form.Until)
		if err != nil || !day.After(s.Auth.Now()) || day.After(s.Auth.Now().AddDate(100, 0, 0)) {
			return errs.Invalid("until", "VALIDATION_ERROR", "The ban ends on a day that is still to come, such as 2031-03-01, or never.")
		}
		until = &day
	}
	_, err := s.Auth.BanUser(c.Request().Context(), session(c), u.ID, form.Reason, until)
	return err
}

func (s *Server) unban(c *echo.Context, u *auth.User, _ *views.UserActionForm) error {
	_, err := s.Auth.UnbanUser(c.Request().Context(), session(c), u.ID)
	return err
}

// removeUser asks for the address, so that nobody is deleted by accident.
func (s *Server) removeUser(c *echo.Context, u *auth.User, form *views.UserActionForm) error {
	if form.Confirm != u.Email {
		return errs.Invalid("confirm", "VALIDATION_ERROR", "Type "+u.Email+" to confirm.")
	}
	return s.Auth.RemoveUser(c.Request().Context(), session(c), u.ID)
}
