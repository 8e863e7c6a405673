package twofactor_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/twofactor"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// TestSecondStep: the password alone gives one cookie and no session; the code gives the session.
func TestSecondStep(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db)
		p := r.enrolled("ada@example.com")
		sessions := r.count("sessions")
		c := r.browser()
		first := signIn(p.firstStep(c), p.email, p.password)
		if e := r.log.events[len(r.log.events)-1]; e.Name != "second_step_owed" || e.SubjectID != p.id || e.Refused {
			t.Errorf("the trail hears %+v", e)
		}
		names := map[string]string{}
		for _, line := range first.Header["Set-Cookie"] {
			name, rest, _ := strings.Cut(line, "=")
			_, attributes, _ := strings.Cut(rest, "; ")
			names[name] = attributes
		}
		if names[stepCookie] != "Path=/; Max-Age=600; HttpOnly; SameSite=Lax" || len(names) != 4 {
			t.Errorf("cookies %v", names)
		}
		if len(c.Cookies()) != 1 || value(c, stepCookie) == "" || who(t, c) != "" || r.count("sessions") != sessions {
			t.Errorf("between the steps: %v, %d sessions", c.Cookies(), r.count("sessions"))
		}
		wantRefusal(t, "an act between the steps", post(c, "/update-user", `{"name":"x"}`), 401, "UNAUTHORIZED")
		var v struct {
			Token string
			User  struct {
				ID               string
				TwoFactorEnabled bool
			}
		}
		decode(t, wantOK(t, verify(c, p.code())), &v)
		if v.User.ID != p.id || !v.User.TwoFactorEnabled || v.Token != p.session(c).ID {
			t.Errorf("%+v", v)
		}
		if who(t, c) != p.email || value(c, stepCookie) != "" || r.count("second_steps") != 1 { // that of firstStep
			t.Errorf("after both: %q %v", who(t, c), c.Cookies())
		}
		if s := p.session(c); !s.MultiFactor() || s.AMR != "pwd otp mfa" || !s.Remember {
			t.Errorf("%+v", s)
		}
	})
}

// TestWrongPasswordTellsNothing: a user with a factor and one without are refused alike.
func TestWrongPasswordTellsNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, dbtest.Open(t, dbtest.SQLite(t)))
	p, q := r.enrolled("ada@example.com"), r.signUp("bob@example.com")
	var answers []string
	for _, email := range []string{p.email, q.email, "nobody@example.com"} {
		got := signIn(r.browser(), email, "wrong-wrong")
		answers = append(answers, fmt.Sprint(got.StatusCode, got.Text, got.Header["Set-Cookie"]))
	}
	if answers[0] != answers[1] || answers[0] != answers[2] || !strings.HasPrefix(answers[0], "401") {
		t.Error(answers)
	}
}

func TestRememberMeHoldsOverBothSteps(t *testing.T) {
	t.Parallel()
	r := newRig(t, dbtest.Open(t, dbtest.SQLite(t)))
	p := r.enrolled("ada@example.com")
	for _, trust := range []bool{false, true} {
		c := r.browser()
		wantOK(t, post(c, "/sign-in/email", map[string]any{"email": p.email, "password": p.password, "rememberMe": false}))
		if value(c, forgetCookie) == "" {
			t.Error("the first step forgets it")
		}
		got := wantOK(t, post(c, "/two-factor/verify-totp", map[string]any{"code": p.code(), "trustDevice": trust}))
		for _, cookie := range got.Cookies() {
			if cookie.Name == tokenCookie && cookie.MaxAge != 0 {
				t.Errorf("the session outlives the browser: %v", cookie)
			}
		}
		if value(c, forgetCookie) == "" || p.session(c).Remember {
			t.Error("the second step forgets it")
		}
	}
}

