package auth

import (
	"context"
	"errors"
	"net/http"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/errs"
	"gorm.io/gorm"
)

// Accounts lists the ways in which a user can prove who they are.
func (a *Auth) Accounts(ctx context.Context, userID string) ([]Account, error) {
	var list []Account
	err := a.db.WithContext(ctx).Where("user_id = ?", userID).Order("created_at, id").Find(&list).Error
	return list, err
}

// UnlinkAccount deletes one of the accounts of s's user by its AccountID. Refusals: 400 FAILED_TO_UNLINK_LAST_ACCOUNT,
// because the user could not sign in any more; 400 ACCOUNT_NOT_FOUND.
func (a *Auth) UnlinkAccount(ctx context.Context, s *Session, accountID string) error {
	return a.transact(ctx, func(t *transaction) error {
		if _, err := t.lockUser(s.UserID); err != nil {
			return notFound(err)
		}
		var all int64
		if err := t.Model(&Account{}).Where("user_id = ?", s.UserID).Count(&all).Error; err != nil {
			return err
		}
		if all < 2 {
			return errs.New(http.StatusBadRequest, "FAILED_TO_UNLINK_LAST_ACCOUNT", "You can't unlink your last account")
		}
		var account Account // the oldest: two providers may know a user by the same number
		err := t.Where("user_id = ? AND account_id = ?", s.UserID, accountID).Order("created_at, id").Take(&account).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return errs.New(http.StatusBadRequest, "ACCOUNT_NOT_FOUND", "Account not found")
		}
		if err != nil {
			return err
		}
		t.recordEvent(s.actor(), event.AccountUnlinked, s.UserID)
		return t.Where("id = ?", account.ID).Delete(&Account{}).Error
	})
}
