package passkey_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/passkey"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// TestPasskeySignsIn: a passkey of one browser signs in on another one, as both factors.
func TestPasskeySignsIn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{}, passkey.Options{})
		c, id, d := r.withKey("ada@example.com")
		wantOK(t, "signing out", post(c, "/sign-out", `{}`))
		other := r.browser()
		got := r.enter(other, d)
		wantOK(t, "signing in", got)
		r.wantWho("the other browser", other, "ada@example.com")
		var v struct{ Session, User struct{ ID, UserID string } }
		decode(t, got.Text, &v)
		var s auth.Session
		if err := db.Where("user_id = ?", id).Take(&s).Error; err != nil || s.AMR != "pop mfa" || !s.Remember {
			t.Errorf("%+v, %v", s, err)
		}
		if v.Session.UserID != id || v.User.ID != id || v.Session.ID != s.ID {
			t.Errorf("the answer is of %+v", v)
		}
		if k := r.list(id)[0]; k.LastUsedAt == nil || !k.LastUsedAt.Equal(r.auth.Now()) {
			t.Errorf("last used %v", k.LastUsedAt)
		}
	})
}

// TestSecondStepIsNotAsked: a passkey is both factors, so that a user with a second factor needs no code.
func TestSecondStepIsNotAsked(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t)
	_, _, d := r.withKey("ada@example.com")
	step := &auth.SecondStep{Methods: []string{"totp"}, Cookie: r.auth.Cookie("step"), Value: "x"}
	r.auth.Join(auth.Hooks{OwedStep: func(
		*auth.Tx, http.ResponseWriter, *http.Request, *auth.User, auth.Start,
	) (*auth.SecondStep, error) {
		return step, nil
	}})
	other := r.browser()
	wantOK(t, "signing in", r.enter(other, d))
	r.wantWho("by passkey", other, "ada@example.com")
	got := post(r.browser(), "/sign-in/email", `{"email":"ada@example.com","password":"`+authtest.Password+`"}`)
	if !strings.Contains(got.Text, "twoFactorRedirect") {
		t.Errorf("by password: %d %s", got.StatusCode, got.Text)
	}
}

// lies are answers that no honest browser and authenticator give for this site.
var lies = map[string]func(*authtest.Claim){
	"another origin":           func(c *authtest.Claim) { c.Client["origin"] = "https://evil.example" },
	"a longer origin":          func(c *authtest.Claim) { c.Client["origin"] = home + ".evil.example" },
	"an origin with a path":    func(c *authtest.Claim) { c.Client["origin"] = home + "/login" },
	"an origin with a user":    func(c *authtest.Claim) { c.Client["origin"] = "http://evil@localhost:8080" },
	"an origin in capitals":    func(c *authtest.Claim) { c.Client["origin"] = "HTTP://LOCALHOST:8080" },
	"another port":             func(c *authtest.Claim) { c.Client["origin"] = "http://localhost:8081" },
	"no origin":                func(c *authtest.Claim) { delete(c.Client, "origin") },
	"another kind of ceremony": func(c *authtest.Claim) { c.Client["type"] = "payment.get" },
	"a frame of another site":  func(c *authtest.Claim) { c.Client["crossOrigin"] = true },
	"a frame of a named site": func(c *authtest.Claim) {
		c.Client["crossOrigin"], c.Client["topOrigin"] = true, home
	},
	"a top origin without a frame": func(c *authtest.Claim) { c.Client["topOrigin"] = "https://evil.example" },
	"another relying party":        func(c *authtest.Claim) { c.RPID = "evil.example" },
	"no user present":              func(c *authtest.Claim) { c.Flags &^= authtest.UserPresent },
	"no user verified":             func(c *authtest.Claim) { c.Flags &^= authtest.UserVerified },
	"backed up but not eligible":   func(c *authtest.Claim) { c.Flags &^= authtest.BackupEligible },
}

// otherChallenges answer another challenge than that of the cookie, as an older window does.
var otherChallenges = map[string]func(*authtest.Claim){
	"another challenge": func(c *authtest.Claim) { c.Client["challenge"] = strings.Repeat("A", 43) },
	"no challenge":      func(c *authtest.Claim) { delete(c.Client, "challenge") },
}

// proofLies are lies about a passkey that exists.
var proofLies = map[string]func(*authtest.Claim){
	"a forged signature":         func(c *authtest.Claim) { c.Forged = true },
	"no handle":                  func(c *authtest.Claim) { c.Handle = nil },
	"another handle":             func(c *authtest.Claim) { c.Handle = []byte(strings.Repeat("x", 32)) },
	"no longer fit for a backup": func(c *authtest.Claim) { c.Flags &^= authtest.BackupEligible | authtest.BackedUp },
}

