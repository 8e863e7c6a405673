package passkey_test

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/auth/passkey"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// creation is what a page gets to add a passkey.
type creation struct {
	RP               struct{ ID, Name string }
	User             struct{ ID, Name, DisplayName string }
	Challenge        string
	PubKeyCredParams []struct {
		Type string
		Alg  int
	}
	Timeout                int
	ExcludeCredentials     []struct{ ID string }
	AuthenticatorSelection struct {
		AuthenticatorAttachment, ResidentKey, UserVerification string
		RequireResidentKey                                     bool
	}
	Attestation string
}

// TestOptionsOfARegistration: discoverable, verified, for this user under one opaque name; the cookie does not show the
// challenge.
func TestOptionsOfARegistration(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{}, passkey.Options{})
		c, id, d := r.withKey("ada@example.com")
		got := c.Get("/api/auth/passkey/generate-register-options?authenticatorAttachment=platform&name=eve")
		var o creation
		decode(t, got.Text, &o)
		selection := o.AuthenticatorSelection
		if o.RP.ID != "localhost" || o.RP.Name != "Quill" || o.User.Name != "ada@example.com" || o.Attestation != "none" ||
			selection.ResidentKey != "required" || !selection.RequireResidentKey || selection.UserVerification != "required" ||
			selection.AuthenticatorAttachment != "platform" || len(o.Challenge) != 43 || len(o.PubKeyCredParams) != 3 {
			t.Errorf("%s", got.Text)
		}
		if len(o.ExcludeCredentials) != 1 || o.ExcludeCredentials[0].ID != r.list(id)[0].CredentialID {
			t.Errorf("excluded: %+v", o.ExcludeCredentials)
		}
		if o.User.ID != base64.RawURLEncoding.EncodeToString(d.Handle) || strings.Contains(o.User.ID, id) {
			t.Errorf("the handle changed from %x to %s", d.Handle, o.User.ID)
		}
		var asked string
		for _, line := range got.Header["Set-Cookie"] {
			if strings.HasPrefix(line, askedCookie) {
				asked = line
			}
		}
		if !strings.Contains(asked, "; Path=/; Max-Age=300; HttpOnly; SameSite=Lax") || len(asked) > 512 ||
			strings.Contains(asked, o.Challenge) {
			t.Errorf("cookie %s", asked)
		}
		for _, attachment := range []string{"x", "Platform", "platform%00"} {
			wantRefusal(t, attachment, c.Get("/api/auth/passkey/generate-register-options?authenticatorAttachment="+attachment),
				400, "VALIDATION_ERROR")
		}
		wantRefusal(t, "a stranger", r.browser().Get("/api/auth/passkey/generate-register-options"), 401, "UNAUTHORIZED")
	})
}

// TestAdding: what is stored, told and recorded of a passkey.
func TestAdding(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{}, passkey.Options{})
		c, d := r.browser(), r.device()
		id := c.SignUp("ada@example.com")
		got := post(c, "/passkey/verify-registration",
			`{"name":" My phone ","response":`+d.Register(options(t, c, "register"))+`}`)
		wantOK(t, "adding", got)
		var v map[string]any
		decode(t, got.Text, &v)
		for name, want := range map[string]any{
			"name": "My phone", "userId": id, "credentialID": base64.RawURLEncoding.EncodeToString(d.ID), "counter": 0.0,
			"deviceType": "multiDevice", "backedUp": true, "transports": "internal,hybrid",
			"createdAt": "2031-03-01T12:00:00.001Z", "aaguid": "00000000-0000-0000-0000-000000000000",
		} {
			if v[name] != want {
				t.Errorf("%s is %v, want %v", name, v[name], want)
			}
		}
		if !r.recorded(event.PasskeyAdded, id) || r.mailed(letter.PasskeyAdded) != 1 {
			t.Error("neither recorded nor told")
		}
		single := r.device()
		single.Flags = authtest.UserPresent | authtest.UserVerified
		got = r.register(c, single, func(c *authtest.Claim) { c.Transports = []string{"x", "usb", "nfc", "usb", "<b>"} })
		wantOK(t, "another one", got)
		decode(t, got.Text, &v)
		if v["name"] != nil || v["deviceType"] != "singleDevice" || v["backedUp"] != false || v["transports"] != "usb,nfc" {
			t.Errorf("%s", got.Text)
		}
		if string(single.Handle) != string(d.Handle) {
			t.Error("two passkeys of a user have two handles")
		}
		r.wantKeys("in the end", id, 2)
	})
}

