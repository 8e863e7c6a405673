package auth

import (
	"context"
	"errors"
	"net/http"
	"time"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/errs"
)

// Hooks are what a part adds to signing in, such as a second factor. A nil func adds nothing. This package knows no
// factor: it asks the parts at the few places where proof begins, counts or ends.
type Hooks struct {
	// OwedStep returns the second step that u still has to take, nil for none. SignIn asks it in its transaction, after
	// the first step and before a session or cookie exists. What it writes is committed. It may set cookies of its own on
	// w.
	OwedStep func(t *Tx, w http.ResponseWriter, r *http.Request, u *User, in Start) (*SecondStep, error)

	// ProveSecond checks a code for a re-authentication of u, locked, and spends a right one. It counts a wrong one and
	// calls t.Refuse; the caller then writes nothing more and lets t commit, so that the count stays.
	ProveSecond func(t *Tx, r *http.Request, u *User, code string) (ok bool, err error)

	// CredentialChanged ends what a proof of the past still opens, such as trusted devices, half-done sign-ins and
	// set-ups that are not confirmed: a password, an address or a factor has changed, or sessions end. userID is "" for
	// every user.
	CredentialChanged func(t *Tx, userID string) error

	// TakenOver deletes the credentials of u, locked, that were added at since or later: the owner of the address has
	// proved it now, and a stranger may have added them. It tells u of what it deletes. This package ends the password
	// and the sessions, and calls CredentialChanged, too.
	TakenOver func(t *Tx, u *User, since time.Time, tell Tell) error

	// EndHalfDone ends the half-done sign-in of a browser that signs out, or has signed in by another way, and deletes its
	// cookie.
	EndHalfDone func(w http.ResponseWriter, r *http.Request) error

	// Purge deletes what has expired.
	Purge func(ctx context.Context) error
}

// Tell is Auth.Notice for a hook, which knows neither the request nor the session.
type Tell func(name event.Name, purpose letter.Purpose, about string) error

// Join adds a part. Call it before a is used.
func (a *Auth) Join(part Hooks) { a.parts = append(a.parts, part) }

// SecondStep refuses a sign-in whose first step has passed. It is an error, so that no caller takes it for a session.
type SecondStep struct {
	Methods []string // that the user can choose from, as the wire's twoFactorMethods
	Cookie  Cookie   // binds the browser to the half-done sign-in
	Value   string   // of Cookie; a secret
	Life    time.Duration
}

// Error implements error.
func (*SecondStep) Error() string { return "A second step is needed to sign in." }

// owedStep asks the parts for the second step of u, unless in proves both factors or replaces a session of u
// (in.Presented).
func (a *Auth) owedStep(t *Tx, w http.ResponseWriter, r *http.Request, u *User, in Start) (*SecondStep, error) {
	if in.Presented != nil || (&Session{AMR: in.AMR}).MultiFactor() {
		return nil, nil
	}
	for _, part := range a.parts {
		if part.OwedStep == nil {
			continue
		}
		if step, err := part.OwedStep(t, w, r, u, in); step != nil || err != nil {
			return step, err
		}
	}
	return nil, nil
}

// sendStep deletes the cookies of the session if refusal is a SecondStep, and sends the cookie of the step.
func (a *Auth) sendStep(w http.ResponseWriter, r *http.Request, in Start, refusal error) {
	var step *SecondStep
	if !errors.As(refusal, &step) {
		return
	}
	a.ClearCookies(w, r)
	if !in.Remember {
		a.setSigned(w, forgetCookie, "true", 0)
	}
	step.Cookie.Set(w, step.Value, step.Life)
}

// proveSecond asks the part that keeps the second factor of u about a code.
func (a *Auth) proveSecond(t *Tx, r *http.Request, u *User, code string) (ok bool, err error) {
	for _, part := range a.parts {
		if part.ProveSecond != nil {
			return part.ProveSecond(t, r, u, code)
		}
	}
	return false, errs.Forbidden() // a factor of a part that is gone: nothing can prove it
}

