package web_test

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/audit/chain"
	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/web"
	"golang.org/x/net/html"
	"gorm.io/gorm"
)

// rows is what each event of the page says: the sentence, | and the line below it. The time is left out.
func rows(t *testing.T, page authtest.Answer) (list []string) {
	t.Helper()
	for _, row := range all(parse(t, page), func(e *html.Node) bool { class, _ := attr(e, "class"); return class == "entry" }) {
		sentence, line := textOf(tags(row, "p")[0]), textOf(tags(row, "summary")[0])
		list = append(list, strings.Join(strings.Fields(sentence), " ")+"|"+line)
	}
	return list
}

// TestAuditPage: the page shows event, actor, subject and origin in words.
func TestAuditPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.stranger(t)
	signUp := url.Values{"name": {"Grace Hopper"}, "email": {"grace@example.com"}, "password": {authtest.Password}}
	const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	expect(t, boss.PostForm("/signup", signUp, "User-Agent", firefox), 303)
	grace, err := s.auth.UserByEmail(t.Context(), "grace@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.auth.SetRole(t.Context(), nil, grace.ID, "admin"); err != nil {
		t.Fatal(err)
	}
	ada, id := s.person(t, "ada@example.com")
	expect(t, ada.Get("/admin", navigate...), 403)
	expect(t, s.stranger(t).PostForm("/login", credentials("ada@example.com", "not-the-password")), 422)
	if _, err := s.auth.BanUser(t.Context(), s.sessionOf(t, boss), id, "spam, and worse", nil); err != nil {
		t.Fatal(err)
	}
	expect(t, s.stranger(t).PostForm("/login", credentials("nobody@example.com", "not-the-password")), 422)

	page := boss.Get("/admin/audit", navigate...)
	expect(t, page, 200, "Cache-Control", "private, no-store", "Vary", "Accept-Encoding | HX-Request-Type")
	const g, a, here = "Grace Hopper", "Test Person", " · 127.0.0.1"
	want := []string{
		"A stranger failed to log in as an unknown account|Unknown browser" + here,
		g + " banned " + a + "|for good · 192.0.2.1",
		"A stranger failed to log in as " + a + "|Unknown browser" + here,
		a + " tried what they are not allowed to do|GET /admin · Unknown browser" + here,
		a + " signed up|Unknown browser" + here,
		"The command line changed the role of " + g + "|from User to Admin",
		g + " signed up|Firefox on Linux" + here,
	}
	if got := rows(t, page); !slices.Equal(got, want) {
		t.Errorf("\ngot  %q\nwant %q", got, want)
	}

	contains(t, page, "<dd>grace@example.com</dd>", "<dd>spam, and worse</dd>", "<dd>Role changed</dd>")
	lacks(t, page, "→")

	// part:admin
	t.Run("who is deleted", func(t *testing.T) {
		if err := s.auth.RemoveUser(t.Context(), nil, id); err != nil {
			t.Fatal(err)
		}
		page := boss.Get("/admin/audit?person="+id, navigate...)
		lacks(t, page, "ada@", "spam")
		contains(t, page, "Deleted user "+id[:8])
		gone := " Deleted user " + id[:8]
		deleted, failed := "The command line deleted"+gone+"|Details", "No longer known failed to log in as"+gone+"|Details"
		for _, want := range []string{deleted, failed} {
			if got := rows(t, page); !slices.Contains(got, want) {
				t.Errorf("got %q, want %q among them", got, want)
			}
		}
	})
	// end:admin
}

