package web_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/web"
	"golang.org/x/net/html"
	"gorm.io/gorm"
)

var userPage = regexp.MustCompile("^/admin/users/[0-9a-z]{32}$")

// names lists the users on a page of /admin/users, in order.
func names(t *testing.T, a authtest.Answer) string {
	t.Helper()
	var list []string
	for _, link := range tags(parse(t, a), "a") {
		if href, _ := attr(link, "href"); userPage.MatchString(href) {
			list = append(list, textOf(link))
		}
	}
	return strings.Join(list, ", ")
}

// TestUserList: what the address asks for is what the page lists, alike on both databases.
func TestUserList(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		s := newSiteOn(t, db)
		boss := s.admin(t, "boss@example.com")
		for i, u := range []auth.NewUser{
			{Name: "Ada Lovelace", Email: "ada@example.com", Verified: true},
			{Name: "Émilie du Châtelet", Email: "emilie@example.com", Verified: true},
			{Name: "Zoë 100%", Email: "zoe_1@example.com"},
			{Name: "grace", Email: "grace@example.com", Role: "user,admin", Verified: true},
		} {
			s.ahead.Add(int64(1e9))
			made, err := s.auth.CreateUser(t.Context(), nil, u)
			if err == nil && i == 0 {
				_, err = s.auth.BanUser(t.Context(), nil, made.ID, "spam", nil)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		for query, want := range map[string]string{
			"":                          "grace, Zoë 100%, Émilie du Châtelet, Ada Lovelace, Test Person",
			"?sort=joined&dir=asc":      "Test Person, Ada Lovelace, Émilie du Châtelet, Zoë 100%, grace",
			"?sort=name":                "Ada Lovelace, Test Person, Zoë 100%, grace, Émilie du Châtelet",
			"?sort=email&dir=desc":      "Zoë 100%, grace, Émilie du Châtelet, Test Person, Ada Lovelace",
			"?q=LOVE":                   "Ada Lovelace",
			"?q=%C3%89MILIE":            "Émilie du Châtelet",
			"?q=zo%C3%AB":               "Zoë 100%",
			"?q=%25":                    "Zoë 100%",
			"?q=_":                      "Zoë 100%",
			"?q=+ada%40+":               "Ada Lovelace",
			"?q=nobody":                 "",
			"?role=admin&sort=name":     "Test Person, grace",
			"?role=user&sort=name":      "Ada Lovelace, Zoë 100%, grace, Émilie du Châtelet",
			"?status=banned":            "Ada Lovelace",
			"?status=active":            "grace, Émilie du Châtelet",
			"?status=unverified":        "Zoë 100%, Test Person",
			"?status=banned&q=grace":    "",
			"?role=admin&q=e&sort=name": "Test Person, grace",
			"?page=7":                   "grace, Zoë 100%, Émilie du Châtelet, Ada Lovelace, Test Person", // the last page there is
		} {
			for kind, header := range map[string][]string{"page": navigate, "htmx": s.htmx("/admin/users")} {
				got := boss.Get("/admin/users"+query, header...)
				expect(t, got, http.StatusOK)
				if list := names(t, got); list != want {
					t.Errorf("%s as %s: %q, want %q", query, kind, list, want)
				}
			}
		}
		for query, want := range map[string]string{
			"?sort=password": "sorted by", "?dir=up": "order", "?status=x": "Status", "?role=root": "no such role",
			"?page=0": "no such page",
			"?per=7":  "no page of that size", "?per=x": "no page of that size", "?per=200": "no page of that size",
			"?page=x": "no such page", "?page=99999999999999999999": "no such page",
			"?q=" + strings.Repeat("x", 201): "at most 200", "?q=%00": "at most 200", "?q=%ff": "at most 200",
			"?sort=name%3Bdrop+table": "sorted by",
		} {
			got := boss.Get("/admin/users"+query, navigate...)
			expect(t, got, http.StatusBadRequest)
			contains(t, got, want)
		}
	})
}

