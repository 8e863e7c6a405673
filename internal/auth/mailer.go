package auth

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"log/slog"
	"math"
	"net/http"
	"time"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"gorm.io/gorm"
)

// Mail is a mail to one user. URL is its link, "" for none. With a Life it holds the only copy of a secret: it belongs
// into the mail and nowhere else. A warning has a link only if Options.Links names a page for it.
type Mail struct {
	To       string
	Name     string // the user's; "" if To is not proved to be theirs
	Purpose  letter.Purpose
	URL      string
	Life     time.Duration // how long URL works, and then only once; 0 if it has no secret
	NewEmail string        // of confirm_email_change, email_changed and email_change_asked
	About    string        // of admin_made the address of the new admin; of a part's warning what it is about
	Code     string        // of magic_link: the six digits that do the same as URL; a secret // part:magiclink

	// Agent and IP are the User-Agent and the address of the browser that did what the mail is about. They are empty if
	// the reader may not know them.
	Agent, IP string
}

// setBrowser adds the browser of by to a mail to u. It is personal data, so it does so only if u acted, without an
// impersonator, and has proved the address.
func (m *Mail) setBrowser(by actor, u *User) {
	if by.userID == u.ID && by.impersonatorID == "" && u.EmailVerified {
		m.Agent, m.IP = by.agent, by.ip
	}
}

// Mailer enqueues a mail inside tx, so that it goes out if, and only if, the change that causes it commits.
type Mailer interface {
	Enqueue(ctx context.Context, tx *gorm.DB, m Mail) error
}

type logMailer struct{ log *slog.Logger }

// Enqueue implements Mailer; the link stays out of the log.
func (m logMailer) Enqueue(ctx context.Context, _ *gorm.DB, mail Mail) error {
	m.log.WarnContext(ctx, "mail not sent: no mailer is configured", "purpose", mail.Purpose)
	return nil
}

// enqueue hands a mail to the mailer, in t.
func (a *Auth) enqueue(t *Tx, m Mail) error {
	return a.opts.Mailer.Enqueue(t.Statement.Context, t.DB, m)
}

// mailTo runs write, in a transaction, for the locked user with an address, if needs approves of the user and the
// address may get another mail of the purpose this hour. An unknown address has a user without an id.
func (a *Auth) mailTo(
	r *http.Request, by actor, email string, purpose letter.Purpose,
	needs func(*User) bool, write func(*Tx, *User) error,
) error {
	var found User
	err := a.db.WithContext(r.Context()).Where("email = ?", email).Take(&found).Error
	if ignoreMissing(err) != nil {
		return err
	}
	if !needs(&found) {
		return nil
	}
	own, err := a.ownOf(r, by, &found)
	if err != nil {
		return err
	}
	may, err := a.mayMailTo(r.Context(), own, purpose, email)
	if !may || err != nil {
		return err
	}
	return a.Transact(r.Context(), func(t *Tx) error {
		u, err := t.LockUser(found.ID)
		if ignoreMissing(err) != nil {
			return err
		}
		if u.Email != email {
			u = &User{}
		}
		if !needs(u) {
			return nil
		}
		return write(t, u)
	})
}

// part:magiclink

// MailTo mails what anybody can ask for with an address, such as a link to sign in. write stores the secret in t and
// returns the mail, without To and Name. For an unknown address or a banned user it gets a user without an id, so that
// it can do the same work; then nothing is mailed. It is not called if the address has had its mails for this hour.
// Neither the answer nor its time tells whether the address has an account. Refusals: 400 VALIDATION_ERROR.
func (a *Auth) MailTo(
	r *http.Request, rawEmail string, name event.Name, purpose letter.Purpose,
	write func(t *Tx, u *User, email string) (Mail, error),
) error {
	email, err := validEmail(rawEmail)
	if err != nil {
		return err
	}
	defer a.PadTiming(r.Context())()
	by, always := a.stranger(r), func(*User) bool { return true }
	return a.mailTo(r, by, email, purpose, always, func(t *Tx, u *User) error {
		if u.BannedAt(a.opts.Now()) {
			u = &User{}
		}
		m, err := write(t, u, email)
		if err != nil || u.ID == "" {
			return err
		}
		m.To, m.Name, m.Purpose = u.Email, u.nameFor(u.Email), purpose
		t.recordEvent(by, name, u.ID)
		return a.enqueue(t, m)
	})
}