// TestAppEvents: events of the app's own are in the trail by their words, or by their names if they have none.
func TestAppEvents(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.admin(t, "boss@example.com")
	ada, _ := s.person(t, "ada@example.com")
	session := s.sessionOf(t, ada)
	err := s.db.Transaction(func(tx *gorm.DB) error {
		return s.auth.Record(tx, session.Event("paper_folded"), session.Event("paper_torn"))
	})
	if err != nil {
		t.Fatal(err)
	}
	const a, at = "Test Person", "|192.0.2.1"
	want := []string{a + " did this: Paper torn" + at, a + " did this: Paper folded" + at}
	page := boss.Get("/admin/audit", navigate...)
	if got := rows(t, page); !slices.Equal(got[:2], want) {
		t.Errorf("\ngot  %q\nwant %q", got[:2], want)
	}
	contains(t, page, `<option value="paper_folded">Paper folded</option>`)
	if got := rows(t, boss.Get("/admin/audit?event=paper_folded", navigate...)); !slices.Equal(got, want[1:]) {
		t.Errorf("%q", got)
	}
}

// sessionOf is the session of a browser, for calling verbs as its person.
func (s *site) sessionOf(t *testing.T, c *authtest.Client) *auth.Session {
	t.Helper()
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Cookie", cookies(c))
	session, err := s.auth.StoredSession(httptest.NewRecorder(), r)
	if err != nil || session == nil {
		t.Fatal(session, err)
	}
	return session
}

// TestAuditFilters: each filter alone and all together, without and with script.
func TestAuditFilters(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.admin(t, "boss@example.com")
	_, ada := s.person(t, "ada@example.com")
	s.person(t, "bob@example.com")
	s.ahead.Add(int64(48 * time.Hour))
	boss := s.stranger(t)
	boss.SignIn("boss@example.com", authtest.Password)
	s.stranger(t).SignIn("ada@example.com", authtest.Password)
	today, before := s.now().Format(time.DateOnly), s.now().Add(-48*time.Hour).Format(time.DateOnly)

	for query, want := range map[string]int{
		"": 6, "event=sign_up": 3, "event=user_banned": 0,
		"person=" + ada: 2, "person=ADA@example.com": 2, "person=" + ada + "&event=sign_in": 1,
		"from=" + today: 2, "to=" + before: 4, "from=" + before + "&to=" + today: 6, "to=2001-02-03": 0,
		"event=sign_in&person=ada@example.com&from=" + today + "&to=" + today: 1, "event=+&person=++&from=&to=": 6,
		"person=" + strings.Repeat("0", 32): 0,
	} {
		for _, header := range [][]string{navigate, s.htmx("/admin/audit")} {
			page := boss.Get("/admin/audit?"+query, header...)
			expect(t, page, 200)
			if got := rows(t, page); len(got) != want {
				t.Errorf("%s: %d rows, want %d: %q", query, len(got), want, got)
			}
			if want == 0 {
				contains(t, page, "No events")
			}
		}
	}
	fragment := boss.Get("/admin/audit?event=sign_up", s.htmx("/admin/audit")...)
	contains(t, fragment, "<title>Audit trail", `id="trail"`, "3 events on this page.")
	lacks(t, fragment, "<nav", "<html")
	page := boss.Get("/admin/audit?event=sign_up&person="+ada+"&from="+before+"&to="+today, navigate...)
	contains(t, page, `<option value="sign_up" selected>`, `value="`+ada+`"`, `value="`+before+`"`, `value="`+today+`"`)
}

