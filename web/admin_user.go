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
	page := views.UserPage{UserRow: s.userRow(u), Self: u.ID == session(c).UserID, Until: u.BanExpires}
	if page.Banned && u.BanReason != nil {
		page.Reason = *u.BanReason
	}
	for i := range sessions {
		if s.Auth.Now().Before(sessions[i].ExpiresAt) {
			page.Sessions = append(page.Sessions, sessionRow(&sessions[i], session(c)))
		}
	}
	for _, a := range userActions {
		if !page.Self && a.offered(u, s.Auth.Now()) {
			page.Actions = append(page.Actions, views.UserAction{Name: a.name, Label: a.title, Danger: a.danger})
		}
	}
	page.Panels = s.loadPanels(u.ID, s.userPanels())
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
		UserRow: s.userRow(u), Roles: s.Auth.Roles(), Session: typed.Get("session"),
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

func (s *Server) endUserSession(c *echo.Context, u *auth.User, typed url.Values) error {
	handle := typed.Get("session")
	if handle == "" { // the draft that named it is gone
		return errs.New(http.StatusBadRequest, "VALIDATION_ERROR", "Choose the browser on the page of the user.")
	}
	return s.Auth.RevokeSession(c.Request().Context(), session(c), u.ID, handle)
}

func (s *Server) endUserSessions(c *echo.Context, u *auth.User, _ url.Values) error {
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
