package twofactor

import "net/url"

// CodeAt is what an authenticator app shows that was set up by an address, at a time.
func CodeAt(address string, unix int64) string {
	u, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	secret, err := base32Text.DecodeString(u.Query().Get("secret"))
	if err != nil {
		panic(err)
	}
	return hotp(secret, unix/period)
}
