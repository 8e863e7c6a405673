package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"golang.org/x/net/html"
	"gorm.io/gorm"
)

// posts returns the forms of a page that change something.
func posts(t *testing.T, page authtest.Answer) []*html.Node {
	t.Helper()
	return all(parse(t, page), func(e *html.Node) bool {
		method, _ := attr(e, "method")
		return e.Data == "form" && method == "post"
	})
}

// hidden is what a form sends without anybody typing.
func hidden(form *html.Node) url.Values {
	values := url.Values{}
	for _, input := range tags(form, "input") {
		if kind, _ := attr(input, "type"); kind == "hidden" {
			name, _ := attr(input, "name")
			value, _ := attr(input, "value")
			values.Add(name, value)
		}
	}
	return values
}

// fill takes the form with an action from a page and types into it.
func fill(t *testing.T, page authtest.Answer, action string, typed ...string) url.Values {
	t.Helper()
	expect(t, page, 200)
	for _, form := range posts(t, page) {
		if to, _ := attr(form, "action"); to == action {
			values := hidden(form)
			for i := 0; i < len(typed); i += 2 {
				values.Set(typed[i], typed[i+1])
			}
			return values
		}
	}
	t.Fatalf("no form for %s in: %s", action, page.Text)
	return nil
}

// become logs out and logs another user in, as in another tab.
func become(t *testing.T, c *authtest.Client, email string) {
	t.Helper()
	expect(t, c.PostForm("/logout", nil), 303)
	if email != "" {
		c.SignIn(email, authtest.Password)
	}
}

// part:admin

// standing is what a form may change of users.
func (s *site) standing(t *testing.T, ids ...string) (text string) {
	t.Helper()
	for _, id := range ids {
		u, err := s.auth.User(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		list, err := s.auth.Sessions(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		text += fmt.Sprintln(u.Name, u.Email, u.Role, u.Banned, u.UpdatedAt, len(list))
	}
	return text
}

// TestAFormActsForWhomItWasDrawn: a form that is sent after another user has logged in in another tab changes nothing.
// The page names the user who is logged in.
func TestAFormActsForWhomItWasDrawn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		s := newSiteOn(t, db)
		_, ann := s.person(t, "ann@example.com")
		builder, bob := s.person(t, "bob@example.com")
		expect(t, builder.PostForm("/settings", url.Values{"name": {"Bob Builder"}}), 303)
		_, target := s.person(t, "target@example.com")
		for _, id := range []string{ann, bob} {
			if _, err := s.auth.SetRole(t.Context(), nil, id, "admin"); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct {
			page, action string
			typed        []string
		}{
			{"/settings", "/settings", []string{"name", "Ann Married"}},
			{"/settings/email", "/settings/email", []string{"newEmail", "moved@example.com"}},
			{"/settings/sessions", "/settings/sessions/others", nil},
			{"/settings/security", "/settings/security", []string{"currentPassword", authtest.Password, "newPassword",
				"better-horse-2"}},
			{"/settings/delete", "/settings/delete", []string{"confirm", "bob@example.com", "password", authtest.Password}},
			{"/reauth", "/reauth", []string{"password", authtest.Password}},
			{"/admin/users/:id/ban", "/admin/users/:id/ban", nil},
			{"/admin/users/selected/ban?row=:id", "/admin/users/selected/ban", nil},
			{"/admin/users/:id", "/admin/users/:id/session", nil},
			{"/admin/users/new", "/admin/users/new", []string{"name", "Eve", "email", "eve@example.com", "role", "admin"}},
		} {
			c.page, c.action = strings.ReplaceAll(c.page, ":id", target), strings.ReplaceAll(c.action, ":id", target)
			for kind, header := range map[string][]string{"page": navigate, "htmx": s.htmx(c.page)} {
				t.Run(c.action+" "+kind, func(t *testing.T) {
					browser := s.stranger(t)
					browser.SignIn("ann@example.com", authtest.Password)
					form := fill(t, browser.Get(c.page, navigate...), c.action, c.typed...)
					become(t, browser, "bob@example.com")
					before := s.standing(t, bob, target)

					got := browser.PostForm(c.action, form, header...)
					expect(t, got, 409, "Location", "", "HX-Redirect", "", "Cache-Control", "private, no-store")
					contains(t, got, "logged in as Bob Builder, bob@example.com", `href="/dashboard">Go on as Bob Builder</a>`)
					lacks(t, got, "ann@example.com", ann, "Test Person")
					if kind == "htmx" {
						expect(t, got, 409, "HX-Retarget", "#problem", "HX-Reswap", "innerHTML")
						lacks(t, got, "<html", "Nothing on this page is lost")
					}
					if after := s.standing(t, bob, target); after != before {
						t.Errorf("it was\n%sand is\n%s", before, after)
					}
					held := strings.Replace(cookies(browser), "flash=logged-out", "", 1)
					if strings.Contains(held, "flash") || strings.Contains(held, "draft") {
						t.Errorf("something is said to be done, or kept: %s", held)
					}
				})
			}
		}
		if links := s.mailed(t, "change_email", "moved@example.com"); len(links) > 0 {
			t.Errorf("the address of another person was mailed %q", links)
		}
		if _, err := s.auth.UserByEmail(t.Context(), "eve@example.com"); err == nil {
			t.Error("somebody was invited")
		}
	})
}

