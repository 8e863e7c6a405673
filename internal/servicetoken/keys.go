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

	"github.com/go-jose/go-jose/v4"
)

// kept is how many earlier keys Rotate leaves in the file, their public halves only. Tokens live a minute, so one
// would do; two let somebody rotate twice in that minute.
const kept = 2

// Generate makes a keyring with one random key that ends with the process.
func Generate() (*Keyring, error) {
	key, err := newKey()
	return &Keyring{keys: []jose.JSONWebKey{key}}, err
}

// Parse reads the text of a key file: a JWKS of Ed25519 keys, each under its RFC 7638 thumbprint, the first with its
// private half. Nothing of the text is in an error.
func Parse(text []byte) (*Keyring, error) {
	keys, err := own(text)
	return &Keyring{keys: keys}, err
}

// Open reads a key file and follows it: a file put in its place takes effect with the next call, so that Rotate
// needs no restart and no process refuses another's new key. While it cannot be read nothing is signed or believed.
func Open(path string) (*Keyring, error) {
	k := &Keyring{path: path}
	_, err := k.current()
	return k, err
}

// JWKS is what a process publishes: the public halves of its keys, as JSON.
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

// Create makes a key file with one key, mode 0600, and gives the key's kid. It never touches a file that exists.
func Create(path string) (kid string, err error) {
	key, err := newKey()
	if err != nil {
		return "", err
	}
	return key.KeyID, write(path, os.Link, key) // unlike Rename, Link fails where there is something
}

// Rotate puts a new key in front, which signs from now on. Of the earlier keys the newest two stay, without their
// private halves, so that tokens under way are still believed. A key that was stolen must not stay: delete the file
// and make a new one.
func Rotate(path string) (kid string, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	old, err := own(text)
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	key, err := newKey()
	if err != nil {
		return "", err
	}
	keys := []jose.JSONWebKey{key}
	for _, earlier := range old[:min(kept, len(old))] {
		keys = append(keys, earlier.Public())
	}
	return key.KeyID, write(path, os.Rename, keys...)
}

// current gives the keys, read again where the file is another than it was.
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
	if k.file != nil && os.SameFile(info, k.file) && info.ModTime().Equal(k.file.ModTime()) && info.Size() == k.file.Size() {
		return k.keys, nil
	}
	text, err := os.ReadFile(k.path)
	if err != nil {
		return nil, err
	}
	keys, err := own(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", k.path, err)
	}
	k.keys, k.file = keys, info
	return keys, nil
}

// own reads a key file, in which every key has to be sound and the first be able to sign.
func own(text []byte) ([]jose.JSONWebKey, error) {
	keys, left, err := decode(text)
	if err != nil || len(keys)+left == 0 {
		return nil, errors.New("not a JWKS with a key in it; make one with: server keys new")
	}
	if left > 0 {
		return nil, errors.New("holds what is not an Ed25519 key under its thumbprint")
	}
	if keys[0].IsPublic() {
		return nil, errors.New("the first key has no private half, so it cannot sign")
	}
	return keys, nil
}

// decode gives the sound keys of a JWKS and how many others it holds.
func decode(text []byte) (keys []jose.JSONWebKey, left int, err error) {
	var set struct{ Keys []json.RawMessage }
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, 0, err
	}
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		if json.Unmarshal(raw, &key) == nil && sound(key) {
			keys = append(keys, key)
		}
	}
	return keys, len(set.Keys) - len(keys), nil
}

// sound reports whether a key is one of ours: Ed25519, not made of one repeated byte, and under its thumbprint, so
// that nobody can publish a key in another's name.
func sound(key jose.JSONWebKey) bool {
	if private, ok := key.Key.(ed25519.PrivateKey); ok && bytes.Count(private.Seed(), private[:1]) == ed25519.SeedSize {
		return false
	}
	return public(key) != nil && key.KeyID == thumbprint(key)
}

// public gives the public half, nil for a key of another kind.
func public(key jose.JSONWebKey) ed25519.PublicKey {
	half, _ := key.Public().Key.(ed25519.PublicKey)
	return half
}

func thumbprint(key jose.JSONWebKey) string {
	sum, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		return "" // no key of ours
	}
	return base64.RawURLEncoding.EncodeToString(sum)
}

func newKey() (jose.JSONWebKey, error) {
	_, private, err := ed25519.GenerateKey(nil)
	key := jose.JSONWebKey{Key: private, Algorithm: string(jose.EdDSA), Use: "sig"}
	key.KeyID = thumbprint(key)
	return key, err
}

// write puts the file in its place whole or not at all; a temporary file is made with mode 0600.
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