// TestUserPages: the links of a list keep its filter, so that its address can be shared.
func TestUserPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	authtest.Crowd(t, s.db, 130)
	boss := s.admin(t, "boss@example.com")
	got := boss.Get("/admin/users?q=number&sort=name&dir=asc", navigate...)
	contains(t, got, "130 users", "1–50 of 130", `aria-sort="ascending"`,
		`href="/admin/users?dir=desc&amp;q=number&amp;sort=name"`,
		`href="/admin/users.csv?dir=asc&amp;q=number&amp;sort=name"`)
	next := "/admin/users?dir=asc&page=2&q=number&sort=name"
	contains(t, got, `href="`+html.EscapeString(next)+`"`)
	got = boss.Get(next, navigate...)
	contains(t, got, "<title>Users, page 2 ·", "51–100 of 130", "Person Number 00050", "First", "Previous", "Next", "Last")
	lacks(t, got, "Person Number 00049", "autofocus")
	header := append(s.htmx("/admin/users"), "HX-Source", "a#next-page")
	got = boss.Get(next, header...)
	expect(t, got, http.StatusOK, "HX-Push-Url", next)
	contains(t, got, `id="found" tabindex="-1" autofocus`, "130 users", `hx-target="#live"`, "<title>Users, page 2 ·")
	lacks(t, got, "<html", `role="search"`)
	got = boss.Get("/admin/users?per=100&q=number&page=2", navigate...)
	contains(t, got, "101–130 of 130", "First", `href="/admin/users?per=25&amp;q=number"`, `href="/admin/users?q=number"`,
		`name="per" value="100"`, `href="/admin/users?per=100&amp;q=number"`)
	lacks(t, got, "Next", "Last")
	got = boss.Get("/admin/users?q=00001", navigate...)
	contains(t, got, "1 user")
	lacks(t, got, `aria-label="Pages"`)
}

