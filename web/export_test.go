package web

import (
	"fmt"
	"io"
	"net/http"
	"os"

	"example.com/foyer/internal/errs"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

// AppRoutes are the routes of app.go.
func (s *Server) AppRoutes() []Route {
	app := &Server{Config: s.Config}
	app.echo = echo.NewWithConfig(echo.Config{OnAddRoute: app.register})
	app.appRoutes(app.doors())
	return app.registry
}

// PlantPOST gives a server a route that answers 204 to users.
func (s *Server) PlantPOST(path string) {
	s.doors().user.POST(path, func(c *echo.Context) error { return c.NoContent(http.StatusNoContent) })
}

// Notes are the domain of a clone. Each note has an owner, and only the owner can read and save it.
type Notes struct {
	Owners map[string]string              // id of a note → id of a user
	Save   func(owner, text string) error // nil takes everything
}

// PlantNotes gives a server the routes of notes, as a clone would write them.
func (s *Server) PlantNotes(n *Notes) {
	user := s.doors().user
	user.GET("/planted/:id", func(c *echo.Context) error {
		if err := n.owned(c); err != nil {
			return err
		}
		return s.render(c, http.StatusOK, views.Profile("").Page())
	})
	user.POST("/planted/:id", func(c *echo.Context) error {
		values, err := parseForm(c)
		if err != nil {
			return err
		}
		if err := n.save(c, values.Get("name")); err != nil {
			return s.refuseForm(c, views.Profile(""), err)
		}
		return seeOther(c, c.Request().URL.Path)
	})
}

// PlantUpload gives a server a form that sends files, as a clone would write it.
func (s *Server) PlantUpload(limit int64) {
	s.doors().user.Upload("/planted/files", limit, func(c *echo.Context) error {
		values, err := parseForm(c)
		if err != nil {
			return s.refuseForm(c, views.Profile(""), err)
		}
		sent, err := c.FormFile("photo")
		if err != nil {
			return err
		}
		file, err := sent.Open()
		if err != nil {
			return err
		}
		defer file.Close()
		size, err := io.Copy(io.Discard, file)
		if err != nil {
			return err
		}
		_, onDisk := file.(*os.File)
		return c.String(http.StatusOK, fmt.Sprint(values.Get("name"), ", ", sent.Filename, ", ", size, ", ", onDisk))
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
