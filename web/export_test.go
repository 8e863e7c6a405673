package web

import (
	"net/http"

	"example.com/foyer/internal/errs"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

// Notes stand for the domain of a clone: each has an owner, and is shown to and saved for nobody else.
type Notes struct {
	Owners map[string]string              // id of a note → id of a user
	Save   func(owner, text string) error // nil takes everything
}

// PlantNotes gives a server the routes of notes, as a clone would write them.
func (s *Server) PlantNotes(n *Notes) {
	user := s.doors().user
	user.GET("/notes/:id", func(c *echo.Context) error {
		if err := n.owned(c); err != nil {
			return err
		}
		return s.render(c, http.StatusOK, views.Settings(views.NameForm{}))
	})
	user.POST("/notes/:id", func(c *echo.Context) error {
		values, err := parseForm(c)
		if err != nil {
			return err
		}
		form := views.NameForm{Name: values.Get("name")}
		if err = n.save(c, form.Name); err == nil {
			return seeOther(c, c.Request().URL.Path)
		}
		var other error
		if form.Errors, other = fieldErrors(err, "name"); other != nil {
			return other
		}
		return s.renderForm(c, err, views.Settings(form), views.NameFailure(form))
	})
}

func (n *Notes) owned(c *echo.Context) error {
	if n.Owners[c.Param("id")] != session(c).UserID {
		return errs.New(http.StatusNotFound, "NOTE_NOT_FOUND", "There is no such note.")
	}
	return nil
}

func (n *Notes) save(c *echo.Context, text string) error {
	if err := n.owned(c); err != nil || n.Save == nil {
		return err
	}
	return n.Save(session(c).UserID, text)
}
