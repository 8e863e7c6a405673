// Package servicetoken lets one process of yours call another. The caller signs a token that lives 60 seconds and is
// made out to the called; the called knows the key. The package owns keys, their file, the published set and every
// reason to refuse; it knows nothing of routes, users or sessions: what a service may do is for the route to decide.
//
// A token is a compact JWS, EdDSA and nothing else. Its header holds alg, kid and typ, its claims are sub, aud (one
// string), iat, exp and jti, times in whole seconds.
//
//	file, err := servicetoken.Open("service-keys.json") // made by: server keys new
//	carrier, err := file.Transport("https://api.example", "service:worker", "service:api", nil)
//	res, err := (&http.Client{Transport: carrier}).Get("https://api.example/api/service/whoami")
//
// Processes that share a key file believe each other under any name. A process with keys of its own is a Peer: it
// is believed under one name, by the keys it publishes at /.well-known/jwks.json.
package servicetoken

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"example.com/foyer/internal/errs"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const (
	lifetime  = 60 * time.Second // the most a token may live, whoever signed it
	leeway    = 5 * time.Second  // how far the signer's clock may be ahead of ours; exp is exact
	maxToken  = 2048             // bytes; ours are about 350
	tokenType = "service+jwt"    // RFC 8725 §3.11: what is signed for another purpose is no service token
)

// Keyring signs with its first key and believes tokens of all. The zero value has no key: it signs nothing and
// believes nobody. Set the fields before the first use; the methods may be called concurrently.
type Keyring struct {
	Peers []*Peer // whose tokens count besides those of the own keys
	// Once refuses a token's second use. What was used is remembered in this process only: behind a load balancer
	// each instance accepts a token once. Beyond 100,000 tokens in 65 seconds further ones are refused.
	Once bool
	Now  func() time.Time // time.Now where nil

	path string // of the key file; "" for keys that do not change
	mu   sync.Mutex
	file os.FileInfo // of the file the keys came from
	keys []jose.JSONWebKey
	used used
}

// Identity is who a token speaks for.
type Identity struct {
	Subject  string    // who calls, such as service:worker
	Audience string    // who is called, such as service:api
	Expires  time.Time // when the token ends
}

// claims are pointers where 0 is a value. An aud that is a list, and times with fractions, do not fit in.
type claims struct {
	Subject   string `json:"sub"`
	Audience  string `json:"aud"`
	IssuedAt  *int64 `json:"iat"`
	Expiry    *int64 `json:"exp"`
	NotBefore *int64 `json:"nbf,omitempty"`
	ID        string `json:"jti"`
}

// Sign makes a token by which sub may call aud for the next 60 seconds.
func (k *Keyring) Sign(sub, aud string) (string, error) {
	keys, err := k.current()
	if err != nil {
		return "", err
	}
	if len(keys) == 0 || sub == "" || aud == "" {
		return "", errors.New("servicetoken: signing takes a key, a subject and an audience")
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: keys[0]}, (&jose.SignerOptions{}).WithType(tokenType))
	if err != nil {
		return "", fmt.Errorf("servicetoken: %w", err)
	}
	now := k.now()
	return jwt.Signed(signer).Claims(claims{
		Subject: sub, Audience: aud, IssuedAt: new(now.Unix()), Expiry: new(now.Add(lifetime).Unix()), ID: rand.Text(),
	}).Serialize()
}

// Verify says who calls aud with token. Every refusal is errs.Unauthenticated, whose cause names the reason and quotes
// nothing of the token: log it, and keep it from the caller.
func (k *Keyring) Verify(ctx context.Context, token, aud string) (Identity, error) {
	id, err := k.verify(ctx, token, aud)
	if err != nil {
		refusal := errs.Unauthenticated()
		refusal.Err = err
		return Identity{}, refusal
	}
	return id, nil
}