// end:admin

// TestAnAccountIsNotHandedOver: an address typed in the old tab of one user does not become the address of another
// user, whose own form still works.
func TestAnAccountIsNotHandedOver(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		s := newSiteOn(t, db)
		browser, _ := s.person(t, "ann@example.com")
		s.person(t, "bob@example.com")
		form := fill(t, browser.Get("/settings/email", navigate...), "/settings/email", "newEmail", "ann-new@example.com")
		become(t, browser, "bob@example.com")
		browser.PostForm("/settings/email", form)
		for _, link := range s.mailed(t, "change_email", "ann-new@example.com") {
			browser.PostForm("/verify-email", url.Values{"token": {tokenOf(t, link)}})
		}
		if _, err := s.auth.UserByEmail(t.Context(), "bob@example.com"); err != nil {
			t.Errorf("the account of Bob has another address now: %v", err)
		}
		own := fill(t, browser.Get("/settings/email", navigate...), "/settings/email", "newEmail", "bob-new@example.com")
		expect(t, browser.PostForm("/settings/email", own), 303, "Location", "/settings")
	})
}

// TestAFormOfAUserWhoLoggedOut: while nobody is logged in, a form that was drawn for a user gets an explanation. A form
// without the field leads to the login page, as ever.
func TestAFormOfAUserWhoLoggedOut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	browser, id := s.person(t, "ann@example.com")
	form := fill(t, browser.Get("/settings", navigate...), "/settings", "name", "Ann Married")
	become(t, browser, "")
	for _, path := range []string{"/settings", "/settings/email", "/reauth"} {
		got := browser.PostForm(path, form, navigate...)
		expect(t, got, 409, "Location", "")
		contains(t, got, "Nobody is logged in", `href="/login">Log in</a>`)
		lacks(t, got, id, "ann@example.com", "Test Person")
		got = browser.PostForm(path, form, s.htmx("/settings?tab=2")...)
		expect(t, got, 409, "HX-Retarget", "#problem", "HX-Redirect", "")
		contains(t, got, "Nobody is logged in", `href="/login?returnTo=%2Fsettings%3Ftab%3D2">Log in</a>`)
		got = browser.PostForm(path, form, program...)
		expect(t, got, 409)
		contains(t, got, `"code":"OTHER_VISITOR"`)

		expect(t, browser.PostForm(path, url.Values{"name": {"X"}}, navigate...), 303, "Location", "/login")
		expect(t, browser.PostForm(path, url.Values{"name": {"X"}}, s.htmx("/settings")...), 401, "HX-Redirect",
			"/login?returnTo=%2Fsettings")
	}
}

// part:betterauth

// TestWhichRequestsNameTheirUser: a form without the field is served, one with several is not. JSON and the forms that
// end a login are not checked.
func TestWhichRequestsNameTheirUser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, bob := s.person(t, "bob@example.com")
	boss := s.admin(t, "boss@example.com")
	boss.PostForm("/settings", url.Values{"name": {"Boss"}})
	own := fill(t, boss.Get("/settings", navigate...), "/settings").Get("for")
	if len(own) != 32 {
		t.Fatalf("the form is for %q", own)
	}
	for _, c := range []struct {
		name   string
		named  []string
		status int
	}{
		{"nobody", nil, 303},
		{"oneself", []string{own}, 303},
		{"oneself twice", []string{own, own}, 303},
		{"another", []string{bob}, 409},
		{"another, too", []string{own, bob}, 409},
		{"another first", []string{bob, own}, 409},
		{"nobody that there is", []string{"x"}, 409},
		{"an empty name", []string{""}, 409},
		{"another spelling", []string{strings.ToUpper(own)}, 409},
	} {
		t.Run(c.name, func(t *testing.T) {
			form := url.Values{"name": {"Boss"}}
			if c.named != nil {
				form["for"] = c.named
			}
			expect(t, boss.PostForm("/settings", form), c.status)
			expect(t, boss.PostForm("/settings?for="+bob, url.Values{"name": {"Boss"}}), 303) // no query feeds a form
		})
	}
	other := url.Values{"for": {bob}}
	json := map[string]string{"for": bob, "name": "Eve", "email": "eve@example.com"} // part:admin
	expect(t, boss.PostJSON("/api/admin/users", json, "Origin", s.Base), 201)        // part:admin
	expect(t, boss.PostForm("/theme", url.Values{"for": {bob}, "theme": {"dark"}}), 303)
	acting := s.actAs(t, boss.Copy(), bob)                                           // part:admin
	expect(t, acting.PostForm("/impersonation/stop", url.Values{"for": {own}}), 303) // part:admin
	expect(t, boss.PostForm("/logout", other), 303, "Location", "/login")
	expect(t, boss.PostForm("/impersonation/stop", other), 303, "Location", "/login") // part:admin
}

