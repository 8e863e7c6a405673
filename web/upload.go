package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v5"
)

const (
	filesKey   = "files"         // that readForm may read files
	uploadTime = 2 * time.Minute // how long a form with files may take to arrive
)

// Upload is Form for a form that sends files, of at most limit bytes in all; more is a 413. parseForm returns its
// fields and c.FormFile its files, which are removed after the request. Other routes refuse a form with files by a 415.
func (d door) Upload(path string, limit int64, act echo.HandlerFunc, as ...string) {
	if d.server.uploads == nil {
		d.server.uploads = map[string]int64{}
	}
	d.server.uploads[path] = limit
	d.Form(path, act, as...)
}

// takeFiles handles a request for a path of Upload. It may take uploadTime more than others.
func (s *Server) takeFiles(c *echo.Context, limit int64, next echo.HandlerFunc) error {
	arrived, deadlines := time.Now().Add(uploadTime), http.NewResponseController(c.Response())
	err := errors.Join(deadlines.SetReadDeadline(arrived), deadlines.SetWriteDeadline(arrived.Add(30*time.Second)))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(unbounded(c), uploadTime+s.RequestTime)
	defer cancel()
	r := c.Request().WithContext(ctx)
	r.Body = http.MaxBytesReader(c.Response(), r.Body, limit)
	c.SetRequest(r)
	c.Set(filesKey, true)
	defer func() {
		if files := c.Request().MultipartForm; files != nil {
			files.RemoveAll()
		}
	}()
	return next(c)
}