// TestLiesDoNotRegister: nothing is stored for any lie, and no answer is a fault of ours.
func TestLiesDoNotRegister(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{}, passkey.Options{})
		c := r.browser()
		id := c.SignUp("ada@example.com")
		for _, list := range []map[string]func(*authtest.Claim){lies, otherChallenges} {
			for what, lie := range list {
				wantRefusal(t, what, r.register(c, r.device(), lie), 400, "FAILED_TO_VERIFY_REGISTRATION")
			}
		}
		wantRefusal(t, "an endless id", r.register(c, r.device(), func(c *authtest.Claim) { c.ID = make([]byte, 1024) }),
			400, "FAILED_TO_VERIFY_REGISTRATION")
		r.wantKeys("after all lies", id, 0)
		if r.mailed(letter.PasskeyAdded) > 0 {
			t.Error("a mail for nothing")
		}
		wantOK(t, "the truth", r.register(c, r.device()))
	})
}

// TestHugeKey: checking a signature of a key without bounds would keep the processor busy.
func TestHugeKey(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t)
	c := r.browser()
	c.SignUp("ada@example.com")
	rsa := func(bits int) func(*authtest.Claim) {
		return func(c *authtest.Claim) { c.Modulus = bytes.Repeat([]byte{0xff}, bits/8) }
	}
	wantRefusal(t, "RSA of 8192 bits", r.register(c, r.device(), rsa(8192)), 400, "FAILED_TO_VERIFY_REGISTRATION")
	wantOK(t, "RSA of 4096 bits", r.register(c, r.device(), rsa(4096)))
}

// TestAttestation: a statement on the maker of an authenticator is not asked for and not read: to check one with a huge
// key of its own would keep the processor busy.
func TestAttestation(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t)
	c := r.browser()
	c.SignUp("ada@example.com")
	unchecked := map[string]any{"alg": -257, "sig": []byte("wrong"), "x5c": []any{[]byte("no certificate")}}
	wantOK(t, "a statement that is wrong", r.register(c, r.device(), func(c *authtest.Claim) { c.Packed = unchecked }))
}

// TestFirstPasskeysSideBySide: two browsers that add the first passkey at the same time give it two handles. The user
// keeps one, so that the second browser has to begin again.
func TestFirstPasskeysSideBySide(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{}, passkey.Options{})
		one, two := r.browser(), r.browser()
		id := one.SignUp("ada@example.com")
		two.SignIn("ada@example.com", authtest.Password)
		late := `{"response":` + r.device().Register(options(t, two, "register")) + `}`
		wantOK(t, "the first browser", r.register(one, r.device()))
		wantRefusal(t, "the second one", post(two, "/passkey/verify-registration", late),
			400, "FAILED_TO_VERIFY_REGISTRATION")
		wantOK(t, "again", r.register(two, r.device()))
		r.wantKeys("in the end", id, 2)
	})
}

// TestCredentialIDIsUnique: a credential is registered once, for one user, also in a race.
func TestCredentialIDIsUnique(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{}, passkey.Options{})
		ada, adaID, d := r.withKey("ada@example.com")
		eve := r.browser()
		eveID := eve.SignUp("eve@example.com")
		same := func(c *authtest.Claim) { c.ID = d.ID }
		wantRefusal(t, "another user's", r.register(eve, r.device(), same), 400, "PREVIOUSLY_REGISTERED")
		wantRefusal(t, "the own one", r.register(ada, r.device(), same), 400, "PREVIOUSLY_REGISTERED")
		r.wantKeys("Eve", eveID, 0)
		r.wantKeys("Ada", adaID, 1)
		wantOK(t, "Ada", r.enter(r.browser(), d))

		fresh := make([]byte, 32)
		codes := make([]int, 2)
		people := []*authtest.Client{ada, eve}
		var bodies []string
		for _, c := range people {
			bodies = append(bodies, `{"response":`+r.device().Register(options(t, c, "register"),
				func(c *authtest.Claim) { c.ID = fresh })+`}`)
		}
		atOnce(2, func(i int) { codes[i] = post(people[i], "/passkey/verify-registration", bodies[i]).StatusCode })
		if codes[0]+codes[1] != 200+400 {
			t.Errorf("two at once: %v", codes)
		}
	})
}

// TestRegistrationRace: of four answers to one challenge a single one makes a passkey.
func TestRegistrationRace(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{}, passkey.Options{})
		c := r.browser()
		id := c.SignUp("ada@example.com")
		asked := options(t, c, "register")
		var bodies []string
		for range 4 {
			bodies = append(bodies, `{"response":`+r.device().Register(asked)+`}`)
		}
		atOnce(4, func(i int) { post(c.Copy(), "/passkey/verify-registration", bodies[i]) })
		r.wantKeys("after four answers", id, 1)
	})
}

