package auth_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/errs"
	"gorm.io/gorm"
)

// Between the check of the role and the impersonation another admin may demote or ban: then there is none.
func TestNoImpersonationBehindADemotion(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		r.addUser("boss@example.com", "admin")
		for email, fall := range map[string]func(id string) error{
			"demoted@example.com": func(id string) error { _, err := r.auth.SetRole(t.Context(), nil, id, "user"); return err },
			"banned@example.com":  func(id string) error { _, err := r.auth.BanUser(t.Context(), nil, id, "", nil); return err },
		} {
			target := r.addUser("target-of-"+email, "user")
			c := r.browser()
			id := c.SignUp(email)
			if _, err := r.auth.SetRole(t.Context(), nil, id, "admin"); err != nil {
				t.Fatal(err)
			}
			req := request(c)
			checked, err := r.auth.StoredSession(httptest.NewRecorder(), req)
			if err != nil || checked == nil || !checked.User.HasRole("admin") {
				t.Fatalf("%v, %v", checked, err)
			}
			if err := fall(id); err != nil {
				t.Fatal(err)
			}
			w := httptest.NewRecorder()
			_, err = r.auth.Impersonate(w, req, checked, target.ID)
			var refused *errs.Error
			if !errors.As(err, &refused) || refused.Status != http.StatusForbidden || len(w.Header()) > 0 {
				t.Errorf("%s: %v %v", email, err, w.Header())
			}
			if list, err := r.auth.UserSessions(t.Context(), target.ID); err != nil || len(list) > 0 {
				t.Errorf("%s: %d sessions, %v", email, len(list), err)
			}
		}
	})
}

// A thief in an admin's browser acts as somebody else: when the admin ends that session, the thief is nobody.
func TestARevokedSessionActsAsNobody(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	boss, thief := r.browser(), r.browser()
	bossID := boss.SignUp("boss@example.com")
	if _, err := r.auth.SetRole(t.Context(), nil, bossID, "admin"); err != nil {
		t.Fatal(err)
	}
	thief.SignIn("boss@example.com", authtest.Password)
	by, req := r.stored(thief)
	w := httptest.NewRecorder()
	if _, err := r.auth.Impersonate(w, req, by, r.SignUp("ada@example.com")); err != nil {
		t.Fatal(err)
	}
	for _, cookie := range w.Result().Cookies() {
		hold(thief, cookie.Name, cookie.Value)
	}
	r.wantWho("the thief", thief, "ada@example.com")
	own, _ := r.stored(boss)
	if err := r.auth.RevokeSession(t.Context(), own, bossID, by.ID); err != nil {
		t.Fatal(err)
	}
	r.wantWho("the thief, afterwards", thief, "")
	r.wantWho("the person", r.Client, "ada@example.com")
	r.wantWho("the admin", boss, "boss@example.com")

	w = httptest.NewRecorder() // nor does a request that was under way begin anew
	if _, err := r.auth.Impersonate(w, req, by, r.addUser("bob@example.com", "").ID); refusal(err) != "UNAUTHORIZED" ||
		len(w.Header()) > 0 {
		t.Errorf("with a session that has ended: %v %v", err, w.Header())
	}
}

// A ban is a ban in the log, by whichever verb it came.
func TestChangeUserNamesTheEvent(t *testing.T) {
	t.Parallel()
	var events []string
	r := sqliteRig(t, auth.Options{OnEvent: func(_ *gorm.DB, e auth.Event) error {
		events = append(events, string(e.Name))
		return nil
	}})
	r.addUser("boss@example.com", "admin")
	u := r.addUser("ada@example.com", "user")
	yes, no, name, role := true, false, "Ada", "admin"
	for _, c := range []struct {
		change auth.UserChanges
		event  string
	}{
		{auth.UserChanges{Profile: auth.Profile{Name: &name}}, "user_updated"},
		{auth.UserChanges{Role: &role}, "role_changed"},
		{auth.UserChanges{Banned: &yes, Role: &role}, "user_banned"},
		{auth.UserChanges{Banned: &no}, "user_unbanned"},
	} {
		events = nil
		if _, err := r.auth.ChangeUser(t.Context(), nil, u.ID, c.change); err != nil || len(events) != 1 ||
			events[0] != c.event {
			t.Errorf("%v, want %s, error %v", events, c.event, err)
		}
	}
}

