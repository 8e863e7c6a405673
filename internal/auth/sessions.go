package auth

import (
	"context"
	"database/sql"
	"errors"
	"net/http"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"gorm.io/gorm"
)

// Sessions lists a user's live sessions, most recently used first, without impersonations.
func (a *Auth) Sessions(ctx context.Context, userID string) ([]Session, error) {
	// The limit is maxSessions, written out because SQLite plans a statement with a bound limit anew each time.
	query := a.db.WithContext(ctx).Raw(`
		SELECT `+sessionColumns+`
		FROM sessions s
		WHERE s.user_id = ? AND s.impersonated_by IS NULL AND s.expires_at > ?
		ORDER BY s.updated_at DESC, s.id LIMIT 100`, userID, a.opts.Now())
	var list []Session
	err := eachRow(query, func(rows *sql.Rows) error {
		list = append(list, Session{})
		return rows.Scan(list[len(list)-1].columns()...)
	})
	return list, err
}

// SignOut ends the session behind the request, if any, with all impersonations by its user, and clears the cookies on
// w. It sends no Clear-Site-Data: what the browser stored may belong to a script application. It succeeds for
// strangers too. If the store is away it fails and the cookies stay: a sign-out that did not happen must not look
// like one.
func (a *Auth) SignOut(w http.ResponseWriter, r *http.Request) error {
	if token, ok := a.readSigned(r, tokenCookie); ok {
		err := a.Transact(r.Context(), func(t *Tx) error { return a.signOut(t, r, token) })
		if err != nil {
			return err
		}
	}
	if err := a.endHalfDone(w, r); err != nil {
		return err
	}
	a.ClearCookies(w, r)
	return nil
}

func (a *Auth) signOut(t *Tx, r *http.Request, token string) error {
	s, err := t.sessionOf(token)
	if err != nil {
		return err
	}
	if s == nil { // an impersonation that has ended leaves the admin's own session
		token = a.adminToken(r)
		if s, err = t.sessionOf(token); s == nil || err != nil {
			return err
		}
	}
	if _, err := t.LockUser(s.person()); err != nil {
		return ignoreMissing(err) // deleted meanwhile, with the session
	}
	if err := a.endPresented(t, r, s); err != nil {
		return err
	}
	a.present(s, r, token)
	t.recordEvent(s.actor(), event.SignOut, s.UserID)
	return nil
}

// RevokeSession ends one of the user's sessions by its handle (Session.ID), and all impersonations by the user: a
// thief in the session may have started one, and the user's list does not show it. by is a session of the user or of
// an admin, nil for the command line. An unknown handle, or another user's, has no effect and is no error. Refusals:
// 401 if by has ended; 403 if by is of another user and no longer an admin.
func (a *Auth) RevokeSession(ctx context.Context, by *Session, userID, handle string) error {
	if !storable(handle) {
		return nil
	}
	return a.Transact(ctx, func(t *Tx) error {
		// Impersonate locks the user too, so that an impersonation started meanwhile ends here or is refused there.
		if err := t.lockFor(by, userID); err != nil {
			return ignoreMissing(err)
		}
		var s Session
		if err := t.Where("id = ? AND user_id = ?", handle, userID).Take(&s).Error; err != nil {
			return ignoreMissing(err)
		}
		if err := t.endSession(&s); err != nil {
			return err
		}
		t.recordEvent(by.actor(), event.SessionRevoked, userID)
		return nil
	})
}

// RevokeSessions ends every session of a user, and all impersonations by the user. by and refusals are those of
// RevokeSession; 404 USER_NOT_FOUND.
func (a *Auth) RevokeSessions(ctx context.Context, by *Session, userID string) error {
	return a.revokeSessions(ctx, by, userID, "")
}

// RevokeOtherSessions ends every session of s's user but s, and all impersonations by the user. Refusals: 401 if s has
// ended meanwhile.
func (a *Auth) RevokeOtherSessions(ctx context.Context, s *Session) error {
	return a.revokeSessions(ctx, s, s.UserID, s.ID)
}

// revokeSessions ends the sessions of a user but keep, as by asked; see EndOtherSessions.
func (a *Auth) revokeSessions(ctx context.Context, by *Session, userID, keep string) error {
	return a.Transact(ctx, func(t *Tx) error {
		if err := t.lockFor(by, userID); err != nil { // or a session that takes the place of keep meanwhile would end
			return err
		}
		t.recordEvent(by.actor(), event.SessionsRevoked, userID)
		return t.EndOtherSessions(userID, keep)
	})
}