// Link is the address of a mailed link: see Options.Links.
func (a *Auth) Link(purpose letter.Purpose, token, callbackURL string) string {
	return a.opts.Links(purpose, token, callbackURL)
}

// end:magiclink

// warn mails u a warning of what by did, with Options.Notices. about completes it, "" if there is nothing to say.
func (a *Auth) warn(t *Tx, by actor, u *User, purpose letter.Purpose, about string) error {
	if !a.opts.Notices {
		return nil
	}
	m := Mail{To: u.Email, Name: u.nameFor(u.Email), Purpose: purpose, URL: a.opts.Links(purpose, "", ""), About: about}
	m.setBrowser(by, u)
	return a.enqueue(t, m)
}

// nameFor is the name of u in a mail to an address: "" if u has not proved the address, because an attacker could
// sign up with any sentence as a name and have it mailed to anybody.
func (u *User) nameFor(to string) string {
	if !u.EmailVerified || to != u.Email {
		return ""
	}
	return u.Name
}

// warnAdmins warns all other admins if by has made u one. The admin who did it is warned, too: it may have been a
// thief in that admin's session. Admins may know the browser of another one.
func (a *Auth) warnAdmins(t *Tx, by actor, before, u *User) error {
	if !a.opts.Notices || before.HasRole("admin") || !u.HasRole("admin") {
		return nil
	}
	var admins []User
	err := t.Where("role LIKE ? AND banned = ? AND id <> ?", "%admin%", false, u.ID).Order("id").Find(&admins).Error
	if err != nil {
		return err
	}
	for _, to := range admins {
		if !to.HasRole("admin") {
			continue
		}
		m := Mail{To: to.Email, Name: to.nameFor(to.Email), Purpose: letter.AdminMade, About: u.Email}
		if to.EmailVerified {
			m.Agent, m.IP = by.agent, by.ip
		}
		if err := a.enqueue(t, m); err != nil {
			return err
		}
	}
	return nil
}

// mailOwner mails the owner of an address that a stranger has tried to sign up with. The answer to the stranger does
// not tell. An owner with a verified address is warned. An address is unverified if an admin made the account, or if
// verification was off then. The stranger may be its owner, so the mail is that of a forgotten password.
func (a *Auth) mailOwner(r *http.Request, email string) error {
	var u User
	err := a.db.WithContext(r.Context()).Where("email = ?", email).Take(&u).Error
	if err != nil {
		return ignoreMissing(err) // reserved, or deleted meanwhile
	}
	if u.EmailVerified {
		return a.warnOwner(r, email)
	}
	return a.mailLinkTo(r, a.stranger(r), email, letter.ResetPassword, "")
}

// warnOwner warns the owner of a verified address. It says nothing of the stranger, who may have mistyped the address.
func (a *Auth) warnOwner(r *http.Request, email string) error {
	if !a.opts.Notices {
		return nil
	}
	may, err := a.mayMail(r.Context(), letter.ExistingAccount, email)
	if !may || err != nil {
		return err
	}
	return a.Transact(r.Context(), func(t *Tx) error {
		var u User
		if err := t.Where("email = ?", email).Take(&u).Error; err != nil {
			return ignoreMissing(err) // reserved, or deleted meanwhile
		}
		if !u.EmailVerified || u.BannedAt(a.opts.Now()) {
			return nil
		}
		return a.warn(t, actor{}, &u, letter.ExistingAccount, "")
	})
}

// PadTiming delays the answer to at least Options.MinAnswer plus a random part, so that an attacker cannot tell from
// the time whether an address has an account; defer the function it returns. The random part hides how busy the
// processor is: a busy one wakes half a millisecond sooner than an idle one (measured).
func (a *Auth) PadTiming(ctx context.Context) func() {
	var chance [2]byte
	rand.Read(chance[:])
	shortest := a.opts.MinAnswer
	more := shortest / 3 * time.Duration(binary.BigEndian.Uint16(chance[:])) / math.MaxUint16
	timer := time.NewTimer(shortest + more)
	return func() {
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
}