// TestExport: every user of the filter, as cells that no spreadsheet takes for formulas.
func TestExport(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	authtest.Crowd(t, s.db, 2500)
	boss := s.admin(t, "boss@example.com")
	for _, name := range []string{"=1+1", "+1", "-1+1", "@SUM(A1)", "\"quoted\", she said", "plain = fine; too",
		"x;=cmd|' /C calc'!A0;", "; +1", " =2", "＝3"} {
		if _, err := s.auth.CreateUser(t.Context(), nil,
			auth.NewUser{Name: name, Email: fmt.Sprintf("x%d@example.com", len(name)*100+int(name[0]))}); err != nil {
			t.Fatal(err)
		}
	}
	rows := func(query string) [][]string {
		t.Helper()
		got := boss.Get("/admin/users.csv"+query, navigate...)
		expect(t, got, http.StatusOK, "Content-Type", "text/csv; charset=utf-8", "Content-Disposition",
			`attachment; filename="users.csv"`, "Cache-Control", "private, no-store")
		list, err := csv.NewReader(strings.NewReader(got.Text)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	all := rows("")
	if len(all) != 1+2500+1+10 || strings.Join(all[0], ",") != "\ufeffid,name,email,verified,role,banned,joined" ||
		all[1][1] != "Person Number 00000" || all[2500][1] != "Person Number 02499" {
		t.Errorf("%d rows: %q, %q", len(all), all[0], all[1])
	}
	seen := map[string]bool{}
	for _, row := range all[1:] {
		seen[row[0]] = true
		for cell := range strings.SplitSeq(strings.Join(row, ";"), ";") { // as where cells are parted by semicolons
			if strings.IndexAny(strings.TrimSpace(cell), "=+-@＝＋－＠") == 0 {
				t.Errorf("a formula: %q", cell)
			}
		}
	}
	if len(seen) != len(all)-1 {
		t.Errorf("%d of %d users are different", len(seen), len(all)-1)
	}
	if got := rows("?q=%3D1%2B1"); len(got) != 2 || got[1][1] != "'=1+1" {
		t.Errorf("%q", got)
	}
	if got := rows("?status=banned&role=user&page=3"); len(got) != 1+5 {
		t.Errorf("%d banned", len(got)-1)
	}
	expect(t, boss.Get("/admin/users.csv?sort=x", navigate...), http.StatusBadRequest, "Content-Disposition", "")
}

// TestHeadOfAnExport: HEAD says what kind of file there is. It sends no row, so no export is recorded.
func TestHeadOfAnExport(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.admin(t, "boss@example.com")
	for method, recorded := range map[string]bool{"HEAD": false, "GET": true} {
		s.log.text()
		got := boss.Do(method, "/admin/users.csv", "", navigate...)
		expect(t, got, http.StatusOK, "Content-Type", "text/csv; charset=utf-8", "Content-Disposition",
			`attachment; filename="users.csv"`, "Content-Length", "")
		if text := s.log.text(); strings.Contains(text, "users_exported") != recorded {
			t.Errorf("%s: an export is recorded %t, want %t: %s", method, !recorded, recorded, text)
		}
	}
}

// TestUserActions: each action works by a plain form, and the next page confirms it.
func TestUserActions(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		s := newSiteOn(t, db)
		boss := s.admin(t, "boss@example.com")
		her, id := s.person(t, "grace@example.com")
		at := "/admin/users/" + id
		user := func() *auth.User {
			t.Helper()
			u, err := s.auth.User(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			return u
		}
		act := func(action, says string, form url.Values) {
			t.Helper()
			contains(t, boss.Get(at+"/"+action, navigate...), "grace@example.com", `action="`+at+"/"+action+`"`)
			expect(t, boss.PostForm(at+"/"+action, form), http.StatusSeeOther, "Location", at)
			contains(t, boss.Get(at, navigate...), says)
		}
		act("role", "The role is changed", url.Values{"role": {"admin"}})
		expect(t, her.Get("/admin", navigate...), http.StatusOK)
		act("role", "The role is changed", url.Values{"role": {"user"}})
		got := her.Get("/admin", navigate...)
		expect(t, got, http.StatusForbidden)
		contains(t, got, "Not allowed")
		act("reset", "A mail with a link is on its way", nil)
		if link := s.lastMailed(t, "reset_password", "grace@example.com"); !strings.HasPrefix(link,
			"/reset-password?token=") {
			t.Errorf("mailed %q", link)
		}
		act("verify", "address is confirmed", nil)
		if !user().EmailVerified {
			t.Error("not verified")
		}
		other := s.stranger(t)
		other.SignIn("grace@example.com", authtest.Password)
		contains(t, boss.Get(at, navigate...), `name="session"`)
		list, err := s.auth.Sessions(t.Context(), id)
		if err != nil || len(list) != 2 {
			t.Fatal(len(list), err)
		}
		contains(t, boss.Get(at, navigate...), `action="`+at+`/session"`)
		contains(t, boss.Get(at+"/session", navigate...), "One of their browsers is logged out at once.")
		act("session", "That browser is logged out", url.Values{"session": {list[0].ID}})
		if left, _ := s.auth.Sessions(t.Context(), id); len(left) != 1 || left[0].ID != list[1].ID {
			t.Errorf("%d sessions left", len(left))
		}
		expect(t, boss.PostForm(at+"/session", nil), http.StatusUnprocessableEntity) // none is named
		if left, _ := s.auth.Sessions(t.Context(), id); len(left) != 1 {
			t.Errorf("%d sessions left", len(left))
		}
		act("sessions", "They are logged out", nil)
		expect(t, her.Get("/dashboard", navigate...), http.StatusSeeOther)
		act("ban", "banned and logged out", url.Values{"reason": {" too loud "}, "until": {"2099-05-01"}})
		contains(t, boss.Get(at, navigate...), "too loud", "May 1, 2099")
		got = s.PostForm("/login", credentials("grace@example.com", authtest.Password))
		expect(t, got, http.StatusUnprocessableEntity)
		contains(t, got, "This account is banned until May 1, 2099, 00:00 UTC: too loud")
		act("unban", "The ban is lifted", nil)
		her.SignIn("grace@example.com", authtest.Password)

		expect(t, boss.PostForm(at+"/impersonate", nil), http.StatusSeeOther, "Location", "/dashboard")
		contains(t, boss.Get("/dashboard", navigate...), "You are impersonating Test Person, grace@example.com")
		contains(t, boss.Get("/nav", s.htmx("/")...), `hx-target="#banners"`, "You are impersonating")
		expect(t, boss.PostForm("/impersonation/stop", nil), http.StatusSeeOther, "Location", at)
		contains(t, boss.Get(at, navigate...), "Impersonation ended.")

		got = boss.PostForm(at+"/delete", url.Values{"confirm": {"boss@example.com"}})
		expect(t, got, http.StatusUnprocessableEntity)
		contains(t, got, "Type grace@example.com to confirm", `value="boss@example.com"`)
		expect(t, boss.PostForm(at+"/delete", url.Values{"confirm": {"grace@example.com"}}), http.StatusSeeOther, "Location",
			"/admin/users")
		expect(t, boss.Get(at, navigate...), http.StatusNotFound)
		expect(t, her.Get("/dashboard", navigate...), http.StatusSeeOther)
	})
}

// TestUserActionsRefused: an invalid form is explained beside its field and changes nothing.
func TestUserActionsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.admin(t, "boss@example.com")
	_, id := s.person(t, "grace@example.com")
	me, err := s.auth.UserByEmail(t.Context(), "boss@example.com")
	if err != nil {
		t.Fatal(err)
	}
	hers, mine := "/admin/users/"+id, "/admin/users/"+me.ID
	before := s.userRows(t)
	for _, c := range []struct {
		path   string
		form   url.Values
		status int
		says   string
	}{
		{hers + "/role", url.Values{"role": {"king"}}, 422, "non-existent role"},
		{hers + "/ban", url.Values{"until": {"2001-01-01"}}, 422, "a day of the next 100 years"},
		{hers + "/ban", url.Values{"until": {"9999-01-01"}}, 422, "a day of the next 100 years"},
		{hers + "/ban", url.Values{"until": {"tomorrow"}, "reason": {"kept"}}, 422, `value="kept"`},
		{hers + "/ban", url.Values{"reason": {strings.Repeat("x", 201)}}, 422, "at most 200"},
		{hers + "/ban", url.Values{"reason": {"a\x00b"}}, 422, "at most 200"},
		{hers + "/delete", nil, 422, "Type grace@example.com"},
		{hers + "/explode", nil, 404, "nothing at this address"},
		{"/admin/users/nobody/ban", nil, 404, "User not found"},
		{mine + "/ban", nil, 400, "your own account"},
		{mine + "/role", url.Values{"role": {"user"}}, 400, "your own account"},
		{mine + "/delete", url.Values{"confirm": {"boss@example.com"}}, 400, "your own account"},
		{mine + "/impersonate", nil, 400, "your own account"},
	} {
		got := boss.PostForm(c.path, c.form)
		expect(t, got, c.status)
		contains(t, got, c.says)
	}
	lacks(t, boss.Get(mine, navigate...), `id="act-`)
	contains(t, boss.Get(mine, navigate...), "This is you")
	if after := s.userRows(t); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
}

