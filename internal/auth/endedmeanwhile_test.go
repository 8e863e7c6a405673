package auth_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/betterauth"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// TestASessionThatHasEndedMeanwhileDoesNothing: a request was let in, then its session is replaced in another tab. The
// request changes nothing, ends no other session, and does not send its dead token back.
func TestASessionThatHasEndedMeanwhileDoesNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		box := &mailbox{}
		r := newRig(t, db, auth.Options{Mailer: box}, betterauth.Options{ConfirmDeletion: true})
		id := r.SignUp("ada@example.com")
		post(r.Client, "/send-verification-email", `{"email":"ada@example.com"}`)
		token, name := linkToken(t, box.last()), "Eve"
		post(r.Client, "/delete-user", `{}`)
		deletion := linkToken(t, box.last())
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
			"DeleteUserByLink": func(w http.ResponseWriter, req *http.Request, s *auth.Session) error {
				return r.auth.DeleteUserByLink(w, req, s, deletion)
			},
			"RevokeSession": func(_ http.ResponseWriter, req *http.Request, s *auth.Session) error {
				now, _ := r.stored(r.Client)
				return r.auth.RevokeSession(req.Context(), s, id, now.ID)
			},
			"RevokeSessions": func(_ http.ResponseWriter, req *http.Request, s *auth.Session) error {
				return r.auth.RevokeSessions(req.Context(), s, id)
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

// TestAnAdminsSessionThatHasEndedDoesNothing: the owner has ended the session of a thief, or it is no admin's any more.
// What the thief had asked for before, such as while a password is hashed, changes nothing and ends no session.
func TestAnAdminsSessionThatHasEndedDoesNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		box := &mailbox{}
		r := newRig(t, db, auth.Options{Mailer: box})
		ada := r.SignUp("ada@example.com")
		r.addUser("boss@example.com", "admin")
		his, _ := r.stored(r.Client)
		for fall, want := range map[string]string{"ended": "UNAUTHORIZED", "demoted": "FORBIDDEN"} {
			by, _ := r.stored(r.boss(fall + "@example.com"))
			if fall == "ended" {
				if err := r.auth.RevokeSessions(t.Context(), nil, by.UserID); err != nil {
					t.Fatal(err)
				}
			} else if _, err := r.auth.SetRole(t.Context(), nil, by.UserID, "user"); err != nil {
				t.Fatal(err)
			}
			before, mails := r.dump(), len(box.all())
			for verb, do := range map[string]func() error{
				"CreateUser": func() error {
					_, err := r.auth.CreateUser(t.Context(), by, auth.NewUser{Name: "Eve", Email: "eve@example.com",
						Password: authtest.Password, Role: "admin"})
					return err
				},
				"SetRole":        func() error { _, err := r.auth.SetRole(t.Context(), by, ada, "admin"); return err },
				"BanUser":        func() error { _, err := r.auth.BanUser(t.Context(), by, ada, "", nil); return err },
				"RevokeSession":  func() error { return r.auth.RevokeSession(t.Context(), by, ada, his.ID) },
				"RevokeSessions": func() error { return r.auth.RevokeSessions(t.Context(), by, ada) },
				// part:admin
				"SetPassword":       func() error { return r.auth.SetPassword(t.Context(), by, ada, "another-horse-2") },
				"MailPasswordReset": func() error { return r.auth.MailPasswordReset(t.Context(), by, ada) },
				"RemoveUser":        func() error { return r.auth.RemoveUser(t.Context(), by, ada) },
				// end:admin
			} {
				if err := do(); err == nil || codeOf(t, err) != want {
					t.Errorf("%s, %s: %v", fall, verb, err)
				}
			}
			if after := r.dump(); after != before || len(box.all()) != mails {
				t.Errorf("%s:\nbefore %s\nafter  %s", fall, before, after)
			}
		}
	})
}

// part:admin

// TestASessionThatIsBeingEnded: a session goes on as an impersonation while another transaction, which does not lock
// its user, ends it. The impersonation waits for the end, and is refused.
func TestASessionThatIsBeingEnded(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.Postgres(t))
	r := newRig(t, db, auth.Options{})
	ada := r.SignUp("ada@example.com")
	s, req := r.stored(r.boss("boss@example.com"))
	ending := db.Begin()
	if err := ending.Where("id = ?", s.ID).Delete(&auth.Session{}).Error; err != nil {
		t.Fatal(err)
	}
	refused := make(chan error, 1)
	go func() {
		_, err := r.auth.Impersonate(httptest.NewRecorder(), req, s, ada)
		refused <- err
	}()
	for waits := int64(0); waits == 0 && len(refused) == 0; {
		err := db.Raw(`SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waits).Error
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := ending.Commit().Error; err != nil {
		t.Fatal(err)
	}
	if code := codeOf(t, <-refused); code != "UNAUTHORIZED" {
		t.Errorf("the impersonation: %q", code)
	}
}

// end:admin
