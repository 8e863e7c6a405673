package twofactor_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/ratelimit"
	"gorm.io/gorm"
)

// badly enters n wrong codes.
func (p *person) badly(c *authtest.Client, n int) {
	p.t.Helper()
	for range n {
		wantRefusal(p.t, "a wrong code", verify(c, p.wrong()), 401, "INVALID_CODE")
	}
}

const (
	tooMany = "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE"
	locked  = "ACCOUNT_TEMPORARILY_LOCKED"
)

// part:ratelimit

// TestThreeCodesInTenSeconds: from one address, whatever was typed before.
func TestThreeCodesInTenSeconds(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, func(o *auth.Options) { o.RateLimit.Limiter = ratelimit.New(db, o.Now) })
		for range 2 {
			for range 3 {
				wantRefusal(t, "a code", verify(r.browser(), "123456"), 401, "INVALID_TWO_FACTOR_COOKIE")
			}
			if got := verify(r.browser(), "123456"); got.StatusCode != 429 || got.Header.Get("Retry-After") != "10" {
				t.Errorf("the fourth: %d %s", got.StatusCode, got.Text)
			}
			r.clock.advance(10 * time.Second)
		}
	})
}

// TestANeighbourLeavesTheSecondStep: what a stranger does behind the same address does not keep the owner out on a
// device on which the owner has signed in before.
func TestANeighbourLeavesTheSecondStep(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, func(o *auth.Options) { o.RateLimit.Limiter = ratelimit.New(db, o.Now) })
		p := r.enrolled("ada@example.com")
		r.clock.advance(time.Minute)
		owner, code := p.firstStep(p.Client), p.code()
		for range 4 {
			verify(r.browser(), "123456")
			recovery(r.browser(), "aaaaa-aaaaa")
		}
		wantRefusal(t, "a wrong recovery code", recovery(owner, "aaaaa-aaaaa"), 401, "INVALID_BACKUP_CODE")
		wantOK(t, verify(owner, code))
	})
}

// end:ratelimit

// TestFiveGuessesAfterAPassword: over all kinds of codes. The sixth is refused even if it is right, and the password
// has to be typed again.
func TestFiveGuessesAfterAPassword(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db)
		p := r.enrolled("ada@example.com")
		for what, last := range map[string]func(*authtest.Client) authtest.Answer{
			"a right code":    func(c *authtest.Client) authtest.Answer { return verify(c, p.code()) },
			"a recovery code": func(c *authtest.Client) authtest.Answer { return recovery(c, p.codes[0]) },
		} {
			c := p.pending()
			copied := c.Copy()
			p.badly(c, 3)
			for range 2 {
				wantRefusal(t, "a wrong recovery code", recovery(c, "aaaaa-aaaaa"), 401, "INVALID_BACKUP_CODE")
			}
			wantRefusal(t, what, last(c), 400, tooMany)
			if value(c, stepCookie) != "" {
				t.Error("the cookie stays")
			}
			wantRefusal(t, what+", by a copy", last(copied), 401, "INVALID_TWO_FACTOR_COOKIE")
			wantOK(t, verify(p.pending(), p.code())) // clears the count
		}
	})
}

