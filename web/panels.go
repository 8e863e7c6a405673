package web

import (
	"context"
	"io"
	"net/http"

	"example.com/foyer/views"
	"github.com/a-h/templ"
	"github.com/labstack/echo/v5"
)

// panel is a card that an optional part draws on a page of another part. about is the id of the user whom the page
// shows, "" if it shows none.
type panel struct {
	title string // of the card, and in the log
	load  func(ctx context.Context, about string) (templ.Component, error)
}

// overviewPanels stand on /admin.
func (s *Server) overviewPanels() []panel {
	return []panel{
		{"The last 30 days", s.activity}, // part:audit
	}
}

// part:admin

// userPanels stand on the page of a user, for admins.
func (s *Server) userPanels() []panel {
	return []panel{
		{"Recent events", s.trailOf}, // part:audit
	}
}

// end:admin

// securityPanels stand below the form for the password, for its owner.
func (s *Server) securityPanels() []panel {
	return []panel{
		{"Passkeys", s.passkeyPanel},          // part:passkey
		{"Second factor", s.secondFactor},     // part:twofactor
		{"Trusted devices", s.trustedDevices}, // part:twofactor
		{"Recent events", s.recentEvents},     // part:audit
	}
}

// banners stand above every page while something unusual lasts. Each draws itself only when it applies.
func banners() []templ.Component {
	return []templ.Component{
		views.ImpersonationBanner(), // part:admin
	}
}

// loadPanels returns components that load the panels when the page is drawn.
func (s *Server) loadPanels(about string, panels []panel) (list []templ.Component) {
	for _, p := range panels {
		load := func(ctx context.Context) (templ.Component, error) { return p.load(ctx, about) }
		list = append(list, s.loadPanel(p.title, views.PanelError(p.title), load))
	}
	return list
}

// loadPanel is a component that loads its content while it is drawn, within its own deadline. The status is sent by
// then, so a failure is logged under name, and failed drawn in place of the panel.
func (s *Server) loadPanel(
	name string, failed templ.Component, load func(context.Context) (templ.Component, error),
) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		loading, cancel := context.WithTimeout(ctx, s.RequestTime)
		defer cancel()
		content, err := load(loading)
		if err != nil {
			s.logFault(ctx, "loading a panel failed", "panel", name, "error", err)
			content = failed
		}
		return content.Render(ctx, w)
	})
}

// stream is a component that flushes what is drawn so far, such as its skeleton, and then draws the panel.
func stream(c *echo.Context, panel templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		if buffer, ok := w.(interface{ Flush() error }); ok { // templ's buffer
			if err := buffer.Flush(); err != nil {
				return err
			}
		}
		if err := http.NewResponseController(c.Response()).Flush(); err != nil {
			return err
		}
		return panel.Render(ctx, w)
	})
}
