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

func (a *Auth) serveListAccounts(w http.ResponseWriter, r *http.Request, _ *Body) (any, error) {
	s, err := a.demand(w, r)
	if err != nil {
		return nil, err
	}
	list, err := a.Accounts(r.Context(), s.UserID)
	answer := make([]wireAccount, len(list))
	for i, c := range list {
		answer[i] = wireAccount{c.ID, c.AccountID, c.ProviderID, c.UserID, isoTime{c.CreatedAt}, isoTime{c.UpdatedAt}, []string{}}
	}
	return answer, err
}

func (a *Auth) serveUnlinkAccount(w http.ResponseWriter, r *http.Request, b *Body) (any, error) {
	accountID := b.String("accountId")
	if err := b.Err(); err != nil {
		return nil, err
	}
	s, err := a.demand(w, r)
	if err != nil {
		return nil, err
	}
	if err := a.youngerThan(a.opts.FreshAge, s); err != nil {
		return nil, err
	}
	return done(), a.transact(r.Context(), func(t *transaction) error {
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
		var account Account // one: two providers may know a user by the same number
		err := t.Where("user_id = ? AND account_id = ?", s.UserID, accountID).Order("created_at, id").Take(&account).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return errs.New(http.StatusBadRequest, "ACCOUNT_NOT_FOUND", "Account not found")
		}
		if err == nil {
			err = t.Where("id = ?", account.ID).Delete(&Account{}).Error
		}
		if err != nil {
			return err
		}
		t.recordEvent(s.actor(), event.AccountUnlinked, s.UserID)
		return nil
	})
}

// The endpoints of other providers than e-mail and password, of which there are none.

func (a *Auth) serveUnknownProvider(_ http.ResponseWriter, _ *http.Request, b *Body) (any, error) {
	b.String("provider")
	if err := b.Err(); err != nil {
		return nil, err
	}
	return nil, errs.New(http.StatusNotFound, "PROVIDER_NOT_FOUND", "Provider not found")
}

func (a *Auth) serveProviderCallback(http.ResponseWriter, *http.Request, *Body) (any, error) {
	return redirect(basePath + "/error?error=state_mismatch"), nil
}

func (a *Auth) serveNoProviderToken(http.ResponseWriter, *http.Request, *Body) (any, error) {
	return nil, errs.New(http.StatusBadRequest, "PROVIDER_NOT_SUPPORTED", "No such provider is configured")
}
