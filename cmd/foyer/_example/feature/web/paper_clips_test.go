package web_test

import (
	"encoding/csv"  // opt:csv
	"encoding/json" // opt:api
	"maps"          // opt:api
	"net/url"
	"slices"  // opt:csv
	"strings" // opt:csv
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
)

// paperClipForm is the form of a paper clip, filled in.
func paperClipForm(name string) url.Values {
	form := url.Values{
		"trade_name":  {"Trade name"},
		"wire_gauge":  {"Wire gauge"},
		"box_label":   {"Box label"},
		"sales_pitch": {"Sales pitch"},
		"care_hint":   {"Care hint"},
		"bend_count":  {"3"},
		"spare_count": {"4"},
		"zinc_coated": {"on"},
		"made_on":     {"2026-01-31"},
		"sold_on":     {"2026-02-28"},
	}
	form.Set("trade_name", name)
	return form
}

// newPaperClip makes one of a user and returns its id.
func (s *site) newPaperClip(t *testing.T, userID string) string {
	t.Helper()
	p, err := s.server.PaperClips.Save(t.Context(), &auth.Session{UserID: userID}, "", paperClipForm("Trade name"))
	if err != nil {
		t.Fatal(err)
	}
	return p.ID
}

// TestPaperClips: one is created, changed and deleted, by plain forms and by htmx, with errors beside the fields.
func TestPaperClips(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, id := s.person(t, "ada@example.com")
	contains(t, ada.Get("/paper-clips", navigate...), "No paper clips yet", `href="/paper-clips" aria-current="page"`)

	const wrong = `id="trade_name-error"`
	for _, header := range [][]string{navigate, s.htmx("/paper-clips/new")} {
		refused := ada.PostForm("/paper-clips/new", paperClipForm(" "), header...)
		expect(t, refused, 422)
		contains(t, refused, "<title>Error: New paper clip", wrong)
	}
	expect(t, ada.PostForm("/paper-clips/new", paperClipForm("First"), navigate...), 303, "Location", "/paper-clips")
	contains(t, ada.Get("/paper-clips", navigate...), "The paper clip is saved.", "1 paper clip", "First")

	page := "/paper-clips/" + s.newPaperClip(t, id)
	contains(t, ada.Get(page, navigate...), `value="Trade name"`)
	changed := ada.PostForm(page, paperClipForm("Second"), s.htmx(page)...)
	expect(t, changed, 204, "HX-Redirect", "/paper-clips")
	refused := ada.PostForm(page, paperClipForm(""), s.htmx(page)...)
	expect(t, refused, 422)
	contains(t, refused, wrong)
	contains(t, ada.Get(page, navigate...), `value="Second"`, `name="updated_at"`)
	old := paperClipForm("Third")
	old.Set("updated_at", "2026-01-31T00:00:00Z")
	refused = ada.PostForm(page, old, navigate...)
	expect(t, refused, 422)
	contains(t, refused, `<a href="`+page+`">This has changed since`, `value="Third"`, `value="2026-01-31T00:00:00Z"`)

	lacks(t, ada.Get(page+"/delete", s.htmx(page)...), "<html")
	contains(t, ada.Get(page+"/delete", navigate...), "<html", "Second", "at once and for good")
	expect(t, ada.PostForm(page+"/delete", nil, navigate...), 303, "Location", "/paper-clips")
	contains(t, ada.Get("/paper-clips", navigate...), "The paper clip is deleted.", "1 paper clip")
	expect(t, ada.Get(page, navigate...), 404)
}

// opt:owned

