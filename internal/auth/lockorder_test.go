package auth_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/errs"
	"gorm.io/gorm"
)

// TestAdminsThatComeAndGoCauseNoDeadlock: verbs that lock all admins run while others make, ban and delete admins.
func TestAdminsThatComeAndGoCauseNoDeadlock(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		atOnce(8, func(i int) {
			dice := rand.New(rand.NewPCG(1, uint64(i)))
			for range 60 {
				email := fmt.Sprintf("boss%d@example.com", dice.IntN(6))
				admin := auth.NewUser{Name: "Boss", Email: email, Password: authtest.Password, Role: "admin"}
				u, err := r.auth.UserByEmail(t.Context(), email)
				switch act := dice.IntN(3); {
				case err != nil:
					_, err = r.auth.CreateUser(t.Context(), nil, admin)
				case act == 0:
					_, err = r.auth.BanUser(t.Context(), nil, u.ID, "", nil)
				case act == 1:
					_, err = r.auth.UnbanUser(t.Context(), nil, u.ID)
				default:
					err = r.auth.RemoveUser(t.Context(), nil, u.ID)
				}
				if e := (*errs.Error)(nil); err != nil && (!errors.As(err, &e) || e.Status >= http.StatusInternalServerError) {
					t.Error(err)
				}
			}
		})
	})
}