// TestRolesHaveOneSpelling: a list, its filter, the page of a user and the choice of a role say a role alike.
func TestRolesHaveOneSpelling(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.holder(t, "boss@example.com", "admin")
	_, id := s.person(t, "mallory@example.com")
	contains(t, boss.Get("/admin/users", navigate...), "<td>User</td>", "<td>Admin</td>", `<option value="user">User<`)
	contains(t, boss.Get("/admin/users/"+id, navigate...), "<dd>User</dd>")
	contains(t, boss.Get("/admin/users/"+id+"/role", navigate...), `<option value="user" selected>User<`)
	contains(t, boss.Get("/admin/users/new", navigate...), `<option value="admin">Admin<`)
	if _, err := s.auth.SetRole(t.Context(), nil, id, "admin,user"); err != nil {
		t.Fatal(err)
	}
	contains(t, boss.Get("/admin/users/"+id+"/role", navigate...), `<option value="admin,user" selected>Admin, User<`)
}

// TestALinkDecidesNothing: the query of a crafted link fills in no form.
func TestALinkDecidesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.admin(t, "boss@example.com")
	_, id := s.person(t, "mallory@example.com")
	page := boss.Get("/admin/users/"+id+"/role?role=admin", navigate...)
	contains(t, page, `<option value="user" selected>`)
	lacks(t, page, `<option value="admin" selected>`)
	lacks(t, boss.Get("/admin/users/new?role=admin", navigate...), `<option value="admin" selected>`)
	const planted, day = "planted@evil.example", "2099-05-01"
	query := "?until=" + day
	for _, field := range []string{"newEmail", "name", "email", "confirm", "reason", "session", "password",
		"currentPassword", "newPassword", "others", "for"} {
		query += "&" + field + "=" + url.QueryEscape(planted)
	}
	forms, form := 0, regexp.MustCompile(`(?s)<form[^>]* method="post".*?</form>`)
	back := regexp.MustCompile(`<input type="hidden" name="returnTo"[^>]*>`) // decides nothing
	for _, route := range s.server.Routes() {
		if route.Method != http.MethodGet || route.Door == "public" || route.Door == "service" {
			continue
		}
		paths := []string{strings.ReplaceAll(route.Path, ":id", id)}
		if strings.Contains(route.Path, ":action") {
			paths = nil
			for _, action := range []string{"role", "reset", "verify", "sessions", "impersonate", "ban", "delete"} {
				paths = append(paths, "/admin/users/"+id+"/"+action)
			}
		}
		for _, path := range paths {
			for _, c := range []*authtest.Client{s.Client, boss} {
				for _, found := range form.FindAllString(c.Get(path+query, navigate...).Text, -1) {
					forms, found = forms+1, back.ReplaceAllString(found, "")
					if strings.Contains(found, planted) || strings.Contains(found, day) {
						t.Errorf("a link fills the form at %s in: %s", path, found)
					}
				}
			}
		}
	}
	if forms < 30 {
		t.Errorf("%d forms were looked at", forms)
	}
}

