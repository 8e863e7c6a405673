package auth_test

import (
	"fmt"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestSmoke(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		a := authtest.NewOn(t, db, auth.Options{})
		c := authtest.Serve(t, a.Handler())
		id := c.SignUp("ada@example.com")
		fmt.Println(id, c.Cookies())
		r := c.Get("/api/auth/get-session")
		fmt.Println(r.StatusCode, r.Text, r.Header)
		c.Forget("session_data")
		r = c.Get("/api/auth/get-session")
		fmt.Println(r.StatusCode, r.Text, r.Header)
		r = c.PostJSON("/api/auth/sign-out", map[string]any{}, "Origin", "http://localhost:8080")
		fmt.Println(r.StatusCode, r.Text, r.Header)
	})
}
