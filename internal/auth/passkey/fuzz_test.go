package passkey

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/payload"
	"github.com/go-webauthn/webauthn/protocol"
)

const (
	home      = "http://localhost:8080"
	askedName = "better-auth.better-auth-passkey"
)

// bench is the part with one passkey, and a challenge for either ceremony.
type bench struct {
	*Passkeys
	device          *authtest.Authenticator
	key             *Passkey
	creation, proof *challenge
	proofs, creates string // options for those challenges
}

func newBench(f *testing.F) *bench {
	f.Helper()
	db := dbtest.Open(f, dbtest.SQLite(f))
	p, err := New(authtest.New(f), db, []string{authtest.Secret}, Options{AppName: "Quill", BaseURL: home})
	if err != nil {
		f.Fatal(err)
	}
	b := &bench{Passkeys: p, device: authtest.NewAuthenticator(f, home)}
	w := httptest.NewRecorder()
	if b.creation, err = p.ask(w, protocol.CreateCeremony, challenge{SessionID: "s", Handle: random()}); err != nil {
		f.Fatal(err)
	}
	options, err := json.Marshal(p.creation(b.creation, "ada@example.com", "", nil))
	if err != nil {
		f.Fatal(err)
	}
	b.creates = string(options)
	if b.key, err = p.attested(b.creation, []byte(b.device.Register(b.creates))); err != nil {
		f.Fatal(err)
	}
	if b.proof, err = p.ask(w, protocol.AssertCeremony, challenge{}); err != nil {
		f.Fatal(err)
	}
	b.proofs = `{"challenge":"` + b.proof.text() + `","rpId":"localhost"}`
	return b
}

// read takes the answer of an authenticator out of a request as the endpoints do, nil for a body that they refuse.
func read(text string) []byte {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(text))
	r.Header.Set("Content-Type", "application/json")
	b, err := payload.JSON(httptest.NewRecorder(), r)
	if err != nil {
		return nil
	}
	if data := response(b); b.Err() == nil {
		return data
	}
	return nil
}

// parts are an answer of an authenticator.
type parts struct {
	ID       string         `json:"id"`
	RawID    string         `json:"rawId"`
	Type     string         `json:"type"`
	Response map[string]any `json:"response"`
}

func body(id []byte, fields map[string]any) string {
	data, err := json.Marshal(map[string]parts{"response": {encode(id), encode(id), "public-key", fields}})
	if err != nil {
		panic(err)
	}
	return string(data)
}

// field returns a field of an honest answer, decoded.
func field(answer, name string) []byte {
	var v parts
	if err := json.Unmarshal([]byte(answer), &v); err != nil {
		panic(err)
	}
	text, _ := v.Response[name].(string)
	var out protocol.URLEncodedBase64
	if err := out.UnmarshalJSON([]byte(`"` + text + `"`)); err != nil {
		panic(err)
	}
	return out
}

// splice replaces drop bytes of an honest value. Inputs of the fuzzer are changes, because every process that it starts
// has keys and challenges of its own.
func splice(honest []byte, at uint16, drop uint8, insert []byte) []byte {
	from := int(at) % (len(honest) + 1)
	to := min(from+int(drop), len(honest))
	return slices.Concat(honest[:from], insert, honest[to:])
}

// FuzzRegistration: whatever a page and an authenticator send, a passkey is made for this site, this challenge and a
// verified user alone.
func FuzzRegistration(f *testing.F) {
	b := newBench(f)
	honest := b.device.Register(b.creates)
	f.Add(uint8(0), uint16(0), uint8(0), []byte{})
	f.Add(uint8(0), uint16(1), uint8(0), []byte(`"topOrigin":"https://evil.example",`))
	f.Add(uint8(1), uint16(0), uint8(255), []byte{0xa0})
	f.Add(uint8(1), uint16(65), uint8(1), []byte{0x41})
	f.Add(uint8(2), uint16(0), uint8(255), []byte{})
	hash := sha256.Sum256([]byte("localhost"))
	f.Fuzz(func(t *testing.T, which uint8, at uint16, drop uint8, insert []byte) {
		v := [][]byte{field(honest, "clientDataJSON"), field(honest, "attestationObject"), b.device.ID}
		v[which%3] = splice(v[which%3], at, drop, insert)
		client, object, id := v[0], v[1], v[2]
		k, err := b.attested(b.creation, read(body(id, map[string]any{
			"clientDataJSON": encode(client), "attestationObject": encode(object), "transports": []string{string(insert)},
		})))
		if err != nil {
			if which == 0 && drop == 0 && len(insert) == 0 {
				t.Fatal("refused the truth: ", err)
			}
			return
		}
		if i := bytes.Index(object, hash[:]); i < 0 || object[i+32]&0x45 != 0x45 || object[i+32]&0x18 == 0x10 {
			t.Fatalf("accepted the authenticator data in %x", object)
		}
		var said struct {
			Type, Challenge, Origin, TopOrigin string
			CrossOrigin                        bool
		}
		if err := json.Unmarshal(client, &said); err != nil || said.Type != "webauthn.create" || said.Origin != home ||
			said.Challenge != b.creation.text() || said.CrossOrigin || said.TopOrigin != "" {
			t.Fatalf("accepted the client data %s", client)
		}
		if k.CredentialID != encode(id) || len(id) == 0 || len(id) > 1023 || len(k.PublicKey) > 2*maxKey ||
			len(k.Transports) > 50 || len(k.AAGUID) != 36 {
			t.Fatalf("made %+v", k)
		}
	})
}

