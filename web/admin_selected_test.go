package web_test

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/errs"
	"gorm.io/gorm"
)

const selectedPath = "/admin/users/selected/"

// selecting is the query for the selected users.
func selecting(ids ...string) string { return "?" + url.Values{"row": ids}.Encode() }

// TestSelectedUsers: what is confirmed for several users is done to each; the next page says to how many.
func TestSelectedUsers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		s := newSiteOn(t, db)
		boss := s.admin(t, "boss@example.com")
		ada, adaID := s.person(t, "ada@example.com")
		bob, bobID := s.person(t, "bob@example.com")
		list := boss.Get("/admin/users", navigate...)
		contains(t, list, `name="row" value="`+adaID+`"`, `formaction="/admin/users/selected/ban"`)
		lacks(t, list, `name="row" value="`+s.idOf(t, "boss@example.com")+`"`)

		page := boss.Get(selectedPath+"ban"+selecting(adaID, bobID, adaID), navigate...)
		expect(t, page, http.StatusOK)
		contains(t, page, "2 users", "ada@example.com", "bob@example.com", `name="reason"`)
		dialog := boss.Get(selectedPath+"ban"+selecting(adaID), s.htmx("/admin/users")...)
		contains(t, dialog, "1 user<", "data-cancel")
		lacks(t, dialog, "<html", "bob@example.com")

		form := fill(t, page, selectedPath+"ban", "reason", "spam", "until", "2099-05-01")
		expect(t, boss.PostForm(selectedPath+"ban", form), http.StatusSeeOther, "Location", "/admin/users")
		contains(t, boss.Get("/admin/users", navigate...), "banned and logged out everywhere: 2.")
		for _, id := range []string{adaID, bobID} {
			u, err := s.auth.User(t.Context(), id)
			if err != nil || !u.Banned || *u.BanReason != "spam" || u.BanExpires == nil {
				t.Errorf("%+v %v", u, err)
			}
		}
		expect(t, ada.Get("/dashboard", navigate...), http.StatusSeeOther)
		expect(t, bob.Get("/dashboard", navigate...), http.StatusSeeOther)

		got := boss.PostForm(selectedPath+"verify", url.Values{"row": {adaID, bobID}},
			s.htmx("/admin/users?status=unverified")...)
		expect(t, got, http.StatusNoContent, "HX-Redirect", "/admin/users?status=unverified")
		contains(t, boss.Get("/admin/users", navigate...), "confirmed now: 2.")
		eve, eveID := s.person(t, "eve@example.com")
		expect(t, boss.PostForm(selectedPath+"sessions", url.Values{"row": {eveID}}), http.StatusSeeOther)
		expect(t, eve.Get("/dashboard", navigate...), http.StatusSeeOther)
	})
}

// TestSelectedUsersRefused: an action on several users leaves out each user that it refuses alone, and names the
// reason.
func TestSelectedUsersRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.admin(t, "boss@example.com")
	user, adaID := s.person(t, "ada@example.com")
	_, banned := s.person(t, "banned@example.com")
	if _, err := s.auth.BanUser(t.Context(), nil, banned, "spam", nil); err != nil {
		t.Fatal(err)
	}
	own, gone := s.idOf(t, "boss@example.com"), strings.Repeat("0", 32)
	before := s.userRows(t)
	many := make([]string, 101)
	for i := range many {
		many[i] = strings.Repeat("0", 29) + string([]byte{'0' + byte(i/100), '0' + byte(i/10%10), '0' + byte(i%10)})
	}
	for _, c := range []struct {
		action string
		ids    []string
		status int
		says   string
	}{
		{"ban", nil, 400, "No user is selected"},
		{"ban", []string{own}, 400, "boss@example.com, is left out: this is your own account"},
		{"ban", []string{banned}, 400, "banned@example.com, is left out: there is nothing to do"},
		{"ban", []string{gone}, 400, "deleted meanwhile"},
		{"ban", []string{"nobody"}, 400, "could not be understood"},
		{"ban", []string{"' OR 1=1 --"}, 400, "could not be understood"},
		{"ban", many, 400, "at most 100 users"},
		{"role", []string{adaID}, 404, "nothing at this address"},
		{"delete", []string{adaID}, 404, "nothing at this address"},
		{"impersonate", []string{adaID}, 404, "nothing at this address"},
	} {
		got := boss.PostForm(selectedPath+c.action, url.Values{"row": c.ids, "role": {"admin"}})
		expect(t, got, c.status)
		contains(t, got, c.says)
		if c.ids != nil {
			expect(t, boss.Get(selectedPath+c.action+selecting(c.ids...), navigate...), c.status)
		}
	}
	form := url.Values{"row": {adaID}, "until": {"2001-01-01"}, "reason": {"kept"}}
	got := boss.PostForm(selectedPath+"ban", form)
	expect(t, got, http.StatusUnprocessableEntity)
	contains(t, got, "a day of the next 100 years", `value="kept"`, `name="row" value="`+adaID+`"`)
	expect(t, user.PostForm(selectedPath+"ban", url.Values{"row": {adaID}}), http.StatusForbidden)
	expect(t, user.Get(selectedPath+"ban"+selecting(adaID), navigate...), http.StatusForbidden)
	if after := s.userRows(t); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}

	page := boss.Get(selectedPath+"ban"+selecting(own, adaID, gone, banned), navigate...)
	contains(t, page, "1 user<", "this is your own account", "deleted meanwhile", "there is nothing to do")
	expect(t, boss.PostForm(selectedPath+"ban", url.Values{"row": {own, adaID, gone, banned}}), http.StatusSeeOther)
	contains(t, boss.Get("/admin/users", navigate...), "everywhere: 1.")
}

