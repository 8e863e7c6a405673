// Package auth owns authentication: it alone hashes passwords, mints tokens, writes auth cookies and touches the
// tables users, sessions, accounts and verifications. Callers get a *Session (with its .User) and verbs; they never
// see a hash or a token. It knows no pages; package betterauth serves its verbs to the npm client of Better Auth.
//
// # Nouns
//
//   - User: a person, with roles and bans (model.go).
//   - Session: a signed-in browser (session.go). Every session starts in signIn (entry.go).
//   - Account: one way for a user to sign in, such as a password (model.go).
//   - Verification: a mailed, single-use link (links.go).
//   - actor: who acts, and from where (actor.go).
//   - Event: one recorded act (events.go).
//
// # Cookies
//
// All are signed, HttpOnly, SameSite=Lax, Path=/ and, on https, Secure with the __Host- prefix (RFC 6265bis
// §4.1.3.2), or with __Secure- if Options.CookieDomain shares them among hosts.
//
//	<prefix>.session_token   the credential, 256 random bits
//	<prefix>.session_data    the cache: a copy of the session and its user, for 5 minutes at most (cache.go)
//	<prefix>.dont_remember   "true": the session ends with the browser
//	<prefix>.admin_session   while impersonating: the token of the admin's own session (impersonate.go)
//	<prefix>.pending         for an hour: the account that this browser signed up (pending.go)
//	<prefix>.device          for 180 days: the users who have signed in on this device; no credential (device.go)
//
// # Lifetimes
//
// A session lives 7 days. Using it after 24 hours extends it, up to 30 days from sign-in. Without "remember me" it
// lives 24 hours and is never extended. Mailed links live 30 minutes (reset), an hour (verification, change of
// e-mail), a day (deletion) or a week (undoing a change of e-mail, invitation) and work once. Every number is a field
// of Options.
//
// A user has at most 100 sessions: the next one ends the least recently used one, so that the user's list shows all.
//
// # Threats, and where they are met
//
//   - A stolen database: it holds SHA-256 of session tokens and argon2id of passwords (session.go, password).
//   - A revoked session, replayed with its cache cookie: the cache answers reads only, and every hit is checked
//     against the revocations of this and, on PostgreSQL, all other instances (cache.go, revoke). A cache older than
//     this process is not honoured.
//   - A stolen account: mails warn its user of a thief's first acts, and the old address can undo a change for a week
//     (notice.go). Until then no other account can take that address (squatter.go).
//   - A stolen session, by an unlocked screen or a copied cookie: a thief's first acts demand that the password was
//     typed minutes ago (reauth.go); all admins are warned of a new one (notice.go). Links and impersonations end
//     with the session that asked for them (links.go, sessions.go). The old address can stop a change of e-mail
//     (stopchange.go).
//   - Pre-hijacking, signing up with a victim's address before the victim does: an account that was never confirmed
//     is replaced by the holder of the address, and deleted after a week (squatter.go). Confirming it needs the
//     browser that signed up, or the password (confirm.go, pending.go).
//   - Guessing passwords: counters per IP address and per account. Known devices have counters of their own, so that
//     an attacker cannot lock out the user (limit.go, guess.go, device.go).
//   - Flooding a user with mails, or using up the warnings: a budget per mailbox and purpose (mailbudget.go).
//   - Finding out which addresses have an account: unknown ones cost the same hash and query and get the same answer
//     (signin.go, links.go).
//   - Exhausting memory by signing in: hashing is bounded (password/queue.go).
//   - Requests forged by another site: the origin rules of the wire contract, without their gaps
//     (betterauth/origin.go).
//   - Session fixation: signing in mints a new token and ends the presented session (entry.go).
//   - Requests that two parsers read differently: duplicate keys, odd types, invalid UTF-8 and trailing data are
//     refused before anything acts on them (internal/payload).
//
// # Seams
//
// Mailer gets mails inside the transaction that causes them. OnEvent gets every event at the end of its transaction,
// and refusals as they happen. Both default to a log line.
package auth
