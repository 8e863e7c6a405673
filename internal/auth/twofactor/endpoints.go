package twofactor

import (
	"cmp"
	"net/http"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/betterauth"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/payload"
)

// errNoMail refuses codes by e-mail: the mailbox resets the password too, so it is no second factor (NIST SP 800-63B-4
// §3.1.3.1).
var errNoMail = errs.New(http.StatusBadRequest, "OTP_NOT_CONFIGURED", "OTP is not configured")

// Endpoints is the plugin of betterauth that serves better-auth's twoFactor endpoints, /api/auth/two-factor/*. All of
// them read the store: a cached copy of a session that has ended must not touch a factor.
func (f *Factor) Endpoints(*auth.Auth) []betterauth.Endpoint {
	post := func(path string, h betterauth.Handle) betterauth.Endpoint {
		return betterauth.Endpoint{Method: http.MethodPost, Path: "/two-factor/" + path, Handle: h}
	}
	return []betterauth.Endpoint{
		post("enable", f.postEnable),
		post("verify-totp", f.postCode(byApp)),
		post("verify-backup-code", f.postCode(byRecovery)),
		post("send-otp", refuseMail()),
		post("verify-otp", refuseMail("code")),
		post("generate-backup-codes", f.withPassword(f.postNewCodes)),
		post("get-totp-uri", f.withPassword(f.postURI)),
		post("disable", f.withPassword(f.postDisable)),
	}
}

// maxIssuer bounds what a client can put into a QR code, in bytes.
const maxIssuer = 100

// refuseMail refuses requests with the required texts.
func refuseMail(required ...string) betterauth.Handle {
	return func(_ http.ResponseWriter, _ *http.Request, b *payload.Body) (any, error) {
		for _, name := range required {
			b.String(name)
		}
		b.Bool("trustDevice", false)
		return nil, cmp.Or(b.Err(), error(errNoMail))
	}
}

func (f *Factor) requireSession(w http.ResponseWriter, r *http.Request, b *payload.Body) (*auth.Session, error) {
	return betterauth.RequireSession(f.auth, w, r, b)
}

// withPassword makes an endpoint that demands a recently authenticated session and, in the body, its password.
func (f *Factor) withPassword(do betterauth.Verb) betterauth.Handle {
	return betterauth.On(f.requireSession, "password",
		func(w http.ResponseWriter, r *http.Request, s *auth.Session, password string) (any, error) {
			if err := f.checkPassword(r, s, password); err != nil {
				return nil, err
			}
			return do(w, r, s, "")
		})
}

// checkPassword is auth.RequireRecent for a client that also sends the password.
func (f *Factor) checkPassword(r *http.Request, s *auth.Session, password string) error {
	if err := f.auth.RequireRecent(s); err != nil {
		return err
	}
	return f.auth.CheckPassword(r, s, password)
}

func (f *Factor) postEnable(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	password, issuer, method := b.String("password"), b.Text("issuer"), b.OptionalString("method")
	if b.Err() == nil && method != nil && *method != "totp" && *method != "otp" {
		return nil, errs.New(http.StatusBadRequest, "VALIDATION_ERROR",
			`[body.method] Invalid option: expected one of "otp"|"totp"`)
	}
	s, err := f.requireSession(w, r, b)
	if err != nil {
		return nil, err
	}
	if method != nil && *method == "otp" {
		return nil, errNoMail
	}
	if len(issuer) > maxIssuer {
		return nil, errs.New(http.StatusBadRequest, "VALIDATION_ERROR", "[body.issuer] Invalid input: too long")
	}
	if err := f.checkPassword(r, s, password); err != nil {
		return nil, err
	}
	setup, err := f.Enable(r, s, issuer)
	return map[string]any{"method": "totp", "totpURI": setup.URI, "backupCodes": setup.Codes}, err
}

// postCode takes a code between the steps, or in a session: there the first code turns the factor on, and later ones
// only prove that the user still has it.
func (f *Factor) postCode(m method) betterauth.Handle {
	return func(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
		code, trust, noSession := b.String("code"), b.Bool("trustDevice", false), b.Bool("disableSession", false)
		if err := b.Err(); err != nil {
			return nil, err
		}
		s, err := f.auth.StoredSession(w, r)
		if err != nil {
			return nil, err
		}
		var u *auth.User
		if s == nil {
			u, s, err = f.finish(w, r, m, code, trust, !noSession)
		} else {
			s, err = f.inSession(w, r, s, m, code)
		}
		if err != nil {
			return nil, err
		}
		if s == nil {
			return map[string]any{"user": u}, nil
		}
		return map[string]any{"token": s.ID, "user": s.User}, nil
	}
}

// inSession takes a code in a session, and returns the session to go on in. The session must be recently authenticated,
// or a thief in it could lock the account's codes without the password.
func (f *Factor) inSession(
	w http.ResponseWriter, r *http.Request, s *auth.Session, m method, code string,
) (*auth.Session, error) {
	if err := f.auth.RequireRecent(s); err != nil {
		return nil, err
	}
	if !s.User.SecondFactor && !m.recovery {
		s, _, err := f.Confirm(w, r, s, code, false)
		return s, err
	}
	return s, f.auth.TransactAs(r.Context(), s, func(t *auth.Tx, u *auth.User) error {
		_, err := f.guess(t, r, s, u, nil, m, code)
		return err
	})
}

func (f *Factor) postNewCodes(_ http.ResponseWriter, r *http.Request, s *auth.Session, _ string) (any, error) {
	codes, err := f.NewCodes(r, s)
	return map[string]any{"status": true, "backupCodes": codes}, err
}

func (f *Factor) postURI(_ http.ResponseWriter, r *http.Request, s *auth.Session, _ string) (any, error) {
	setup, err := f.PendingSetup(r.Context(), s)
	return map[string]any{"totpURI": setup.URI}, err
}

func (f *Factor) postDisable(w http.ResponseWriter, r *http.Request, s *auth.Session, _ string) (any, error) {
	_, err := f.Disable(w, r, s)
	return map[string]bool{"status": true}, err
}
