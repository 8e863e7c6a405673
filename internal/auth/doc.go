// Package auth owns authentication: it alone hashes passwords, mints tokens, writes auth cookies and touches the
// tables users, sessions, accounts and verifications. Callers get a *Session (with its .User) and verbs; they never
// see a hash or a token. It knows no pages and no endpoints.
//
// # Nouns, and the files of their verbs
//
//   - User: a person, with roles and bans (model.go). Users sign up (signup.go), change or delete themselves (user.go),
//     verify and change their address (email_verify.go, email_change.go), and take a change back (email_undo.go). A
//     user who has neither signed in nor verified the address is pending (pending.go). Admins make and change users
//     (admin.go, admin_change.go).
//     They also list, export and remove users, and set their passwords (admin_users.go). // part:admin
//   - Session: a signed-in browser (session.go). Every session starts in SignIn (signin.go). Requests of other tabs may
//     still carry the token that it replaces (replaced.go). Sessions are listed and ended in sessions.go. AMR says how
//     the user authenticated when the session, or the one that it replaces, started, in words of RFC 8176, such as
//     "pwd" for a password and "mfa" for two factors. A mailed link is "email", for which the RFC has no word.
//     An admin who acts as another user does so in a session of that user (impersonate.go). // part:admin
//   - Account: one way for a user to sign in. Its password is tried in account.go, and replaced in password.go.
//   - Verification: a mailed, single-use link (link.go). Mails and warnings are in mailer.go.
//   - actor and Event: who acts, from where, and the record of it (events.go).
//
// Verbs change rows in Transact, in one order of locks (tx.go). Refusals are listed in refusals.go, the rules of input
// in validate.go, the budgets of guesses and mails in limit.go. auth.go and options.go make the Auth, and hooks.go is
// for parts.
// What better-auth's client alone calls is in wire.go. // part:betterauth
//
// # Cookies (cookie.go)
//
// All are signed, HttpOnly, SameSite=Lax, Path=/ and, on https, Secure with the __Host- prefix (RFC 6265bis
// §4.1.3.2), or with __Secure- if Options.CookieDomain shares them among hosts.
//
//	<prefix>.session_token   the credential, 256 random bits
//	<prefix>.session_data    the cache: a copy of the session and its user, for 5 minutes at most (cache.go)
//	<prefix>.dont_remember   "true": the session ends with the browser
//	<prefix>.admin_session   while impersonating: the token of the admin's own session // part:admin
//	<prefix>.pending         for an hour: the account that this browser signed up (pending.go)
//	<prefix>.device          for 180 days: the users who have signed in on this device; no credential (device.go)
//
// Parts make theirs by Auth.Cookie, with the same attributes, and list them in their package comments.
//
// # Lifetimes
//
// A session lives 7 days. Using it after 24 hours extends it, up to 30 days from sign-in. Without "remember me" it
// lives 24 hours and is never extended. Mailed links live 30 minutes (reset), an hour (verification, change of e-mail)
// or a week (undoing a change of e-mail, invitation) and work once. The lifetimes in this paragraph are fields of
// Options.
// A link that deletes an account lives a day. // part:betterauth
//
// A user has at most 100 sessions: the next one ends the least recently used one, so that the user's list shows all.
//
// # Threats, and where they are met
//
// A defence that names an option is off by default; cmd/server sets these options.
//
//   - A stolen database: it holds SHA-256 of session tokens and argon2id of passwords (session.go, password).
//   - A revoked session, replayed with its cache cookie: the cache answers reads only, and every hit is checked
//     against the revocations of this and, on PostgreSQL, all other instances (cache.go, revoke). A cache older than
//     this process is not honoured.
//   - A stolen account: mails warn its user of a thief's first acts, and the old address can undo a change for a week,
//     which also deletes what parts have added since and just before (Options.Notices; mailer.go, email_undo.go,
//     Hooks.TakenOver). Until then no other account can take that address (pending.go).
//   - A stolen password: a part may ask for a second factor. SignIn then starts nothing before it is proved, whichever
//     way in was taken, so that no row or cookie of a session can leak meanwhile (signin.go, hooks.go). Only a
//     sign-in that proves both factors at once skips the question.
//   - A proof of the past that outlives its factor, such as a trusted device or a half-done sign-in: parts end it when
//     a password, an address or a factor changes, a user is banned, or all other sessions end (Tx.CredentialChanged).
//   - A stolen session, by an unlocked screen or a copied cookie: a thief's first acts demand a session that started
//     minutes ago, by both factors if the user has two (RecentlyAuthenticated, password.go). The old address can stop a
//     change of e-mail, and admins are warned of a new admin (Options.Notices; email_undo.go, mailer.go). Change and
//     deletion links end with their session, but re-authentication keeps them (link.go, sessions.go, signin.go).
//     The same holds for every impersonation by the user of the session. // part:admin
//   - Pre-hijacking, signing up with a victim's address before the victim does (Options.RequireEmailVerification): an
//     account stays pending until its first sign-in or until its address is verified. The next sign-up with that
//     address deletes a pending account, so that an attacker cannot keep the victim out. The purge deletes it after a
//     week (pending.go). Confirming it needs the browser that signed up, or the password (email_verify.go, pending.go).
//     Without the option, the first reset of an unverified account deletes what a stranger may have added to it, in
//     parts too (Hooks.TakenOver).
//   - Guessing passwords (Options.RateLimit): counters per IP address and per account. Known devices have counters of
//     their own, so that an attacker cannot lock out the user (limit.go, account.go, device.go).
//   - Flooding a user with mails, or using up the warnings (Options.RateLimit): a budget per mailbox and purpose
//     (limit.go).
//   - Finding out which addresses have an account: a log-in hashes a password for an unknown address too (account.go).
//     Requests about an address that may mail it are answered after a padded time (mailer.go). A sign-up hides a taken
//     address only with Options.RequireEmailVerification (signup.go).
//   - Exhausting memory by signing in: hashing is bounded (password/queue.go).
//   - Requests forged by another site: they reach no verb, because pages refuse them (web/origin.go).
//     On the wire better-auth's rules of origins hold, without their gaps (betterauth/origin.go). // part:betterauth
//   - Session fixation: signing in mints a new token and ends the presented session (signin.go).
//   - Requests that two parsers read differently: duplicate keys, odd types, invalid UTF-8 and trailing data are
//     refused before anything acts on them (internal/payload).
//
// # Seams
//
// Mailer gets mails inside the transaction that causes them. OnEvent gets every event at the end of its transaction,
// and refusals as they happen. Both default to a log line.
//
// A part that proves users, such as a second factor, joins by Hooks (hooks.go) and starts sessions by SignIn. This
// package knows no factor: it keeps what all of them share, Session.AMR and User.SecondFactor. A part acts in Transact,
// locks the user first and its own rows after that, and reads the store, never the cache, before it changes a factor.
//
// # Decisions that ASVS 5.0 wants in writing
//
// The number is the requirement's. What README says under "Going live" is not repeated here.
//
//	2.1.1   E-mail: ASCII, at most 254 bytes and 64 before the @, lower-cased, unique. Name: 1 to 200 characters
//	8.1.2   that can be shown, no "://". Password: 8 to 128 code points after NFKC, not one of the 12,000 most used,
//	        without the person's address or the app's name. Image: a path of this site, or an https address of at
//	        most 2,048 bytes. Reason of a ban: at most 200 characters. Role: a comma list out of Options.Roles. A
//	        request body: 64 KiB, for a form of a page 512 KiB. A person sets their own name, image and password,
//	        and their e-mail by a mailed link; role, ban and "verified" are an admin's to set.
//	2.1.2   A ban's end needs a ban. A new address ends links. A password set by a mailed link or an admin ends links
//	        and all sessions; one that its user changes ends the links that change the account and, if asked, the
//	        other sessions. The last admin stays one.
//	3.5.3   Pages of mailed links act by a button. GETs that act are named here and in package comments of parts.
//	        The wire's /verify-email and /delete-user/callback act, because better-auth mails them. // part:betterauth
//	        The export of users records that it was made. // part:admin
//	6.2.12  Passwords are compared with a list, not with a breach service: that would need the network and hand a
//	        part of each hash to a third party. A clone that wants it adds one call in password.Policy.
//	6.3.3   A second factor is a part's. Where a user has one, every way in asks for it, and sensitive acts ask again.
//	        Where there is none, guesses are counted per account and device, a new device is mailed to the owner, and
//	        sensitive acts ask for the password again.
//	6.4.1   An invitation mails a link of a week, so that only the person chooses the password. Prefer invitations:
//	        an admin can also type the password of a new user (POST /api/admin/users), because scripts need it, and
//	        it lasts until it is changed.
//	        One that an admin sets later is mailed to the owner as a warning (admin_users.go). // part:admin
//	6.4.3   A reset by mail neither signs in nor removes the factor of a verified account.
//	6.5.5   Links live longer than 10 minutes (see Lifetimes), because mail is slow and read late. Each is 256 random
//	        bits, kept as a hash, for one user, address and purpose, and works once. A change or deletion link ends
//	        with the session that asked for it. A reset, invitation, change or deletion link ends when the next one
//	        is mailed. Verification and undo links stay valid side by side.
//	7.1.1   See Lifetimes. 30 days is the bound of NIST SP 800-63B §2.1.3 (AAL1), 24 hours that of AAL2. A proof, by
//	        both factors where a user has two, counts for 10 minutes.
//	7.1.2   See Lifetimes.
//	11.1.1  APP_SECRET is replaced once a year and whenever a person who knows it leaves: put the new one first,
//	        drop the old one after 30 days, when the last session that it signed has ended.
//	        Service keys: `server keys rotate`, every 90 days. // part:servicetoken
//	11.1.2  argon2id (19 MiB, t=2, p=1), scrypt for hashes moved over from better-auth (verified only), SHA-256 for
//	        tokens of 256 random bits (in parts 120 or more), HMAC-SHA-256 and AES-256-GCM with keys by HKDF-SHA-256
//	        (internal/keys), crypto/rand; TLS is Go's. The walls keep other packages from importing cryptography.
//	        Ed25519 for service tokens (internal/servicetoken). // part:servicetoken
//	        HMAC-SHA-1 for the codes of apps, which know no other (RFC 6238; twofactor). // part:twofactor
//	        Signatures of passkeys are only verified: EdDSA, ES256, RS256 (passkey). // part:passkey
//	14.1.1  Four classes. Secrets (password and token hashes, keys): never leave their package, never logged.
//	        Personal (name, e-mail, image, addresses, browsers, reasons): the person and admins, gone with the
//	        account. Records (events without names, counters): admins, kept until pruned. Public: nothing of a
//	        person.
//	15.1.3  Costly: hashing (a bounded queue), purges (in batches).
//	        Search by part of a name (one scan), the export of users (streamed). // part:admin
//	        Verifying the whole trail (the command line only). // part:auditchain
package auth
