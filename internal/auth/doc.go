// Package auth owns authentication, all of it, in the way the Better Auth library does in TypeScript: it
// alone hashes passwords, mints tokens, writes auth cookies and touches the tables users, sessions, accounts
// and verifications. Callers get a *Session (with its .User) and verbs; they never see a hash or a token.
//
// Package betterauth serves these verbs to the npm client of Better Auth; the pages of the app call them directly.
//
// # Cookies
//
// All are HttpOnly, SameSite=Lax, Path=/ and, on https, Secure with the __Host- prefix (RFC 6265bis §4.1.3.2),
// or with __Secure- where Options.CookieDomain shares them among hosts.
//
//	<prefix>.session_token   token "." signature: the credential, 256 random bits
//	<prefix>.session_data    the signed cache: what the session was when the store was last read, 5 minutes at most
//	<prefix>.dont_remember   signed "true": the person asked to be forgotten when the browser closes
//	<prefix>.admin_session   while impersonating: the signed way back to the admin's own session
//	<prefix>.pending         signed, an hour: which account this browser signed up and need not prove again (pending.go)
//	<prefix>.device          signed: who has signed in on this device, 180 days; no credential (limit.go)
//
// # Lifetimes
//
// A session lives 7 days and slides forward when it is used after 24 hours, up to 30 days from sign-in.
// Without "remember me" it lives 24 hours and never slides. Mailed links live 30 minutes (reset), an hour (verify,
// change of e-mail), a day (deletion) or a week (undoing a change of
// e-mail, an invitation) and work once. Every number is a field of Options.
//
// A user has at most 100 sessions at once: the next one ends the one that was not used for longest, so that the list of
// one's own sessions shows all of them.
//
// # Threats, and where they are met
//
//   - A stolen database: it holds SHA-256 of session tokens and argon2id of passwords (session.go, password).
//   - A revoked session replayed with its cache cookie: the cache answers reads only, and every hit is checked
//     against what was revoked here or, on PostgreSQL, by any other instance, which confirms before the revocation is
//     answered (cache.go, listen.go); a cache older than this process is not honoured.
//   - A stolen account: its owner is told by mail of what a thief would do, and the old address can take the account
//     back for a week (notice.go).
//   - Somebody else's address, typed at sign-up before its holder comes: an account that nobody has confirmed gives way to
//     the holder's own sign-up, invitation or change of address, and is over after a week; an admin's word for the address
//     hands it to the mailbox (squatter.go). An address that a stolen account was moved from is kept for its owner.
//   - An unlocked screen, or a copied cookie: what a thief would do first asks for a session whose password was typed
//     minutes ago, by every door (reauth.go), and all admins are told of a new one (notice.go). Links and impersonations
//     that a session has asked for end with it, however it ends (links.go, sessions.go); the old address hears of a change
//     while it can still stop it (stopchange.go).
//   - Guessing passwords: counters per address and per account, which a known device of the owner passes (limit.go,
//     guess.go, device.go). A refusal is remembered, so that a flood of them costs nobody else anything.
//   - Burying somebody under mails, or silencing the one that warns them: a budget per mailbox and purpose (mailbudget.go).
//   - Guessing who has an account: unknown addresses cost the same hash, the same query, the same answer
//     (signin.go); hashing is bounded, so that a login storm cannot exhaust memory (password/queue.go).
//   - An account made of somebody else's address, waiting for them to confirm it: pages act for the browser that signed
//     up, or for who knows the password, and for nobody else (confirm.go, pending.go).
//   - Requests forged by another site: the origin rules of the wire contract, without their gaps (betterauth/origin.go).
//   - A session fixed before sign-in: signing in always mints a token and ends the session presented.
//   - Requests that two parsers would read differently: duplicate keys, odd types, invalid UTF-8 and trailing
//     data are refused before anything acts on them (internal/payload).
//
// # Others are told through two seams
//
// Mailer takes mails inside the transaction that causes them, OnEvent hears every auth event at the end of its
// transaction, and refusals as they happen. Both default to a log line.
package auth
