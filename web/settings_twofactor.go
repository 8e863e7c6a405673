package web

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/useragent"
	"example.com/foyer/views"
	"github.com/a-h/templ"
	"github.com/labstack/echo/v5"
	"rsc.io/qr"
)

const (
	securityPath = "/settings/security"
	devicesPath  = securityPath + "/devices"
)

func (s *Server) secondFactor(ctx context.Context, userID string) (templ.Component, error) {
	state, err := s.TwoFactor.State(ctx, userID)
	return views.SecondFactor(state).Card(), err
}

// setUpForm is the form that the set-up has come to: to begin, or to confirm the app by a code. If the visitor leaves
// the page in between, it is drawn again.
func (s *Server) setUpForm(c *echo.Context) (views.Form, error) {
	ctx := c.Request().Context()
	state, err := s.TwoFactor.State(ctx, session(c).UserID)
	if err != nil || !state.Pending {
		return views.BeginSetUp(s.TwoFactor.Demanded(session(c))), err
	}
	setUp, err := s.TwoFactor.PendingSetup(ctx, session(c))
	if err != nil {
		return views.Form{}, err
	}
	code, err := qr.Encode(setUp.URI, qr.M)
	if err != nil {
		return views.Form{}, fmt.Errorf("QR code: %w", err)
	}
	return views.SetUp{URI: setUp.URI, Secret: setUp.Secret, Picture: drawn(code), Size: code.Size}.Form(), nil
}

// drawn is a QR code as the path of an SVG: a line for each run of black modules.
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

// showSetUp shows the set-up, or leads to the card of a factor that is on.
func (s *Server) showSetUp(c *echo.Context) error {
	if session(c).User.SecondFactor {
		return seeOther(c, securityPath)
	}
	form, err := s.setUpForm(c)
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, form.Page())
}

// setUp begins the set-up or, with a code, ends it.
func (s *Server) setUp(c *echo.Context) error {
	if session(c).User.SecondFactor {
		return seeOther(c, securityPath)
	}
	form, err := s.setUpForm(c)
	if err != nil {
		return err
	}
	values, err := parseForm(c)
	if err != nil {
		return s.refuseForm(c, form, err)
	}
	if !values.Has("code") {
		if _, err := s.TwoFactor.EnableFresh(c.Request(), session(c)); err != nil {
			return s.refuseForm(c, form, err)
		}
		return seeOther(c, setUpPath)
	}
	fresh, err := s.TwoFactor.Confirm(c.Response(), c.Request(), session(c), typedCode(values))
	if err != nil {
		return s.refuseForm(c, form, codeError(err))
	}
	return s.showCodes(c, fresh, true)
}

// makeCodes makes new recovery codes.
func (s *Server) makeCodes(c *echo.Context) error {
	if _, err := parseForm(c); err != nil {
		return s.refuseForm(c, views.NewCodes(), err)
	}
	return s.showCodes(c, session(c), false)
}

// showCodes replaces the recovery codes and shows them, once. added says that the factor is new.
func (s *Server) showCodes(c *echo.Context, by *auth.Session, added bool) error {
	codes, err := s.TwoFactor.NewCodes(c.Request(), by)
	if err != nil {
		return s.refuseForm(c, views.NewCodes(), err)
	}
	page := views.RecoveryCodes{Codes: codes, Added: added}
	return s.renderPart(c, http.StatusOK, page.Page(), page.Fragment())
}

func (s *Server) showTurnOff(c *echo.Context) error { return s.showForm(c, views.TurnOff()) }

func (s *Server) turnOff(c *echo.Context) error {
	if _, err := parseForm(c); err != nil {
		return s.refuseForm(c, views.TurnOff(), err)
	}
	if _, err := s.TwoFactor.Disable(c.Response(), c.Request(), session(c)); err != nil {
		return s.refuseForm(c, views.TurnOff(), err)
	}
	s.flash(c, "factor-off")
	return seeOther(c, securityPath)
}

// devices are the trusted devices of a user.
func (s *Server) devices(ctx context.Context, userID string) (rows []views.DeviceRow, err error) {
	list, err := s.TwoFactor.Devices(ctx, userID)
	for _, d := range list {
		rows = append(rows, views.DeviceRow{
			ID: d.ID, Browser: useragent.Name(d.UserAgent), IP: d.IPAddress, Used: d.LastUsed, Until: d.Expires,
		})
	}
	return rows, err
}

func (s *Server) trustedDevices(ctx context.Context, userID string) (templ.Component, error) {
	rows, err := s.devices(ctx, userID)
	return views.TrustedDevices(rows), err
}

// showDevice asks before a device is not trusted any more.
func (s *Server) showDevice(c *echo.Context) error {
	rows, err := s.devices(c.Request().Context(), session(c).UserID)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.ID == c.Param("device") {
			return s.showForm(c, views.StopTrusting(row))
		}
	}
	return errs.New(http.StatusNotFound, "DEVICE_NOT_FOUND", "That device is not trusted any more.")
}

func (s *Server) stopTrusting(c *echo.Context) error {
	if _, err := parseForm(c); err != nil {
		return err
	}
	if err := s.TwoFactor.RevokeDevice(c.Request(), session(c), c.Param("device")); err != nil {
		return err
	}
	s.flash(c, "device-ended")
	return seeOther(c, securityPath)
}
