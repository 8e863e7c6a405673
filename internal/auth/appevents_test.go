package auth_test

import (
	"errors"
	"fmt"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// TestRecord: a package of the app records an act of its own with names, actor, impersonator and origin, in its
// transaction. An error of OnEvent rolls that back.
func TestRecord(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		var heard []auth.Event
		full := errors.New("the trail is full")
		a := authtest.NewOn(t, db, auth.Options{OnEvent: func(_ *gorm.DB, e auth.Event) error {
			if e.Detail == "too much" {
				return full
			}
			heard = append(heard, e)
			return nil
		}})
		ids := map[string]string{}
		for _, name := range []string{"Ada", "Bob", "Eve"} {
			u, err := a.CreateUser(t.Context(), nil, auth.NewUser{Name: name, Email: name + "@example.com"})
			if err != nil {
				t.Fatal(err)
			}
			ids[name] = u.ID
		}
		eve := ids["Eve"]
		s := &auth.Session{ID: "s", UserID: ids["Ada"], ImpersonatedBy: &eve}
		fold := func(s *auth.Session, detail string) error {
			return db.Transaction(func(tx *gorm.DB) error {
				if err := tx.Model(&auth.User{}).Where("id = ?", ids["Bob"]).Update("name", detail).Error; err != nil {
					return err
				}
				e := s.Event("paper_folded")
				e.SubjectID, e.Detail = ids["Bob"], detail
				return a.Record(tx, e)
			})
		}
		heard = nil
		if err := fold(s, "Bobby"); err != nil || len(heard) != 1 {
			t.Fatal(heard, err)
		}
		want := auth.Event{
			Name: "paper_folded", ActorID: ids["Ada"], ActorName: "Ada <ada@example.com>", ImpersonatorID: eve,
			ImpersonatorName: "Eve <eve@example.com>", SubjectID: ids["Bob"], SubjectName: "Bobby <bob@example.com>",
			Detail: "Bobby",
		}
		if heard[0] != want {
			t.Errorf("\ngot  %+v\nwant %+v", heard[0], want)
		}
		if err := fold(s, "too much"); !errors.Is(err, full) {
			t.Error(err)
		}
		if u, err := a.User(t.Context(), ids["Bob"]); err != nil || u.Name != "Bobby" {
			t.Errorf("not rolled back: %v, %v", u, err)
		}
	})
}

func TestUsersByID(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		a := authtest.NewOn(t, db, auth.Options{})
		ids := []string{"nobody", "a\x00b", ""}
		for i := range 3 {
			u, err := a.CreateUser(t.Context(), nil, auth.NewUser{Name: fmt.Sprint(i), Email: fmt.Sprintf("%d@example.com", i)})
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, u.ID, u.ID)
		}
		users, err := a.UsersByID(t.Context(), ids...)
		if err != nil || len(users) != 3 || users[ids[3]].Name != "0" || users[ids[8]].Name != "2" {
			t.Errorf("%v, %v", users, err)
		}
		if users, err := a.UsersByID(t.Context()); err != nil || len(users) != 0 {
			t.Errorf("of no ids: %v, %v", users, err)
		}
		if _, err := a.UsersByID(t.Context(), make([]string, 101)...); err == nil {
			t.Error("101 at once")
		}
	})
}
