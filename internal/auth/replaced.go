package auth

import "time"

// A session in place of the presented one has a new token, which the browser learns by the answer. A request that
// another tab sent before that carries the old token. It is a stranger's, and it may be answered last. If its answer
// deleted the cookies, it would log the user out, so load spares the cookies of a token that was replaced a moment ago.
// The browser asks again with the new ones.
//
// The revocations (a.revoked) carry replaced tokens too, so that all instances know them before the answer goes out.

// replacedFor is how long the cookies of a replaced token are spared. Requests that were on their way are over by then.
const replacedFor = time.Minute

// replace notes that the cookies of a token, "" for none, give way to those that this request sends.
func (t *Tx) replace(token string) {
	if token != "" {
		t.invalidate(replacedID(token))
	}
}

// replacedLately reports whether a token was replaced at most replacedFor ago.
func (a *Auth) replacedLately(token string, now time.Time) bool {
	return a.revoked.RevokedSince(replacedID(token), now.Add(-replacedFor))
}

// replacedID stands for a token among revocations. It is as long as an id, and no session or user has it.
func replacedID(token string) string { return HashToken(token)[:32] }
