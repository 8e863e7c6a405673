package auth_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
)

// A login storm may not take the memory, nor the place of those who are signed in.
func TestALoginStormIsTurnedAwayAndSpares(t *testing.T) {
	r := sqliteRig(t, authtest.Costly(auth.Options{HashWorkers: 1}))
	r.SignUp("ada@example.com")
	answers, mu := map[int]int{}, sync.Mutex{}
	atOnce(110, func(i int) {
		if i%10 == 0 {
			if got := r.who(r.Copy()); got != "ada@example.com" {
				t.Errorf("during the storm: %q", got)
			}
			return
		}
		res := post(r.browser(), "/sign-in/email", `{"email":"nobody@example.com","password":"wrong-horse-1"}`)
		switch {
		case res.StatusCode == http.StatusUnauthorized:
		case res.StatusCode == http.StatusServiceUnavailable && res.Header.Get("Retry-After") == "5" &&
			strings.Contains(res.Text, `"SERVICE_UNAVAILABLE"`):
		default:
			t.Errorf("%d %s %v", res.StatusCode, res.Text, res.Header)
		}
		mu.Lock()
		defer mu.Unlock()
		answers[res.StatusCode]++
	})
	if answers[http.StatusUnauthorized] < 2 || answers[http.StatusServiceUnavailable] == 0 {
		t.Errorf("answers %v: want some served and the surplus turned away", answers)
	}
	if res := signIn(r.browser(), "ada@example.com"); res.StatusCode != http.StatusOK {
		t.Errorf("after the storm: %d %s", res.StatusCode, res.Text)
	}
}
