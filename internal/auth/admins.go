package auth

import (
	"net/http"
	"slices"

	"example.com/foyer/internal/errs"
)

// lockAdmins gives the ids of all admins who are not banned, and holds their rows: of two demotions at once the
// second sees what the first left. It holds the row of another user too, in one go: whoever locks several users does so in
// the order of their ids, and never waits for somebody who waits for them.
func (t *transaction) lockAdmins(and string) ([]string, error) {
	var admins []User
	err := t.Clauses(forUpdate).Where("role LIKE ? AND banned = ? OR id = ?", "%admin%", false, and).Order("id").Find(&admins).Error
	var ids []string
	for _, u := range admins {
		if u.HasRole("admin") && !u.Banned {
			ids = append(ids, u.ID)
		}
	}
	return ids, err
}

// adminsFor is lockAdmins for what by does as one of them: an admin may have fallen since the request was let in, most of
// all while a password was hashed. by is nil for the command line.
func (t *transaction) adminsFor(by *Session, and string) ([]string, error) {
	admins, err := t.lockAdmins(and)
	if err == nil && by != nil && !slices.Contains(admins, by.UserID) {
		err = errs.Forbidden()
	}
	return admins, err
}

// keepAdmins refuses to lose the last admin who is not banned.
func (t *transaction) keepAdmins(leaving string) error {
	admins, err := t.lockAdmins(leaving)
	if err == nil && slices.Equal(admins, []string{leaving}) {
		return errLastAdmin()
	}
	return err
}

func errLastAdmin() error {
	return errs.New(http.StatusBadRequest, "LAST_ADMIN", "The last admin cannot be demoted, banned or removed.")
}