// TestSelectedUsersInPart: those who were refused come back in the form, with the reason of each.
func TestSelectedUsersInPart(t *testing.T) {
	t.Parallel()
	var protected string
	s := newSiteWith(t, dbtest.Open(t, dbtest.SQLite(t)), auth.Options{OnEvent: func(_ *gorm.DB, e auth.Event) error {
		if e.Name == event.UserBanned && e.SubjectID == protected {
			return errs.New(http.StatusForbidden, "FORBIDDEN", "This account is protected.")
		}
		return nil
	}})
	boss := s.admin(t, "boss@example.com")
	_, adaID := s.person(t, "ada@example.com")
	_, chiefID := s.person(t, "chief@example.com")
	protected = chiefID
	got := boss.PostForm(selectedPath+"ban", url.Values{"row": {adaID, chiefID}, "reason": {"kept"}})
	expect(t, got, http.StatusUnprocessableEntity)
	contains(t, got, "Done: 1. Not done: 1.", "chief@example.com: This account is protected.", `value="kept"`, `name="row" value="`+chiefID+`"`)
	lacks(t, got, adaID)
}

// TestSelectionSurvivesReauth: after the password the visitor is back at the same selection. One that is too long for
// that leads to the list, which says so.
func TestSelectionSurvivesReauth(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	authtest.Crowd(t, s.db, 60)
	var ids []string
	if err := s.db.Model(&auth.User{}).Order("id").Pluck("id", &ids).Error; err != nil {
		t.Fatal(err)
	}
	boss := s.admin(t, "boss@example.com")
	s.ahead.Add(int64(10 * 60e9))
	few, many := selectedPath+"sessions"+selecting(ids[:20]...), selectedPath+"sessions"+selecting(ids...)
	to := boss.Get(few, navigate...)
	expect(t, to, 303, "Location", "/reauth?returnTo="+url.QueryEscape(few))
	to = boss.Get(many, navigate...)
	expect(t, to, 303, "Location", "/reauth?returnTo="+url.QueryEscape(selectedPath+"sessions"))
	reauth(t, boss)
	contains(t, boss.Get(few, navigate...), "20 users")
	expect(t, boss.Get(selectedPath+"sessions", navigate...), 303, "Location", "/admin/users")
	contains(t, boss.Get("/admin/users", navigate...), "No user is selected. Select the users")

	s.ahead.Add(int64(10 * 60e9))
	expect(t, boss.PostForm(selectedPath+"ban", url.Values{"row": ids[:2], "reason": {"spam"}}), 303, "Location",
		"/reauth?returnTo="+url.QueryEscape(selectedPath+"ban"))
	reauth(t, boss)
	contains(t, boss.Get(selectedPath+"ban", navigate...), "2 users", `value="spam"`, ids[0], ids[1])
}

// TestSelectionOfAnExportSurvivesReauth: after the password the visitor is back at the same page of the list, and the
// same rows are selected.
func TestSelectionOfAnExportSurvivesReauth(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.admin(t, "boss@example.com")
	_, adaID := s.person(t, "ada@example.com")
	_, bobID := s.person(t, "bob@example.com")
	checked := func(page authtest.Answer, id string) bool {
		return strings.Contains(page.Text, `name="row" value="`+id+`" checked`)
	}
	file := "/admin/users.csv" + selecting(adaID)
	for from, list := range map[string]string{
		"":                                 "/admin/users?row=" + adaID,
		s.Base + "/admin/users?sort=email": "/admin/users?row=" + adaID + "&sort=email",
		s.Base + "/dashboard":              "/admin/users?row=" + adaID,
		"https://evil.example/admin/users?q=none": "/admin/users?row=" + adaID,
	} {
		t.Run(from, func(t *testing.T) {
			s.ahead.Add(int64(10 * 60e9))
			to := boss.Get(file, append([]string{"Referer", from}, navigate...)...)
			expect(t, to, 303, "Location", "/reauth?returnTo="+url.QueryEscape(list))
			reauth(t, boss)
			page := boss.Get(list, navigate...)
			contains(t, page, "The file is not made yet.")
			if !checked(page, adaID) || checked(page, bobID) {
				t.Errorf("other rows are selected: %s", page.Text)
			}
			contains(t, boss.Get(file, navigate...), "ada@example.com")
		})
	}
}

// TestExportOfSelected: the file has the selected users alone.
func TestExportOfSelected(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	boss := s.admin(t, "boss@example.com")
	_, adaID := s.person(t, "ada@example.com")
	s.person(t, "bob@example.com")
	got := boss.Get("/admin/users.csv"+selecting(adaID), navigate...)
	expect(t, got, http.StatusOK)
	list, err := csv.NewReader(strings.NewReader(got.Text)).ReadAll()
	if err != nil || len(list) != 2 || list[1][2] != "ada@example.com" {
		t.Errorf("%q %v", list, err)
	}
	expect(t, boss.Get("/admin/users.csv"+selecting("x"), navigate...), http.StatusBadRequest, "Content-Disposition", "")
}
