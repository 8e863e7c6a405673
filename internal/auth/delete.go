package auth

import (
	"context"
	"net/http"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/errs"
)

// DeleteUser deletes s's user and everything of theirs, and clears the cookies on w. Callers have checked the
// password, or that s is younger than Options.ReauthAge. Refusals: 403 while impersonating; 400 LAST_ADMIN.
func (a *Auth) DeleteUser(w http.ResponseWriter, r *http.Request, s *Session) error {
	if err := notImpersonating(s); err != nil {
		return err
	}
	err := a.transact(r.Context(), func(t *transaction) error { return a.removeUser(t, s.actor(), s.UserID) })
	if err != nil {
		return err
	}
	a.ClearCookies(w, r)
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
		return errs.New(http.StatusForbidden, "FORBIDDEN", "You cannot do this while you impersonate a user.")
	}
	return nil
}

// MailDeletion mails s's user the link that DeleteUserByLink takes; it then leads to callbackURL. If the address has
// had its mails for this hour, none is sent, and that is no error. Refusals: 403 while impersonating; 401 if s has
// ended meanwhile.
func (a *Auth) MailDeletion(ctx context.Context, s *Session, callbackURL string) error {
	if err := notImpersonating(s); err != nil {
		return err
	}
	may, err := a.mayMail(ctx, letter.DeleteAccount, s.User.Email)
	if !may || err != nil {
		return err
	}
	return a.transact(ctx, func(t *transaction) error {
		u, err := t.lockUser(s.UserID)
		if err != nil {
			return notFound(err)
		}
		return a.mailLink(t, s.actor(), u, letter.DeleteAccount, u.Email, callbackURL)
	})
}

// DeleteUserByLink is DeleteUser by a mailed link, in the browser of its user only. Refusals: 404 INVALID_TOKEN; 403
// while impersonating; 400 LAST_ADMIN.
func (a *Auth) DeleteUserByLink(w http.ResponseWriter, r *http.Request, s *Session, token string) error {
	if err := notImpersonating(s); err != nil {
		return err
	}
	v, err := a.link(r.Context(), token, letter.DeleteAccount)
	if err != nil {
		return invalidToken(http.StatusNotFound, err)
	}
	if v.UserID != s.UserID {
		return invalidToken(http.StatusNotFound, errNoLink)
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
		return invalidToken(http.StatusNotFound, err)
	}
	a.ClearCookies(w, r)
	return nil
}
