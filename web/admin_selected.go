package web

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/id"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

// maxSelected is how many users an admin can select at once: as many as stand on the largest page of the list.
const maxSelected = 100

// selectedIDs are the ids in values. Refusals: 400 for too many, or for what is no id.
func selectedIDs(values url.Values) ([]string, error) {
	ids := slices.Compact(slices.Sorted(slices.Values(values["row"])))
	if len(ids) > maxSelected {
		return nil, errs.New(http.StatusBadRequest, "BAD_REQUEST", fmt.Sprintf("Select at most %d users.", maxSelected))
	}
	if slices.ContainsFunc(ids, func(s string) bool { return !id.Is(s) }) {
		return nil, echo.ErrBadRequest
	}
	return ids, nil
}

// selected is an action on several users.
type selected struct {
	userAction
	users []*auth.User // the action can be done to them
	left  []string     // sentences: who is left out, and why
}

// requestedSelection returns the action that the address names, on the users that values name. Refusal: 400 if it can
// be done to none of them.
func (s *Server) requestedSelection(c *echo.Context, values url.Values) (selected, error) {
	named := func(a userAction) bool { return a.doneToSeveral != "" && a.name == c.Param("action") }
	i := slices.IndexFunc(userActions, named)
	if i < 0 {
		return selected{}, echo.ErrNotFound
	}
	ids, err := selectedIDs(values)
	if err != nil {
		return selected{}, err
	}
	users, err := s.Auth.UsersByID(c.Request().Context(), ids...)
	if err != nil {
		return selected{}, err
	}
	chosen := selected{userAction: userActions[i]}
	for _, id := range ids {
		if u := users[id]; u == nil {
			chosen.left = append(chosen.left, "A user who was deleted meanwhile is left out.")
		} else if reason := chosen.refuses(u, session(c), s.Auth.Now()); reason != "" {
			chosen.left = append(chosen.left, u.Name+", "+u.Email+", is left out: "+reason)
		} else {
			chosen.users = append(chosen.users, u)
		}
	}
	if len(chosen.users) == 0 {
		reason := cmp.Or(strings.Join(chosen.left, " "), "No user is selected.")
		return selected{}, errs.New(http.StatusBadRequest, "BAD_REQUEST", reason)
	}
	slices.SortFunc(chosen.users, func(a, b *auth.User) int { return strings.Compare(a.Name, b.Name) })
	return chosen, nil
}

// refuses says why an admin cannot do the action to u, "" if the admin can.
func (a userAction) refuses(u *auth.User, by *auth.Session, now time.Time) string {
	switch {
	case u.ID == by.UserID:
		return "this is your own account."
	case !a.offered(u, now):
		return "there is nothing to do."
	}
	return ""
}

func (s *Server) selectedForm(a selected) views.Form {
	form := views.SelectedForm{Left: a.left, UserActionForm: views.UserActionForm{
		Action: a.name, Title: a.title, Sentence: a.sentence, Button: a.button, Danger: a.danger,
	}}
	for _, u := range a.users {
		form.Users = append(form.Users, s.userRow(u))
	}
	return views.ActOnSelected(form)
}

// showSelected asks for confirmation, like showUserAction. The address holds the ids, so that the visitor returns to
// the same selection after /reauth. An address without ids, which is what is left of one that is too long to return to,
// leads back to the list.
func (s *Server) showSelected(c *echo.Context) error {
	draft := s.takeDraft(c)
	values := c.QueryParams()
	if !values.Has("row") {
		values = draft
	}
	if !values.Has("row") {
		s.flash(c, "select-users")
		return seeOther(c, usersPath)
	}
	a, err := s.requestedSelection(c, values)
	if err != nil {
		return err
	}
	return s.showForm(c, s.selectedForm(a).Filled(draft))
}

// actOnSelected does an action to each of the selected users, by the rules of the action on one. If it was refused for
// some, the form comes back with those alone.
func (s *Server) actOnSelected(c *echo.Context) error {
	values, refused := parseForm(c)
	a, err := s.requestedSelection(c, values)
	if err != nil {
		return cmp.Or(refused, err)
	}
	if refused != nil {
		return s.refuseForm(c, s.selectedForm(a), refused)
	}
	done := 0
	var not selected
	var wrong views.Errors
	for _, u := range a.users {
		err := a.act(s, c, u, values)
		e := errs.Of(err)
		switch {
		case err == nil:
			done++
		case e == nil:
			return err
		case len(e.Fields) > 0: // for every user, so none is done
			return s.refuseForm(c, s.selectedForm(a), err)
		default:
			not.users = append(not.users, u)
			wrong = append(wrong, views.FieldError{Message: u.Name + ", " + u.Email + ": " + e.Message})
		}
	}
	if len(wrong) == 0 {
		s.flash(c, a.doneToSeveral+"."+strconv.Itoa(done))
		return seeOther(c, listOf(c))
	}
	not.userAction = a.userAction
	form := s.selectedForm(not).Filled(values)
	form.Errors = append(views.Errors{{Message: fmt.Sprintf("Done: %d. Not done: %d.", done, len(wrong))}}, wrong...)
	return s.renderPart(c, http.StatusUnprocessableEntity, form.Page(), form.Fragment())
}

// listOf is the list of users as the visitor of htmx sees it.
func listOf(c *echo.Context) string {
	if page := pageURL(c.Request()); strings.HasPrefix(page, usersPath+"?") {
		return page
	}
	return usersPath
}
