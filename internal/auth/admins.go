package auth

import (
	"net/http"
	"slices"

	"example.com/foyer/internal/errs"
)

// lockAdmins locks all admins who are not banned, and returns their ids: of two concurrent demotions the second sees
// the result of the first. It also locks the user and. One statement locks all rows in id order, so that transactions
// cannot deadlock.
func (t *transaction) lockAdmins(and string) ([]string, error) {
	var admins []User
	err := t.Clauses(forUpdate).Where("role LIKE ? AND banned = ? OR id = ?", "%admin%", false, and).
		Order("id").Find(&admins).Error
	var ids []string
	for _, u := range admins {
		if u.HasRole("admin") && !u.Banned {
			ids = append(ids, u.ID)
		}
	}
	return ids, err
}

// adminsFor is lockAdmins for a change that by, nil for the command line, makes as an admin. It refuses by if another
// admin has demoted or banned them since the request was let in, such as while a password was hashed.
func (t *transaction) adminsFor(by *Session, and string) ([]string, error) {
	admins, err := t.lockAdmins(and)
	if err != nil {
		return nil, err
	}
	if by != nil && !slices.Contains(admins, by.UserID) {
		return nil, errs.Forbidden()
	}
	return admins, nil
}

// keepAdmins refuses to lose the last admin who is not banned.
func (t *transaction) keepAdmins(leaving string) error {
	admins, err := t.lockAdmins(leaving)
	if err != nil {
		return err
	}
	if slices.Equal(admins, []string{leaving}) {
		return errLastAdmin()
	}
	return nil
}

func errLastAdmin() error {
	return errs.New(http.StatusBadRequest, "LAST_ADMIN", "The last admin cannot be demoted, banned or removed.")
}
