package web

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/origins"
	"example.com/foyer/views"
	templruntime "github.com/a-h/templ/runtime"
	"github.com/labstack/echo/v5"
)

// requireLocal admits only browsers on this machine, and answers 404 to others. It checks Host against DNS rebinding,
// by which a site elsewhere resolves its name to this machine, and refuses what a proxy on this machine forwards.
func requireLocal(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		if r := c.Request(); !loopback(r.RemoteAddr) || !loopback(r.Host) || forwarded(r.Header) {
			return echo.ErrNotFound
		}
		return next(c)
	}
}

// forwarded reports whether a proxy forwarded a request.
func forwarded(h http.Header) bool {
	for name := range h {
		if slices.Contains(proxyHeaders, name) || strings.HasPrefix(name, "X-Forwarded-") {
			return true
		}
	}
	return false
}

var proxyHeaders = []string{"Forwarded", "Via", "X-Real-Ip"}

// loopback reports whether host, with or without a port, is this machine.
func loopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return origins.Loopback(host)
}

// Policies of the inbox. Its page shows a mail in a frame. The mail has inline styles, and may do nothing else.
const (
	inboxPolicy = contentSecurityPolicy + "; frame-src 'self'"
	mailPolicy  = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'self'; " +
		"base-uri 'none'"
)

// showInbox lists the newest mails, sent or not, beside the one that the address names. Without a name that is the
// newest. If the mail is gone, a poll still gets the list.
func (s *Server) showInbox(c *echo.Context) error {
	list, err := s.Mails.List(c.Request().Context())
	if err != nil {
		return err
	}
	id := c.Param("id")
	page := views.InboxPage{Mails: make([]views.MailRow, len(list)), Picked: id != "", View: mailView(c)}
	for i, m := range list {
		page.Mails[i] = views.MailRow{
			ID: m.ID, To: m.Recipient, Subject: m.Subject, URL: m.Link(), At: m.CreatedAt,
			Attempts: m.Attempts, Sent: m.SentAt != nil,
		}
		if m.ID == id || id == "" && i == 0 {
			page.Open, page.Source = page.Mails[i], m.Source()
		}
	}
	if id != "" && page.Open.ID == "" && !sentByScript(c.Request()) {
		return errs.NotFound("Mail")
	}
	c.Response().Header().Set("Content-Security-Policy", inboxPolicy)
	return s.render(c, http.StatusOK, views.Inbox(page))
}

// mailView is the view of the address, as InboxPage has it.
func mailView(c *echo.Context) string {
	switch view := c.QueryParam("view"); view {
	case "dark", "phone", "text":
		return "?view=" + view
	}
	return ""
}

// showMail is the HTML of a mail, for the frame of the inbox.
func (s *Server) showMail(c *echo.Context) error {
	list, err := s.Mails.List(c.Request().Context())
	if err != nil {
		return err
	}
	for _, m := range list {
		if m.ID == c.Param("id") {
			c.Response().Header().Set("Content-Security-Policy", mailPolicy)
			return c.HTML(http.StatusOK, m.Preview(mailView(c) == "?view=dark"))
		}
	}
	return errs.NotFound("Mail")
}

// streamVersion sends an event to open pages when the version changes, so that they reload.
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
				return nil // the page is closed
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

// version changes with every start of the process, and with every template that templ rewrites without a restart.
func version() string {
	var newest time.Time
	names, _ := filepath.Glob("views/*.templ")
	for _, name := range names {
		info, err := os.Stat(templruntime.GetDevModeTextFileName(name))
		if err != nil { // not rewritten yet
			continue
		}
		if info.ModTime().After(newest) {
			newest = info.ModTime()
		}
	}
	return fmt.Sprintf("%d-%d", os.Getpid(), newest.UnixNano())
}
