package twofactor

import (
	"crypto/hmac"
	"crypto/sha1" // RFC 6238's default, the one that every authenticator app knows
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// What authenticator apps assume (RFC 6238 §4, §5.2).
const (
	secretSize = 20 // bytes, as RFC 4226 R6 recommends
	digits     = 6
	period     = 30 // seconds
	skew       = 1  // steps that the clock of a phone may be off
)

// hotp is the code of a step (RFC 4226 §5.3).
func hotp(secret []byte, step int64) string {
	mac := hmac.New(sha1.New, secret)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(step)))
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 15
	return fmt.Sprintf("%0*d", digits, (binary.BigEndian.Uint32(sum[at:])&0x7fffffff)%1e6)
}

// stepOf returns the step whose code was typed, ok only if it is the present one, the last or the next. People type
// the blank that apps show.
func stepOf(secret []byte, typed string, now time.Time) (step int64, ok bool) {
	code := []byte(strings.ReplaceAll(typed, " ", ""))
	present := now.Unix() / period
	for s := present - skew; s <= present+skew; s++ {
		if subtle.ConstantTimeCompare([]byte(hotp(secret, s)), code) == 1 {
			step, ok = s, true
		}
	}
	return step, ok
}

// base32Text spells secrets for URIs and people.
var base32Text = base32.StdEncoding.WithPadding(base32.NoPadding)

// uri is the address that authenticator apps read (Key Uri Format of Google Authenticator).
func uri(issuer, account string, secret []byte) string {
	// Apps show a plus sign as it is.
	escape := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
	return fmt.Sprintf("otpauth://totp/%s:%s?secret=%s&issuer=%s&digits=%d&period=%d",
		escape(issuer), escape(account), base32Text.EncodeToString(secret), escape(issuer), digits, period)
}