func TestLiesDoNotSignIn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{}, passkey.Options{})
		_, id, d := r.withKey("ada@example.com")
		before := r.list(id)[0]
		for _, list := range []map[string]func(*authtest.Claim){lies, proofLies} {
			for what, lie := range list {
				c := r.browser()
				r.wantNoEntry(what, c, r.enter(c, d, lie), 401, "AUTHENTICATION_FAILED")
			}
		}
		for what, lie := range otherChallenges { // these are no failures of the passkey, and not recorded
			c := r.browser()
			r.wantNoEntry(what, c, r.enter(c, d, lie), 400, "AUTHENTICATION_FAILED")
		}
		if after := r.list(id)[0]; after != before {
			t.Errorf("lies changed the passkey: %+v", after)
		}
		if n := r.refusals(); n != len(lies)+len(proofLies) {
			t.Errorf("%d refusals recorded", n)
		}
		wantOK(t, "the truth", r.enter(r.browser(), d))
	})
}

// TestAPasskeyDeletedMeanwhile: a passkey that is deleted while it signs in opens nothing, and the try is recorded.
func TestAPasskeyDeletedMeanwhile(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t)
	_, _, d := r.withKey("ada@example.com")
	pool, err := r.db.DB()
	if err != nil {
		t.Fatal(err)
	}
	deleted := false
	err = r.db.Callback().Query().After("gorm:query").Register("test:deleted", func(tx *gorm.DB) {
		if tx.Statement.Table != "passkeys" || deleted {
			return
		}
		deleted = true
		if _, err := pool.Exec("DELETE FROM passkeys"); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	c, before := r.browser(), r.refusals()
	r.wantNoEntry("deleted meanwhile", c, r.enter(c, d), 401, "PASSKEY_NOT_FOUND")
	if n := r.refusals() - before; !deleted || n != 1 {
		t.Errorf("deleted: %t, %d refusals recorded", deleted, n)
	}
}

// refusals counts refused sign-ins.
func (r *rig) refusals() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.seen {
		if e.Name == event.SignInFailed && e.Refused && strings.HasPrefix(e.Detail, "passkey: ") {
			n++
		}
	}
	return n
}

// TestAnothersCredentialID: a signature counts only for the key of the credential that the answer names.
func TestAnothersCredentialID(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t)
	_, _, ada := r.withKey("ada@example.com")
	_, _, eve := r.withKey("eve@example.com")
	for what, lie := range map[string]func(*authtest.Claim){
		"her id":            func(c *authtest.Claim) { c.ID = ada.ID },
		"her id and handle": func(c *authtest.Claim) { c.ID, c.Handle = ada.ID, ada.Handle },
		"her handle":        func(c *authtest.Claim) { c.Handle = ada.Handle },
	} {
		c := r.browser()
		r.wantNoEntry(what, c, r.enter(c, eve, lie), 401, "AUTHENTICATION_FAILED")
	}
	c := r.browser()
	r.wantNoEntry("an unknown id", c, r.enter(c, eve, func(c *authtest.Claim) { c.ID = []byte("unknown") }),
		401, "PASSKEY_NOT_FOUND")
}

// TestChallengeCountsOnce: neither a right nor a wrong answer can be followed by another one, also not in a race, by
// another browser, for another ceremony, or later.
func TestChallengeCountsOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{}, passkey.Options{})
		owner, id, d := r.withKey("ada@example.com")
		prove := func(c *authtest.Client, response string) authtest.Answer {
			return post(c, "/passkey/verify-authentication", `{"response":`+response+`}`)
		}
		c := r.browser()
		asked := options(t, c, "authenticate")
		replay, response := c.Copy(), d.Prove(asked)
		wantOK(t, "the first answer", prove(c, response))
		r.wantNoEntry("the same answer", replay, prove(replay, response), 400, "CHALLENGE_NOT_FOUND")

		c = r.browser()
		asked = options(t, c, "authenticate")
		replay = c.Copy()
		wrong := d.Prove(asked, func(c *authtest.Claim) { c.Forged = true })
		r.wantNoEntry("a wrong answer", c, prove(c, wrong), 401, "AUTHENTICATION_FAILED")
		r.wantNoEntry("a right one after it", replay, prove(replay, d.Prove(asked)), 400, "CHALLENGE_NOT_FOUND")

		c = r.browser()
		response = d.Prove(options(t, c, "authenticate"))
		var wins sync.Map
		atOnce(4, func(i int) {
			if got := prove(c.Copy(), response); got.StatusCode == http.StatusOK {
				wins.Store(i, true)
			}
		})
		n := 0
		wins.Range(func(any, any) bool { n++; return true })
		if n != 1 {
			t.Errorf("%d of four answers at once signed in", n)
		}

		c = r.browser()
		response = d.Prove(options(t, c, "authenticate"))
		r.wantNoEntry("another browser", r.browser(), prove(r.browser(), response), 400, "CHALLENGE_NOT_FOUND")
		options(t, c, "authenticate")
		r.wantNoEntry("an older challenge", c, prove(c, response), 400, "AUTHENTICATION_FAILED")

		c = r.browser()
		response = d.Prove(options(t, c, "authenticate"))
		r.advance(5 * time.Minute)
		r.wantNoEntry("after five minutes", c, prove(c, response), 400, "CHALLENGE_NOT_FOUND")

		asked = options(t, owner, "register")
		wantRefusal(t, "the challenge of a registration", prove(owner, d.Prove(strings.Replace(asked, `"rp":{`,
			`"rpId":"localhost","rp":{`, 1))), 400, "CHALLENGE_NOT_FOUND")
		asked = options(t, owner, "authenticate")
		asked = strings.Replace(asked, `{`, `{"rp":{"id":"localhost"},"user":{"id":"eHh4"},`, 1)
		wantRefusal(t, "the challenge of a proof", post(owner, "/passkey/verify-registration",
			`{"response":`+r.device().Register(asked)+`}`), 400, "CHALLENGE_NOT_FOUND")
		r.wantKeys("in the end", id, 1)
	})
}

