package auth_test

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// legacy is better-auth's hash of 314-159-265.
const legacy = "00112233445566778899aabbccddeeff:410ba1e24f80d91b90e2c2bcbe38d515ff9037701be8ea038c4eacb8fb8e6619858017e3dcc86f532bc6c57acaf3e6fd56c39966e48282ef0d1793413e897c5d"

// addAccount gives a user a password account with the given hash.
func (r *rig) addAccount(userID, hash string) {
	r.t.Helper()
	now := r.clock.Now()
	err := r.db.Create(&auth.Account{ID: "account-" + userID, UserID: userID, ProviderID: "credential", AccountID: userID,
		Password: hash, CreatedAt: now, UpdatedAt: now}).Error
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) hash() (hash string) {
	r.t.Helper()
	var a auth.Account
	if err := r.db.Take(&a).Error; err != nil {
		r.t.Fatal(err)
	}
	return a.Password
}

func TestSignInRefuses(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	r.SignUp("ada@example.com")
	linked := r.addUser("linked@example.com", "") // an account of another kind signs nobody in by password
	if err := r.db.Create(&auth.Account{ID: "linked", UserID: linked.ID, ProviderID: "github", AccountID: "1",
		Password: r.hash()}).Error; err != nil {
		t.Fatal(err)
	}
	const good = "314-159-265"
	for name, c := range map[string]struct {
		email, password string
		status          int
		code            string
	}{
		"wrong password":       {"ada@example.com", "wrong-horse-1", 401, "INVALID_EMAIL_OR_PASSWORD"},
		"empty password":       {"ada@example.com", "", 400, "VALIDATION_ERROR"},
		"password in capitals": {"ada@example.com", "CORRECT-HORSE-1", 401, "INVALID_EMAIL_OR_PASSWORD"},
		"password and a space": {"ada@example.com", good + " ", 401, "INVALID_EMAIL_OR_PASSWORD"},
		"unknown":              {"bob@example.com", good, 401, "INVALID_EMAIL_OR_PASSWORD"},
		"another provider":     {"linked@example.com", good, 401, "INVALID_EMAIL_OR_PASSWORD"},
		"no address":           {"ada", good, 400, "INVALID_EMAIL"},
		"empty address":        {"", good, 400, "INVALID_EMAIL"},
		"address and a space":  {"ada@example.com ", good, 400, "INVALID_EMAIL"},
		"display form":         {"Ada <ada@example.com>", good, 400, "INVALID_EMAIL"},
		"Kelvin sign":          {"\u212a@example.com", good, 400, "INVALID_EMAIL"},
		"a pattern":            {"%@example.com", good, 400, "INVALID_EMAIL"},
		"an injection":         {"' OR '1'='1", good, 400, "INVALID_EMAIL"},
		"its password":         {"ada@example.com", "' OR '1'='1", 401, "INVALID_EMAIL_OR_PASSWORD"},
		"129 characters":       {"ada@example.com", strings.Repeat("x", 129), 400, "PASSWORD_TOO_LONG"},
		"60,000 characters":    {"ada@example.com", strings.Repeat("x", 60000), 400, "PASSWORD_TOO_LONG"},
	} {
		t.Run(name, func(t *testing.T) {
			wantRefusal(t, post(r.browser(), "/sign-in/email", fmt.Sprintf(`{"email":%q,"password":%q}`, c.email, c.password)),
				c.status, c.code)
		})
	}
	if n := r.count(&auth.Session{}); n != 1 {
		t.Errorf("%d sessions, want that of the sign-up", n)
	}
}

// The status, the body, the headers and the cookies of a refused sign-in are the same for everyone.
func TestSignInDoesNotTellWhoExists(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		r.browser().SignUp("known@example.com")
		r.addUser("nopassword@example.com", "")
		r.addAccount(r.addUser("broken@example.com", "").ID, "$argon2id$broken")
		banned := r.browser().SignUp("banned@example.com")
		if _, err := r.auth.BanUser(t.Context(), nil, banned, "spam", nil); err != nil {
			t.Fatal(err)
		}
		var want string
		for _, who := range []string{"unknown", "known", "nopassword", "broken", "banned"} {
			res := post(r.browser(), "/sign-in/email", `{"email":"`+who+`@example.com","password":"wrong-horse-1"}`)
			res.Header.Del("Date")
			got := fmt.Sprint(res.StatusCode, res.Header, res.Text)
			if want == "" {
				want = got
			}
			if got != want || res.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s:\ngot  %s\nwant %s", who, got, want)
			}
		}
	})
}

