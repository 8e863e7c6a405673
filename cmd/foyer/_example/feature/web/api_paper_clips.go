// opt:api
package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"example.com/foyer/internal/list"
	"example.com/foyer/internal/paperclips"
	"example.com/foyer/views"
	"github.com/labstack/echo/v5"
)

// listPaperClips answers {"paper_clips": […], "total": 1}. The query is that of the page.
func (s *Server) listPaperClips(c *echo.Context) error {
	return answerPaperClips(c, func(ctx context.Context, q list.Query) ([]paperclips.PaperClip, int64, error) {
		return s.PaperClips.List(ctx, session(c).UserID, q)
	})
}

// opt:hasservicetoken

// listAllPaperClips is listPaperClips for services.
func (s *Server) listAllPaperClips(c *echo.Context) error {
	return answerPaperClips(c, s.PaperClips.All) // opt:owned
	//opt:shared return answerPaperClips(c, s.PaperClips.List)
}

// end:hasservicetoken

func answerPaperClips(
	c *echo.Context, find func(context.Context, list.Query) ([]paperclips.PaperClip, int64, error),
) error {
	q, err := readList(c, views.PaperClips())
	if err != nil {
		return err
	}
	found, total, err := find(c.Request().Context(), q.Query)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{"paper_clips": found, "total": total})
}

func (s *Server) getPaperClip(c *echo.Context) error {
	p, err := s.PaperClips.Get(c.Request().Context(), session(c).UserID, c.Param("id"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, p)
}

// addPaperClip creates a paper clip and answers 201 with it.
func (s *Server) addPaperClip(c *echo.Context) error {
	in, err := readPaperClip(c)
	if err != nil {
		return err
	}
	p, err := s.PaperClips.Create(c.Request().Context(), session(c), in)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, p)
}

// replacePaperClip replaces what a paper clip says. It reads the body last, so that a strange id is a 404 always.
func (s *Server) replacePaperClip(c *echo.Context) error {
	if _, err := s.PaperClips.Get(c.Request().Context(), session(c).UserID, c.Param("id")); err != nil {
		return err
	}
	in, err := readPaperClip(c)
	if err != nil {
		return err
	}
	p, err := s.PaperClips.Update(c.Request().Context(), session(c), c.Param("id"), in)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, p)
}

func (s *Server) removePaperClip(c *echo.Context) error {
	if err := s.PaperClips.Delete(c.Request().Context(), session(c), c.Param("id")); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// readPaperClip reads a body such as {"trade_name": "…"}, with the names of the form.
func readPaperClip(c *echo.Context) (in paperclips.Input, err error) {
	body := json.NewDecoder(c.Request().Body)
	body.UseNumber()
	var typed map[string]any
	if body.Decode(&typed) != nil {
		return in, echo.ErrBadRequest
	}
	values := url.Values{}
	for name, value := range typed {
		switch value {
		case nil, false:
		case true:
			values.Set(name, "on")
		default:
			values.Set(name, fmt.Sprint(value))
		}
	}
	return paperclips.Input(paperClipInput(values)), nil
}

// end:api
