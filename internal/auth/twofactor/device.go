package twofactor

import (
	"context"
	"crypto/rand"
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

// trust makes the browser of r a trusted device of u and returns the token for its cookie.
func (f *Factor) trust(t *auth.Tx, r *http.Request, u *auth.User) (token string, err error) {
	token, now := rand.Text(), f.auth.Now()
	ip, agent := f.auth.Browser(r)
	row := TrustedDevice{
		ID: id.New(), UserID: u.ID, TokenHash: hash(token), UserAgent: agent, IPAddress: ip,
		Created: now, LastUsed: now, Expires: now.Add(f.opts.TrustTTL),
	}
	if err := t.Create(&row).Error; err != nil {
		return "", err
	}
	return token, f.auth.Notice(t, r, nil, u, event.DeviceTrusted, letter.DeviceTrusted, "")
}

// useTrust reports whether the browser of r is a trusted device of a user. It replaces the token, so that a copy of the
// cookie works only until the device is used again, but never extends the trust.
func (f *Factor) useTrust(t *auth.Tx, w http.ResponseWriter, r *http.Request, userID string) (bool, error) {
	old, ok := f.trustCookie.Read(r)
	if !ok {
		return false, nil
	}
	now, token := f.auth.Now(), rand.Text()
	var rows []TrustedDevice // at most one; u is locked, so it stays
	err := t.Where("token_hash = ? AND user_id = ? AND expires_at > ?", hash(old), userID, now).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return false, err
	}
	d := rows[0]
	d.TokenHash, d.LastUsed = hash(token), now
	d.IPAddress, d.UserAgent = f.auth.Browser(r)
	if err := t.Select("token_hash", "last_used_at", "ip_address", "user_agent").Updates(&d).Error; err != nil {
		return false, err
	}
	f.trustCookie.Set(w, token, d.Expires.Sub(now))
	return true, nil
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
	if s.ImpersonatedBy != nil {
		return errImpersonating
	}
	return f.auth.Transact(r.Context(), func(t *auth.Tx) error {
		u, err := owner(t, s)
		if err != nil || !id.Is(deviceID) {
			return err
		}
		gone := t.Where("id = ? AND user_id = ?", deviceID, u.ID).Delete(&TrustedDevice{})
		if gone.Error != nil || gone.RowsAffected == 0 {
			return gone.Error
		}
		return f.auth.Notice(t, r, s, u, event.DeviceRevoked, "", "")
	})
}
