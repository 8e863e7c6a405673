package web_test

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"example.com/foyer/internal/auth/authtest"
)

// The ways in of TestEveryWayIn.

func byPassword(e *entrant) authtest.Answer {
	return e.c.PostForm("/login", credentials(e.email, authtest.Password), navigate...)
}

// byRecoveryCode also takes the second step, if a recovery code is taken.
func byRecoveryCode(e *entrant) authtest.Answer {
	first := byPassword(e)
	if !e.has("two_factor") {
		return first
	}
	second := e.c.PostForm("/login/code", url.Values{"code": {e.codes[0]}, "way": {"recovery"}}, navigate...)
	if second.StatusCode != 303 {
		return first
	}
	return second
}

// bySignUp makes another user: one who is there already cannot sign up.
func bySignUp(e *entrant) authtest.Answer {
	e.email = "new." + e.email
	form := credentials(e.email, authtest.Password)
	form.Set("name", "Ada")
	got := e.c.PostForm("/signup", form, navigate...)
	u, err := e.auth.UserByEmail(e.t.Context(), e.email)
	e.must(err)
	e.id = u.ID
	return got
}

// verification mails a link to a user whose address is not verified.
func verification(e *entrant) {
	e.t.Helper()
	e.must(e.db.Exec("UPDATE users SET email_verified = FALSE WHERE id = ?", e.id).Error)
	e.must(e.auth.SendVerificationEmail(httptest.NewRequest("POST", "/", nil), nil, e.email, ""))
}

// mailedToken is that of the link in the newest mail of a purpose.
func (e *entrant) mailedToken(purpose string) string {
	e.t.Helper()
	u, err := url.Parse(e.lastMailed(e.t, purpose, e.email))
	e.must(err)
	return u.Query().Get("token")
}

func byLinkAndPassword(e *entrant) authtest.Answer {
	form := url.Values{"token": {e.mailedToken("verify_email")}, "password": {authtest.Password}}
	return e.c.PostForm("/verify-email", form, navigate...)
}

// part:betterauth

// post sends JSON from a page of the app.
func (e *entrant) post(path string, body any) authtest.Answer {
	e.t.Helper()
	return e.c.PostJSON("/api/auth"+path, body, "Origin", e.Base)
}

func byWirePassword(e *entrant) authtest.Answer {
	return e.post("/sign-in/email", map[string]string{"email": e.email, "password": authtest.Password})
}

func byWireLink(e *entrant) authtest.Answer {
	return e.c.Get("/api/auth/verify-email?callbackURL=%2Fdashboard&token=" + e.mailedToken("verify_email"))
}

// end:betterauth

// part:passkey

func (e *entrant) addPasskey(c *authtest.Client) {
	e.t.Helper()
	e.key = authtest.NewAuthenticator(e.t, e.Base)
	const page = "/settings/security/passkeys"
	options := c.PostForm(page, nil, script...)
	expect(e.t, options, 200)
	expect(e.t, c.PostForm(page, url.Values{"response": {e.key.Register(options.Text)}}, script...), 204)
}

func byPasskey(page string) func(*entrant) authtest.Answer {
	return func(e *entrant) authtest.Answer {
		options := e.c.PostForm(page, nil, script...)
		expect(e.t, options, 200)
		return e.c.PostForm(page, url.Values{"response": {e.key.Prove(options.Text)}}, script...)
	}
}

// end:passkey

// part:passkey,betterauth

func byWirePasskey(e *entrant) authtest.Answer {
	options := e.c.Get("/api/auth/passkey/generate-authenticate-options")
	return e.post("/passkey/verify-authentication", map[string]any{"response": json.RawMessage(e.key.Prove(options.Text))})
}

// end:passkey,betterauth

// part:magiclink

func magic(e *entrant) {
	e.t.Helper()
	expect(e.t, e.stranger(e.t).PostForm("/login/link", url.Values{"email": {e.email}}, navigate...), 303)
}

func byMagicLink(e *entrant) authtest.Answer {
	form := url.Values{"token": {e.mailedToken("magic_link")}, "remember": {"on"}}
	return e.c.PostForm("/magic-link", form, navigate...)
}

// mailedCode is the code in the newest mail to the user.
func (e *entrant) mailedCode() (code string) {
	e.t.Helper()
	names, err := filepath.Glob(filepath.Join(string(e.mails), "*.json"))
	e.must(err)
	for _, name := range names {
		data, err := os.ReadFile(name)
		e.must(err)
		var m struct{ To, Code string }
		e.must(json.Unmarshal(data, &m))
		if m.To == e.email && m.Code != "" {
			code = m.Code
		}
	}
	return code
}

func byMailedCode(e *entrant) authtest.Answer {
	form := url.Values{"email": {e.email}, "code": {e.mailedCode()}, "remember": {"on"}}
	return e.c.PostForm("/login/link/code", form, navigate...)
}

// end:magiclink

// part:magiclink,betterauth

func byWireMagicLink(e *entrant) authtest.Answer {
	link := "/api/auth/magic-link/verify?callbackURL=%2Fdashboard&token=" + e.mailedToken("magic_link")
	return e.c.Get(strings.TrimPrefix(link, e.Base))
}

func byWireCode(e *entrant) authtest.Answer {
	return e.post("/sign-in/email-otp", map[string]string{"email": e.email, "otp": e.mailedCode()})
}

// end:magiclink,betterauth
