package web_test

import (
	"encoding/json"
	"net/url"
	"testing"
	"time"

	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/web/webtest"
)

// secondFactorActs does everything with a second factor that the trail records, as a user of its own. call lets a minute
// pass before each request. It returns the secrets.
func (s *site) secondFactorActs(
	t *testing.T, boss *authtest.Client, call func(*authtest.Client, string, map[string]any) authtest.Answer,
) (secrets []string) {
	t.Helper()
	type in = map[string]any
	const email = "grace@example.com"
	grace, id := s.person(t, email)
	var made struct {
		TotpURI     string
		BackupCodes []string
	}
	enable := func(c *authtest.Client) (code func() string) {
		t.Helper()
		if err := json.Unmarshal([]byte(call(c, "/two-factor/enable", in{"password": authtest.Password}).Text), &made); err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(made.TotpURI)
		if err != nil {
			t.Fatal(err)
		}
		secret := u.Query().Get("secret")
		secrets = append(secrets, secret, made.BackupCodes[0])
		code = func() string { return webtest.TOTP(t, secret, s.now().Add(time.Minute)) }
		call(c, "/two-factor/verify-totp", in{"code": code()})
		return code
	}
	code := enable(grace)
	call(grace, "/two-factor/generate-backup-codes", in{"password": authtest.Password})
	other := s.stranger(t)
	call(other, "/sign-in/email", in{"email": email, "password": authtest.Password})
	call(other, "/two-factor/verify-totp", in{"code": code(), "trustDevice": true})
	by, r := s.sessionOf(t, other), other.Get("/").Request
	devices, err := s.server.TwoFactor.Devices(t.Context(), id)
	if err != nil || len(devices) != 1 {
		t.Fatal(devices, err)
	}
	if err := s.server.TwoFactor.RevokeDevice(r, by, devices[0].ID); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		s.ahead.Add(int64(time.Minute))
		expect(t, other.PostJSON("/api/auth/two-factor/verify-totp", in{"code": "x"}, "Origin", s.Base), 401)
	}
	s.ahead.Add(int64(15 * time.Minute))
	grace = s.stranger(t)
	call(grace, "/sign-in/email", in{"email": email, "password": authtest.Password})
	call(grace, "/two-factor/verify-totp", in{"code": code()})
	if err := json.Unmarshal([]byte(call(grace, "/two-factor/generate-backup-codes",
		in{"password": authtest.Password}).Text), &made); err != nil {
		t.Fatal(err)
	}
	call(grace, "/two-factor/verify-backup-code", in{"code": made.BackupCodes[0]})
	call(grace, "/two-factor/disable", in{"password": authtest.Password})
	enable(grace)
	if err := s.server.TwoFactor.Remove(r, s.sessionOf(t, boss), id); err != nil {
		t.Fatal(err)
	}
	return secrets
}
