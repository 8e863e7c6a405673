package magiclink_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// TestACodeHasThreeGuesses: the fourth is not compared, and ends the code. The link works on.
func TestACodeHasThreeGuesses(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		r.addUser(ada)
		m := r.ask(ada)
		for range 3 {
			want(t, enter(r.browser(), ada, wrong(m.Code)), 400, "INVALID_OTP")
		}
		want(t, enter(r.browser(), ada, m.Code), 403, "TOO_MANY_ATTEMPTS")
		want(t, enter(r.browser(), ada, m.Code), 400, "INVALID_OTP")
		wantTo(t, follow(r.browser(), m), "/")
		want(t, enter(r.browser(), ada, r.ask(ada).Code), 200, "")
	})
}

// TestACodeIsForOneAddress: a letter that is another one in lower case, such as the Kelvin sign, makes another address.
func TestACodeIsForOneAddress(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	r.addUser("kate@example.com")
	m := r.ask("kate@example.com")
	want(t, enter(r.browser(), "\u212aate@example.com", m.Code), 400, "INVALID_OTP")
	want(t, enter(r.browser(), "KATE@example.com", m.Code), 200, "")
}

// TestParallelGuessesCount: of many guesses at once three are compared.
func TestParallelGuessesCount(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		r.addUser(ada)
		m := r.ask(ada)
		var all sync.WaitGroup
		for range 12 {
			browser := r.browser()
			all.Go(func() { enter(browser, ada, wrong(m.Code)) })
		}
		all.Wait()
		var row struct{ Guesses, Missed int }
		if err := db.Table("magic_links").Take(&row).Error; err != nil || row.Guesses != 3 || row.Missed != 3 {
			t.Errorf("%+v, %v", row, err)
		}
		want(t, enter(r.browser(), ada, m.Code), 400, "INVALID_OTP") // it is gone
	})
}

// TestExpiredCodesAreSecret: only the right code is told to have expired. Otherwise a stranger would see whether the
// owner of an address has logged in by a mail since, and so has an account.
func TestExpiredCodesAreSecret(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		r.addUser(ada)
		m := r.ask(ada)
		r.clock.advance(time.Hour)
		want(t, enter(r.browser(), ada, wrong(m.Code)), 400, "INVALID_OTP")
		want(t, enter(r.browser(), ada, m.Code), 400, "OTP_EXPIRED")
	})
}

// miss asks for mails and enters wrong codes, until n were compared.
func (r *rig) miss(email string, n int) (last auth.Mail) {
	r.t.Helper()
	for i := range n {
		if i%3 == 0 {
			last = r.ask(email)
		}
		want(r.t, enter(r.browser(), email, wrong(last.Code)), 400, "INVALID_OTP")
	}
	return last
}

// TestTenMissesLock: wrong codes in a row are counted over all mails. After ten no code is compared for 15 minutes,
// then one each 15 minutes. A link works nevertheless, and ends the count.
func TestTenMissesLock(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		r.addUser(ada)
		r.addUser("eve@example.com")
		locked := func(code string, seconds int) {
			t.Helper()
			got := enter(r.browser(), ada, code)
			want(t, got, 403, "TOO_MANY_ATTEMPTS")
			if after := got.Header.Get("Retry-After"); after != fmt.Sprint(seconds) {
				t.Errorf("Retry-After %q, want %d", after, seconds)
			}
		}
		locked(r.miss(ada, 10).Code, 900)
		r.clock.advance(time.Minute)
		m := r.ask(ada) // buys no guess
		locked(m.Code, 840)
		want(t, enter(r.browser(), "eve@example.com", r.ask("eve@example.com").Code), 200, "")
		r.clock.advance(14 * time.Minute)
		want(t, enter(r.browser(), ada, wrong(r.ask(ada).Code)), 400, "INVALID_OTP")
		m = r.ask(ada)
		locked(m.Code, 900)
		wantTo(t, follow(r.browser(), m), "/")
		r.miss(ada, 9) // counted anew
		want(t, enter(r.browser(), ada, r.ask(ada).Code), 200, "")
	})
}

// TestTheTenthCodeMayBeRight: a right code is taken as long as it is compared.
func TestTheTenthCodeMayBeRight(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	r.addUser(ada)
	r.miss(ada, 9)
	want(t, enter(r.browser(), ada, r.ask(ada).Code), 200, "")
}

