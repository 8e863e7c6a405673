package tokentest

import (
	"crypto/ed25519"
	"strings"
	"time"
)

func ofKeys(key Key, aud string, now time.Time) []Case {
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		panic(err)
	}
	thief := Key{key.ID, private}
	return []Case{
		{"of another key under our kid", thief.Token(aud, now, nil, nil), "signature"},
		{"of a key it brings along", thief.Token(aud, now, Fields{"jwk": jwk(thief)}, nil), "header"},
		{"of a key it brings along, private", thief.Token(aud, now, Fields{"jwk": Fields{
			"kty": "OKP", "crv": "Ed25519", "x": jwk(thief)["x"], "d": encode(private.Seed()),
		}}, nil), "signed token"},
		{"of a key it says where to find", thief.Token(aud, now, Fields{"jku": "http://127.0.0.1:1/keys"}, nil), "header"},
	}
}

func jwk(k Key) Fields {
	return Fields{"kty": "OKP", "crv": "Ed25519", "x": encode(k.Private.Public().(ed25519.PublicKey)), "kid": k.ID}
}

func ofShape(key Key, good string) []Case {
	part := strings.Split(good, ".")
	join := func(parts ...string) string { return strings.Join(parts, ".") }
	header := key.Header().with(nil)
	head := encode(header)
	twice := []byte(`{"alg":"none","alg":"EdDSA","kid":"` + key.ID + `","typ":"service+jwt"}`)
	return []Case{
		{"one segment", part[0], "signed token"},
		{"two segments", join(part[0], part[1]), "signed token"},
		{"four segments", join(good, part[2]), "signed token"},
		{"five segments", join(good, part[2], part[2]), "signed token"},
		{"dots", strings.Repeat(".", 1000), "signed token"},
		{"more dots", strings.Repeat(".", 20000), "longer"},
		{"garbage", "garbage", "base64url"},
		{"the good one twice", good + "." + good, "signed token"},
		{"16 KB of token", join(part[0], strings.Repeat(part[1], 100), part[2]), "longer"},
		{"padding", good + "==", "base64url"},
		{"a space within", join(part[0], " "+part[1], part[2]), "base64url"},
		{"base64 of the other kind", join(part[0], part[1], "+/"+part[2][2:]), "base64url"},
		{"another spelling of the same signature", good[:len(good)-1] + nextLetter(good[len(good)-1]), "base64url"},
		{"no signature", join(part[0], part[1], ""), "signature"},
		{"signature cut short", good[:len(good)-2], "signature"},
		{"signature of the segments in turn", join(part[1], part[0], part[2]), "EdDSA"},
		{"no claims", join(part[0], "", part[2]), "signature"},
		{"no header", join("", part[1], part[2]), "EdDSA"},
		{"header a list", key.Sign([]byte("[]"), []byte("{}")), "signed token"},
		{"header null", key.Sign([]byte("null"), []byte("{}")), "signed token"},
		{"header cut short", key.Sign([]byte(`{"alg":"EdDSA"`), []byte("{}")), "signed token"},
		{"header with alg twice", key.Sign(twice, []byte("{}")), "signed token"},
		{"claims a list", key.Sign(header, []byte("[]")), "cannot be read"},
		{"claims null", key.Sign(header, []byte("null")), "missing"},
		{"claims of no use", key.Sign(header, []byte("{}")), "missing"},
		{"claims nested deep", key.Sign(header, []byte(strings.Repeat("[", 1000))), "cannot be read"},
		{"a token in a token", key.Sign(header, []byte(good)), "cannot be read"},
		{"an encrypted token", join(encode([]byte(`{"alg":"dir","enc":"A128GCM"}`)), "", head, head, head), "signed token"},
	}
}

// nextLetter changes only the bits of the last letter that encode nothing.
func nextLetter(c byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return alphabet[strings.IndexByte(alphabet, c)+1:][:1]
}