// TestPaperClipsOfOthers: another person's paper clip cannot be read, changed or deleted, and is not listed.
func TestPaperClipsOfOthers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, ada := s.person(t, "ada@example.com")
	eve, _ := s.person(t, "eve@example.com")
	key := s.newPaperClip(t, ada)
	page := "/paper-clips/" + key
	for _, header := range [][]string{navigate, s.htmx("/paper-clips")} {
		expect(t, eve.Get(page, header...), 404)
		expect(t, eve.Get(page+"/delete", header...), 404)
		expect(t, eve.PostForm(page, paperClipForm("Eve's"), header...), 404)
		expect(t, eve.PostForm(page, nil, header...), 404)
		expect(t, eve.PostForm(page+"/delete", nil, header...), 404)
	}
	lacks(t, eve.Get("/paper-clips", navigate...), key)
	lacks(t, eve.Get("/paper-clips.csv", navigate...), key) // opt:csv
	lacks(t, eve.Get("/api/paper-clips", program...), key)  // opt:api
	p, err := s.server.PaperClips.Get(t.Context(), ada, key)
	if err != nil || p.TradeName != "Trade name" {
		t.Error(p, err)
	}
}

// end:owned

// TestPaperClipsList: the list is searched, sorted and paged, as a page and by htmx.
func TestPaperClipsList(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, id := s.person(t, "ada@example.com")
	for range 50 {
		s.newPaperClip(t, id)
	}
	ada.PostForm("/paper-clips/new", paperClipForm("!Last"), navigate...)
	contains(t, ada.Get("/paper-clips", navigate...), "51 paper clips", "!Last</a>", "1–50 of 51")
	second := ada.Get("/paper-clips?page=2", s.htmx("/paper-clips")...)
	expect(t, second, 200, "HX-Push-Url", "/paper-clips?page=2")
	contains(t, second, "51–51 of 51")
	lacks(t, second, "!Last</a>", "<html")
	contains(t, ada.Get("/paper-clips?q=!LAST", navigate...), "1 paper clip", "!Last</a>")
	contains(t, ada.Get("/paper-clips?sort=trade_name&dir=asc", navigate...), "!Last</a>")
	expect(t, ada.Get("/paper-clips?sort=search", navigate...), 400)
	// opt:csv
	file := ada.Get("/paper-clips.csv?q=!last", navigate...)
	expect(t, file, 200, "Content-Disposition", `attachment; filename="paper-clips.csv"`)
	lines, err := csv.NewReader(strings.NewReader(file.Text)).ReadAll()
	if err != nil || len(lines) != 2 {
		t.Fatalf("%v, want 2 lines of CSV: %s", err, file.Text)
	}
	for name, typed := range paperClipForm("!Last") {
		if i := slices.Index(lines[0], name); i < 0 || typed[0] != "on" && lines[1][i] != typed[0] {
			t.Errorf("%s: %q below %q", name, lines[1], lines[0])
		}
	}
	expect(t, ada.Get("/paper-clips.csv?page=x", navigate...), 400)
	// end:csv
}

// opt:admin

// TestAllPaperClips: admins see what everybody has, with the names of the owners.
func TestAllPaperClips(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, id := s.person(t, "ada@example.com")
	s.newPaperClip(t, id)
	boss := s.admin(t, "boss@example.com")
	contains(t, boss.Get("/admin/paper-clips", navigate...), "1 paper clip", "Trade name", "Test Person")
	contains(t, boss.Get("/admin/paper-clips?q=nothing-like-this", navigate...), "No paper clips found")
	expect(t, ada.Get("/admin/paper-clips", navigate...), 403)
}

// end:admin

// opt:api

