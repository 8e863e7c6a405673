package auth

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"example.com/foyer/internal/auth/password"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/ratelimit"
	"gorm.io/gorm"
)

// leaving is a Limiter after whose Fail the caller leaves: the try is counted, and its password not compared yet.
type leaving struct {
	Limiter
	leave func()
}

func (l *leaving) Fail(
	ctx context.Context, key, member string, free int, window time.Duration,
) (wait time.Duration, err error) {
	defer l.leave()
	return l.Limiter.Fail(ctx, key, member, free, window)
}

// TestOnlyAWrongPasswordCounts: a try that ends before the password is compared, in a full queue or at a deadline,
// counts as no failure, wherever a password is asked for. Five wrong ones are free all the same.
func TestOnlyAWrongPasswordCounts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		now := func() time.Time { return time.Date(2031, 3, 1, 12, 0, 0, 0, time.UTC) }
		limiter := &leaving{Limiter: ratelimit.New(db, now), leave: func() {}}
		a, err := New(db, Options{
			BaseURL: "http://localhost:8080", Secrets: []string{"a-secret-of-more-than-32-characters"}, HashWorkers: 1, Now: now,
			Logger:    slog.New(slog.DiscardHandler),
			RateLimit: RateLimit{Limiter: limiter, Rules: []RateRule{}},
		})
		if err != nil {
			t.Fatal(err)
		}
		const right, wrong = "314-159-265", "wrong-horse-1"
		for name, try := range map[string]func(r *http.Request, u *User, password string) error{
			"sign in": func(r *http.Request, u *User, password string) error {
				_, err := a.SignInEmail(httptest.NewRecorder(), r, Credentials{Email: u.Email, Password: password})
				return err
			},
			"check": func(r *http.Request, u *User, password string) error {
				return a.CheckPassword(r, &Session{UserID: u.ID, User: u}, password)
			},
			"reauth": func(r *http.Request, u *User, password string) error {
				_, err := a.Reauthenticate(httptest.NewRecorder(), r, &Session{UserID: u.ID, User: u}, password, "")
				return err
			},
			"change": func(r *http.Request, u *User, password string) error {
				s := &Session{UserID: u.ID, User: u}
				_, err := a.ChangePassword(httptest.NewRecorder(), r, s, password, "another-horse-2", false)
				return err
			},
			"link": func(r *http.Request, u *User, password string) error {
				_, err := a.checkPasswordOfLink(r, &Verification{UserID: u.ID}, password)
				return err
			},
		} {
			u, err := a.CreateUser(t.Context(), nil, NewUser{Name: name, Email: name[:4] + "@example.com", Password: right,
				Verified: true})
			if err != nil {
				t.Fatal(err)
			}
			status := func(ctx context.Context, password string) int {
				r := httptest.NewRequest(http.MethodPost, "/", nil).WithContext(ctx)
				r.RemoteAddr = "192.0.2.1:1"
				e, _ := try(r, u, password).(*errs.Error)
				if e == nil {
					return http.StatusOK
				}
				return e.Status
			}
			release, started := make(chan struct{}), make(chan struct{})
			go a.hasher.Do(t.Context(), password.Place{}, func() { close(started); <-release })
			<-started
			for i := range 8 {
				ctx, leave := context.WithCancel(t.Context())
				limiter.leave = leave
				if got := status(ctx, right); got != http.StatusServiceUnavailable {
					t.Errorf("%s, try %d on a busy machine: %d", name, i, got)
				}
				leave()
			}
			close(release)
			for i := range 5 {
				if got := status(t.Context(), wrong); got != http.StatusUnauthorized && got != http.StatusBadRequest {
					t.Errorf("%s, wrong password %d: %d", name, i, got)
				}
			}
			if got := status(t.Context(), right); got != http.StatusTooManyRequests {
				t.Errorf("%s after five wrong ones: %d", name, got)
			}
		}
	})
}