// CredentialChanged ends what a proof of the past still opens in parts. userID is "" for every user.
func (t *Tx) CredentialChanged(userID string) (err error) {
	for _, part := range t.parts {
		if part.CredentialChanged != nil {
			err = errors.Join(err, part.CredentialChanged(t, userID))
		}
	}
	return err
}

// SetSecondFactor stores whether u, locked, has a second factor. Cached copies of the user's sessions end.
func (t *Tx) SetSecondFactor(u *User, has bool) error {
	u.SecondFactor = has
	t.invalidate(u.ID)
	return t.Model(&User{}).Where("id = ?", u.ID).UpdateColumn("second_factor", has).Error
}

// SetAMR gives the sessions of u, locked, whose AMR is was another one, because what proved it is gone. Cached copies
// of the user's sessions end.
func (t *Tx) SetAMR(u *User, was, amr string) error {
	t.invalidate(u.ID)
	return t.Model(&Session{}).Where("user_id = ? AND amr = ?", u.ID, was).UpdateColumn("amr", amr).Error
}

// dropPartCredentials deletes the credentials of u, locked, that parts have added at since or later.
func (a *Auth) dropPartCredentials(t *Tx, by actor, u *User, since time.Time) (err error) {
	tell := func(name event.Name, purpose letter.Purpose, about string) error {
		return a.notice(t, by, u, name, purpose, about)
	}
	for _, part := range t.parts {
		if part.TakenOver != nil {
			err = errors.Join(err, part.TakenOver(t, u, since, tell))
		}
	}
	return err
}

// endHalfDoneWithin is how long parts may take, also after the client has left.
const endHalfDoneWithin = 5 * time.Second

// endHalfDone ends the half-done sign-in of a browser in the parts.
func (a *Auth) endHalfDone(w http.ResponseWriter, r *http.Request) (err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), endHalfDoneWithin)
	defer cancel()
	r = r.WithContext(ctx)
	for _, part := range a.parts {
		if part.EndHalfDone != nil {
			err = errors.Join(err, part.EndHalfDone(w, r))
		}
	}
	return err
}

func (a *Auth) purgeParts(ctx context.Context) (err error) {
	for _, part := range a.parts {
		if part.Purge != nil {
			err = errors.Join(err, part.Purge(ctx))
		}
	}
	return err
}

// Notice records an event of a part about u in t, and mails u a warning of it with Options.Notices. Name "" records and
// purpose "" mails nothing. s is the session that did it; nil is the request r of a stranger who has proved to be u.
// about completes event and mail, such as the number of recovery codes that are left.
func (a *Auth) Notice(
	t *Tx, r *http.Request, s *Session, u *User, name event.Name, purpose letter.Purpose, about string,
) error {
	by := a.actorFor(r, u.ID)
	if s != nil {
		by = s.actor()
	}
	return a.notice(t, by, u, name, purpose, about)
}

func (a *Auth) notice(t *Tx, by actor, u *User, name event.Name, purpose letter.Purpose, about string) error {
	if name != "" {
		t.recordEvent(by, name, u.ID).Detail = about
	}
	if purpose == "" {
		return nil
	}
	return a.warn(t, by, u, purpose, about)
}

// Cookie is a signed cookie of a part, with the attributes of all cookies of this package.
type Cookie struct {
	auth *Auth
	name string
}

// Cookie makes the cookie of a part; name comes without prefix. Call it before a is used.
func (a *Auth) Cookie(name string) Cookie {
	a.macs[name] = a.ring.MAC("auth cookie " + name)
	return Cookie{a, name}
}

// Set sends the cookie with a value, signed. A life of 0 ends with the browser.
func (c Cookie) Set(w http.ResponseWriter, value string, life time.Duration) {
	c.auth.setSigned(w, c.name, value, life)
}

// Read returns the value of the cookie in a request; ok is false if it is missing or its signature is wrong.
func (c Cookie) Read(r *http.Request) (value string, ok bool) { return c.auth.readSigned(r, c.name) }

// Clear deletes the cookie, if the browser has it.
func (c Cookie) Clear(w http.ResponseWriter, r *http.Request) { c.auth.clearCookie(w, r, c.name) }
