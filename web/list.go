package web

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/list"
	"example.com/foyer/internal/text"
	"example.com/foyer/views"
	"github.com/a-h/templ"
	"github.com/labstack/echo/v5"
)

// listQuery is what the address of a list asks for.
type listQuery struct {
	list.Query
	chosen map[string]string // the values of filters, by name; a filter without a value is missing
	page   int
}

// showList answers with a page of a list: whole, or its rows alone for htmx. find returns the rows that q asks for, and
// how many there are on all pages. With streamCSV, showForm and refuseForm it makes the pages of a clone:
//
//	func (s *Server) showProjects(c *echo.Context) error {
//		l := views.Projects()
//		return s.showList(c, l, func(q listQuery) (templ.Component, int64, error) {
//			found, total, err := s.Projects.List(c.Request().Context(), session(c).UserID, q.Query)
//			return views.Rows(l, projectRows(found)), total, err
//		})
//	}
//
//	func (s *Server) saveProject(c *echo.Context) error {
//		id := c.Param("id")
//		typed, err := parseForm(c)
//		if err != nil {
//			return s.refuseForm(c, views.ProjectForm(id), err)
//		}
//		if err := s.Projects.Save(c.Request().Context(), session(c), id, typed); err != nil {
//			return s.refuseForm(c, views.ProjectForm(id), err)
//		}
//		s.flash(c, "project-saved")
//		return seeOther(c, "/projects")
//	}
func (s *Server) showList(
	c *echo.Context, l views.List, find func(q listQuery) (rows templ.Component, total int64, err error),
) error {
	q, err := readList(c, l)
	if err != nil {
		return err
	}
	rows, total, err := find(q)
	if err != nil {
		return err
	}
	last := max(1, int((total+int64(q.Limit)-1)/int64(q.Limit)))
	if q.page > last { // where an old address may lead
		q = q.at(last)
		if rows, total, err = find(q); err != nil {
			return err
		}
	}
	l.Found = views.Found{
		Text: q.Text, Chosen: q.chosen, Sort: q.Sort, Descending: q.Descending,
		Number: q.page, Last: last, Size: q.Limit, Total: total, Rows: rows,
		Href: func(sort string, descending bool, page int) string {
			q := q.at(page)
			q.Sort, q.Descending = sort, descending
			return q.address(l, l.Path)
		},
		Resized: func(size int) string {
			q := q.at(1)
			q.Limit = size
			return q.address(l, l.Path)
		},
	}
	if l.Export != "" {
		l.CSV = q.at(1).address(l, l.Export)
	}
	if wantsFragment(c) {
		l.Paged = strings.HasSuffix(c.Request().Header.Get("HX-Source"), "-page")
		c.Response().Header().Set("HX-Push-Url", q.address(l, l.Path))
	}
	return s.renderPart(c, http.StatusOK, l.Page(), l.Fragment())
}

// readList parses the address of a list. Values that the list does not know are a 400.
func readList(c *echo.Context, l views.List) (listQuery, error) {
	q, wrong := parseList(l, c.QueryParams())
	if len(wrong) > 0 {
		return q, errs.New(http.StatusBadRequest, "BAD_REQUEST", strings.Join(wrong, " "))
	}
	return q, nil
}

// parseList parses the query of an address. wrong has a sentence for each value that the list does not know.
func parseList(l views.List, v url.Values) (q listQuery, wrong []string) {
	q = listQuery{chosen: map[string]string{}, Query: list.Query{Limit: l.PerPage()}}
	line, ok := text.Line(v.Get("q"), 200)
	if q.Text = line; !ok {
		wrong = append(wrong, "Search for at most 200 characters that can be shown.")
	}
	for _, f := range l.Filters {
		value := v.Get(f.Name)
		if values := f.Values(); value != "" && !slices.Contains(values, value) {
			wrong = append(wrong, fmt.Sprintf("There is no such %s. %s is one of: %s.",
				strings.ToLower(f.Label), f.Label, strings.Join(values, ", ")))
		}
		if value != "" {
			q.chosen[f.Name] = value
		}
	}
	sort, descending := strings.CutPrefix(l.Order, "-")
	q.Sort = cmp.Or(v.Get("sort"), sort)
	if sorts := l.Sorts(); !slices.Contains(sorts, q.Sort) {
		wrong = append(wrong, "The list is sorted by one of: "+strings.Join(sorts, ", ")+".")
	}
	switch v.Get("dir") {
	case "":
		q.Descending = descending && q.Sort == sort
	case "asc":
	case "desc":
		q.Descending = true
	default:
		wrong = append(wrong, "The order is asc or desc.")
	}
	if per := v.Get("per"); per != "" {
		q.Limit, _ = strconv.Atoi(per)
	}
	if sizes := l.Sizes(); !slices.Contains(sizes, q.Limit) {
		text := strings.ReplaceAll(strings.Trim(fmt.Sprint(sizes), "[]"), " ", ", ")
		wrong = append(wrong, "There is no page of that size. A page has one of these: "+text+".")
	}
	page, err := strconv.Atoi(cmp.Or(v.Get("page"), "1"))
	if err != nil || page < 1 || page > 1_000_000 {
		wrong = append(wrong, "There is no such page.")
	}
	return q.at(page), wrong
}

func (q listQuery) at(page int) listQuery {
	q.page, q.Offset = page, (page-1)*q.Limit
	return q
}

// address is the shortest address of the query at path.
func (q listQuery) address(l views.List, path string) string {
	v := url.Values{}
	if q.Text != "" {
		v.Set("q", q.Text)
	}
	for name, value := range q.chosen {
		v.Set(name, value)
	}
	if sort, descending := strings.CutPrefix(l.Order, "-"); q.Sort != sort || q.Descending != descending {
		v.Set("sort", q.Sort)
		v.Set("dir", views.Direction(q.Descending))
	}
	if q.Limit != l.PerPage() {
		v.Set("per", strconv.Itoa(q.Limit))
	}
	if q.page > 1 {
		v.Set("page", strconv.Itoa(q.page))
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}