// TestTenWrongCodesLockTheAccount: for every code in every browser, signed in or not, with a mail and an event;
// sessions go on, and after the time all codes work again.
func TestTenWrongCodesLockTheAccount(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db)
		for what, guess := range map[string]func(p *person){
			"between the steps": func(p *person) { p.badly(p.pending(), 5); p.badly(p.pending(), 5) },
			"in a session":      func(p *person) { p.badly(p.Client, 10) },
			"mixed":             func(p *person) { p.badly(p.pending(), 4); p.badly(p.Client, 6) },
			"at re-authentication": func(p *person) {
				s := p.session(p.Client)
				for range 10 {
					if _, err := p.auth.Reauthenticate(nopWriter{}, request(p.t, p.Client), s, p.password, p.wrong()); err == nil {
						p.t.Error("a wrong code re-authenticates")
					}
				}
			},
		} {
			t.Run(what, func(t *testing.T) {
				p := r.enrolled(strings.ReplaceAll(what, " ", "") + "@example.com")
				trusted := p.trusted()
				mails, events := r.log.length()
				guess(p)
				sent, heard := r.log.since(mails, events)
				heard = slices.DeleteFunc(heard, func(name string) bool { return name == "code_refused" })
				if !slices.Equal(sent, []string{"two_factor_locked"}) || !slices.Contains(heard, "two_factor_locked") {
					t.Errorf("mails %v, events %v", sent, heard)
				}
				c := p.pending()
				r.clock.advance(time.Minute)
				got := verify(c, p.code())
				wantRefusal(t, "a right code", got, 429, locked)
				if got.Header.Get("Retry-After") != "810" { // 15 minutes, of which 90 seconds have passed
					t.Errorf("Retry-After %q", got.Header.Get("Retry-After"))
				}
				wantRefusal(t, "a recovery code", recovery(c, p.codes[0]), 429, locked)
				wantRefusal(t, "in a session", verify(p.Client, p.code()), 429, locked)
				if who(t, p.Client) != p.email || value(c, stepCookie) == "" {
					t.Error("the lock ends a session or a first step")
				}
				if got := signIn(trusted, p.email, p.password); got.StatusCode != 200 || who(t, trusted) != p.email {
					t.Errorf("the trusted device: %d %s", got.StatusCode, got.Text)
				}
				if n, _ := r.log.since(mails, events); len(n) != 1 {
					t.Errorf("mails while it is locked: %v", n)
				}
				r.clock.advance(15 * time.Minute)
				p.badly(p.pending(), 5) // a whole budget again
				wantOK(t, verify(p.pending(), p.code()))
			})
		}
	})
}

// TestASuccessClearsTheCount: 9 wrong codes, a right one of either kind, and again.
func TestASuccessClearsTheCount(t *testing.T) {
	t.Parallel()
	r := newRig(t, dbtest.Open(t, dbtest.SQLite(t)))
	p := r.enrolled("ada@example.com")
	for _, right := range []func(c *authtest.Client) authtest.Answer{
		func(c *authtest.Client) authtest.Answer { return verify(c, p.code()) },
		func(c *authtest.Client) authtest.Answer { return recovery(c, p.codes[0]) },
		func(c *authtest.Client) authtest.Answer { return verify(p.Client, p.code()) },
		func(c *authtest.Client) authtest.Answer { return recovery(p.Client, p.codes[1]) },
		func(c *authtest.Client) authtest.Answer { return verify(c, p.code()) },
	} {
		p.badly(p.pending(), 5)
		c := p.pending()
		p.badly(c, 4)
		wantOK(t, right(c))
	}
}

// TestGuessesAtOnce: of 20 guesses at the same time after one password five are compared, and of 20 in a session ten.
func TestGuessesAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db)
		p := r.enrolled("ada@example.com")
		c, wrong := p.pending(), p.wrong()
		var guesses []func() authtest.Answer
		compared := func(c *authtest.Client) (n int) {
			guesses = nil
			answers := make(chan authtest.Answer, 20)
			for range 20 {
				same := c.Copy()
				guesses = append(guesses, func() authtest.Answer {
					got := verify(same, wrong)
					answers <- got
					return got
				})
			}
			race(t, "", guesses...)
			close(answers)
			for got := range answers {
				var v struct{ Code string }
				if decode(t, got, &v); v.Code == "INVALID_CODE" {
					n++
				}
			}
			return n
		}
		if n := compared(c); n != 5 {
			t.Errorf("%d guesses after one password", n)
		}
		wantOK(t, verify(p.pending(), p.code()))
		if n := compared(p.Client); n != 10 {
			t.Errorf("%d guesses in a session", n)
		}
		if got := verify(p.Client, wrong); got.StatusCode != http.StatusTooManyRequests {
			t.Error(got.Text)
		}
	})
}

// TestABlankCodeIsNoGuess: an empty field is not counted.
func TestABlankCodeIsNoGuess(t *testing.T) {
	t.Parallel()
	r := newRig(t, dbtest.Open(t, dbtest.SQLite(t)))
	p := r.enrolled("ada@example.com")
	c := p.pending()
	for range 12 {
		wantRefusal(t, "blank", verify(c, ""), 401, "INVALID_CODE")
	}
	wantOK(t, verify(c, p.code()))
}