// atOnce runs n calls of fn side by side.
func atOnce(n int, fn func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			fn(i)
		})
	}
	close(start)
	wg.Wait()
}

// TestSpentChallengesArePurged: they are kept until they have expired, and no longer.
func TestSpentChallengesArePurged(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{}, passkey.Options{})
		_, _, d := r.withKey("ada@example.com")
		wantOK(t, "signing in", r.enter(r.browser(), d))
		for _, row := range []struct{ after, left int64 }{{0, 2}, {299_999, 2}, {1, 0}} {
			r.now.Add(row.after)
			if err := r.auth.Purge(t.Context()); err != nil {
				t.Fatal(err)
			}
			var n int64
			if err := db.Table("passkey_challenges").Count(&n).Error; err != nil || n != row.left {
				t.Errorf("%d challenges left, %v; want %d", n, err, row.left)
			}
		}
	})
}

// TestCounter: it has to grow, unless the authenticator does not count.
func TestCounter(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{}, passkey.Options{})
		c, d := r.browser(), r.device()
		id := c.SignUp("ada@example.com")
		d.Count, d.Flags = 5, authtest.UserPresent|authtest.UserVerified
		wantOK(t, "a key that counts", r.register(c, d))
		wantOK(t, "6", r.enter(r.browser(), d))
		wantOK(t, "7", r.enter(r.browser(), d))
		for _, back := range []uint32{7, 2, 0} {
			c := r.browser()
			r.wantNoEntry("a copy", c, r.enter(c, d, func(c *authtest.Claim) { c.Count = back }), 401, "AUTHENTICATION_FAILED")
		}
		if k := r.list(id)[0]; k.Counter != 7 || k.BackupEligible || k.BackedUp {
			t.Errorf("%+v", k)
		}
		d.Count = 100
		wantOK(t, "101", r.enter(r.browser(), d))
		_, _, still := r.withKey("eve@example.com")
		wantOK(t, "0", r.enter(r.browser(), still))
		wantOK(t, "0 again", r.enter(r.browser(), still))
	})
}

// TestPasskeyBecomesSynced: Apple makes a passkey eligible for backup after it was made. That is stored, and then it
// stays so.
func TestPasskeyBecomesSynced(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t)
	c, d := r.browser(), r.device()
	id := c.SignUp("ada@example.com")
	single := byte(authtest.UserPresent | authtest.UserVerified)
	d.Flags = single
	wantOK(t, "a passkey of one device", r.register(c, d))
	d.Flags = single | authtest.BackupEligible
	wantOK(t, "eligible now", r.enter(r.browser(), d))
	d.Flags |= authtest.BackedUp
	wantOK(t, "backed up now", r.enter(r.browser(), d))
	if k := r.list(id)[0]; !k.BackupEligible || !k.BackedUp {
		t.Errorf("%+v", k)
	}
	d.Flags = single
	c = r.browser()
	r.wantNoEntry("of one device again", c, r.enter(c, d), 401, "AUTHENTICATION_FAILED")
}

// TestBannedAndUnverifiedUsers: a passkey opens no more than a password does.
func TestBannedAndUnverifiedUsers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{}, passkey.Options{})
		_, id, d := r.withKey("ada@example.com")
		if _, err := r.auth.BanUser(t.Context(), nil, id, "spam", nil); err != nil {
			t.Fatal(err)
		}
		c := r.browser()
		r.wantNoEntry("banned", c, r.enter(c, d), 403, "BANNED_USER")
		r.wantNoEntry("banned, with a lie", c, r.enter(c, d, lies["no user verified"]), 401, "AUTHENTICATION_FAILED")
	})
}