// FuzzProof: nothing signs in but what the authenticator has signed, for the handle of the user.
func FuzzProof(f *testing.F) {
	b := newBench(f)
	honest := b.device.Prove(b.proofs)
	f.Add(uint8(0), uint16(0), uint8(0), []byte{})
	f.Add(uint8(0), uint16(1), uint8(0), []byte(`"topOrigin":"https://evil.example",`))
	f.Add(uint8(1), uint16(32), uint8(1), []byte{0x19})
	f.Add(uint8(1), uint16(33), uint8(4), []byte{0, 0, 0, 9})
	f.Add(uint8(2), uint16(0), uint8(255), []byte{})
	f.Add(uint8(3), uint16(0), uint8(255), []byte{})
	f.Fuzz(func(t *testing.T, which uint8, at uint16, drop uint8, insert []byte) {
		truth := [][]byte{
			field(honest, "clientDataJSON"), field(honest, "authenticatorData"), b.creation.Handle, field(honest, "signature"),
		}
		v := slices.Clone(truth)
		v[which%4] = splice(v[which%4], at, drop, insert)
		answer, err := protocol.ParseCredentialRequestResponseBytes(read(body(b.device.ID, map[string]any{
			"clientDataJSON": encode(v[0]), "authenticatorData": encode(v[1]), "userHandle": encode(v[2]),
			"signature": encode(v[3]),
		})))
		if err == nil {
			k := *b.key
			err = b.asserted(b.proof, &k, b.creation.Handle, answer)
		}
		signed := slices.EqualFunc(v[:3], truth[:3], bytes.Equal)
		if err == nil && !signed || err != nil && signed && bytes.Equal(v[3], truth[3]) {
			t.Fatalf("%s %x %x %x: %v", v[0], v[1], v[2], v[3], err)
		}
	})
}

// FuzzAnswer: no body makes the parsers panic.
func FuzzAnswer(f *testing.F) {
	b := newBench(f)
	for _, honest := range []string{b.device.Register(b.creates), b.device.Prove(b.proofs)} {
		f.Add(`{"response":` + honest + `}`)
		f.Add(`{"response":` + honest[:len(honest)-1] + `,"clientExtensionResults":{"credProps":{"rk":1},"appid":true}}}`)
	}
	f.Add(`{"response":{}}`)
	f.Add(`{"response":{"id":1e999,"response":[{}]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		data := read(text)
		if data == nil {
			return
		}
		if k, err := b.attested(b.creation, data); err == nil && len(k.CredentialID) == 0 {
			t.Fatal("a passkey without an id")
		}
		if answer, err := protocol.ParseCredentialRequestResponseBytes(data); err == nil {
			k := *b.key
			_ = b.asserted(b.proof, &k, b.creation.Handle, answer)
		}
	})
}

// FuzzChallenge: no cookie but a sent one is a challenge, and only for its own ceremony.
func FuzzChallenge(f *testing.F) {
	b := newBench(f)
	kinds := []protocol.CeremonyType{protocol.CreateCeremony, protocol.AssertCeremony}
	var sent []string
	for _, kind := range kinds {
		w := httptest.NewRecorder()
		if _, err := b.ask(w, kind, challenge{UserID: "u", SessionID: "s", Handle: random()}); err != nil {
			f.Fatal(err)
		}
		sent = append(sent, w.Result().Cookies()[0].Value)
	}
	f.Add(uint8(0), uint16(0), uint8(0), []byte{})
	f.Add(uint8(1), uint16(0), uint8(0), []byte{})
	f.Add(uint8(0), uint16(9), uint8(1), []byte("%41"))
	f.Add(uint8(1), uint16(0), uint8(255), []byte("."))
	f.Fuzz(func(t *testing.T, which uint8, at uint16, drop uint8, insert []byte) {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		value := splice([]byte(sent[which%2]), at, drop, insert)
		r.Header.Set("Cookie", askedName+"="+string(value))
		for i, kind := range kinds {
			want, _ := url.PathUnescape(sent[i])
			if c := b.open(r, kind); (c != nil) != (plain(r) == want) {
				t.Fatalf("%q is a challenge of %s: %v", value, kind, c != nil)
			}
		}
	})
}

// plain is the value of the cookie in a request, "" without one.
func plain(r *http.Request) string {
	c, err := r.Cookie(askedName)
	if err != nil {
		return ""
	}
	text, _ := url.PathUnescape(c.Value)
	return text
}