// TestFirstStepEndsTheSessionBefore: a browser that is between the steps of one user is not signed in as another.
func TestFirstStepEndsTheSessionBefore(t *testing.T) {
	t.Parallel()
	r := newRig(t, dbtest.Open(t, dbtest.SQLite(t)))
	p, q := r.enrolled("ada@example.com"), r.signUp("bob@example.com")
	old := q.Copy()
	p.firstStep(q.Client)
	if who(t, q.Client) != "" || who(t, old) != "" {
		t.Error("the session of before lives")
	}
	wantOK(t, verify(q.Client, p.code()))
	if who(t, q.Client) != p.email {
		t.Error(who(t, q.Client))
	}
}

// TestChallengeIsBoundToItsCookie: nothing but the cookie of a first step leads to the second.
func TestChallengeIsBoundToItsCookie(t *testing.T) {
	t.Parallel()
	r := newRig(t, dbtest.Open(t, dbtest.SQLite(t)))
	p := r.enrolled("ada@example.com")
	c := p.pending()
	good := value(c, stepCookie)
	changed := "A" + good[1:]
	if changed == good {
		changed = "B" + good[1:]
	}
	for what, bad := range map[string]string{
		"none": "", "unsigned": good[:26], "cut": good[:len(good)-1], "of a session": value(p.Client, tokenCookie),
		"a name": p.id, "changed": changed, "of trust": value(p.trusted(), trustCookie),
	} {
		b := r.browser()
		if bad != "" {
			hold(b, stepCookie, bad)
		}
		wantRefusal(t, what, verify(b, p.code()), 401, "INVALID_TWO_FACTOR_COOKIE")
		wantRefusal(t, what, recovery(b, p.codes[0]), 401, "INVALID_TWO_FACTOR_COOKIE")
	}
	if email, err := r.factor.Challenged(request(t, c)); err != nil || email != p.email {
		t.Errorf("challenged: %q, %v", email, err)
	}
	copied := c.Copy()
	wantOK(t, verify(c, p.code()))
	wantRefusal(t, "spent", verify(copied, p.code()), 401, "INVALID_TWO_FACTOR_COOKIE")
	if value(copied, stepCookie) != "" {
		t.Error("the spent cookie stays")
	}
	late := p.pending()
	r.clock.advance(10 * time.Minute)
	wantRefusal(t, "expired", verify(late, p.code()), 401, "INVALID_TWO_FACTOR_COOKIE")
	if email, err := r.factor.Challenged(request(t, late)); err != nil || email != "" {
		t.Error("an expired challenge shows an address")
	}
}

func request(t testing.TB, c *authtest.Client) *http.Request {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.Base, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, cookie := range c.Cookies() {
		r.AddCookie(cookie)
	}
	return r
}

// TestCodesWorkOnce: no code of an app opens a second sign-in, be it one after the other, of the enrolment, or of a
// session; and an older code does not either.
func TestCodesWorkOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db)
		p := r.signUp("ada@example.com")
		p.enable()
		code := p.code()
		wantOK(t, verify(p.Client, code))
		wantRefusal(t, "of the enrolment", verify(p.pending(), code), 401, "INVALID_CODE")
		older := p.code()
		code = p.code()
		wantOK(t, verify(p.pending(), code))
		again := p.pending()
		mails, events := r.log.length()
		wantRefusal(t, "again", verify(again, code), 401, "INVALID_CODE")
		if _, heard := r.log.since(mails, events); fmt.Sprint(heard) != "[code_refused]" {
			t.Errorf("the trail hears %v", heard)
		}
		wantRefusal(t, "again in a session", verify(p.Client, code), 401, "INVALID_CODE")
		wantRefusal(t, "of the step before", verify(p.pending(), older), 401, "INVALID_CODE")
		code = p.code()
		wantOK(t, verify(p.Client, code))
		wantRefusal(t, "of a session", verify(p.pending(), code), 401, "INVALID_CODE")
		wantOK(t, recovery(p.Client, p.codes[0]))
		wantRefusal(t, "a recovery code of a session", recovery(p.pending(), p.codes[0]), 401, "INVALID_BACKUP_CODE")
		wantOK(t, recovery(p.pending(), strings.ToLower(strings.ReplaceAll(p.codes[1], "-", " "))))
		wantRefusal(t, "a recovery code again", recovery(p.pending(), p.codes[1]), 401, "INVALID_BACKUP_CODE")
	})
}