// An answer must cost the same work whoever is asked for. Work is counted by the memory hashes take: argon2id
// 19 MiB, scrypt 32 MiB. That is exact where time is noise.
func TestLoginTimingDoesNotTellWhoExists(t *testing.T) {
	r := sqliteRig(t, authtest.Costly(auth.Options{}))
	r.browser().SignUp("known@example.com")
	r.addUser("nopassword@example.com", "")
	r.addAccount(r.addUser("broken@example.com", "").ID, "$argon2id$broken")
	cost := func(who string) (mib uint64) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		res := post(r.browser(), "/sign-in/email", `{"email":"`+who+`@example.com","password":"wrong-horse-1"}`)
		runtime.ReadMemStats(&after)
		if res.StatusCode != http.StatusUnauthorized {
			t.Fatalf("%s: %d %s", who, res.StatusCode, res.Text)
		}
		return (after.TotalAlloc - before.TotalAlloc) >> 20
	}
	everyone := []string{"unknown", "known", "nopassword", "broken"}
	check := func(when string, least uint64) {
		t.Helper()
		for _, who := range everyone {
			if got := cost(who); got < least || got > least+6 {
				t.Errorf("%s: %s costs %d MiB of hashes, want %d", when, who, got, least)
			}
		}
	}
	check("argon2id only", 19)

	// With users moved over from better-auth the slower hash of the two kinds is what everyone waits for.
	r.addAccount(r.addUser("legacy@example.com", "").ID, legacy)
	everyone = append(everyone, "legacy")
	cost("legacy") // who is met first makes it known
	check("right after users were moved over", 19+32)
	everyone = []string{"unknown", "known"}
	if err := r.auth.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	check("after a purge", 19+32)
	r.Client = authtest.Serve(t, authtest.Wire(t, authtest.NewOn(t, r.db, authtest.Costly(auth.Options{}))))
	check("after a start", 19+32)

	if res := post(r.browser(), "/sign-in/email", `{"email":"legacy@example.com","password":"314-159-265"}`); res.StatusCode != 200 {
		t.Fatal(res.Text)
	}
	r.Client = authtest.Serve(t, authtest.Wire(t, authtest.NewOn(t, r.db, authtest.Costly(auth.Options{}))))
	check("after all have been upgraded", 19)
}

func TestABannedUserLearnsWhyWithTheRightPassword(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		id := r.browser().SignUp("ada@example.com")
		until := r.clock.Now().Add(time.Hour)
		if _, err := r.auth.BanUser(t.Context(), nil, id, "spam", &until); err != nil {
			t.Fatal(err)
		}
		wantRefusal(t, post(r.Client, "/sign-in/email", `{"email":"ada@example.com","password":"wrong-horse-1"}`), 401,
			"INVALID_EMAIL_OR_PASSWORD")
		wantRefusal(t, signIn(r.Client, "ada@example.com"), 403, "BANNED_USER")
		r.clock.to(until, -time.Millisecond)
		wantRefusal(t, signIn(r.Client, "ada@example.com"), 403, "BANNED_USER")
		if n := r.count(&auth.Session{}); n != 0 {
			t.Errorf("%d sessions of a banned user", n)
		}
		r.clock.to(until)
		res := signIn(r.Client, "ada@example.com")
		if res.StatusCode != 200 || !contains(res.Text, `"banned":false`, `"banReason":null`, `"banExpires":null`) {
			t.Errorf("after its end: %d %s", res.StatusCode, res.Text)
		}
		r.wantWho("after its end", r.Client, "ada@example.com")
		if u, err := r.auth.UserByEmail(t.Context(), "ada@example.com"); err != nil || u.Banned || u.BanExpires != nil {
			t.Errorf("%+v %v", u, err)
		}
	})
}

// Between reading the hash and making the session lie 30 ms of hashing: whatever happens there counts.
func TestABanDuringASignInWins(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		var change func() error
		hooked := r.onQuery("accounts", func() {
			if err := change(); err != nil {
				t.Error(err)
			}
		})
		for _, c := range []struct {
			name   string
			change func(id string) error
			status int
			code   string
		}{
			{"ban", func(id string) error {
				_, err := r.auth.BanUser(t.Context(), nil, id, "", nil)
				return err
			}, 403, "BANNED_USER"},
			{"password", func(id string) error {
				return db.Model(&auth.Account{}).Where("user_id = ?", id).Update("password", legacy).Error
			}, 401, "INVALID_EMAIL_OR_PASSWORD"},
			{"account", func(id string) error { return db.Where("user_id = ?", id).Delete(&auth.Account{}).Error }, 401,
				"INVALID_EMAIL_OR_PASSWORD"},
			{"user", func(id string) error { return db.Where("id = ?", id).Delete(&auth.User{}).Error }, 401,
				"INVALID_EMAIL_OR_PASSWORD"},
		} {
			id := r.browser().SignUp(c.name + "@example.com")
			db.Where("1 = 1").Delete(&auth.Session{})
			change = func() error { return c.change(id) }
			hooked.Store(true)
			wantRefusal(t, signIn(r.browser(), c.name+"@example.com"), c.status, c.code)
			if n := r.count(&auth.Session{}); n != 0 || hooked.Load() {
				t.Errorf("%s: %d sessions, not changed %v", c.name, n, hooked.Load())
			}
		}
	})
}

func TestNoSessionOutlivesABanBesideIt(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		id := r.browser().SignUp("ada@example.com")
		for range 6 {
			c := r.browser()
			atOnce(2, func(i int) {
				if i == 0 {
					if res := signIn(c, "ada@example.com"); res.StatusCode != 200 && res.StatusCode != 403 {
						t.Errorf("%d %s", res.StatusCode, res.Text)
					}
				} else if _, err := r.auth.BanUser(t.Context(), nil, id, "", nil); err != nil {
					t.Error(err)
				}
			})
			r.clock.advance(time.Second)
			r.wantWho("after both", c, "")
			if n := r.count(&auth.Session{}); n != 0 {
				t.Fatalf("%d sessions of a banned user", n)
			}
			db.Model(&auth.User{ID: id}).Update("banned", false)
		}
	})
}