// end:betterauth

// TestAFormOfAnotherComesBeforeTheRest: it asks for no password first, and keeps nothing that was typed.
func TestAFormOfAnotherComesBeforeTheRest(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	bob, _ := s.person(t, "bob@example.com")
	ann, _ := s.person(t, "ann@example.com")
	email := fill(t, bob.Get("/settings/email", navigate...), "/settings/email", "newEmail", "new@example.com")
	s.ahead.Add(int64(10 * time.Minute))
	expect(t, ann.PostForm("/settings/email", url.Values{"newEmail": {"x@example.com"}}), 303, "Location",
		"/reauth?returnTo=%2Fsettings%2Femail")
	kept := draft(ann)
	expect(t, ann.PostForm("/settings/email", email), 409)
	if draft(ann) != kept {
		t.Error("what was typed for another person is kept")
	}

	expect(t, bob.PostForm("/settings/email", email), 303, "Location", "/reauth?returnTo=%2Fsettings%2Femail")
	reauth(t, bob)
	page := bob.Get("/settings/email", navigate...)
	contains(t, page, `value="new@example.com"`)
	if named := fill(t, page, "/settings/email")["for"]; len(named) != 1 {
		t.Errorf("the form is for %q", named)
	}
}

// part:admin

// TestStoppingMakesOldForms: a form that was drawn during an impersonation does not act for the admin, and the other
// way round.
func TestStoppingMakesOldForms(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, bob := s.person(t, "bob@example.com")
	boss := s.admin(t, "boss@example.com")
	own := fill(t, boss.Get("/settings", navigate...), "/settings", "name", "Boss Baby")
	s.actAs(t, boss, bob)
	drawn := fill(t, boss.Get("/settings", navigate...), "/settings", "name", "Bob Married")
	if drawn.Get("for") != bob {
		t.Errorf("the form is for %q, want the user who is acted as", drawn.Get("for"))
	}
	got := boss.PostForm("/settings", own)
	expect(t, got, 409)
	contains(t, got, "bob@example.com")
	lacks(t, got, "boss@example.com")
	expect(t, boss.PostForm("/impersonation/stop", nil), 303)
	got = boss.PostForm("/settings", drawn)
	expect(t, got, 409)
	contains(t, got, "boss@example.com")
	lacks(t, got, "bob@example.com")
	lacks(t, boss.Get("/settings", navigate...), "Bob Married", "Boss Baby")
}

// undrawn are the forms of private pages that act for the visitor there is: each ends a login, or chooses how pages
// look.
var undrawn = map[string]bool{
	"/logout": true, "/theme": true,
	"/impersonation/stop": true, // part:admin
}

// TestPrivateFormsNameTheirPerson: every form of every page behind the private doors, drawn afresh or refused, is for
// the visitor.
func TestPrivateFormsNameTheirPerson(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.admin(t, "boss@example.com")
	_, target := s.person(t, "target@example.com")
	user, err := s.auth.UserByEmail(t.Context(), "boss@example.com")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	look := func(path string, page authtest.Answer) {
		for _, form := range posts(t, page) {
			action, _ := attr(form, "action")
			seen[strings.ReplaceAll(action, target, ":id")] = true
			if named := hidden(form)["for"]; !undrawn[action] && (len(named) != 1 || named[0] != user.ID) ||
				undrawn[action] && named != nil {
				t.Errorf("on %s the form for %s is drawn for %q", path, action, named)
			}
		}
	}
	for _, route := range s.server.Routes() {
		private := slices.Contains([]string{"user", "fresh", "admin", "freshAdmin"}, route.Door) ||
			strings.HasPrefix(route.Door, "role:")
		path := strings.NewReplacer(":id", target, ":action", "ban").Replace(route.Path)
		switch {
		case !private || undrawn[path]:
		case route.Method == http.MethodGet:
			look(path, boss.Get(path, navigate...))
		case strings.HasSuffix(path, "/ban"):
			look(path, boss.PostForm(path, url.Values{"until": {"x"}}))
		default:
			look(path, boss.PostForm(path, nil, s.htmx(path)...))
		}
	}
	for _, action := range []string{
		"/settings", "/settings/email", "/settings/security", "/settings/sessions/others", "/settings/delete", "/reauth",
		"/logout", "/theme",
		"/admin/users/:id/ban", "/admin/users/:id/session", "/admin/users/new",
	} {
		if !seen[action] {
			t.Errorf("the form for %s was not looked at", action)
		}
	}
}

// end:admin
