// Package servicetoken lets one process of yours call another. The caller signs a token for 60 seconds and an audience;
// the called process verifies it with the same key file. The package owns keys, their file, the published set and the
// reasons for refusals. It knows no routes, users or sessions: a route names the services that it admits.
//
// A token is a compact JWS, EdDSA and nothing else. Its header has alg, kid and typ; its claims are sub, aud (one
// string), iat, exp and jti, with times in whole seconds. Verify remembers no jti: a stolen token can be used until it
// expires.
//
//	keys, err := servicetoken.Open("service-keys.json") // made by: server keys new
//	token, err := keys.Sign("service:worker", "service:api")
//	request.Header.Set("Authorization", "Bearer "+token)
//
// Every process that can read the private key can sign as any service.
package servicetoken

import (
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
	lifetime  = 60 * time.Second // of a token that Sign makes, and the longest that Verify accepts
	leeway    = 5 * time.Second  // how far the signer's clock may be ahead; exp has no leeway
	maxToken  = 2048             // bytes; ours are about 350
	tokenType = "service+jwt"    // RFC 8725 §3.11: a token that was signed for another purpose is refused
)

// Keyring signs with its first key and verifies with all. The zero value has no key: it signs nothing and refuses every
// token. Set Now before the first use; the methods may be called concurrently.
type Keyring struct {
	Now func() time.Time // Open, Parse and Generate set time.Now

	path string // of the key file; "" for keys that do not change
	mu   sync.Mutex
	file os.FileInfo // of the file that the keys were read from
	keys []jose.JSONWebKey
}

// Identity is the content of a verified token.
type Identity struct {
	Subject  string    // the calling service, such as service:worker
	Audience string    // the called service, such as service:api
	Expires  time.Time // when the token expires
}

// claims has pointers where absent differs from 0. A list as aud and times with fractions do not decode.
type claims struct {
	Subject   string `json:"sub"`
	Audience  string `json:"aud"`
	IssuedAt  *int64 `json:"iat"`
	Expiry    *int64 `json:"exp"`
	NotBefore *int64 `json:"nbf,omitempty"`
	ID        string `json:"jti"`
}

// Sign makes a token with which sub may call aud for the next 60 seconds.
func (k *Keyring) Sign(sub, aud string) (string, error) {
	keys, err := k.current()
	if err != nil {
		return "", err
	}
	if len(keys) == 0 || sub == "" || aud == "" {
		return "", errors.New("servicetoken: signing needs a key, a subject and an audience")
	}
	key := jose.SigningKey{Algorithm: jose.EdDSA, Key: keys[0]}
	signer, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType(tokenType))
	if err != nil {
		return "", fmt.Errorf("servicetoken: %w", err)
	}
	now := k.Now()
	return jwt.Signed(signer).Claims(claims{
		Subject: sub, Audience: aud, ID: rand.Text(),
		IssuedAt: new(now.Unix()), Expiry: new(now.Add(lifetime).Unix()),
	}).Serialize()
}

// Verify returns the content of a token for aud. Every refusal is errs.Unauthenticated with the reason as its cause.
// The reason quotes nothing of the token. Log it, but do not show it to the caller.
func (k *Keyring) Verify(token, aud string) (Identity, error) {
	c, err := k.verify(token, aud)
	if err != nil {
		refusal := errs.Unauthenticated()
		refusal.Err = err
		return Identity{}, refusal
	}
	return Identity{Subject: c.Subject, Audience: c.Audience, Expires: time.Unix(*c.Expiry, 0).UTC()}, nil
}

func (k *Keyring) verify(token, aud string) (c claims, err error) {
	kid, signed, err := parse(token)
	if err != nil {
		return c, err
	}
	key, err := k.find(kid)
	if err != nil {
		return c, err
	}
	err = signed.Claims(key, &c)
	if errors.Is(err, jose.ErrCryptoFailure) {
		return c, errors.New("the signature does not match the key")
	}
	if err != nil {
		return c, errors.New("the claims cannot be read")
	}
	return c, c.check(aud, k.Now())
}

// parse checks everything that needs no key. The header may have three names only: names that bring a key along (jwk,
// jku, x5u), change what is signed (b64, zip) or ask for extensions (crit) are refused, never followed.
func parse(token string) (kid string, signed *jwt.JSONWebToken, err error) {
	if len(token) > maxToken {
		return "", nil, errors.New("longer than a token can be")
	}
	for part := range strings.SplitSeq(token, ".") { // one spelling per token; the library accepts more
		_, err := base64.RawURLEncoding.Strict().DecodeString(part)
		if err != nil || strings.ContainsAny(part, "\r\n") {
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

// find returns the public key with that kid.
func (k *Keyring) find(kid string) (ed25519.PublicKey, error) {
	keys, err := k.current()
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		if key.KeyID == kid {
			return public(key), nil
		}
	}
	return nil, errors.New("unknown kid")
}

// check returns why claims with a valid signature are refused.
func (c claims) check(aud string, now time.Time) error {
	if c.Subject == "" || c.Audience == "" || c.IssuedAt == nil || c.Expiry == nil {
		return errors.New("sub, aud, iat or exp is missing")
	}
	life, latest := *c.Expiry-*c.IssuedAt, now.Add(leeway).Unix() // a life beyond int64 overflows to a negative one
	switch {
	case c.Audience != aud:
		return errors.New("signed for another audience")
	case life <= 0 || life > int64(lifetime/time.Second):
		return errors.New("valid for longer than 60 s, or never")
	case now.Unix() >= *c.Expiry:
		return errors.New("expired")
	case *c.IssuedAt > latest || c.NotBefore != nil && *c.NotBefore > latest:
		return errors.New("issued in the future: compare the clocks of both servers")
	}
	return nil
}
