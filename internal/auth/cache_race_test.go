package auth_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"gorm.io/gorm"
)

// A copy made from a read that began before a revocation would bring the revoked state back for five minutes.
func TestACopyReadBeforeARevocationIsVoid(t *testing.T) {
	t.Parallel()
	var afterRead func() // the address is asked for between the read and the copy
	r := sqliteRig(t, auth.Options{ClientIP: func(*http.Request) string {
		if fn := afterRead; fn != nil {
			afterRead = nil
			fn()
		}
		return "192.0.2.1"
	}})
	id := r.SignUp("ada@example.com")
	r.clock.advance(time.Second)
	afterRead = func() {
		if _, err := r.auth.SetRole(t.Context(), nil, id, "admin"); err != nil {
			t.Error(err)
		}
		r.clock.advance(time.Second)
	}
	if res := r.Get("/api/auth/get-session?disableCookieCache=1"); !contains(res.Text, `"role":"user"`) ||
		value(r.Client, cacheCookie) == "" {
		t.Fatalf("the test did not get between read and answer: %s", res.Text)
	}
	if res := r.Get("/api/auth/get-session"); !contains(res.Text, `"role":"admin"`) {
		t.Errorf("the stale copy counts: %s", res.Text)
	}
}

// The same race between the commit of a sign-in and its cookies: a ban in that gap must not meet a fresh cache.
func TestABanRightAfterASignInVoidsItsCache(t *testing.T) {
	t.Parallel()
	for path, body := range map[string]string{
		"/sign-in/email": `{"email":"ada@example.com","password":"314-159-265"}`,
		"/sign-up/email": `{"name":"Bob","email":"bob@example.com","password":"314-159-265"}`,
	} {
		t.Run(strings.Trim(path, "/"), func(t *testing.T) {
			var r *rig
			var banned string // who is to be banned once the clock is read after the event, that is after the commit
			fired := false
			now := func() time.Time {
				if r == nil {
					return time.Date(2031, 3, 1, 12, 0, 0, 0, time.UTC)
				}
				if id := banned; id != "" {
					banned, fired = "", true
					if _, err := r.auth.BanUser(t.Context(), nil, id, "", nil); err != nil {
						t.Error(err)
					}
					r.clock.advance(time.Second)
				}
				return r.clock.Now()
			}
			armed := false
			made := sqliteRig(t, auth.Options{Now: now, OnEvent: func(_ *gorm.DB, e auth.Event) error {
				if armed && (e.Name == "sign_in" || e.Name == "sign_up") {
					armed, banned = false, e.SubjectID
				}
				return nil
			}})
			r = made
			r.browser().SignUp("ada@example.com")
			armed = true
			if res := post(r.Client, path, body); res.StatusCode != 200 || value(r.Client, cacheCookie) == "" || !fired {
				t.Fatalf("%d %s", res.StatusCode, res.Text)
			}
			r.wantWho("after the ban", r.Client, "")
		})
	}
}

// NTP sets clocks back by a little every day. A copy stamped by the clock before must not look newer than a
// revocation stamped by the clock after.
func TestAClockSetBackRevivesNoCopy(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	r.clock.advance(time.Minute)
	r.SignUp("ada@example.com")
	thief := r.Copy()
	r.clock.advance(-time.Second)
	post(r.Client, "/sign-out", `{}`)
	r.clock.advance(2 * time.Second)
	r.wantWho("after the clock caught up", thief, "")
}

// What is too large for the proxies in front of an app is taken away: an older copy would stay.
func TestACacheThatDoesNotFitIsTakenAway(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	r.SignUp("ada@example.com")
	image, name := "https://app.example/"+strings.Repeat("a", 2000), strings.Repeat("🦫", 200)
	body := `{"email":"bob@example.com","password":"` + authtest.Password + `","name":"` + name + `","image":"` +
		image + `"}`
	agent := strings.Repeat("Mozilla/5.0 ", 1000)
	res := post(r.Client, "/sign-up/email", body, "User-Agent", agent)
	if sent := setCookies(res.Header); res.StatusCode != 200 ||
		!strings.HasPrefix(sent[len(sent)-1], cacheCookie+"=; Path=/; Max-Age=0;") {
		t.Fatalf("%d, cookies %v", res.StatusCode, sent)
	}
	for _, line := range res.Header["Set-Cookie"] {
		if len(line) > 1536 {
			t.Errorf("a cookie of %d bytes", len(line))
		}
	}
	r.wantWho("without a cache", r.Client, "bob@example.com")

	// A long user agent is cut; what is left of it does not fit either.
	c := r.browser()
	res = post(c, "/sign-in/email", `{"email":"ada@example.com","password":"`+authtest.Password+`"}`, "User-Agent",
		agent+"\t\x80é")
	if value(c, cacheCookie) != "" || !contains(c.Get("/api/auth/get-session").Text, agent[:512]) {
		t.Errorf("%d, cookies %v", res.StatusCode, setCookies(res.Header))
	}
}
