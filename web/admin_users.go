package web

import (
	"cmp"
	"encoding/csv"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/directory"
	"example.com/foyer/internal/errs"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

const usersPath, usersPerPage = "/admin/users", 50

// userSorts are the columns to sort by, by their names in the query.
var userSorts = map[string]directory.Column{
	"name": directory.Name, "email": directory.Email, "joined": directory.CreatedAt,
}

// showUsers lists the users that match the query, so that the address of a list can be shared.
func (s *Server) showUsers(c *echo.Context) error {
	filter, err := s.userFilter(c.QueryParams())
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	users, total, err := s.Auth.Users(ctx, filter.query())
	if err != nil {
		return err
	}
	if len(users) == 0 && total > 0 { // beyond the last page, where an old address may lead
		filter.page = pages(total)
		if users, total, err = s.Auth.Users(ctx, filter.query()); err != nil {
			return err
		}
	}
	list := views.UserList{
		Text: filter.text, Role: filter.role, Status: filter.status, Sort: filter.sort, Dir: filter.dir,
		Roles: s.Auth.Roles(), Total: total, Page: filter.page, Last: pages(total),
		Export: filter.url(usersPath+".csv", filter.sort, filter.dir, 1),
		Href:   func(sort, dir string, page int) string { return filter.url(usersPath, sort, dir, page) },
	}
	for _, u := range users {
		list.Rows = append(list.Rows, userRow(&u))
	}
	if wantsFragment(c) {
		list.Paged = strings.HasSuffix(c.Request().Header.Get("HX-Source"), "-page")
		c.Response().Header().Set("HX-Push-Url", list.Href(filter.sort, filter.dir, filter.page))
		return s.render(c, http.StatusOK, views.FoundUsers(list))
	}
	return s.render(c, http.StatusOK, views.Users(list))
}

func pages(total int64) int { return max(1, int((total+usersPerPage-1)/usersPerPage)) }

func userRow(u *auth.User) views.UserRow {
	return views.UserRow{
		ID: u.ID, Name: u.Name, Email: u.Email, Role: u.Role,
		Verified: u.EmailVerified, Banned: u.Banned, Joined: u.CreatedAt,
	}
}

// userFilter is the query of the list of users.
type userFilter struct {
	text, role, status, sort, dir string
	page                          int
}

// userFilter parses the query. Invalid values are a 400.
func (s *Server) userFilter(v url.Values) (f userFilter, err error) {
	f = userFilter{
		text: trim(v.Get("q")), role: v.Get("role"), status: v.Get("status"), page: 1,
		sort: cmp.Or(v.Get("sort"), "joined"), dir: v.Get("dir"),
	}
	switch {
	case f.dir == "" && f.sort == "joined":
		f.dir = "desc"
	case f.dir == "":
		f.dir = "asc"
	}
	if page := v.Get("page"); page != "" {
		f.page, err = strconv.Atoi(page)
	}
	wrong := ""
	_, sortable := userSorts[f.sort]
	switch {
	case len(f.text) > 200 || !utf8.ValidString(f.text) || strings.ContainsRune(f.text, 0):
		wrong = "Search for at most 200 characters."
	case f.role != "" && !slices.Contains(s.Auth.Roles(), f.role):
		wrong = "There is no such role."
	case f.status != "" && f.status != "banned" && f.status != "unverified":
		wrong = "Status is banned or unverified."
	case !sortable:
		wrong = "Users are sorted by name, email or joined."
	case f.dir != "asc" && f.dir != "desc":
		wrong = "The order is asc or desc."
	case err != nil || f.page < 1 || f.page > 1_000_000:
		wrong = "There is no such page."
	}
	if wrong != "" {
		return f, errs.New(http.StatusBadRequest, "BAD_REQUEST", wrong)
	}
	return f, nil
}

func (f userFilter) query() directory.Query {
	return directory.Query{
		Text: f.text, Role: f.role, Banned: f.status == "banned", Unverified: f.status == "unverified",
		Sort: userSorts[f.sort], Descending: f.dir == "desc", Limit: usersPerPage, Offset: (f.page - 1) * usersPerPage,
	}
}

// url is the shortest address of the list in this order, at this page.
func (f userFilter) url(path, sort, dir string, page int) string {
	v := url.Values{}
	set := func(name, value, byDefault string) {
		if value != byDefault {
			v.Set(name, value)
		}
	}
	set("q", f.text, "")
	set("role", f.role, "")
	set("status", f.status, "")
	if sort != "joined" || dir != "desc" {
		v.Set("sort", sort)
		v.Set("dir", dir)
	}
	set("page", strconv.Itoa(page), "1")
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// exportUsers streams all users of the filter as CSV, the oldest first.
func (s *Server) exportUsers(c *echo.Context) error {
	filter, err := s.userFilter(c.QueryParams())
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="users.csv"`)
	out, deadlines := csv.NewWriter(c.Response()), http.NewResponseController(c.Response())
	err = out.Write([]string{byteOrderMark + "id", "name", "email", "verified", "role", "banned", "joined"})
	if err != nil {
		return err
	}
	n := 0
	for u, err := range s.Auth.ExportUsers(unbounded(c), session(c), filter.query()) {
		if err != nil {
			return s.exportFailed(c, n, err)
		}
		if err := out.Write(userRecord(u)); err != nil {
			return s.exportFailed(c, n, err)
		}
		if n%1000 == 0 { // renewed as long as the client keeps reading
			if err := deadlines.SetWriteDeadline(time.Now().Add(30 * time.Second)); err != nil {
				return s.exportFailed(c, n, err)
			}
		}
		n++
	}
	out.Flush()
	return out.Error()
}

func userRecord(u *auth.User) []string {
	return []string{
		u.ID, csvCell(u.Name), csvCell(u.Email), strconv.FormatBool(u.EmailVerified), u.Role,
		strconv.FormatBool(u.Banned), u.CreatedAt.Format(time.RFC3339),
	}
}
