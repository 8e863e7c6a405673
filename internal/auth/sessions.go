package auth

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"example.com/foyer/internal/auth/event"
	"gorm.io/gorm"
)

// Sessions lists a user's live sessions, the most recently used first.
func (a *Auth) Sessions(ctx context.Context, userID string) ([]Session, error) {
	// The limit is maxSessions. SQLite would plan a statement with a bound limit anew each time.
	query := a.db.WithContext(ctx).Raw(`
		SELECT s.id, s.token_hash, s.user_id, s.remember, s.ip_address, s.user_agent, s.impersonated_by, s.expires_at, s.created_at, s.updated_at
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

// RevokeSession ends one of the user's sessions by its handle (Session.ID), and those in which the user acts as somebody
// else: whoever holds the session may have begun one, which no list of the user's shows. A handle that is unknown or
// somebody else's is no error and has no effect: it tells nothing.
func (a *Auth) RevokeSession(ctx context.Context, by *Session, userID, handle string) error {
	if asText(handle) == nil {
		return nil
	}
	return a.transact(ctx, func(t *transaction) error {
		var s Session
		_, err := t.lockUser(userID) // as Impersonate does: what it begins is seen here, or it sees this
		if err == nil {
			err = t.Where("id = ? AND user_id = ?", handle, userID).Take(&s).Error
		}
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := t.endSession(&s); err != nil {
			return err
		}
		t.event(by, event.SessionRevoked, userID)
		return nil
	})
}

// RevokeSessions ends every session of a user, and those in which the user acts as somebody else. Refusals: 404
// USER_NOT_FOUND.
func (a *Auth) RevokeSessions(ctx context.Context, by *Session, userID string) error {
	return a.transact(ctx, func(t *transaction) error {
		if _, err := t.lockUser(userID); err != nil {
			return notFound(err)
		}
		if err := t.endSessions(userID); err != nil {
			return err
		}
		t.event(by, event.SessionsRevoked, userID)
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
		t.event(s, event.SessionsRevoked, s.UserID)
		return nil
	})
}

// endSession ends one session, and those in which its user acts as somebody else: whoever holds a copy of it may have
// begun one. Links that it asked for end with its row.
func (t *transaction) endSession(s *Session) error {
	if err := t.deleteSession(s); err != nil || s.ImpersonatedBy != nil {
		return err
	}
	return t.endImpersonations(s.UserID)
}

// deleteSession deletes one session and voids its cached copies.
func (t *transaction) deleteSession(s *Session) error {
	t.void = append(t.void, s.ID)
	return t.Where("id = ?", s.ID).Delete(&Session{}).Error
}

// endSessionOf ends the session that an admin cookie's value leads back to, if any.
func (t *transaction) endSessionOf(value string, ok bool) error {
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

// endImpersonations ends the sessions in which a user acts as somebody else.
func (t *transaction) endImpersonations(adminID string) error {
	var ids []string
	if err := t.Model(&Session{}).Where("impersonated_by = ?", adminID).Pluck("id", &ids).Error; err != nil {
		return err
	}
	t.void = append(t.void, ids...)
	return t.deleteSessions(ids)
}

// UserSessions lists every session of a user, ended and impersonated ones too, the most recently used first.
func (a *Auth) UserSessions(ctx context.Context, userID string) ([]Session, error) {
	list := []Session{}
	err := a.db.WithContext(ctx).Where("user_id = ?", userID).Order("updated_at DESC, id").Limit(1000).Find(&list).Error
	return list, err
}

// RevokeUserSession ends anybody's session by its handle; an unknown one is no error.
func (a *Auth) RevokeUserSession(ctx context.Context, by *Session, handle string) error {
	var s Session
	err := a.db.WithContext(ctx).Where("id = ?", handle).Take(&s).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return a.RevokeSession(ctx, by, s.UserID, handle)
}

// endSessions deletes the sessions of a user, and those in which they act as somebody else, but for the kept ones;
// it voids every cached copy of them.
func (t *transaction) endSessions(userID string, keep ...string) error {
	var list []Session
	err := t.Select("id").Where("user_id = ? OR impersonated_by = ?", userID, userID).Find(&list).Error
	if err != nil {
		return err
	}
	kept := map[string]bool{}
	for _, id := range keep {
		kept[id] = true
	}
	var ids []string
	for _, s := range list {
		if !kept[s.ID] {
			ids = append(ids, s.ID)
		}
	}
	t.void = append(append(t.void, userID), ids...)
	return t.deleteSessions(ids)
}

func (t *transaction) deleteSessions(ids []string) error {
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