// TestAuditMistakes: an invalid filter is explained beside its field, and is never a 500.
func TestAuditMistakes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.admin(t, "boss@example.com")
	for query, want := range map[string]string{
		"event=nothing": "no such event", "from=yesterday": "Choose a day", "to=2026-02-30": "Choose a day",
		"person=ada": "Enter the id of a user", "person=nobody@example.com": "Enter the id of a user",
		"person=" + strings.Repeat("z", 33): "Enter the id", "person=%00@%ff": "Enter the id",
		"to=10000-01-01": "Choose a day", "from=%3Cscript%3E": "Choose a day",
		"from=0000-12-31": "Choose a day", "from=0001-01-01": "Choose a day",
		"from=2026-05-02&to=2026-05-01": "after the first one",
	} {
		for _, header := range [][]string{navigate, s.htmx("/admin/audit")} {
			page := boss.Get("/admin/audit?"+query, header...)
			expect(t, page, 422)
			contains(t, page, want, "<title>Error: Audit trail")
			lacks(t, page, "<script>", `class="entry"`)
			contains(t, page, `-error"`, `aria-invalid="true"`) // beside the field
		}
	}
	for _, query := range []string{"before=x", "after=99999999999999999999", "before=1e3"} {
		expect(t, boss.Get("/admin/audit?"+query, navigate...), 400)
	}
	for _, query := range []string{
		"before=-1", "before=999999", "after=999999", "before=1&after=1", "from=0001-01-02", "event=sign_up&event=x",
	} {
		expect(t, boss.Get("/admin/audit?"+query, navigate...), 200)
	}
	// Every day that a browser lets people choose is one, the last one too.
	for _, query := range []string{"to=9999-12-31", "to=9999-12-30", "from=0001-01-02&to=9999-12-31"} {
		contains(t, boss.Get("/admin/audit?"+query, navigate...), `class="entry"`)
	}
	lacks(t, boss.Get("/admin/audit?from=9999-12-31", navigate...), `class="entry"`)
	user, _ := s.person(t, "user@example.com")
	expect(t, user.Get("/admin/audit", navigate...), 403)
	login := "/login?returnTo=%2Fadmin%2Faudit%3Fperson%3Dx"
	expect(t, s.Get("/admin/audit?person=x", navigate...), 303, "Location", login)
}

var pagerLink = regexp.MustCompile(`<a class="button" href="([^"]+)" rel="(prev|next)">`)

// TestAuditPages: the links lead through all events and back, each shown once, the filter kept.
func TestAuditPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.admin(t, "boss@example.com")
	const more = 123
	for i := range more {
		user := auth.NewUser{Name: fmt.Sprint("P", i), Email: fmt.Sprintf("p%d@example.com", i)}
		if _, err := s.auth.CreateUser(t.Context(), nil, user); err != nil {
			t.Fatal(err)
		}
	}
	links := func(page authtest.Answer) map[string]string {
		found := map[string]string{}
		for _, m := range pagerLink.FindAllStringSubmatch(page.Text, -1) {
			found[m[2]] = html.UnescapeString(m[1])
		}
		return found
	}
	var down, up []string
	path := "/admin/audit?event=user_created"
	for {
		page := boss.Get(path, navigate...)
		down = append(down, rows(t, page)...)
		next := links(page)["next"]
		if next == "" {
			break
		}
		if !strings.Contains(next, "event=user_created") {
			t.Fatal(next)
		}
		path = next
	}
	for path != "" {
		page := boss.Get(path, navigate...)
		up = append(rows(t, page), up...)
		path = links(page)["prev"]
	}
	slices.Sort(down)
	if len(down) != more || len(slices.Compact(down)) != more {
		t.Errorf("%d rows on the way down", len(down))
	}
	slices.Sort(up)
	if len(slices.Compact(up)) != more {
		t.Errorf("%d rows on the way up", len(up))
	}
	if got := links(boss.Get("/admin/audit", navigate...)); got["prev"] != "" || got["next"] == "" {
		t.Errorf("the first page leads to %v", got)
	}
}

// TestHostileAudit: names, agents and notes are strangers' text.
func TestHostileAudit(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.admin(t, "boss@example.com")
	bySession := s.sessionOf(t, boss)
	var want string
	for i, payload := range append([]string{"harmless"}, payloads...) {
		form := url.Values{"name": {payload}, "password": {"a long enough one"}, "remember": {"on"}}
		form.Set("email", fmt.Sprintf("p%d@example.com", i))
		browser := s.stranger(t)
		expect(t, browser.PostForm("/signup", form, "User-Agent", payload), 303)
		user, err := s.auth.UserByEmail(t.Context(), form.Get("email"))
		if err != nil {
			t.Fatal(err)
		}
		own := shape(t, browser.Get("/settings/security", navigate...).Text)
		if _, err := s.auth.BanUser(t.Context(), bySession, user.ID, payload, nil); err != nil {
			t.Fatal(err)
		}
		page := boss.Get("/admin/audit?person="+user.ID, navigate...)
		got := own + shape(t, page.Text)
		if i == 0 {
			want = got
		}
		if got != want {
			t.Errorf("%q has another shape:\n%s\n%s", payload, got, want)
		}
		contains(t, authtest.Answer{Response: page.Response, Text: textOf(parse(t, page))}, payload)
		query := url.Values{"person": {payload}, "event": {payload}, "from": {payload}}
		expect(t, boss.Get("/admin/audit?"+query.Encode(), navigate...), 422)
	}
}

