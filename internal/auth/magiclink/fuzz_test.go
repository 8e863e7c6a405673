package magiclink_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/errs"
)

// FuzzSignIn: no token, address or code but what was mailed signs in, and none is our mistake.
func FuzzSignIn(f *testing.F) {
	r := sqliteRig(f, auth.Options{})
	r.addUser(ada)
	m := r.ask(ada)
	for _, s := range []string{"", m.Code, tokenOf(m)[:25], "' OR 1=1 --", "\x00", "\xff", "%", "null"} {
		f.Add(s, s, s)
		f.Add(s, ada, s)
	}
	f.Fuzz(func(t *testing.T, token, email, code string) {
		if token == tokenOf(m) || code == m.Code { // what was mailed signs in
			return
		}
		w, req := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", nil)
		_, err := r.magic.SignInLink(w, req, nil, token, true)
		if e := errs.Of(err); e == nil || e.Status != http.StatusBadRequest || e.Code != "INVALID_TOKEN" {
			t.Errorf("%q: %v", token, err)
		}
		_, err = r.magic.SignInCode(w, req, email, code, true)
		e := errs.Of(err)
		if e == nil || e.Code != "INVALID_OTP" && e.Code != "TOO_MANY_ATTEMPTS" {
			t.Errorf("%q, %q: %v", email, code, err)
		}
		if len(w.Result().Cookies()) > 0 {
			t.Error("a cookie is set")
		}
		if err := r.magic.Send(req, email, "", ""); err != nil && errs.Of(err) == nil {
			t.Errorf("%q: %v", email, err)
		}
	})
}
