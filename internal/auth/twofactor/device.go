package twofactor

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/id"
)

// TrustedDevice is a browser that needs no second step. The token of its cookie alone makes it one; IP address and
// User-Agent, of its last use, are for people.
type TrustedDevice struct {
	ID        string
	UserID    string
	TokenHash string
	UserAgent string
	IPAddress string
	Created   time.Time `gorm:"column:created_at"`
	LastUsed  time.Time `gorm:"column:last_used_at"`
	Expires   time.Time `gorm:"column:expires_at"`
}

// trust makes the browser of r a trusted device of u.
func (f *Factor) trust(t *auth.Tx, w http.ResponseWriter, r *http.Request, u *auth.User) error {
	d := TrustedDevice{ID: id.New(), UserID: u.ID, Created: f.auth.Now(), Expires: f.auth.Now().Add(f.opts.TrustTTL)}
	return errors.Join(
		f.storeTrust(t, w, r, &d), f.auth.Notice(t, r, nil, u, event.DeviceTrusted, letter.DeviceTrusted, ""),
	)
}

// useTrust reports whether the browser of r is a trusted device of a user, who is locked. It replaces the token, so
// that a copy of the cookie works only until the device is used again, but never extends the trust.
func (f *Factor) useTrust(t *auth.Tx, w http.ResponseWriter, r *http.Request, userID string) (bool, error) {
	token, ok := f.trustCookie.Read(r)
	if !ok {
		return false, nil
	}
	d, err := first[TrustedDevice](
		t.Where("token_hash = ? AND user_id = ? AND expires_at > ?", auth.HashToken(token), userID, f.auth.Now()))
	if d == nil || err != nil {
		return false, err
	}
	return true, f.storeTrust(t, w, r, d)
}

// storeTrust stores a device with a new token, and sends its cookie. If t is rolled back, the cookie is worth nothing.
func (f *Factor) storeTrust(t *auth.Tx, w http.ResponseWriter, r *http.Request, d *TrustedDevice) error {
	token := rand.Text()
	d.TokenHash, d.LastUsed = auth.HashToken(token), f.auth.Now()
	d.IPAddress, d.UserAgent = f.auth.Browser(r)
	f.trustCookie.Set(w, token, d.Expires.Sub(d.LastUsed))
	return t.Save(d).Error
}

// Devices lists the trusted devices of a user, most recently used first.
func (f *Factor) Devices(ctx context.Context, userID string) ([]TrustedDevice, error) {
	var list []TrustedDevice
	err := f.db.WithContext(ctx).Where("user_id = ? AND expires_at > ?", userID, f.auth.Now()).
		Order("last_used_at DESC, id").Find(&list).Error
	return list, err
}

// RevokeDevice ends the trust in a device of s's user. An unknown id, or another user's, has no effect and is no error.
// Refusals: 403 while impersonating.
func (f *Factor) RevokeDevice(r *http.Request, s *auth.Session, deviceID string) error {
	if err := auth.NotImpersonating(s); err != nil {
		return err
	}
	return f.auth.TransactAs(r.Context(), s, func(t *auth.Tx, u *auth.User) error {
		if !id.Is(deviceID) {
			return nil
		}
		gone := t.Where("id = ? AND user_id = ?", deviceID, u.ID).Delete(&TrustedDevice{})
		if gone.Error != nil || gone.RowsAffected == 0 {
			return gone.Error
		}
		return f.auth.Notice(t, r, s, u, event.DeviceRevoked, "", "")
	})
}
