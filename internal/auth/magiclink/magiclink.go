// Package magiclink signs users in by a mail with a link and six digits. The link is for the device on which the mail
// is read, the digits are typed on another one. The package owns the table magic_links and the budget of wrong codes.
//
//   - magiclink.go mails, ends and forgets what is in the table.
//   - signin.go signs in by what was mailed, guess.go counts every code before it is compared.
//   - endpoints.go serves better-auth's plugins magicLink and, for signing in alone, emailOTP. // part:betterauth
//
// # Threats, and where they are met
//
//   - A stolen database: it holds the SHA-256 of tokens and, because a hash of six digits is found in a second, a
//     MAC of codes (guess.go).
//   - Guessing codes: each takes 3 guesses. After 10 wrong ones in a row, over any number of mails, an address takes
//     no code for 15 minutes, and then one every 15 minutes (NIST SP 800-63B-4 §3.2.2 allows 100 in a row, ASVS
//     6.6.3). A stranger can cause that, so the link of a mail still works. The count outlives the user, because a
//     sign-up with the address of a pending user deletes that user.
//   - A mail that an attacker asked for: only the newest mail works, and for 5 minutes. Link and digits are one row,
//     so that using one ends the other.
//   - Flooding a mailbox: auth.RateLimit.MailsPerHour, of which a third is kept for the browsers of the user.
//   - Finding out which addresses have an account: an unknown address has a row like a known one, but no mail is
//     sent and no code fits. Wrong codes are counted and answered alike, after a padded time. A mail never makes an
//     account.
//   - Pre-hijacking, signing up with a victim's address before the victim does: nothing that a stranger gave an
//     account before its address was proved is left (auth.Auth.TakeOver).
//   - Scanners that open mailed links: the page of the link acts by a button. The contract's GET acts when it is
//     opened, because its clients call it so (ASVS 3.5.3). It is mailed only where auth.Options.Links gives its
//     address, as with MAIL_LINKS=wire.
//   - A mailbox is one factor: users with a second one still owe it.
package magiclink

import (
	"cmp"
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/keys"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Options configures a MagicLink. The zero value of a field means its default.
type Options struct {
	// TTL is how long a mailed link and its code work. Default 5 minutes.
	TTL time.Duration
}

// MagicLink signs users in by mails. It is safe for concurrent use; make one per process.
type MagicLink struct {
	auth *auth.Auth
	db   *gorm.DB
	mac  keys.MAC // of codes
	ttl  time.Duration
}

// New makes the MagicLink of a and joins it. Call it before a is used. secrets sign codes: the first signs, all verify.
func New(a *auth.Auth, db *gorm.DB, secrets []string, o Options) (*MagicLink, error) {
	ring, err := keys.New(secrets)
	if err != nil {
		return nil, err
	}
	m := &MagicLink{auth: a, db: db, mac: ring.MAC("magic link code"), ttl: cmp.Or(o.TTL, 5*time.Minute)}
	a.Join(auth.Hooks{CredentialChanged: endLinks, Purge: m.purge})
	return m, nil
}

// magicLink is a row: what was mailed to an address last, and how often its codes were missed.
type magicLink struct {
	Address     string  `gorm:"primaryKey"` // its hash, because strangers type addresses of people who have no account
	UserID      *string // nil if nothing was mailed, because there is no account or a banned one, and if the user is gone
	TokenHash   string
	CodeMAC     string // see signed; "" after too many guesses
	CallbackURL string // where the browser goes in the end; "" for nowhere in particular
	Guesses     int    // of this code
	Missed      int    // codes in a row, of this mail and earlier ones
	LockedUntil *time.Time
	Ended       bool // a credential of the user has changed since
	ExpiresAt   time.Time
}

// Send mails a link and a code, in place of those that were mailed to the address before, if it has an account that is
// not banned and had fewer than auth.RateLimit.MailsPerHour mails in the last hour. Neither the answer nor its time
// tells whether it has one. The link leads to callbackURL in the end, "" for nowhere in particular; errorURL is where
// the contract's link leads if it is refused, "" for callbackURL too. Refusals: 400 VALIDATION_ERROR.
func (m *MagicLink) Send(r *http.Request, email, callbackURL, errorURL string) error {
	write := func(t *auth.Tx, u *auth.User, email string) (auth.Mail, error) {
		token, code := rand.Text(), newCode() // the token has 130 random bits
		l := magicLink{
			Address: auth.HashToken(email), TokenHash: auth.HashToken(token), CallbackURL: callbackURL,
			ExpiresAt: m.auth.Now().Add(m.ttl),
		}
		if u.ID != "" {
			l.UserID = &u.ID
		}
		l.CodeMAC = m.signed(&l, code)
		link := m.auth.Link(letter.MagicLink, token, callbackURL)
		if errorURL != "" {
			link += "&errorCallbackURL=" + url.QueryEscape(errorURL)
		}
		return auth.Mail{URL: link, Life: m.ttl, Code: code}, renew(t, &l)
	}
	return m.auth.MailTo(r, email, event.MagicLinkAsked, letter.MagicLink, write)
}

// renew stores a row in place of an earlier one of the address. Missed codes stay counted, so that a mail buys guesses
// of one code and no more.
func renew(t *auth.Tx, l *magicLink) error {
	columns := []string{"user_id", "token_hash", "code_mac", "callback_url", "guesses", "ended", "expires_at"}
	return t.Clauses(clause.OnConflict{
		Columns: []clause.Column{{Name: "address"}}, DoUpdates: clause.AssignmentColumns(columns),
	}).Create(l).Error
}

// endLinks ends what was mailed to a user, "" for every user. The rows stay, because a user who was banned meanwhile
// learns that from the link or code.
func endLinks(t *auth.Tx, userID string) error {
	return t.Model(&magicLink{}).Where("user_id = ? OR ? = ''", userID, userID).Update("ended", true).Error
}

// rest is how long a row that has expired still counts wrong codes.
const rest = 24 * time.Hour

func (m *MagicLink) purge(ctx context.Context) error {
	return m.auth.PurgeExpired(ctx, &magicLink{}, "address", m.auth.Now().Add(-rest))
}
