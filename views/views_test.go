package views_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"example.com/foyer/views"
	"github.com/a-h/templ"
)

func draw(t *testing.T, ctx context.Context, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(ctx, &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func frame(v views.Visitor) context.Context {
	site := views.Site{
		Name: "Test", Asset: func(file string) string { return "/static/" + file },
		Nav: []views.NavGroup{{Links: []views.NavLink{
			{Href: "/admin", For: func(v views.Visitor) bool { return v.HasRole("admin") }},
		}}},
	}
	return views.WithFrame(context.Background(), views.Frame{Site: site, Visitor: v, Path: "/dashboard"})
}

var ada = views.Visitor{State: views.Authenticated, Name: "Ada Lovelace", Email: "ada@example.com"}

// TestGuardStates: a private page shows its content in the state Authenticated only. The zero value is harmless.
func TestGuardStates(t *testing.T) {
	if views.Loading != 0 {
		t.Fatal("Loading is not the zero value: a forgotten guard would show something else")
	}
	panel := templ.Raw("<ul>the panel</ul>")
	for name, page := range map[string]templ.Component{"dashboard": views.Dashboard(views.DashboardPage{Sessions: panel}),
		"admin":    views.Admin(views.Overview{Users: 7}),
		"users":    views.Users(nil).Page(),                                           // part:admin
		"user":     views.User(views.UserPage{UserRow: views.UserRow{Name: "Grace"}}), // part:admin
		"settings": views.Profile("Ada").Page(),
		"security": views.Password("ada@example.com").Page(), "sessions": views.Sessions(nil),
	} {
		t.Run(name, func(t *testing.T) {
			forged := ada // fields that a careless handler filled without a state
			forged.State = views.Loading
			for state, v := range map[string]views.Visitor{"zero": {}, "loading": {State: views.Loading},
				"loading with a name": forged} {
				got := draw(t, frame(v), page)
				if !strings.Contains(got, "skeleton") || strings.Contains(got, `class="card`) ||
					strings.Contains(got, "the panel") || strings.Contains(got, "ada@example.com") ||
					strings.Contains(got, "data-private") {
					t.Errorf("%s shows more than a skeleton: %s", state, got)
				}
			}
			got := draw(t, frame(views.Visitor{State: views.Unauthenticated}), page)
			if !strings.Contains(got, "You are not logged in") || strings.Contains(got, `class="card`) ||
				strings.Contains(got, "the panel") {
				t.Errorf("a stranger sees: %s", got)
			}
			got = draw(t, frame(ada), page)
			if !strings.Contains(got, `class="card`) || !strings.Contains(got, "Ada Lovelace") ||
				!strings.Contains(got, "data-private") {
				t.Errorf("the visitor sees: %s", got)
			}
		})
	}
}

func TestAccountCorner(t *testing.T) {
	admin := ada
	admin.Roles = []string{"user", "admin"}
	for name, c := range map[string]struct {
		visitor     views.Visitor
		want, lacks []string
	}{
		"loading": {views.Visitor{}, []string{`hx-get="/nav"`, `href="/dashboard"`, "skeleton"},
			[]string{"Log out", "Log in"}},
		"authenticated": {ada, []string{"Ada Lovelace", "Log out", `action="/logout"`, `method="post"`},
			[]string{"hx-get", "Log in"}},
		"unauthenticated": {views.Visitor{State: views.Unauthenticated}, []string{`href="/login"`, `href="/signup"`},
			[]string{"hx-get", "Log out"}},
	} {
		got := draw(t, frame(c.visitor), views.Account())
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s lacks %q: %s", name, want, got)
			}
		}
		for _, bad := range c.lacks {
			if strings.Contains(got, bad) {
				t.Errorf("%s holds %q: %s", name, bad, got)
			}
		}
	}
	for _, v := range []views.Visitor{ada, admin} {
		got := draw(t, frame(v), views.Sessions(nil))
		if strings.Contains(got, `class="link" href="/admin"`) != v.HasRole("owner", "admin") {
			t.Errorf("the navigation of a visitor with the roles %q: %s", v.Roles, got)
		}
	}
}

