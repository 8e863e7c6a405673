package auth

import (
	"errors"
	"net/http"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/errs"
)

// DeleteUser deletes s's user and everything of theirs, and clears the cookies on w. Callers demand a proof first: the
// password, a mailed link, or a session younger than Options.ReauthAge. Refusals: 400 LAST_ADMIN.
func (a *Auth) DeleteUser(w http.ResponseWriter, r *http.Request, s *Session) error {
	err := a.transact(r.Context(), func(t *transaction) error { return a.removeUser(t, s.actor(), s.UserID) })
	if err != nil {
		return err
	}
	a.clearCookies(w, r)
	return nil
}

// removeUser deletes a user; the database deletes the rows that belong to it.
func (a *Auth) removeUser(t *transaction, by actor, userID string) error {
	if err := t.keepAdmins(userID); err != nil {
		return err
	}
	u, err := t.lockUser(userID)
	if err != nil {
		return notFound(err)
	}
	if err := t.endSessions(u.ID); err != nil {
		return err
	}
	if err := a.warn(t, u, letter.AccountDeleted); err != nil {
		return err
	}
	t.recordEvent(by, event.UserDeleted, u.ID)
	return t.Where("id = ?", u.ID).Delete(&User{}).Error
}

func notImpersonating(s *Session) error {
	if s.ImpersonatedBy != nil {
		return errs.New(http.StatusForbidden, "FORBIDDEN", "You cannot do this while acting as somebody else.")
	}
	return nil
}

func (a *Auth) serveDeleteUser(w http.ResponseWriter, r *http.Request, b *Body) (any, error) {
	password, token, callbackURL := b.OptionalString("password"), b.OptionalString("token"), b.OptionalString("callbackURL")
	if err := b.Err(); err != nil {
		return nil, err
	}
	s, err := a.demand(w, r)
	if err == nil {
		err = notImpersonating(s)
	}
	if err != nil {
		return nil, err
	}
	if password != nil {
		if err := a.CheckPassword(r, s, *password); err != nil {
			return nil, err
		}
	}
	answer := map[string]any{"success": true, "message": "User deleted"}
	switch {
	case token != nil:
		return answer, a.deleteByLink(w, r, s, *token)
	case a.opts.ConfirmDeletion:
		answer["message"] = "Verification email sent"
		if may, err := a.mayMail(r.Context(), letter.DeleteAccount, s.User.Email); !may || err != nil {
			return answer, err
		}
		return answer, a.transact(r.Context(), func(t *transaction) error {
			u, err := t.lockUser(s.UserID)
			if err != nil {
				return notFound(err)
			}
			return a.mailLink(t, s.actor(), u, letter.DeleteAccount, u.Email, text(callbackURL))
		})
	case password == nil && a.youngerThan(a.opts.ReauthAge, s) != nil:
		return nil, errs.New(http.StatusBadRequest, "SESSION_EXPIRED", "Session expired. Re-authenticate to perform this action.")
	}
	return answer, a.DeleteUser(w, r, s)
}

func (a *Auth) serveDeleteUserCallback(w http.ResponseWriter, r *http.Request, b *Body) (any, error) {
	token, callbackURL := b.String("token"), b.OptionalString("callbackURL")
	if err := b.Err(); err != nil {
		return nil, err
	}
	s, err := a.StoredSession(w, r)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return nil, errs.New(http.StatusNotFound, "FAILED_TO_GET_USER_INFO", "Failed to get user info")
	}
	if err := a.deleteByLink(w, r, s, token); err != nil {
		return nil, err
	}
	if text(callbackURL) != "" {
		return redirect(*callbackURL), nil
	}
	return map[string]any{"success": true, "message": "User deleted"}, nil
}

// deleteByLink deletes the account of a mailed link, in the browser of its user only.
func (a *Auth) deleteByLink(w http.ResponseWriter, r *http.Request, s *Session, token string) error {
	if err := notImpersonating(s); err != nil {
		return err
	}
	v, err := a.link(r.Context(), token, letter.DeleteAccount)
	if err != nil {
		return deletionError(err)
	}
	if v.UserID != s.UserID {
		return deletionError(errNoLink)
	}
	err = a.transact(r.Context(), func(t *transaction) error {
		if err := t.keepAdmins(s.UserID); err != nil {
			return err
		}
		if _, err := t.useLink(v); err != nil {
			return err
		}
		return a.removeUser(t, s.actor(), s.UserID)
	})
	if err != nil {
		return deletionError(err)
	}
	a.clearCookies(w, r)
	return nil
}

// deletionError refuses a dead link of a deletion as the wire does.
func deletionError(err error) error {
	if errors.Is(err, errNoLink) || errors.Is(err, errLinkExpired) {
		return errs.New(http.StatusNotFound, "INVALID_TOKEN", "Invalid token")
	}
	return err
}