// TestChallengeOfARegistration: it counts in the session that asked for it, and in no other one.
func TestChallengeOfARegistration(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t)
	ada, eve := r.browser(), r.browser()
	adaID, eveID := ada.SignUp("ada@example.com"), eve.SignUp("eve@example.com")
	again := r.browser()
	again.SignIn("ada@example.com", authtest.Password)
	for what, c := range map[string]*authtest.Client{"another user": eve, "another session": again} {
		body := `{"response":` + r.device().Register(options(t, ada, "register")) + `}`
		hold(c, askedCookie, value(ada, askedCookie))
		wantRefusal(t, what, post(c, "/passkey/verify-registration", body), 400, "CHALLENGE_NOT_FOUND")
	}
	r.wantKeys("Ada", adaID, 0)
	r.wantKeys("Eve", eveID, 0)
}

// hold puts a cookie into the browser.
func hold(c *authtest.Client, name, value string) {
	req, _ := http.NewRequest(http.MethodGet, c.Base, nil)
	c.Jar.SetCookies(req.URL, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

// TestRegistrationNeedsARecentSession: to ask and to answer; the password makes it recent again.
func TestRegistrationNeedsARecentSession(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t)
	c := r.browser()
	id := c.SignUp("ada@example.com")
	r.advance(10*time.Minute - time.Second)
	body := `{"response":` + r.device().Register(options(t, c, "register")) + `}`
	r.advance(time.Second)
	wantRefusal(t, "answering", post(c, "/passkey/verify-registration", body), 403, "SESSION_NOT_FRESH")
	wantRefusal(t, "asking", c.Get("/api/auth/passkey/generate-register-options"), 403, "SESSION_NOT_FRESH")
	r.wantKeys("in the end", id, 0)
}

// TestSessionThatBegins: createSession starts a new session, that of a passkey.
func TestSessionThatBegins(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{}, passkey.Options{})
		c, d := r.browser(), r.device()
		id := c.SignUp("ada@example.com")
		before := value(c, tokenCookie)
		got := post(c, "/passkey/verify-registration",
			`{"createSession":true,"name":"K","response":`+d.Register(options(t, c, "register"))+`}`)
		wantOK(t, "adding", got)
		var v struct {
			Name          string
			Session, User struct{ ID, UserID string }
		}
		decode(t, got.Text, &v)
		if v.Name != "K" || v.User.ID != id || v.Session.UserID != id || value(c, tokenCookie) == before {
			t.Errorf("%s", got.Text)
		}
		r.wantWho("the browser", c, "ada@example.com")
		if s, _ := r.stored(c); s.AMR != "pop mfa" {
			t.Errorf("AMR %q", s.AMR)
		}
	})
}

// TestPasskeysAreBounded: a user has at most fifty.
func TestPasskeysAreBounded(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t)
	c := r.browser()
	id := c.SignUp("ada@example.com")
	for range 50 {
		wantOK(t, "one more", r.register(c, r.device()))
	}
	wantRefusal(t, "too many", r.register(c, r.device()), 400, "TOO_MANY_PASSKEYS")
	r.wantKeys("in the end", id, 50)
}

// TestMalformedAnswers: none is a fault of ours.
func TestMalformedAnswers(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t)
	c, id, d := r.withKey("ada@example.com")
	for _, body := range []string{`{}`, `{"response":"x"}`, `{"response":null}`, `{"response":5}`, `{"response":[]}`} {
		for _, path := range []string{"/passkey/verify-authentication", "/passkey/verify-registration"} {
			wantRefusal(t, path+body, post(c, path, body), 400, "VALIDATION_ERROR")
		}
	}
	for _, response := range []string{`{}`, `{"id":5}`, `{"id":"AAAA","rawId":"AAAA","type":"public-key"}`,
		`{"id":"AAAA","rawId":"AAAA","type":"public-key","response":{"clientDataJSON":"AAAA","attestationObject":"AAAA"}}`} {
		options(t, c, "register")
		wantRefusal(t, response, post(c, "/passkey/verify-registration", `{"response":`+response+`}`),
			400, "FAILED_TO_VERIFY_REGISTRATION")
		stranger := r.browser()
		options(t, stranger, "authenticate")
		r.wantNoEntry(response, stranger, post(stranger, "/passkey/verify-authentication", `{"response":`+response+`}`),
			401, "AUTHENTICATION_FAILED")
	}
	proof := d.Prove(`{"challenge":"AAAA","rpId":"localhost"}`)
	options(t, c, "register")
	wantRefusal(t, "a proof", post(c, "/passkey/verify-registration", `{"response":`+proof+`}`),
		400, "FAILED_TO_VERIFY_REGISTRATION")
	r.wantKeys("in the end", id, 1)
}