// TestPaperClipsAPI: programs do what people do, and can send back what they got. A change without a field is refused.
func TestPaperClipsAPI(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, id := s.person(t, "ada@example.com")
	post := func(path string, body map[string]any) authtest.Answer {
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		header := append([]string{"Content-Type", "application/json", "Origin", s.Base}, program...)
		return ada.Do("POST", path, string(text), header...)
	}
	body := map[string]any{
		"trade_name":  "Trade name",
		"wire_gauge":  "Wire gauge",
		"box_label":   nil,
		"sales_pitch": "Sales pitch",
		"bend_count":  3,
		"spare_count": 4,
		"zinc_coated": true,
		"made_on":     "2026-01-31",
	}
	body["trade_name"] = "First"
	made := post("/api/paper-clips", body)
	expect(t, made, 201)
	contains(t, made, `"made_on":"2026-01-31"`)
	contains(t, made, `"sold_on":null`)
	var p struct{ ID string }
	if err := json.Unmarshal([]byte(made.Text), &p); err != nil {
		t.Fatal(err)
	}
	contains(t, ada.Get("/api/paper-clips/"+p.ID, program...), p.ID)
	contains(t, ada.Get("/api/paper-clips?q=first", program...), `"total":1`, p.ID)
	expect(t, ada.Get("/api/paper-clips?sort=search", program...), 400)
	got := func(page string) (fields map[string]any) {
		if err := json.Unmarshal([]byte(ada.Get(page, program...).Text), &fields); err != nil {
			t.Fatal(err)
		}
		return fields
	}
	expect(t, post("/api/paper-clips/"+p.ID, got("/api/paper-clips/"+p.ID)), 200)
	page := "/api/paper-clips/" + s.newPaperClip(t, id)
	sent := got(page)
	sent["trade_name"] = "Second"
	expect(t, post(page, sent), 200)
	sent["updated_at"] = "2026-01-31T00:00:00Z"
	expect(t, post(page, sent), 409)
	sent["updated_at"] = got(page)["updated_at"]
	for field := range paperClipForm("") {
		part := maps.Clone(sent)
		delete(part, field)
		refused := post(page, part)
		expect(t, refused, 400)
		contains(t, refused, `"fields":{"`+field+`":`)
	}
	if fields := got(page); !maps.Equal(fields, sent) {
		t.Errorf("sent %v, got %v", sent, fields)
	}
	for _, path := range []string{"/api/paper-clips", "/api/paper-clips/" + p.ID} {
		refused := post(path, map[string]any{})
		expect(t, refused, 400)
		contains(t, refused, `"fields":{`, `"trade_name":`)
		contains(t, post(path, map[string]any{"bogus": 1}), `"code":"VALIDATION_ERROR"`, `"bogus":"bogus: `)
		broken := append([]string{"Origin", s.Base, "Content-Type", "application/json"}, program...)
		expect(t, ada.Do("POST", path, "{", broken...), 400)
	}
	expect(t, post("/api/paper-clips/"+p.ID+"/delete", nil), 204)
	expect(t, post("/api/paper-clips/"+p.ID+"/delete", nil), 404)
	expect(t, post("/api/paper-clips/"+p.ID, sent), 404)
	expect(t, ada.Get("/api/paper-clips/"+p.ID, program...), 404)
}

// opt:hasservicetoken

// TestPaperClipsForServices: a service lists the paper clips of everybody; a session is no token.
func TestPaperClipsForServices(t *testing.T) {
	t.Parallel()
	s, keys, _ := keyed(t)
	ada, id := s.person(t, "ada@example.com")
	key := s.newPaperClip(t, id)
	got := s.Get("/api/service/paper-clips", "Authorization", bearer(t, keys))
	expect(t, got, 200)
	contains(t, got, `"total":1`, key)
	expect(t, ada.Get("/api/service/paper-clips", program...), 401)
}

// end:hasservicetoken

// end:api

// TestPaperClipsHTML: the pages are what assistive technology needs.
func TestPaperClipsHTML(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, id := s.person(t, "ada@example.com")
	page := "/paper-clips/" + s.newPaperClip(t, id)
	checkPages(t, []contractPage{
		{"list", func() authtest.Answer { return ada.Get("/paper-clips", navigate...) }},
		{"new", func() authtest.Answer { return ada.Get("/paper-clips/new", navigate...) }},
		{"new, failed", func() authtest.Answer { return ada.PostForm("/paper-clips/new", nil, navigate...) }},
		{"edit", func() authtest.Answer { return ada.Get(page, navigate...) }},
		{"edit, failed", func() authtest.Answer { return ada.PostForm(page, nil, navigate...) }},
		{"delete", func() authtest.Answer { return ada.Get(page+"/delete", navigate...) }},
	})
}
