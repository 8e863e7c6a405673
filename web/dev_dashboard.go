package web

import (
	"context"
	"slices"
	"time"

	"example.com/foyer/static"
	"example.com/foyer/views"
	"github.com/a-h/templ"
	"github.com/labstack/echo/v5"
)

// slowed makes load wait for ?slow=, at most 10 s, so that the skeleton of a panel can be looked at.
func slowed(
	c *echo.Context, load func(context.Context) (templ.Component, error),
) func(context.Context) (templ.Component, error) {
	wait, err := time.ParseDuration(c.QueryParam("slow"))
	if err != nil {
		return load
	}
	return func(ctx context.Context) (templ.Component, error) {
		select {
		case <-time.After(min(wait, 10*time.Second)):
		case <-ctx.Done():
		}
		return load(ctx)
	}
}

// getStarted draws what to do first, until all of it is done.
func (s *Server) getStarted(ctx context.Context) (templ.Component, error) {
	noMail, err := s.Mails.Empty(ctx)
	steps := []views.Step{
		{Done: true, Title: "Log in", Hint: "You did. Accounts, sessions and roles are ready."},
		{
			Done: !noMail, Title: "Send a mail",
			Hint: "Ask for a new password, and read the mail at /dev/mail.",
			Link: views.Link{Href: "/forgot-password", Label: "Ask for one"},
		},
		{
			Done: len(appNav) > 1, Title: "Add a page",
			Hint: "Add its route and its link in the navigation to web/app.go.",
		},
		{
			Done: static.URL("site.css") != "", Title: "Give it your look",
			Hint: "Write your colors into static/site.css.",
			Link: views.Link{Href: "/dev/components", Label: "See all components"},
		},
	}
	if !slices.ContainsFunc(steps, func(step views.Step) bool { return !step.Done }) {
		return templ.NopComponent, err
	}
	return views.GetStarted(steps), err
}