// TestEveryEventHasWords: nothing that can happen is shown by its bare name.
func TestEveryEventHasWords(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	page := s.admin(t, "boss@example.com").Get("/admin/audit", navigate...)
	names := event.All()
	names = append(names, chain.EventPruned) // part:auditchain
	for _, name := range names {
		if !regexp.MustCompile(`<option value="` + string(name) + `">[A-Z][^<]+</option>`).MatchString(page.Text) {
			t.Errorf("%s has no words", name)
		}
		if web.HouseEvents()[name] == "" {
			t.Errorf("no sentence says who did %s", name)
		}
	}
}

// TestRecentEvents: people see what was done to their account and from where, and of an admin only that it was one.
func TestRecentEvents(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.admin(t, "boss@example.com")
	ada, id := s.person(t, "ada@example.com")
	wrong := credentials("ada@example.com", "not-the-password")
	expect(t, s.stranger(t).PostForm("/login", wrong, "User-Agent", "curl/8"), 422)
	expect(t, ada.Get("/admin", navigate...), 403)
	by := s.sessionOf(t, boss)
	if _, err := s.auth.SetRole(t.Context(), by, id, "user,admin"); err != nil {
		t.Fatal(err)
	}
	s.person(t, "bob@example.com")

	page := ada.Get("/settings/security", navigate...)
	var got []string
	for _, tr := range tags(tags(parse(t, page), "tbody")[0], "tr") {
		cells := tags(tr, "td")
		got = append(got, textOf(cells[0])+"|"+textOf(cells[2])+"|"+textOf(cells[3])+"|"+textOf(cells[4]))
	}
	want := []string{
		"Role changed|An admin||", "Failed log-in|Not logged in|curl|127.0.0.1",
		"Signed up|You|Unknown browser|127.0.0.1",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	lacks(t, page, "boss@", "bob@")

	s.broken = true
	s.db.Exec("DROP TABLE audit_private")
	page = ada.Get("/settings/security", navigate...)
	expect(t, page, 200)
	contains(t, page, "could not be loaded", `name="currentPassword"`)
}

// TestHTMLContractOfAudit is TestHTMLContract for the trail.
func TestHTMLContractOfAudit(t *testing.T) {
	t.Parallel()
	admin := newSite(t).admin(t, "boss@example.com")
	checkPages(t, []contractPage{
		{"audit", func() authtest.Answer { return admin.Get("/admin/audit", navigate...) }},
		{"audit, failed", func() authtest.Answer { return admin.Get("/admin/audit?person=x&from=x", navigate...) }},
	})
}

// TestMadeUpMethodsAreOneKind: invented methods and addresses make no new kinds of events and no longer ones.
func TestMadeUpMethodsAreOneKind(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for i := range 20 {
		expect(t, s.raw(t, fmt.Sprintf("X%d", i), "/login", "Origin", "https://evil.example"), 403)
		expect(t, s.raw(t, fmt.Sprintf("X%d", i), fmt.Sprintf("/nowhere/%d", i), "Origin", "https://evil.example"), 403)
	}
	expect(t, s.raw(t, "POST", "/login", "Origin", "https://evil.example", "Content-Length", "0"), 403)
	var details []string
	err := s.db.Table("audit_events").Order("seq").Pluck("detail", &details).Error
	if err != nil || !slices.Equal(details, []string{"/login", "", "POST /login"}) {
		t.Errorf("recorded %q, %v", details, err)
	}
}