// TestTheWayBack: the cookies of an impersonation are the wire's, and it ends only for the admin who began it.
func TestTheWayBack(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		ada := r.addUser("ada@example.com", "")
		admin := func(email string, remember string) *authtest.Client {
			c := r.browser()
			id := c.SignUp(email)
			if _, err := r.auth.SetRole(t.Context(), nil, id, "admin"); err != nil {
				t.Fatal(err)
			}
			post(c, "/sign-in/email", `{"email":"`+email+`","password":"`+authtest.Password+`","rememberMe":`+remember+`}`)
			return c
		}
		// act runs a verb in a browser and gives the cookies it sent.
		act := func(c *authtest.Client, verb func(w http.ResponseWriter, r *http.Request, s *auth.Session) (*auth.Session,
			error)) ([]string, error) {
			t.Helper()
			w, req := httptest.NewRecorder(), request(c)
			s, err := r.auth.StoredSession(w, req)
			if err != nil || s == nil {
				t.Fatal(s, err)
			}
			w.Header().Del("Set-Cookie")
			_, err = verb(w, req, s)
			u, _ := url.Parse(c.Base)
			c.Jar.SetCookies(u, w.Result().Cookies())
			var sent []string
			for _, line := range setCookies(w.Header()) {
				if !strings.HasPrefix(line, cacheCookie) { // on SQLite alone
					sent = append(sent, strings.TrimSuffix(strings.TrimPrefix(line, "better-auth."), "; HttpOnly; SameSite=Lax"))
				}
			}
			return sent, err
		}
		begin := func(w http.ResponseWriter, req *http.Request, s *auth.Session) (*auth.Session, error) {
			return r.auth.Impersonate(w, req, s, ada.ID)
		}
		for remember, want := range map[string][2]string{
			"true": {"admin_session=V; Path=/; Max-Age=604800|session_token=V; Path=/|dont_remember=V; Path=/",
				"session_token=V; Path=/; Max-Age=604800|dont_remember=; Path=/; Max-Age=0|admin_session=; Path=/; Max-Age=0"},
			"false": {"admin_session=V; Path=/|session_token=V; Path=/|dont_remember=V; Path=/",
				"session_token=V; Path=/|dont_remember=V; Path=/|admin_session=; Path=/; Max-Age=0"},
		} {
			boss := admin("boss-"+remember+"@example.com", remember)
			sent, err := act(boss, begin)
			if got := strings.Join(sent, "|"); err != nil || got != want[0] {
				t.Errorf("remembered %s: error %v\ngot  %s\nwant %s", remember, err, got, want[0])
			}
			r.wantWho("there", boss, "ada@example.com")
			sent, err = act(boss, r.auth.StopImpersonating)
			if got := strings.Join(sent, "|"); err != nil || got != want[1] {
				t.Errorf("remembered %s: error %v\ngot  %s\nwant %s", remember, err, got, want[1])
			}
			r.wantWho("and back", boss, "boss-"+remember+"@example.com")
			if _, err := act(boss, r.auth.StopImpersonating); err == nil || refusal(err) != "" {
				t.Errorf("back again: %v", err)
			}
		}
		other := admin("other@example.com", "true")
		act(other, begin)
		theirs := value(other, adminCookie)
		for name, lose := range map[string]func(c *authtest.Client){
			"without the cookie":     func(c *authtest.Client) { c.Forget("admin_session") },
			"with a forged one":      func(c *authtest.Client) { hold(c, adminCookie, "x"+value(c, adminCookie)) },
			"with another admin's":   func(c *authtest.Client) { hold(c, adminCookie, theirs) },
			"with the session token": func(c *authtest.Client) { hold(c, adminCookie, value(c, tokenCookie)) },
			"after the admin's end": func(*authtest.Client) {
				boss, err := r.auth.UserByEmail(t.Context(), "boss@example.com")
				if err == nil {
					err = db.Where("user_id = ?", boss.ID).Delete(&auth.Session{}).Error
				}
				if err != nil {
					t.Fatal(err)
				}
			},
		} {
			db.Where("email = ?", "boss@example.com").Delete(&auth.User{})
			boss := admin("boss@example.com", "true")
			act(boss, begin)
			lose(boss)
			if sent, err := act(boss, r.auth.StopImpersonating); refusal(err) != "FAILED_TO_FIND_ADMIN_SESSION" ||
				len(sent) != 0 {
				t.Errorf("%s: %v, cookies %v", name, err, sent)
			}
			r.wantWho(name+" it goes on", boss, "ada@example.com")
		}
	})
}

// TestAForgedWayBackIsRecorded: a session token alone, however valid, is no admin cookie.
func TestAForgedWayBackIsRecorded(t *testing.T) {
	t.Parallel()
	var told []string
	r := sqliteRig(t, auth.Options{OnEvent: refusalsInto(&told)})
	boss, other := r.browser(), r.browser()
	if _, err := r.auth.SetRole(t.Context(), nil, boss.SignUp("boss@example.com"), "admin"); err != nil {
		t.Fatal(err)
	}
	other.SignUp("other@example.com")
	by, req := r.stored(boss)
	w := httptest.NewRecorder()
	if _, err := r.auth.Impersonate(w, req, by, r.addUser("ada@example.com", "user").ID); err != nil {
		t.Fatal(err)
	}
	for _, cookie := range w.Result().Cookies() {
		hold(boss, cookie.Name, cookie.Value)
	}
	hold(boss, "better-auth.admin_session", value(other, tokenCookie))
	acting, req := r.stored(boss)
	_, err := r.auth.StopImpersonating(httptest.NewRecorder(), req, acting)
	if want := []string{"cookie_forged admin_session"}; err == nil || !slices.Equal(told, want) {
		t.Errorf("%v, recorded %q, want %q", err, told, want)
	}
}
