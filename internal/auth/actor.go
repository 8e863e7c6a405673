package auth

import "net/http"

// actor is who acts, and from where. The zero actor is the command line.
type actor struct {
	userID         string // "" for a stranger
	sessionID      string // "" without a session
	impersonatorID string // the admin who acts as userID, else ""
	ip, agent      string // of the request
}

// maxUserAgent bounds what a client can make the store and the cache cookie carry; real ones stay below 300 bytes.
const maxUserAgent = 512

// stranger is the actor of a request in which nobody is signed in.
func (a *Auth) stranger(r *http.Request) actor {
	return actor{ip: a.opts.ClientIP(r), agent: printable(r.UserAgent(), maxUserAgent)}
}

// actorFor is the actor of a request that acts for a user without a session, such as one that opens a mailed link.
func (a *Auth) actorFor(r *http.Request, userID string) actor {
	by := a.stranger(r)
	by.userID = userID
	return by
}

// actor is the user of s; a nil session is the command line.
func (s *Session) actor() actor {
	if s == nil {
		return actor{}
	}
	by := actor{userID: s.UserID, sessionID: s.ID, ip: s.ip, agent: s.agent}
	if s.ImpersonatedBy != nil {
		by.impersonatorID = *s.ImpersonatedBy
	}
	return by
}
