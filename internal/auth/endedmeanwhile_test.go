package auth_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// TestASessionThatHasEndedMeanwhileDoesNothing: a request was let in, then its session is replaced in another tab. The
// request changes nothing, ends no other session, and does not send its dead token back.
func TestASessionThatHasEndedMeanwhileDoesNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		box := &mailbox{}
		r := newRig(t, db, auth.Options{Mailer: box})
		id := r.SignUp("ada@example.com")
		post(r.Client, "/send-verification-email", `{"email":"ada@example.com"}`)
		token, name := linkToken(t, box.last()), "Eve"
		for verb, do := range map[string]func(w http.ResponseWriter, req *http.Request, s *auth.Session) error{
			"UpdateUser": func(w http.ResponseWriter, req *http.Request, s *auth.Session) error {
				return r.auth.UpdateUser(w, req, s, auth.Profile{Name: &name})
			},
			"RevokeOtherSessions": func(_ http.ResponseWriter, req *http.Request, s *auth.Session) error {
				return r.auth.RevokeOtherSessions(req.Context(), s)
			},
			"ChangeEmail": func(_ http.ResponseWriter, req *http.Request, s *auth.Session) error {
				return r.auth.ChangeEmail(req, s, "eve@example.com", "")
			},
			"MailDeletion": func(_ http.ResponseWriter, req *http.Request, s *auth.Session) error {
				return r.auth.MailDeletion(req.Context(), s, "")
			},
			"ConfirmEmail": func(w http.ResponseWriter, req *http.Request, s *auth.Session) error {
				link, err := r.auth.PeekConfirmation(req, s, token)
				if err != nil {
					t.Fatal(err)
				}
				_, err = r.auth.ConfirmEmail(w, req, s, link, "")
				return err
			},
		} {
			s, req := r.stored(r.Client)
			r.page(r.Client, func(w http.ResponseWriter, req *http.Request) {
				if _, err := r.auth.Reauthenticate(w, req, s, authtest.Password, ""); err != nil {
					t.Fatal(err)
				}
			})
			w := httptest.NewRecorder()
			if code := codeOf(t, do(w, req, s)); code != "UNAUTHORIZED" || len(w.Header()) > 0 {
				t.Errorf("%s: %q, answers %v", verb, code, w.Header())
			}
			r.wantWho(verb+" in another tab", r.Client, "ada@example.com")
			if u, err := r.auth.User(t.Context(), id); err != nil || u.Name == name || u.EmailVerified {
				t.Errorf("%s: %+v, %v", verb, u, err)
			}
		}
		r.confirm(r.Client, token, "") // the link is still good
		r.wantVerified("ada@example.com", true)
	})
}