// userRows is what the store has of everybody.
func (s *site) userRows(t *testing.T) string {
	t.Helper()
	var list []auth.User
	if err := s.db.Order("id").Find(&list).Error; err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, u := range list {
		fmt.Fprintln(&b, u.ID, u.Name, u.Email, u.EmailVerified, u.Role, u.Banned, u.UpdatedAt)
	}
	return b.String()
}

// part:betterauth

// TestPlainUsersDoNothing tries every verb of an admin as another user: over pages, htmx and JSON, with forged fields,
// other methods and odd paths. All of it is refused and recorded, and changes nothing.
func TestPlainUsersDoNothing(t *testing.T) {
	t.Parallel()
	var told []string
	s := newSiteWith(t, dbtest.Open(t, dbtest.SQLite(t)), auth.Options{
		OnEvent: func(_ *gorm.DB, e auth.Event) error {
			told = append(told, string(e.Name)+" "+e.ActorID)
			return nil
		},
	})
	s.admin(t, "boss@example.com")
	user, own := s.person(t, "user@example.com")
	_, target := s.person(t, "target@example.com")
	before := s.userRows(t)
	forged := url.Values{"role": {"admin"}, "banned": {"false"}, "id": {own}, "userId": {own},
		"confirm": {"target@example.com"}, "reason": {"x"}}
	refused := func(what string, got authtest.Answer, statuses ...int) {
		t.Helper()
		ok := false
		for _, status := range statuses {
			ok = ok || got.StatusCode == status
		}
		if !ok {
			t.Errorf("%s: %d, want %v: %.200s", what, got.StatusCode, statuses, got.Text)
		}
		if strings.Contains(got.Text, "target@example.com") {
			t.Errorf("%s tells whose page it is", what)
		}
	}
	for _, id := range []string{target, own} {
		for _, action := range []string{"role", "reset", "verify", "sessions", "impersonate", "ban", "unban", "delete",
			"explode"} {
			at := "/admin/users/" + id + "/" + action
			for kind, header := range map[string][]string{"page": navigate, "htmx": s.htmx("/dashboard"), "json": program} {
				header := append([]string{"Origin", s.Base, "Content-Type", "application/x-www-form-urlencoded"}, header...)
				told = nil
				refused(kind+" POST "+action, user.Do("POST", at, forged.Encode(), header...), 403)
				if !slices.Equal(told, []string{"forbidden " + own}) {
					t.Errorf("of %s POST %s is told %q", kind, action, told)
				}
				refused(kind+" GET "+action, user.Do("GET", at+"?"+forged.Encode(), "", header...), 403)
				for _, method := range []string{"PUT", "PATCH", "DELETE", "QUERY"} {
					refused(kind+" "+method+" "+action, user.Do(method, at, forged.Encode(), header...), 405)
				}
			}
			for _, odd := range []string{at + "/", "/" + at, strings.Replace(at, "/users/", "/users//", 1),
				strings.Replace(at, "users", "Users", 1), at + ";x", at + "%2f", "/x/.." + at} {
				got := s.raw(t, "GET", odd, "Cookie", cookies(user))
				refused("odd path "+odd, got, 403, 404)
			}
		}
	}
	for _, path := range []string{"/admin/users", "/admin/users.csv", "/admin/users/" + target,
		"/admin/users/new", "/admin"} {
		refused("GET "+path, user.Get(path, navigate...), 403)
	}
	refused("invite", user.PostForm("/admin/users/new",
		url.Values{"name": {"x"}, "email": {"x@example.com"}, "role": {"admin"}}), 403)
	refused("create", user.PostJSON("/api/admin/users",
		map[string]string{"email": "x@example.com", "name": "x", "role": "admin"}), 403)
	for path, body := range map[string]map[string]any{
		"create-user":       {"email": "x@example.com", "name": "x", "role": "admin"},
		"update-user":       {"userId": own, "data": map[string]any{"role": "admin"}},
		"set-role":          {"userId": own, "role": "admin"},
		"set-user-password": {"userId": target, "newPassword": "another-horse-2"},
		"ban-user":          {"userId": target}, "unban-user": {"userId": target}, "remove-user": {"userId": target},
		"list-user-sessions":  {"userId": target},
		"revoke-user-session": {"sessionToken": "x"}, "revoke-user-sessions": {"userId": target},
		"impersonate-user": {"userId": target},
	} {
		told = nil
		refused(path, user.PostJSON("/api/auth/admin/"+path, body, "Origin", s.Base), 403)
		if !slices.Equal(told, []string{"forbidden " + own}) {
			t.Errorf("of %s is told %q", path, told)
		}
	}
	refused("stop acting", user.PostForm("/impersonation/stop", nil), 400)
	if after := s.userRows(t); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
}

