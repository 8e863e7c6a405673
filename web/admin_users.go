package web

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/errs"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

const usersPath, usersPerPage = "/admin/users", 50

// userSorts are the columns that the list can be sorted by, as addresses and as internal/auth call them.
var userSorts = map[string]string{"name": "name", "email": "email", "joined": "createdAt"}

// showUsers lists users by the address alone: q, role, status, sort, dir and page can be shared.
func (s *Server) showUsers(c *echo.Context) error {
	filter, err := s.userFilter(c.QueryParams())
	if err != nil {
		return err
	}
	users, total, err := s.Auth.Users(c.Request().Context(), filter.query())
	if err == nil && len(users) == 0 && total > 0 { // beyond the end, where a shared address may lead when users are gone
		filter.page = pages(total)
		users, total, err = s.Auth.Users(c.Request().Context(), filter.query())
	}
	if err != nil {
		return err
	}
	list := views.UserList{
		Text: filter.text, Role: filter.role, Status: filter.status, Sort: filter.sort, Dir: filter.dir, Roles: s.Auth.Roles(),
		Total: total, Page: filter.page, Last: pages(total), Export: filter.address(usersPath+".csv", filter.sort, filter.dir, 1),
		Href: func(sort, dir string, page int) string { return filter.address(usersPath, sort, dir, page) },
	}
	for _, u := range users {
		list.Rows = append(list.Rows, userRow(&u))
	}
	if partial(c) {
		list.Moved = strings.HasSuffix(c.Request().Header.Get("HX-Source"), "-page") // what was clicked may be gone
		c.Response().Header().Set("HX-Push-Url", list.Href(filter.sort, filter.dir, filter.page))
		return s.render(c, http.StatusOK, views.FoundUsers(list))
	}
	return s.render(c, http.StatusOK, views.Users(list))
}

func pages(total int64) int { return max(1, int((total+usersPerPage-1)/usersPerPage)) }

func userRow(u *auth.User) views.UserRow {
	return views.UserRow{ID: u.ID, Name: u.Name, Email: u.Email, Role: u.Role, Verified: u.EmailVerified, Banned: u.Banned, Joined: u.CreatedAt}
}

// userFilter is what an address asks for.
type userFilter struct {
	text, role, status, sort, dir string
	page                          int
}

// userFilter reads an address; 400 for what makes no sense in it.
func (s *Server) userFilter(v url.Values) (f userFilter, err error) {
	f = userFilter{text: trim(v.Get("q")), role: v.Get("role"), status: v.Get("status"), sort: v.Get("sort"), dir: v.Get("dir"), page: 1}
	if f.sort == "" {
		f.sort = "joined"
	}
	if f.dir == "" {
		f.dir = map[bool]string{true: "desc", false: "asc"}[f.sort == "joined"]
	}
	if page := v.Get("page"); page != "" {
		f.page, err = strconv.Atoi(page)
	}
	wrong := ""
	switch {
	case len(f.text) > 200 || !utf8.ValidString(f.text) || strings.ContainsRune(f.text, 0):
		wrong = "Search for at most 200 characters."
	case f.role != "" && !slices.Contains(s.Auth.Roles(), f.role):
		wrong = "There is no such role."
	case f.status != "" && f.status != "banned" && f.status != "unverified":
		wrong = "Status is banned or unverified."
	case userSorts[f.sort] == "":
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

func (f userFilter) query() auth.UserQuery {
	return auth.UserQuery{
		Text: f.text, Role: f.role, Banned: f.status == "banned", Unverified: f.status == "unverified",
		Sort: userSorts[f.sort], Descending: f.dir == "desc", Limit: usersPerPage, Offset: (f.page - 1) * usersPerPage,
	}
}

// address is the shortest that asks for this list.
func (f userFilter) address(path, sort, dir string, page int) string {
	v := url.Values{}
	set := func(name, value, usual string) {
		if value != usual {
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

// exportUsers streams every user of the current filter, the oldest first.
func (s *Server) exportUsers(c *echo.Context) error {
	filter, err := s.userFilter(c.QueryParams())
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="users.csv"`)
	out, patience := csv.NewWriter(c.Response()), http.NewResponseController(c.Response())
	if err := out.Write([]string{byteOrderMark + "id", "name", "email", "verified", "role", "banned", "joined"}); err != nil {
		return err
	}
	n := 0
	for u, err := range s.Auth.ExportUsers(unbounded(c), session(c), filter.query()) {
		if err == nil {
			err = out.Write([]string{
				u.ID, cell(u.Name), cell(u.Email), strconv.FormatBool(u.EmailVerified), u.Role, strconv.FormatBool(u.Banned), u.CreatedAt.Format(time.RFC3339),
			})
		}
		if err == nil && n%1000 == 0 { // as long as the reader keeps up
			err = patience.SetWriteDeadline(time.Now().Add(30 * time.Second))
		}
		if err != nil && n > 0 { // part of it is sent: break off, so that it cannot pass for all
			s.Logger.ErrorContext(c.Request().Context(), "export broken off", "error", err)
			panic(http.ErrAbortHandler)
		}
		if err != nil {
			h.Del("Content-Disposition")
			return err
		}
		n++
	}
	out.Flush()
	return out.Error()
}
