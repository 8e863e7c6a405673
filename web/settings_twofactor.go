package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/useragent"
	"example.com/foyer/views"
	"github.com/a-h/templ"
	"github.com/labstack/echo/v5"
	"rsc.io/qr"
)

const setUpPath = securityPath + "/two-factor"

func toSecurity(_ *Server, c *echo.Context) error { return seeOther(c, securityPath) }

func (s *Server) secondFactor(ctx context.Context, userID string) (templ.Component, error) {
	state, err := s.TwoFactor.State(ctx, userID)
	return views.SecondFactor(state.On, state.Since, state.CodesLeft), err
}

// setUpForm is the form that the set-up has come to: to begin, or to confirm the app by a code. If the visitor leaves
// the page in between, it is drawn again. If the factor is on, the refusal is TOTP_ALREADY_ENABLED.
func (s *Server) setUpForm(c *echo.Context) (views.Form, error) {
	owed := s.TwoFactor.SetUpOwed(session(c))
	setUp, err := s.TwoFactor.PendingSetup(c.Request().Context(), session(c))
	if hasCode(err, "TOTP_NOT_ENABLED") {
		return views.BeginSetUp(owed), nil
	}
	if err != nil {
		return views.Form{}, err
	}
	code, err := qr.Encode(setUp.URI, qr.M)
	if err != nil {
		return views.Form{}, err
	}
	return views.SetUp(setUp.URI, setUp.Secret, drawn(code), code.Size, owed), nil
}

// drawn is a QR code as the path of an SVG: a bar for each run of black modules.
func drawn(code *qr.Code) string {
	var b strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			from := x
			for code.Black(x, y) { // beyond the edge it is white
				x++
			}
			if x > from {
				fmt.Fprintf(&b, "M%d %dh%dv1H%dz", from, y, x-from, from)
			}
		}
	}
	return b.String()
}

func (s *Server) showSetUp(c *echo.Context) error {
	form, err := s.setUpForm(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, form.Page())
}

// setUp begins the set-up or, with a code, ends it.
func (s *Server) setUp(c *echo.Context) error {
	form, err := s.setUpForm(c)
	if err != nil {
		return err
	}
	values, err := parseForm(c)
	if err != nil {
		return s.refuseForm(c, form, err)
	}
	if !values.Has("code") {
		if _, err := s.TwoFactor.Enable(c.Request(), session(c), ""); err != nil {
			return s.refuseForm(c, form, asFormError(err, "EMAIL_NOT_VERIFIED"))
		}
		return seeOther(c, setUpPath)
	}
	_, codes, err := s.TwoFactor.Confirm(c.Response(), c.Request(), session(c), typedCode(values), true)
	if err != nil {
		return s.refuseForm(c, form, asFormError(err, append(wrongCode, "EMAIL_NOT_VERIFIED")...))
	}
	return s.showCodes(c, "Second factor", "The second factor is on: keep your recovery codes", codes)
}

func (s *Server) makeCodes(c *echo.Context) error {
	codes, err := s.TwoFactor.NewCodes(c.Request(), session(c))
	if err != nil {
		return err
	}
	return s.showCodes(c, "New recovery codes", "Keep your new recovery codes", codes)
}

// showCodes shows recovery codes, once.
func (s *Server) showCodes(c *echo.Context, title, heading string, codes []string) error {
	page, part := views.RecoveryCodesPage(title, heading, codes), views.RecoveryCodes(title, heading, codes)
	return s.renderPart(c, http.StatusOK, page, part)
}

func (s *Server) showTurnOff(c *echo.Context) error { return s.showForm(c, views.TurnOff()) }

func (s *Server) turnOff(c *echo.Context) error {
	if _, err := s.TwoFactor.Disable(c.Response(), c.Request(), session(c)); err != nil {
		return err
	}
	s.flash(c, "factor-off")
	return seeOther(c, securityPath)
}

func (s *Server) trustedDevices(ctx context.Context, userID string) (templ.Component, error) {
	rows, err := s.deviceRows(ctx, userID)
	return views.TrustedDevices(rows), err
}

func (s *Server) deviceRows(ctx context.Context, userID string) ([]views.SessionRow, error) {
	list, err := s.TwoFactor.Devices(ctx, userID)
	rows := make([]views.SessionRow, len(list))
	for i, d := range list {
		rows[i] = views.SessionRow{
			ID: d.ID, Browser: useragent.Name(d.UserAgent), IP: d.IPAddress, Since: d.Created, Used: d.LastUsed,
			Phone: strings.Contains(d.UserAgent, "Mobile"),
		}
	}
	return rows, err
}

func (s *Server) showDevice(c *echo.Context) error {
	rows, err := s.deviceRows(c.Request().Context(), session(c).UserID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(rows, func(d views.SessionRow) bool { return d.ID == c.Param("device") })
	if i < 0 {
		return errs.New(http.StatusNotFound, "DEVICE_NOT_FOUND", "That device is not trusted any more.")
	}
	return s.showForm(c, views.StopTrusting(rows[i]))
}

func (s *Server) stopTrusting(c *echo.Context) error {
	if err := s.TwoFactor.RevokeDevice(c.Request(), session(c), c.Param("device")); err != nil {
		return err
	}
	s.flash(c, "device-ended")
	return seeOther(c, securityPath)
}