// end:betterauth

// TestInvite: an admin creates an account, and only its owner knows the password.
func TestInvite(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.admin(t, "boss@example.com")
	got := boss.PostForm("/admin/users/new", url.Values{"name": {"Grace Hopper"}, "email": {"boss@example.com"},
		"role": {"admin"}})
	expect(t, got, http.StatusUnprocessableEntity)
	contains(t, got, "There is already an account with this address.", `value="Grace Hopper"`, `<option value="admin" selected>`,
		`<a href="/admin/users/`+s.idOf(t, "boss@example.com")+`">Open the account</a>`)
	lacks(t, got, "Log in, or use another")
	got = boss.PostForm("/admin/users/new", url.Values{"name": {"Grace Hopper"}, "email": {" Grace@example.com "},
		"role": {"user"}})
	u, err := s.auth.UserByEmail(t.Context(), "grace@example.com")
	if err != nil || u.EmailVerified {
		t.Fatal(u, err)
	}
	expect(t, got, http.StatusSeeOther, "Location", "/admin/users/"+u.ID)
	link := s.lastMailed(t, "set_password", "grace@example.com")
	contains(t, s.Get(link, navigate...), "grace@example.com")
	expect(t, s.PostForm("/reset-password", url.Values{"token": {tokenOf(t, link)}, "newPassword": {authtest.Password}}),
		http.StatusSeeOther, "Location", "/login")
	her := s.stranger(t)
	her.SignIn("grace@example.com", authtest.Password)
	contains(t, her.Get("/dashboard", navigate...), "Grace Hopper")
}

// TestImpersonationEndsWithTheAdmin: if the admin's own session has ended, stopping an impersonation logs out.
func TestImpersonationEndsWithTheAdmin(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.admin(t, "boss@example.com")
	me, err := s.auth.UserByEmail(t.Context(), "boss@example.com")
	if err != nil {
		t.Fatal(err)
	}
	_, id := s.person(t, "grace@example.com")
	expect(t, boss.PostForm("/admin/users/"+id+"/impersonate", nil), http.StatusSeeOther)
	list, err := s.auth.Sessions(t.Context(), me.ID)
	if err != nil || len(list) != 1 {
		t.Fatal(len(list), err)
	}
	if err := s.db.Delete(&auth.Session{}, "id = ?", list[0].ID).Error; err != nil { // as when its time is up
		t.Fatal(err)
	}
	expect(t, boss.PostForm("/impersonation/stop", nil), http.StatusSeeOther, "Location",
		"/login?returnTo=%2Fadmin%2Fusers%2F"+id)
	contains(t, boss.Get("/login", navigate...), "so did your own session")
	expect(t, boss.Get("/dashboard", navigate...), http.StatusSeeOther)
}

