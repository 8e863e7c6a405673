package passkey

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/errs"
	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"
	"gorm.io/gorm/clause"
)

// challengeLife is how long an answer to a challenge counts. People look for their phone or security key meanwhile.
const challengeLife = 5 * time.Minute

var (
	errNoChallenge = errs.New(http.StatusBadRequest, "CHALLENGE_NOT_FOUND", "Challenge not found")

	// errOtherChallenge refuses an answer to another challenge than that of the cookie. It comes from an older window of
	// the browser and says nothing about the passkey, so that it is not recorded. The contract has other codes for it.
	errOtherChallenge = errs.New(http.StatusBadRequest, errNoChallenge.Code, errNoChallenge.Message)
)

// challenge is what an authenticator was asked to sign. It travels in a cookie, sealed, so that asking writes nothing.
// A browser has one at a time: if a second tab asks, the answer of the first one is refused and has to be repeated.
type challenge struct {
	Value     []byte `json:"c"`
	SessionID string `json:"s,omitempty"` // of a registration
	Handle    []byte `json:"h,omitempty"` // of a registration: the user handle in its options
	UserID    string `json:"u,omitempty"` // of a proof: the one user who may give it; "" for all
	Ends      int64  `json:"e"`           // Unix milliseconds
}

// ask sends c with a new value, for one kind of ceremony.
func (p *Passkeys) ask(w http.ResponseWriter, kind protocol.CeremonyType, c challenge) (*challenge, error) {
	if err := p.checkAvailable(); err != nil {
		return nil, err
	}
	c.Value = random()
	c.Ends = p.auth.Now().Add(challengeLife).UnixMilli()
	plain, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	p.asked.Set(w, encode(p.sealer.Seal(plain, []byte(kind))), challengeLife)
	return &c, nil
}

// spend returns the challenge of a request and makes sure that it never counts again. It commits that before the answer
// is looked at, so that a refused answer spends it too, and of parallel answers a single one goes on.
func (p *Passkeys) spend(w http.ResponseWriter, r *http.Request, kind protocol.CeremonyType) (*challenge, error) {
	if err := p.checkAvailable(); err != nil {
		return nil, err
	}
	c := p.open(r, kind)
	p.asked.Clear(w, r)
	if c == nil {
		return nil, errNoChallenge
	}
	row := passkeyChallenge{Challenge: c.text(), ExpiresAt: time.UnixMilli(c.Ends).UTC()}
	spent := p.db.WithContext(r.Context()).Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
	return c, auth.RefuseNone(spent, errNoChallenge)
}

// open returns the challenge of a kind in the cookie, nil without one that counts.
func (p *Passkeys) open(r *http.Request, kind protocol.CeremonyType) *challenge {
	value, _ := p.asked.Read(r)
	plain, ok := p.sealer.Open(decode(value), []byte(kind))
	if !ok {
		return nil
	}
	var c challenge
	if err := json.Unmarshal(plain, &c); err != nil || p.auth.Now().UnixMilli() >= c.Ends {
		return nil
	}
	return &c
}

// text is the challenge as clients send it back.
func (c *challenge) text() string { return encode(c.Value) }

// terms are what the library checks an answer against.
func (p *Passkeys) terms(c *challenge) webauthn.SessionData {
	return webauthn.SessionData{
		Challenge: c.text(), RelyingPartyID: p.web.Config.RPID, UserID: c.Handle,
		UserVerification: protocol.VerificationRequired, CredParams: algorithms,
	}
}

// algorithms are the keys that a passkey may have, the best first: every authenticator knows one of them.
var algorithms = []protocol.CredentialParameter{
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgEdDSA},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgRS256},
}

// random gives 256 bits.
func random() []byte {
	b := make([]byte, 32)
	rand.Read(b) // never fails: crypto/rand ends the program instead
	return b
}
