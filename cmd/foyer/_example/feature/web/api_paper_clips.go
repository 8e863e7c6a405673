// opt:api
package web

import (
	"context"
	"net/http"

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

// putPaperClip is savePaperClip for programs: a change has every field. The answer is the paper clip.
func (s *Server) putPaperClip(c *echo.Context) error {
	key := c.Param("id")
	typed, err := readJSON(c, views.PaperClipForm(key).Names())
	if err != nil {
		return err
	}
	p, err := s.PaperClips.Save(c.Request().Context(), session(c), key, typed)
	if err != nil {
		return err
	}
	if key == "" {
		return c.JSON(http.StatusCreated, p)
	}
	return c.JSON(http.StatusOK, p)
}

func (s *Server) removePaperClip(c *echo.Context) error {
	if err := s.PaperClips.Delete(c.Request().Context(), session(c), c.Param("id")); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// end:api