// TestRememberMeIsKept: where a session was not remembered, the next one is not either.
func TestRememberMeIsKept(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t)
	_, id, d := r.withKey("ada@example.com")
	c := r.browser()
	wantOK(t, "a brief session", post(c, "/sign-in/email",
		`{"email":"ada@example.com","rememberMe":false,"password":"`+authtest.Password+`"}`))
	wantOK(t, "a passkey", r.enter(c, d))
	var brief int64
	if err := r.db.Model(&auth.Session{}).Where("user_id = ? AND amr = ? AND NOT remember", id, "pop mfa").
		Count(&brief).Error; err != nil || brief != 1 {
		t.Errorf("%d brief sessions, %v", brief, err)
	}
}

// TestOptionsOfASignIn: a stranger learns nothing; a user is offered the own passkeys and can use no other one.
func TestOptionsOfASignIn(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t)
	ada, _, d := r.withKey("ada@example.com")
	_, _, eve := r.withKey("eve@example.com")
	var o struct {
		RPID, Challenge, UserVerification string
		AllowCredentials                  []struct{ ID, Type string }
	}
	decode(t, options(t, r.browser(), "authenticate"), &o)
	if o.RPID != "localhost" || len(o.Challenge) != 43 || o.UserVerification != "required" || o.AllowCredentials != nil {
		t.Errorf("%+v", o)
	}
	decode(t, options(t, ada, "authenticate"), &o)
	if len(o.AllowCredentials) != 1 || o.AllowCredentials[0].Type != "public-key" {
		t.Errorf("%+v", o)
	}
	wantRefusal(t, "another user's passkey", r.enter(ada, eve), 401, "AUTHENTICATION_FAILED")
	wantOK(t, "the own one", r.enter(ada, d))
}

// TestReauthenticate: the own passkey makes the session young and whole again; another user's does not, nor does an
// impersonation.
func TestReauthenticate(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{}, passkey.Options{})
		ada, id, d := r.withKey("ada@example.com")
		_, _, eve := r.withKey("eve@example.com")
		r.advance(time.Hour)
		s, _ := r.stored(ada)
		if r.auth.RecentlyAuthenticated(s) {
			t.Fatal("a session of an hour is recent")
		}
		if _, err := r.reauthenticate(ada, eve); code(err) != "AUTHENTICATION_FAILED" {
			t.Errorf("another user's passkey: %v", err)
		}
		// A challenge for anybody, as the log-in page of another tab asks for it.
		stranger := r.browser()
		response := eve.Prove(options(t, stranger, "authenticate"))
		hold(ada, askedCookie, value(stranger, askedCookie))
		_, req := r.stored(ada)
		_, err := r.keys.Reauthenticate(httptest.NewRecorder(), req, s, []byte(response))
		if code(err) != "AUTHENTICATION_FAILED" {
			t.Errorf("another user's passkey, for a challenge of nobody: %v", err)
		}
		got, err := r.reauthenticate(ada, d)
		if err != nil {
			t.Fatal(err)
		}
		if got.UserID != id || got.ID == s.ID || got.AMR != "pop mfa" || !r.auth.RecentlyAuthenticated(got) {
			t.Errorf("%+v", got)
		}
		r.wantWho("the old session", ada, "")
	})
}

// TestAProofThatIsGoneMeanwhile: a request of a session was let in by a passkey, which is deleted before the request
// changes anything. The session must not go on as one of two factors.
func TestAProofThatIsGoneMeanwhile(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{}, passkey.Options{})
		_, id, d := r.withKey("ada@example.com")
		c, other := r.browser(), r.browser()
		r.enter(c, d)
		r.enter(other, d)
		s, req := r.stored(c)
		later, laterReq := r.stored(other)
		if err := r.keys.Delete(laterReq, later, r.list(id)[0].ID); err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		for verb, do := range map[string]func() (*auth.Session, error){
			"Reauthenticate": func() (*auth.Session, error) {
				return r.auth.Reauthenticate(w, req, s, authtest.Password, "")
			},
			"ChangePassword": func() (*auth.Session, error) {
				return r.auth.ChangePassword(w, req, s, authtest.Password, "another-horse-2", false)
			},
		} {
			if now, err := do(); code(err) != "SESSION_NOT_FRESH" {
				t.Errorf("%s: %+v, %v", verb, now, err)
			}
		}
		now, req := r.stored(c)
		if now, err := r.auth.Reauthenticate(w, req, now, authtest.Password, ""); err != nil || now.MultiFactor() {
			t.Errorf("later: %+v, %v", now, err)
		}
	})
}
