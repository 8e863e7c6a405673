package web

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"example.com/foyer/views"
	templruntime "github.com/a-h/templ/runtime"
	"github.com/labstack/echo/v5"
)

// requireLocal lets in only a browser on this machine that asked for this machine by name: the second half
// keeps out a page elsewhere whose name was made to resolve here (DNS rebinding). A proxy on this machine speaks for
// browsers elsewhere, so what it adds keeps a request out. To others there is nothing.
func requireLocal(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		if r := c.Request(); !loopback(r.RemoteAddr) || !loopback(r.Host) || forwarded(r.Header) {
			return echo.ErrNotFound
		}
		return next(c)
	}
}

// forwarded reports whether a proxy passed a request on.
func forwarded(h http.Header) bool {
	for name := range h {
		switch {
		case name == "Forwarded", name == "Via", name == "X-Real-Ip", strings.HasPrefix(name, "X-Forwarded-"):
			return true
		}
	}
	return false
}

// loopback reports whether host, with or without a port, is this machine.
func loopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

func (s *Server) showGuards(c *echo.Context) error {
	return s.render(c, http.StatusOK, views.Guards())
}

func (s *Server) showComponents(c *echo.Context) error {
	return s.render(c, http.StatusOK, views.Components())
}

// showInbox lists the newest mails, sent or not.
func (s *Server) showInbox(c *echo.Context) error {
	list, err := s.Mails.List(c.Request().Context())
	if err != nil {
		return err
	}
	rows := make([]views.MailRow, len(list))
	for i, m := range list {
		rows[i] = views.MailRow{ID: m.ID, To: m.Recipient, Subject: m.Subject, Text: m.Text, URL: m.Link(), At: m.CreatedAt, Attempts: m.Attempts, Sent: m.SentAt != nil}
	}
	return s.render(c, http.StatusOK, views.Inbox(rows))
}

// showMail shows a letter as its reader sees it: the document that is sent.
func (s *Server) showMail(c *echo.Context) error {
	list, err := s.Mails.List(c.Request().Context())
	if err != nil {
		return err
	}
	for _, m := range list {
		if m.ID == c.Param("id") {
			return c.HTML(http.StatusOK, m.Page())
		}
	}
	return echo.ErrNotFound
}

// streamVersion tells an open page, as server-sent events, which version of the app it talks to: the process and
// the newest template, for templ's watch replaces the text of templates without a restart.
func (s *Server) streamVersion(c *echo.Context) error {
	if !s.Reload {
		return echo.ErrNotFound
	}
	c.Response().Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(c.Response())
	if err := out.SetWriteDeadline(time.Time{}); err != nil {
		return err
	}
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for last := ""; ; {
		if now := version(); now != last {
			last = now
			if _, err := fmt.Fprintf(c.Response(), "retry: 200\ndata: %s\n\n", now); err != nil || out.Flush() != nil {
				return nil // the page is gone
			}
		}
		select {
		case <-tick.C:
		case <-s.draining:
			return nil
		case <-unbounded(c).Done():
			return nil
		}
	}
}

// version changes with every start of the process and with every template that templ's watch rewrites.
func version() string {
	var newest time.Time
	names, _ := filepath.Glob("views/*.templ")
	for _, name := range names {
		if info, err := os.Stat(templruntime.GetDevModeTextFileName(name)); err == nil && info.ModTime().After(newest) {
			newest = info.ModTime()
		}
	}
	return fmt.Sprintf("%d-%d", os.Getpid(), newest.UnixNano())
}
