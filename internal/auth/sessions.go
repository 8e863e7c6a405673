package auth

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"example.com/foyer/internal/auth/event"
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

// RevokeSession ends one of the user's sessions by its handle (Session.ID), and all impersonations by the user: a
// thief in the session may have started one, and the user's list does not show it. An unknown handle, or another
// user's, has no effect and is no error.
func (a *Auth) RevokeSession(ctx context.Context, by *Session, userID, handle string) error {
	if !storable(handle) {
		return nil
	}
	return a.transact(ctx, func(t *transaction) error {
		// Impersonate locks the user too, so that an impersonation started meanwhile ends here or is refused there.
		if _, err := t.lockUser(userID); err != nil {
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

// ignoreMissing treats a missing row as success.
func ignoreMissing(err error) error {
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil
	}
	return err
}

// RevokeSessions ends every session of a user, and all impersonations by the user. Refusals: 404 USER_NOT_FOUND.
func (a *Auth) RevokeSessions(ctx context.Context, by *Session, userID string) error {
	return a.transact(ctx, func(t *transaction) error {
		if _, err := t.lockUser(userID); err != nil {
			return notFound(err)
		}
		if err := t.endSessions(userID); err != nil {
			return err
		}
		t.recordEvent(by.actor(), event.SessionsRevoked, userID)
		return nil
	})
}

// RevokeOtherSessions ends every session of its user but s.
func (a *Auth) RevokeOtherSessions(ctx context.Context, s *Session) error {
	return a.transact(ctx, func(t *transaction) error {
		if _, err := t.lockUser(s.UserID); err != nil {
			return notFound(err)
		}
		if err := t.endSessions(s.UserID, s.ID); err != nil {
			return err
		}
		t.recordEvent(s.actor(), event.SessionsRevoked, s.UserID)
		return nil
	})
}

// endSession ends one session and all impersonations by its user, because a thief with a copy of the session may have
// started one. The database deletes the links that the session asked for with its row.
func (t *transaction) endSession(s *Session) error {
	if err := t.deleteSession(s); err != nil || s.ImpersonatedBy != nil {
		return err
	}
	return t.endImpersonationsBy(s.UserID)
}

// deleteSession deletes one session and invalidates its cached copies.
func (t *transaction) deleteSession(s *Session) error {
	t.invalidate(s.ID)
	return t.Where("id = ?", s.ID).Delete(&Session{}).Error
}

// endAdminSession ends the admin's own session that the value of an admin cookie names, if any.
func (t *transaction) endAdminSession(value string, ok bool) error {
	token, _, _ := strings.Cut(value, ":")
	if !ok {
		return nil
	}
	s, err := t.sessionOf(token)
	if s == nil || err != nil {
		return err
	}
	return t.endSession(s)
}

// endImpersonationsBy ends the sessions that an admin started as other users.
func (t *transaction) endImpersonationsBy(adminID string) error {
	return t.endSelected(t.Where("impersonated_by = ?", adminID))
}

// endImpersonationsAs ends the sessions that admins started as this user.
func (t *transaction) endImpersonationsAs(userID string) error {
	return t.endSelected(t.Where("user_id = ? AND impersonated_by IS NOT NULL", userID))
}

// UserSessions lists every session of a user, expired and impersonated ones too, most recently used first.
func (a *Auth) UserSessions(ctx context.Context, userID string) ([]Session, error) {
	list := []Session{}
	err := a.db.WithContext(ctx).Where("user_id = ?", userID).Order("updated_at DESC, id").Limit(1000).Find(&list).Error
	return list, err
}

// RevokeUserSession is RevokeSession for a session of any user.
func (a *Auth) RevokeUserSession(ctx context.Context, by *Session, handle string) error {
	var s Session
	if err := a.db.WithContext(ctx).Where("id = ?", handle).Take(&s).Error; err != nil {
		return ignoreMissing(err)
	}
	return a.RevokeSession(ctx, by, s.UserID, handle)
}

// endSessions ends the sessions of a user and all impersonations by the user, but for the kept ones.
func (t *transaction) endSessions(userID string, keep ...string) error {
	t.invalidate(userID)
	return t.endSelected(t.Where("user_id = ? OR impersonated_by = ?", userID, userID), keep...)
}

// endSelected ends the sessions of a query, but for the kept ones, and invalidates their cached copies.
func (t *transaction) endSelected(query *gorm.DB, keep ...string) error {
	var ids []string
	if err := query.Model(&Session{}).Pluck("id", &ids).Error; err != nil {
		return err
	}
	ids = slices.DeleteFunc(ids, func(id string) bool { return slices.Contains(keep, id) })
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
