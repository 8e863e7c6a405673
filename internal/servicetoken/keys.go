package servicetoken

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// retired is how many earlier public keys Rotate leaves in the file. Tokens live a minute, so one would do; with two, a
// second rotation within that minute refuses no token.
const retired = 2

// Generate makes a keyring with one random key, which is lost when the process ends.
func Generate() (*Keyring, error) {
	key, err := newKey()
	return &Keyring{Now: time.Now, keys: []jose.JSONWebKey{key}}, err
}

// Parse reads the text of a key file: a JWKS of Ed25519 keys, each under its RFC 7638 thumbprint, the first with its
// private half. Errors quote nothing of the text.
func Parse(text []byte) (*Keyring, error) {
	keys, err := parseKeys(text)
	return &Keyring{Now: time.Now, keys: keys}, err
}

// Open reads a key file and follows it: each call reads the file again if it was replaced, so that Rotate needs no
// restart and every process accepts a new key at once. While the file cannot be read, every call fails.
func Open(path string) (*Keyring, error) {
	k := &Keyring{Now: time.Now, path: path}
	_, err := k.current()
	return k, err
}

// JWKS returns the public halves of the keys as JSON, for publication.
func (k *Keyring) JWKS() ([]byte, error) {
	keys, err := k.current()
	if err != nil {
		return nil, err
	}
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, key := range keys {
		set.Keys = append(set.Keys, key.Public())
	}
	return json.Marshal(set)
}

// Create makes a key file with one key, mode 0600, and returns the kid of the key. It fails if the file exists.
func Create(path string) (kid string, err error) {
	key, err := newKey()
	if err != nil {
		return "", err
	}
	return key.KeyID, write(path, os.Link, key) // unlike Rename, Link fails if path exists
}

// Rotate puts a new key in front, which signs from now on, and returns its kid. The two newest earlier keys stay
// without their private halves, so that tokens on their way stay valid. If a key was stolen, delete the file and make
// a new one.
func Rotate(path string) (kid string, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	old, err := parseKeys(text)
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	key, err := newKey()
	if err != nil {
		return "", err
	}
	keys := []jose.JSONWebKey{key}
	for _, earlier := range old[:min(retired, len(old))] {
		keys = append(keys, earlier.Public())
	}
	return key.KeyID, write(path, os.Rename, keys...)
}

// current returns the keys. It reads the file again if it changed.
func (k *Keyring) current() ([]jose.JSONWebKey, error) {
	if k.path == "" {
		return k.keys, nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	info, err := os.Stat(k.path)
	if err != nil {
		return nil, err
	}
	same := k.file != nil && os.SameFile(info, k.file) && info.Size() == k.file.Size()
	if same && info.ModTime().Equal(k.file.ModTime()) {
		return k.keys, nil
	}
	text, err := os.ReadFile(k.path)
	if err != nil {
		return nil, err
	}
	keys, err := parseKeys(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", k.path, err)
	}
	k.keys, k.file = keys, info
	return keys, nil
}

// parseKeys reads a key file. Every key must be sound, and the first must be able to sign.
func parseKeys(text []byte) (keys []jose.JSONWebKey, err error) {
	var set struct{ Keys []json.RawMessage }
	if err := json.Unmarshal(text, &set); err != nil || len(set.Keys) == 0 {
		return nil, errors.New("not a JWKS with a key in it; make one with: server keys new")
	}
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		if json.Unmarshal(raw, &key) != nil || !sound(key) {
			return nil, errors.New("an entry is no Ed25519 key under its thumbprint")
		}
		keys = append(keys, key)
	}
	if keys[0].IsPublic() {
		return nil, errors.New("the first key has no private half, so it cannot sign")
	}
	return keys, nil
}

// sound reports whether a key is an Ed25519 key under its thumbprint, and its seed is not one repeated byte.
func sound(key jose.JSONWebKey) bool {
	private, ok := key.Key.(ed25519.PrivateKey)
	if ok && bytes.Count(private.Seed(), private[:1]) == ed25519.SeedSize {
		return false
	}
	return public(key) != nil && key.KeyID == thumbprint(key)
}

// public returns the public half, nil for a key of another kind.
func public(key jose.JSONWebKey) ed25519.PublicKey {
	half, _ := key.Public().Key.(ed25519.PublicKey)
	return half
}

func thumbprint(key jose.JSONWebKey) string {
	sum, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		return "" // not an Ed25519 key
	}
	return base64.RawURLEncoding.EncodeToString(sum)
}

func newKey() (jose.JSONWebKey, error) {
	_, private, err := ed25519.GenerateKey(nil)
	key := jose.JSONWebKey{Key: private, Algorithm: string(jose.EdDSA), Use: "sig"}
	key.KeyID = thumbprint(key)
	return key, err
}

// write replaces the file as a whole, so that no reader sees half of it. CreateTemp gives it mode 0600.
func write(path string, place func(from, to string) error, keys ...jose.JSONWebKey) error {
	text, err := json.MarshalIndent(jose.JSONWebKeySet{Keys: keys}, "", "  ")
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".keys-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(append(text, '\n'))
	if err = errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return err
	}
	return place(temp.Name(), path)
}