// EndEverySession ends the sessions of all users and all mailed links, except those that undo a change of address.
// After a restore they would let in people whose session had ended or whose link was used since the backup.
func (a *Auth) EndEverySession(ctx context.Context) (sessions, links int64, err error) {
	err = a.Transact(ctx, func(t *Tx) error {
		if err := t.Model(&Session{}).Count(&sessions).Error; err != nil {
			return err
		}
		if err := errors.Join(t.endSelected(t.Where("TRUE")), t.CredentialChanged("")); err != nil {
			return err
		}
		dropped := t.Where("purpose <> ?", letter.UndoEmailChange).Delete(&Verification{})
		links = dropped.RowsAffected
		t.recordEvent(actor{}, event.SessionsRevoked, "").Detail = "of every user"
		return dropped.Error
	})
	return sessions, links, err
}

// endPresented ends the session s that r presented. With an impersonation it also ends the admin's own session.
func (a *Auth) endPresented(t *Tx, r *http.Request, s *Session) error {
	if err := t.endSession(s); err != nil || s.ImpersonatedBy == nil {
		return err
	}
	admin, err := t.sessionOf(a.adminToken(r))
	if admin == nil || err != nil {
		return err
	}
	return t.endSession(admin)
}

// endSession ends one session and all impersonations by its user, because a thief with a copy of the session may have
// started one. The database deletes the links that the session asked for with its row.
func (t *Tx) endSession(s *Session) error {
	if err := t.deleteSession(s); err != nil || s.ImpersonatedBy != nil {
		return err
	}
	return t.endImpersonationsBy(s.UserID)
}

// deleteSession deletes one session and invalidates its cached copies.
func (t *Tx) deleteSession(s *Session) error {
	t.invalidate(s.ID)
	return t.Where("id = ?", s.ID).Delete(&Session{}).Error
}

// endSessions ends the sessions of a user and all impersonations by the user.
func (t *Tx) endSessions(userID string) error { return t.EndOtherSessions(userID, "") }

// EndOtherSessions ends all sessions of a user but keep, all impersonations by the user, and what CredentialChanged
// ends. keep is the id of a session; "" keeps none.
func (t *Tx) EndOtherSessions(userID, keep string) error {
	t.invalidate(userID)
	err := t.endSelected(t.Where("(user_id = ? OR impersonated_by = ?) AND id <> ?", userID, userID, keep))
	if err != nil {
		return err
	}
	return t.CredentialChanged(userID)
}

// endImpersonationsBy ends the sessions that an admin started as other users.
func (t *Tx) endImpersonationsBy(adminID string) error {
	return t.endSelected(t.Where("impersonated_by = ?", adminID))
}

// endImpersonationsAs ends the sessions that admins started as this user.
func (t *Tx) endImpersonationsAs(userID string) error {
	return t.endSelected(t.Where("user_id = ? AND impersonated_by IS NOT NULL", userID))
}

// endSelected ends the sessions of a query, which it locks in id order, and invalidates their cached copies.
func (t *Tx) endSelected(query *gorm.DB) error {
	var ids []string
	if err := query.Model(&Session{}).Clauses(forUpdate).Order("id").Pluck("id", &ids).Error; err != nil {
		return err
	}
	t.invalidate(ids...)
	const chunk = 500 // SQLite and PostgreSQL bound the parameters of one statement
	for len(ids) > 0 {
		n := min(chunk, len(ids))
		if err := t.Where("id IN ?", ids[:n]).Delete(&Session{}).Error; err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

// maxSessions bounds a user's own sessions; impersonations do not count. The list of sessions shows as many, so that a
// thief's session is never hidden.
const maxSessions = 100

// makeRoom ends the least recently used sessions of a user, so that one more is within maxSessions. The session with
// the id spared takes no room, because the new one replaces it.
func (t *Tx) makeRoom(userID, spared string) error {
	var surplus []Session
	err := t.Where("user_id = ? AND impersonated_by IS NULL AND id <> ?", userID, spared).
		Order("updated_at DESC, id").Offset(maxSessions - 1).Limit(maxSessions).Find(&surplus).Error
	if err != nil {
		return err
	}
	for i := range surplus {
		if err := t.endSession(&surplus[i]); err != nil {
			return err
		}
	}
	return nil
}