// part:admin

// TestBreadcrumb: it leads to every page above a page. A refused form is an error in the title only.
func TestBreadcrumb(t *testing.T) {
	form := views.ActOnUser(views.UserActionForm{UserRow: views.UserRow{ID: "7", Name: "Grace"}, Action: "ban",
		Title: "Ban"})
	form.Errors = views.Errors{{Message: "wrong"}}
	got := draw(t, frame(ada), form.Page())
	for _, want := range []string{"<title>Error: Ban", `<a href="/admin"><bdi>Admin</bdi></a>`,
		`<a href="/admin/users"><bdi>Users</bdi></a>`, `<a href="/admin/users/7"><bdi>Grace</bdi></a>`,
		`<li aria-current="page"><bdi>Ban</bdi></li>`, "<h1><bdi>Ban</bdi></h1>"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing: %s", want, got)
		}
	}
}

// end:admin

// TestDialog: a page of the app has a place for the form of a dialogLink, whatever section it is in.
func TestDialog(t *testing.T) {
	page := views.DashboardPage{Sessions: templ.Raw("<ul></ul>")}
	if got := draw(t, frame(ada), views.Dashboard(page)); strings.Count(got, `<dialog id="dialog"`) != 1 {
		t.Errorf("dialogs of the dashboard: %s", got)
	}
	if got := draw(t, frame(ada), views.Profile("Ada").Page()); strings.Count(got, `<dialog id="dialog"`) != 1 {
		t.Errorf("dialogs of a section: %s", got)
	}
}

// TestHere: one link of the navigation is the current one, even where another leads above it.
func TestHere(t *testing.T) {
	admins := func(v views.Visitor) bool { return v.HasRole("admin") }
	f := views.Frame{Visitor: views.Visitor{Roles: []string{"admin"}}, Site: views.Site{Nav: []views.NavGroup{
		{Links: []views.NavLink{{Href: "/settings"}}},
		{Label: "Admin", Links: []views.NavLink{{Href: "/admin", For: admins}, {Href: "/admin/users", For: admins}}},
	}}}
	for path, want := range map[string]string{"/settings": "/settings", "/settings/email": "/settings", "/admin": "/admin",
		"/admin/users": "/admin/users", "/admin/users/:id": "/admin/users", "/admin/audit": "/admin", "/administer": "",
		"/": "", "": ""} {
		if got := f.Here(path).Href; got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	f.Visitor.Roles = nil
	if got := f.Here("/admin/users").Href; got != "" || len(f.Nav()) != 1 {
		t.Errorf("without the role: %q in %d groups", got, len(f.Nav()))
	}
}

// TestWordsStayApart: text and what follows it on the same line keep their space.
func TestWordsStayApart(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 5, 0, 0, time.FixedZone("", 3600))
	rows := views.SessionList([]views.SessionRow{{Browser: "Firefox on Linux", IP: "203.0.113.9", Used: at,
		Current: true}})
	got := draw(t, frame(ada), views.Dashboard(views.DashboardPage{MemberSince: at, Expires: at, Sessions: rows}))
	for _, bad := range []string{"since<time", "Ends<time", "203.0.113.9<time", "Linux<span"} {
		if strings.Contains(got, bad) {
			t.Errorf("%q runs together: %s", bad, got)
		}
	}
	for _, want := range []string{"Nov 23, 2026, 11:05 UTC", `datetime="2026-11-23T11:05:00Z"`} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing", want)
		}
	}
}