// TestUnknownAddressesAreAnsweredAlike: whatever strangers do, an unknown address, that of a banned user and that of an
// account are answered alike: asked for and guessed at, over the end of a code and the lock, and when time has passed.
func TestUnknownAddressesAreAnsweredAlike(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		r.addUser(ada)
		eve := r.addUser("eve@example.com")
		if _, err := r.auth.BanUser(t.Context(), nil, eve.ID, "spam", nil); err != nil {
			t.Fatal(err)
		}
		said := map[string][]string{}
		all := []string{ada, "eve@example.com", "nobody@example.com"}
		try := func(what string, ask func(email string) string) {
			for _, email := range all {
				said[email] = append(said[email], what+": "+ask(email))
			}
		}
		guess := func(email string) string {
			code := wrong(r.codeOf(email))
			got := enter(r.browser(), email, code)
			check := post(r.browser(), "/email-otp/check-verification-otp",
				map[string]string{"email": email, "type": "sign-in", "otp": code})
			return fmt.Sprint(got.StatusCode, got.Text, got.Header["Retry-After"], got.Header["Set-Cookie"], check.Text)
		}
		ask := func(email string) string {
			got := post(r.browser(), "/sign-in/magic-link", map[string]string{"email": email})
			return fmt.Sprint(got.StatusCode, got.Text, got.Header["Set-Cookie"])
		}
		try("before", guess)
		for round := range 5 {
			try("asked", ask)
			for range 3 {
				try(fmt.Sprint("guessed ", round), guess)
			}
		}
		r.clock.advance(5 * time.Minute)
		try("five minutes later", guess)
		r.clock.advance(20 * time.Minute)
		try("unlocked", guess)
		try("asked", ask)
		try("guessed", guess)
		for _, email := range all[1:] {
			if !slices.Equal(said[email], said[ada]) {
				t.Errorf("%s\n%q\n%s\n%q", ada, said[ada], email, said[email])
			}
		}
	})
}

// codeOf is the code that was mailed to an address last, "" for none.
func (r *rig) codeOf(email string) (code string) {
	r.box.mu.Lock()
	defer r.box.mu.Unlock()
	for _, m := range r.box.list {
		if m.To == email {
			code = m.Code
		}
	}
	return code
}

// TestWhatIsNoCodeIsNotCounted: only six digits are a guess.
func TestWhatIsNoCodeIsNotCounted(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	r.addUser(ada)
	m := r.ask(ada)
	for range 3 {
		for _, typed := range []string{"", " ", "1", "12345", "1234567", "12345a", "٠٠٠٠٠٠", m.Code + m.Code, "\xff"} {
			want(t, enter(r.browser(), ada, typed), 400, "INVALID_OTP")
		}
	}
	want(t, enter(r.browser(), ada, m.Code), 200, "")
}

// TestMissesAreForgotten: a row is deleted a day after it has expired, and not before.
func TestMissesAreForgotten(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		r.addUser(ada)
		r.ask(ada)
		r.askOnly("nobody@example.com")
		r.clock.advance(24*time.Hour + 5*time.Minute - time.Millisecond)
		for _, left := range []int64{2, 0} {
			if err := r.auth.Purge(t.Context()); err != nil {
				t.Fatal(err)
			}
			var n int64
			if err := db.Table("magic_links").Count(&n).Error; err != nil || n != left {
				t.Errorf("%d rows, want %d, %v", n, left, err)
			}
			r.clock.advance(time.Millisecond)
		}
	})
}

// TestMissesOutliveTheirUser: when the next sign-up replaces a pending user, the address stays locked, and the old link
// and code do not sign in. The purge deletes the row of a deleted user.
func TestMissesOutliveTheirUser(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{RequireEmailVerification: true})
		signUp := func() {
			t.Helper()
			form := map[string]string{"name": "Ada", "email": ada, "password": authtest.Password}
			want(t, post(r.browser(), "/sign-up/email", form), 200, "")
		}
		users := func() (ids []string) {
			if err := db.Table("users").Where("email = ?", ada).Pluck("id", &ids).Error; err != nil {
				t.Fatal(err)
			}
			return ids
		}
		signUp()
		m, before := r.miss(ada, 10), users()
		signUp()
		if slices.Equal(before, users()) {
			t.Fatal("the pending user was not replaced")
		}
		want(t, enter(r.browser(), ada, m.Code), 403, "TOO_MANY_ATTEMPTS")
		wantTo(t, follow(r.browser(), m), "/?error=INVALID_TOKEN")
		m = r.ask(ada)
		want(t, enter(r.browser(), ada, m.Code), 403, "TOO_MANY_ATTEMPTS")

		if err := db.Exec("DELETE FROM users WHERE email = ?", ada).Error; err != nil {
			t.Fatal(err)
		}
		r.clock.advance(48 * time.Hour)
		if err := r.auth.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		var left int64
		if err := db.Table("magic_links").Count(&left).Error; err != nil || left != 0 {
			t.Errorf("%d rows, %v", left, err)
		}
	})
}