func (k *Keyring) verify(ctx context.Context, token, aud string) (Identity, error) {
	kid, signed, err := parse(token)
	if err != nil {
		return Identity{}, err
	}
	now := k.now()
	key, speaksFor, err := k.find(ctx, kid, now)
	if err != nil {
		return Identity{}, err
	}
	var c claims
	switch err := signed.Claims(key, &c); {
	case errors.Is(err, jose.ErrCryptoFailure):
		return Identity{}, errors.New("the signature is not of its key")
	case err != nil:
		return Identity{}, errors.New("the claims cannot be read")
	}
	if why := c.fault(aud, speaksFor, now); why != "" {
		return Identity{}, errors.New(why)
	}
	if k.Once && (c.ID == "" || !k.used.first(kid+"."+c.ID, now)) {
		return Identity{}, errors.New("used before, without jti, or one too many")
	}
	return Identity{Subject: c.Subject, Audience: c.Audience, Expires: time.Unix(*c.Expiry, 0).UTC()}, nil
}

// parse checks all that can be checked without a key. The header is held to three names: nothing that could bring a
// key along (jwk, jku, x5u), change what is signed (b64, zip) or ask for more (crit) is ever looked at.
func parse(token string) (kid string, signed *jwt.JSONWebToken, err error) {
	if len(token) > maxToken {
		return "", nil, errors.New("longer than a token can be")
	}
	for part := range strings.SplitSeq(token, ".") { // one spelling per token; the library takes more
		if _, err := base64.RawURLEncoding.Strict().DecodeString(part); err != nil || strings.ContainsAny(part, "\r\n") {
			return "", nil, errors.New("not base64url")
		}
	}
	signed, err = jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.EdDSA})
	if wrong := new(jose.ErrUnexpectedSignatureAlgorithm); errors.As(err, &wrong) {
		return "", nil, errors.New("the algorithm is not EdDSA")
	}
	if err != nil || len(signed.Headers) != 1 {
		return "", nil, errors.New("not a signed token")
	}
	h := signed.Headers[0]
	if h.JSONWebKey != nil || h.Nonce != "" || len(h.ExtraHeaders) != 1 || h.ExtraHeaders[jose.HeaderType] != tokenType {
		return "", nil, errors.New("the header is not alg, kid and typ " + tokenType)
	}
	if h.KeyID == "" {
		return "", nil, errors.New("no kid")
	}
	return h.KeyID, signed, nil
}

// find gives the key of that name and whom it may speak for, "" for anybody.
func (k *Keyring) find(ctx context.Context, kid string, now time.Time) (key ed25519.PublicKey, speaksFor string, err error) {
	keys, err := k.current()
	if err != nil {
		return nil, "", err
	}
	for _, own := range keys {
		if own.KeyID == kid {
			return public(own), "", nil
		}
	}
	for _, p := range k.Peers {
		key, failed := p.find(ctx, kid, now)
		if key != nil {
			return key, p.subject, nil
		}
		err = errors.Join(err, failed)
	}
	if err != nil { // for want of it the kid may be unknown
		return nil, "", fmt.Errorf("unknown kid, and a peer's keys cannot be fetched: %w", err)
	}
	return nil, "", errors.New("unknown kid")
}

// fault says what is wrong with claims whose signature is right.
func (c claims) fault(aud, speaksFor string, now time.Time) string {
	if c.Subject == "" || c.Audience == "" || c.IssuedAt == nil || c.Expiry == nil {
		return "sub, aud, iat or exp is missing"
	}
	life, latest := *c.Expiry-*c.IssuedAt, now.Add(leeway).Unix() // a life beyond int64 comes out negative
	switch {
	case c.Audience != aud:
		return "made out to somebody else"
	case speaksFor != "" && c.Subject != speaksFor:
		return "the key may not speak for its sub"
	case life <= 0 || life > int64(lifetime/time.Second):
		return "lives longer than 60 s, or not at all"
	case now.Unix() >= *c.Expiry:
		return "expired"
	case *c.IssuedAt > latest || c.NotBefore != nil && *c.NotBefore > latest:
		return "issued in the future: are the clocks in step?"
	}
	return ""
}

func (k *Keyring) now() time.Time {
	if k.Now == nil {
		return time.Now()
	}
	return k.Now()
}