func TestErrorDetailIsOptional(t *testing.T) {
	p := views.Problem{Status: 500, Title: "Our mistake", Message: "Sorry.", RequestID: "ID7", Ways: []views.Link{{Href: "/", Label: "Home"}}}
	if got := draw(t, frame(views.Visitor{}), views.Error(p)); strings.Contains(got, "causes") ||
		!strings.Contains(got, "ID7") || !strings.Contains(got, "Error 500") {
		t.Errorf("without a cause: %s", got)
	}
	p.Causes, p.Route = []string{"outer", "<b>cause</b>"}, "GET /x"
	if got := draw(t, frame(views.Visitor{}), views.ErrorFragment(p)); !strings.Contains(got, "&lt;b&gt;cause") ||
		!strings.Contains(got, "outer") || !strings.Contains(got, "GET /x") || strings.Contains(got, "<html") {
		t.Errorf("with a cause: %s", got)
	}
}

// TestFilled: a refused form keeps what was typed, except what is secret or what no person types.
func TestFilled(t *testing.T) {
	typed := url.Values{"name": {" Ada<L ", "Eve"}, "email": {"a@b"}, "password": {"zebra-7"},
		"returnTo": {"//evil.test"}, "line": {"one"}, "lines": {" two\n\nthree "}, "day": {"2031-03-01"},
		"file": {"c:/x.csv"}, "username": {"eve@b"}}
	signup := views.Signup("/a", "/login")
	for name, c := range map[string]struct {
		form        views.Form
		want, lacks []string
	}{
		"sign-up": {signup.Filled(typed), []string{`value="Ada&lt;L"`, `value="a@b"`, `name="returnTo" value="/a"`,
			`name="password" type="password" value=""`}, []string{"zebra", "evil", " checked", "Eve"}},
		"box": {signup.Filled(url.Values{"remember": {"on"}}), []string{" checked", `name="name" type="text" value=""`},
			nil},
		"untouched": {signup, []string{" checked"}, []string{"Ada", "a@b"}},
		"nothing":   {views.Profile("Grace").Filled(nil), []string{`value="Grace"`}, nil},
		"absent":    {views.Profile("Grace").Filled(url.Values{}), []string{`value="Grace"`}, nil},
		"emptied":   {views.Profile("Grace").Filled(url.Values{"name": {""}}), nil, []string{"Grace"}},
		"account":   {views.Reset("t", "ada@b").Filled(typed), []string{`value="ada@b"`}, []string{"eve@b"}},
		"kinds": {views.SampleForm().Filled(typed), []string{`value="one"`, ">two\n\nthree<", `value="2031-03-01"`},
			[]string{"c:/x"}},
	} {
		got := draw(t, frame(views.Visitor{}), c.form.Draw())
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s lacks %q: %s", name, want, got)
			}
		}
		for _, bad := range c.lacks {
			if strings.Contains(got, bad) {
				t.Errorf("%s holds %q: %s", name, bad, got)
			}
		}
	}
}

func TestErrors(t *testing.T) {
	errors := views.Errors{{Field: "email", Message: "wrong"}, {Message: "whole"}}
	if errors.Of("email") != "wrong" || errors.Of("name") != "" || errors.Of("") != "whole" ||
		(views.Errors)(nil).Of("x") != "" {
		t.Errorf("%+v", errors)
	}
	form := views.Login("/a?b=1&c=2", "javascript:alert(1)").Filled(url.Values{"email": {`"><x>`}})
	form.Errors, form.Below = errors, []templ.Component{templ.Raw("<p>a card below</p>")}
	fragment := draw(t, frame(views.Visitor{}), form.Fragment())
	if !strings.HasPrefix(fragment, "<title>Error: Log in") || strings.Contains(fragment, "<html") ||
		strings.Contains(fragment, "below") {
		t.Errorf("the form alone: %s", fragment)
	}
	got := draw(t, frame(views.Visitor{}), form.Page())
	for _, want := range []string{"<title>Error: Log in", "a card below", `<a href="#email">wrong</a>`, "<li>whole</li>",
		`aria-invalid="true"`, `id="email-error">wrong`, `value="&#34;&gt;&lt;x&gt;"`, `value="/a?b=1&amp;c=2"`} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing: %s", want, got)
		}
	}
}
