// Package tokentest makes service tokens that must be refused.
package tokentest

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// Key signs any header and claims.
type Key struct {
	ID      string
	Private ed25519.PrivateKey
}

// First returns the first key of a key file.
func First(t testing.TB, path string) Key {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var set struct {
		Keys []struct{ Kid, D string }
	}
	if err := json.Unmarshal(text, &set); err != nil || len(set.Keys) == 0 {
		t.Fatalf("%s holds no keys: %v", path, err)
	}
	seed, err := base64.RawURLEncoding.DecodeString(set.Keys[0].D)
	if err != nil || len(seed) != ed25519.SeedSize {
		t.Fatalf("the first key of %s is not private: %v", path, err)
	}
	return Key{set.Keys[0].Kid, ed25519.NewKeyFromSeed(seed)}
}

// Fields are the names and values of a header or of claims; a nil value leaves the name out.
type Fields map[string]any

// with returns f as JSON with changes.
func (f Fields) with(changes Fields) []byte {
	all := Fields{}
	for _, fields := range []Fields{f, changes} {
		for name, value := range fields {
			all[name] = value
			if value == nil {
				delete(all, name)
			}
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	return text
}

// Header returns a valid header.
func (k Key) Header() Fields { return Fields{"alg": "EdDSA", "kid": k.ID, "typ": "service+jwt"} }

// Claims returns valid claims.
func Claims(aud string, now time.Time) Fields {
	return Fields{"sub": "service:worker", "aud": aud, "iat": now.Unix(), "exp": now.Unix() + 60, "jti": rand.Text()}
}

// Sign makes a token of any header and claims.
func (k Key) Sign(header, claims []byte) string {
	signed := encode(header) + "." + encode(claims)
	return signed + "." + encode(ed25519.Sign(k.Private, []byte(signed)))
}

// Token makes a valid token with changes; nil changes nothing.
func (k Key) Token(aud string, now time.Time, header, claims Fields) string {
	return k.Sign(k.Header().with(header), Claims(aud, now).with(claims))
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// Case is a token and a part of the reason why it is refused.
type Case struct{ Name, Token, Reason string }

// Hostile lists tokens that a process with this key must refuse, at now and as aud. All fit into an HTTP header.
func Hostile(key Key, aud string, now time.Time) []Case {
	good := key.Token(aud, now, nil, nil)
	return slices.Concat(ofHeader(key, aud, now), ofClaims(key, aud, now), ofTimes(key, aud, now),
		ofKeys(key, aud, now), ofShape(key, good))
}

func ofHeader(key Key, aud string, now time.Time) (list []Case) {
	claims := Claims(aud, now).with(nil)
	public := key.Private.Public().(ed25519.PublicKey)
	for _, alg := range []string{"none", "None", "nOnE", "", "HS256", "RS256", "ES256", "Ed25519", "eddsa"} {
		kept := key.Sign(key.Header().with(Fields{"alg": alg}), claims)
		list = append(list, Case{"alg " + alg + ", signature kept", kept, "EdDSA"},
			Case{"alg " + alg + ", no signature", kept[:strings.LastIndex(kept, ".")+1], "EdDSA"})
	}
	for name, secret := range map[string][]byte{"bytes": public, "text": []byte(encode(public)), "nothing": nil} {
		signed := encode(key.Header().with(Fields{"alg": "HS256"})) + "." + encode(claims)
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(signed))
		token := signed + "." + encode(mac.Sum(nil))
		list = append(list, Case{"HS256 with the public key's " + name + " as secret", token, "EdDSA"})
	}
	for name, change := range map[string]struct {
		Fields
		reason string
	}{
		"no alg":           {Fields{"alg": nil}, "EdDSA"},
		"no typ":           {Fields{"typ": nil}, "header"},
		"typ JWT":          {Fields{"typ": "JWT"}, "header"},
		"crit b64":         {Fields{"crit": []string{"b64"}, "b64": true}, "header"},
		"crit exp":         {Fields{"crit": []string{"exp"}, "exp": 1}, "header"},
		"crit of nothing":  {Fields{"crit": []string{}}, "header"},
		"b64 false":        {Fields{"b64": false}, "header"},
		"zip":              {Fields{"zip": "DEF"}, "header"},
		"nonce":            {Fields{"nonce": "1"}, "header"},
		"jku":              {Fields{"jku": "http://127.0.0.1:1/keys"}, "header"},
		"x5u":              {Fields{"x5u": "http://127.0.0.1:1/keys"}, "header"},
		"x5c":              {Fields{"x5c": []string{"AAAA"}}, "signed token"},
		"jwk, ours":        {Fields{"jwk": jwk(key)}, "header"},
		"no kid":           {Fields{"kid": nil}, "no kid"},
		"kid empty":        {Fields{"kid": ""}, "no kid"},
		"kid a list":       {Fields{"kid": []string{key.ID}}, "signed token"},
		"kid a number":     {Fields{"kid": 1}, "signed token"},
		"kid unknown":      {Fields{"kid": encode(make([]byte, 32))}, "unknown kid"},
		"kid a path":       {Fields{"kid": "../../etc/passwd"}, "unknown kid"},
		"kid a statement":  {Fields{"kid": "' OR 1=1 --"}, "unknown kid"},
		"kid an address":   {Fields{"kid": "http://127.0.0.1:1/keys"}, "unknown kid"},
		"kid a short form": {Fields{"kid": key.ID[:42]}, "unknown kid"},
		"kid of 10 KB":     {Fields{"kid": strings.Repeat("k", 10<<10)}, "longer"},
	} {
		list = append(list, Case{name, key.Sign(key.Header().with(change.Fields), claims), change.reason})
	}
	return list
}

func ofClaims(key Key, aud string, now time.Time) (list []Case) {
	const missing, other, unreadable = "missing", "another audience", "cannot be read"
	for name, change := range map[string]struct {
		Fields
		reason string
	}{
		"no sub":         {Fields{"sub": nil}, missing},
		"sub empty":      {Fields{"sub": ""}, missing},
		"sub a list":     {Fields{"sub": []string{"service:worker"}}, unreadable},
		"no aud":         {Fields{"aud": nil}, missing},
		"aud empty":      {Fields{"aud": ""}, missing},
		"another aud":    {Fields{"aud": "service:other"}, other},
		"aud cut short":  {Fields{"aud": aud[:len(aud)-1]}, other},
		"aud and more":   {Fields{"aud": aud + "2"}, other},
		"aud in case":    {Fields{"aud": strings.ToUpper(aud)}, other},
		"aud with space": {Fields{"aud": aud + " "}, other},
		"aud among two":  {Fields{"aud": []string{aud, "service:other"}}, unreadable},
		"aud in a list":  {Fields{"aud": []string{aud}}, unreadable},
		"Aud":            {Fields{"aud": nil, "Aud": aud}, missing},
		"no iat":         {Fields{"iat": nil}, missing},
		"no exp":         {Fields{"exp": nil}, missing},
		"exp null":       {Fields{"exp": json.RawMessage("null")}, missing},
		"exp a string":   {Fields{"exp": "1"}, unreadable},
		"exp fractional": {Fields{"exp": float64(now.Unix()) + 30.5}, unreadable},
		"exp 1e400":      {Fields{"exp": json.RawMessage("1e400")}, unreadable},
		"iat 1e1":        {Fields{"iat": json.RawMessage("1e1")}, unreadable},
		"jti a number":   {Fields{"jti": 1}, unreadable},
	} {
		list = append(list, Case{name, key.Token(aud, now, nil, change.Fields), change.reason})
	}
	twice := bytes.Replace(Claims("service:other", now).with(nil), []byte("{"), []byte(`{"aud":"`+aud+`",`), 1)
	return append(list, Case{"aud twice", key.Sign(key.Header().with(nil), twice), unreadable})
}

func ofTimes(key Key, aud string, now time.Time) (list []Case) {
	const future, long, expired = "future", "longer than 60", "expired"
	for _, c := range []struct {
		name     string
		iat, exp int64 // from now
		reason   string
	}{
		{"expires now", -30, 0, expired},
		{"expired a second ago", -30, -1, expired},
		{"expired longer ago than clocks differ", -60, -6, expired},
		{"of yesterday", -86400, -86340, expired},
		{"issued ahead of any clock", 15, 60, future},
		{"issued in two minutes", 120, 180, future},
		{"61 seconds", 0, 61, long},
		{"61 seconds, of which one is over", -1, 60, long},
		{"an hour", 0, 3600, long},
		{"ten years", 0, 315360000, long},
		{"ends before it begins", 3, 2, long},
		{"ends as it begins", 3, 3, long},
		{"exp negative", 0, -now.Unix() - 1, long},
		{"iat at the beginning of time", -now.Unix() - 1<<62, 30, long},
		{"beyond any number", -now.Unix() - 1<<62, 1<<62 + 1<<61, long},
	} {
		times := Fields{"iat": now.Unix() + c.iat, "exp": now.Unix() + c.exp}
		list = append(list, Case{c.name, key.Token(aud, now, nil, times), c.reason})
	}
	return append(list, Case{"nbf in two minutes", key.Token(aud, now, nil, Fields{"nbf": now.Unix() + 120}), future})
}