// TestHTMLContractOfUsers is TestHTMLContract for the pages about users.
func TestHTMLContractOfUsers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	admin := s.admin(t, "boss@example.com")
	_, userID := s.person(t, "user@example.com")
	checkPages(t, []contractPage{
		{"users", func() authtest.Answer { return admin.Get("/admin/users", navigate...) }},
		{"one user", func() authtest.Answer { return admin.Get("/admin/users/"+userID, navigate...) }},
		{"an invitation", func() authtest.Answer { return admin.Get("/admin/users/new", navigate...) }},
		{"an invitation, failed", func() authtest.Answer { return admin.PostForm("/admin/users/new", nil) }},
		{"a role", func() authtest.Answer { return admin.Get("/admin/users/"+userID+"/role", navigate...) }},
		{"a role, failed", func() authtest.Answer {
			return admin.PostForm("/admin/users/"+userID+"/role", url.Values{"role": {"king"}})
		}},
		{"a ban", func() authtest.Answer { return admin.Get("/admin/users/"+userID+"/ban", navigate...) }},
		{"a ban, failed", func() authtest.Answer {
			return admin.PostForm("/admin/users/"+userID+"/ban", url.Values{"until": {"x"}})
		}},
		{"a deletion", func() authtest.Answer { return admin.Get("/admin/users/"+userID+"/delete", navigate...) }},
	})
}

// TestExportOutlastsTheDeadline: each batch of the export has a deadline of its own, for the whole takes as long as its
// reader does.
func TestExportOutlastsTheDeadline(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.SQLite(t))
	s := newSiteOn(t, db, func(c *web.Config) { c.RequestTime = 3 * time.Second })
	admin := s.admin(t, "admin@example.com")
	late := sync.OnceFunc(func() { time.Sleep(3100 * time.Millisecond) }) // the request's deadline has passed
	err := db.Callback().Query().Before("gorm:query").Register("test:late", func(tx *gorm.DB) {
		if _, batch := tx.Statement.Clauses["ORDER BY"]; batch && tx.Statement.Table == "users" {
			late()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	res := admin.Get("/admin/users.csv")
	if res.StatusCode != 200 || !strings.Contains(res.Text, "admin@example.com") {
		t.Errorf("%d:\n%s", res.StatusCode, res.Text)
	}
}

// TestOverviewLeadsToUsers: the number of users links to their list.
func TestOverviewLeadsToUsers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	contains(t, s.admin(t, "boss@example.com").Get("/admin", navigate...), `<a href="/admin/users">Users</a></h2>`)
}

// TestEndedBansAreOver: a ban that has ended is none, on the page of the user, in the list and in its filters.
func TestEndedBansAreOver(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.admin(t, "boss@example.com")
	_, id := s.person(t, "grace@example.com")
	yes, until := true, s.now().Add(time.Minute)
	if _, err := s.auth.BanUser(t.Context(), nil, id, "too loud", &until); err != nil {
		t.Fatal(err)
	}
	if _, err := s.auth.ChangeUser(t.Context(), nil, id, auth.UserChanges{EmailVerified: &yes}); err != nil {
		t.Fatal(err)
	}
	const tag, row = `danger">Banned</span>`, `href="/admin/users/`
	at := "/admin/users/" + id
	contains(t, boss.Get(at, navigate...), tag, "too loud", at+"/unban")
	contains(t, boss.Get("/admin/users?status=banned", navigate...), tag, row+id)
	s.ahead.Add(int64(time.Minute))
	page := boss.Get(at, navigate...)
	contains(t, page, at+"/ban", at+"/impersonate")
	lacks(t, page, tag, "Banned until", at+"/unban")
	lacks(t, boss.Get("/admin/users", navigate...), tag)
	lacks(t, boss.Get("/admin/users?status=banned", navigate...), row+id)
	contains(t, boss.Get("/admin/users?status=active", navigate...), row+id)
	contains(t, boss.Get("/admin/users.csv", navigate...), "grace@example.com,true,user,false,")
}
