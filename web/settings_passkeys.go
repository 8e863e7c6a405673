package web

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/useragent"
	"example.com/foyer/views"
	"github.com/a-h/templ"
	"github.com/labstack/echo/v5"
)

const passkeysPath = "/settings/security/passkeys"

// passkeysOf are the passkeys of a user, for views.
func (s *Server) passkeysOf(ctx context.Context, userID string) (page views.Passkeys, err error) {
	list, err := s.Passkeys.List(ctx, userID)
	for _, p := range list {
		page.Rows = append(page.Rows, views.PasskeyRow{
			ID: p.ID, Name: p.Name, Synced: p.BackedUp, Added: p.CreatedAt, Used: p.LastUsedAt,
		})
	}
	page.Available = s.Passkeys.Available()
	return page, err
}

func (s *Server) passkeyPanel(ctx context.Context, userID string) (templ.Component, error) {
	page, err := s.passkeysOf(ctx, userID)
	return page.Card(), err
}

func (s *Server) showPasskeys(c *echo.Context) error {
	ctx, visitor := c.Request().Context(), session(c)
	page, err := s.passkeysOf(ctx, visitor.UserID)
	if err != nil {
		return err
	}
	if page.Accepted, err = s.acceptedPasskeys(ctx, visitor.UserID); err != nil {
		return err
	}
	page.Name = cmp.Or(s.takeDraft(c).Get("name"), useragent.Name(c.Request().UserAgent()))
	return s.render(c, http.StatusOK, page.Page())
}

// acceptedPasskeys is what a password manager may keep of this site for a user, as
// PublicKeyCredential.signalAllAcceptedCredentials takes it (WebAuthn Level 3), "" for nothing to say.
func (s *Server) acceptedPasskeys(ctx context.Context, userID string) (string, error) {
	if !s.Passkeys.Available() {
		return "", nil
	}
	rpID, handle, ids, err := s.Passkeys.Accepted(ctx, userID)
	if handle == "" || err != nil {
		return "", err
	}
	text, err := json.Marshal(map[string]any{
		"rpId": rpID, "userId": handle, "allAcceptedCredentialIds": append([]string{}, ids...), // never null
	})
	return string(text), err
}

func (s *Server) addPasskey(c *echo.Context) error {
	ask := func(w http.ResponseWriter, r *http.Request, visitor *auth.Session) (json.RawMessage, error) {
		return s.Passkeys.RegisterOptions(w, r, visitor, "")
	}
	return s.ceremony(c, ask, func(response []byte) error {
		values, _ := readForm(c)
		_, err := s.Passkeys.Register(c.Response(), c.Request(), session(c), response, trim(values.Get("name")))
		if err != nil {
			return err
		}
		s.flash(c, "passkey-added")
		return nil
	})
}

// showPasskey answers with a form about the passkey that the address names.
func (s *Server) showPasskey(form func(views.PasskeyRow) views.Form) echo.HandlerFunc {
	return func(c *echo.Context) error {
		row, err := s.ownPasskey(c)
		if err != nil {
			return err
		}
		return s.showForm(c, form(row).Filled(s.takeDraft(c)))
	}
}

// ownPasskey is the passkey of the visitor that the address names.
func (s *Server) ownPasskey(c *echo.Context) (views.PasskeyRow, error) {
	page, err := s.passkeysOf(c.Request().Context(), session(c).UserID)
	if err != nil {
		return views.PasskeyRow{}, err
	}
	for _, row := range page.Rows {
		if row.ID == c.Param("passkey") {
			return row, nil
		}
	}
	return views.PasskeyRow{}, errs.New(http.StatusNotFound, "PASSKEY_NOT_FOUND", "That passkey is deleted already.")
}

func (s *Server) renamePasskey(c *echo.Context) error {
	form := views.RenamePasskey(views.PasskeyRow{ID: c.Param("passkey")})
	values, err := parseForm(c)
	if err != nil {
		return s.refuseForm(c, form, err)
	}
	if _, err := s.Passkeys.Rename(c.Request(), session(c), c.Param("passkey"), trim(values.Get("name"))); err != nil {
		return s.refuseForm(c, form, err)
	}
	s.flash(c, "saved")
	return seeOther(c, passkeysPath)
}

// deletePasskey keeps the last way in, and says so.
func (s *Server) deletePasskey(c *echo.Context) error {
	if _, err := parseForm(c); err != nil {
		return err
	}
	row, err := s.ownPasskey(c)
	if err != nil {
		return err
	}
	if err := s.Passkeys.Delete(c.Request(), session(c), row.ID); err != nil {
		return s.refuseForm(c, views.DeletePasskey(row), err)
	}
	s.flash(c, "passkey-deleted")
	return seeOther(c, passkeysPath)
}

// showPasskeyPages tells password managers where passkeys are (W3C, Passkey Endpoints).
func (s *Server) showPasskeyPages(c *echo.Context) error {
	if !s.Passkeys.Available() {
		return echo.ErrNotFound
	}
	return c.JSON(http.StatusOK, map[string]string{"enroll": s.AppURL + passkeysPath, "manage": s.AppURL + passkeysPath})
}