// race sends requests at once and returns how many succeed. The others are refused with a code that begins so.
func race(t *testing.T, code string, requests ...func() authtest.Answer) (passed int) {
	t.Helper()
	answers := make([]authtest.Answer, len(requests))
	var all sync.WaitGroup
	start := make(chan struct{})
	for i, send := range requests {
		all.Go(func() { <-start; answers[i] = send() })
	}
	close(start)
	all.Wait()
	for _, got := range answers {
		if got.StatusCode == http.StatusOK {
			passed++
		} else if !strings.Contains(got.Text, `"`+code) {
			t.Errorf("%d %s, want %s", got.StatusCode, got.Text, code)
		}
	}
	return passed
}

// TestRaces: of requests at the same time with the same code or first step one succeeds.
func TestRaces(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db)
		for i := range 3 {
			p := r.enrolled(fmt.Sprintf("ada%d@example.com", i))
			sessions := r.count("sessions")
			var one, spent, last []func() authtest.Answer
			for range 4 {
				c, d := p.pending(), p.pending()
				one = append(one, func() authtest.Answer { return verify(c, twofactor.CodeAt(p.uri, p.clock.Now().Unix())) })
				last = append(last, func() authtest.Answer { return recovery(d, p.codes[0]) })
			}
			p.code()
			if n := race(t, "INVALID_CODE", one...); n != 1 {
				t.Errorf("one code of an app: %d sign-ins", n)
			}
			if n := race(t, "INVALID_BACKUP_CODE", last...); n != 1 {
				t.Errorf("one recovery code: %d sign-ins", n)
			}
			c := p.pending()
			p.code()
			for range 4 {
				same := c.Copy()
				spent = append(spent, func() authtest.Answer { return verify(same, twofactor.CodeAt(p.uri, p.clock.Now().Unix())) })
			}
			if n := race(t, "INVALID_", spent...); n != 1 {
				t.Errorf("one first step: %d sign-ins", n)
			}
			c = p.pending()
			var different []func() authtest.Answer
			for _, code := range p.codes[1:5] {
				same := c.Copy()
				different = append(different, func() authtest.Answer { return recovery(same, code) })
			}
			if n := race(t, "INVALID_TWO_FACTOR_COOKIE", different...); n != 1 {
				t.Errorf("one first step, four recovery codes: %d sign-ins", n)
			}
			if n := r.count("sessions"); n != sessions+4 {
				t.Errorf("%d sessions, want %d", n, sessions+4)
			}
		}
	})
}

// TestRacingEnrolment: one code of an enrolment, sent four times at once, renews the session once.
func TestRacingEnrolment(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db)
		p := r.signUp("ada@example.com")
		p.enable()
		code := p.code()
		var all []func() authtest.Answer
		for range 4 {
			c := p.Copy()
			all = append(all, func() authtest.Answer { return verify(c, code) })
		}
		if n := race(t, "", all...); n != 1 || r.count("sessions") != 1 {
			t.Errorf("%d answers, %d sessions", n, r.count("sessions"))
		}
	})
}

// TestAnotherSignInEndsTheHalfDone: a browser between the steps of one user signs in as another, who owes none.
func TestAnotherSignInEndsTheHalfDone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db)
		p := r.enrolled("ada@example.com")
		bob := r.signUp("bob@example.com")
		c := r.browser()
		wantOK(t, post(c, "/sign-in/email", map[string]any{"email": p.email, "password": p.password}))
		if n := r.count("second_steps"); n != 1 {
			t.Fatalf("%d half-done sign-ins", n)
		}
		wantOK(t, post(c, "/sign-in/email", map[string]any{"email": bob.email, "password": bob.password}))
		if n := r.count("second_steps"); n != 0 {
			t.Errorf("%d half-done sign-ins are left", n)
		}
	})
}
