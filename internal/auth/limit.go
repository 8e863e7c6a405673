package auth

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/auth/password"
	"example.com/foyer/internal/errs"
)

// Limiter keeps counters that all instances share. Its methods are atomic. An error means that the counters are away.
type Limiter interface {
	// Hit counts one use of key. If max are counted already in the window that the first of them opened, it counts
	// nothing and returns the time to wait.
	Hit(ctx context.Context, key string, max int, window time.Duration) (wait time.Duration, err error)

	// Fail counts a try by member as a failure against key before the password is compared, so that parallel tries cannot
	// pass together. Waits count the failures of all members of key: after free failures each further one has to wait 2,
	// 4, 8 … seconds, up to window. If it comes too early, Fail counts nothing and returns the time to wait. Failures
	// are forgotten a window after the last wait ended.
	Fail(ctx context.Context, key, member string, free int, window time.Duration) (wait time.Duration, err error)

	// Recall takes back the last Fail of member and its wait, because the password was never compared (hashing was
	// refused).
	Recall(ctx context.Context, key, member string, free int, window time.Duration) error

	// Forgive takes back every Fail of member against key.
	Forgive(ctx context.Context, key, member string) error
}

// RateLimit bounds how often requests may be tried. The callers of Count decide what is counted: the doors of web count
// POSTs, betterauth counts the endpoints that change something, and the password of a link is counted as a sign-in.
type RateLimit struct {
	// Limiter keeps the counters. Default nil: nothing is limited.
	Limiter Limiter

	// Rules bound how often one IP address may do one act (see Count). The first rule counts whose Path is a prefix of
	// the act's name; an act without a matching rule is not limited. An IPv6 /64 has the budget of one address, a /56 four
	// times and a /48 sixteen times as much. A sign-in on a known device has 10 tries in 10 seconds instead, so that an
	// attacker behind the same address cannot lock the owner out.
	// Default: better-auth's, 3 in 10 seconds for signing in, signing up and changing password or e-mail, 3 in a minute
	// for what sends mail, 100 in 10 seconds for the rest.
	Rules []RateRule

	// FreeFailures is how many wrong passwords one counter allows before waits begin. A known device of the account has
	// its own counter; all other devices share one. Default 5.
	FreeFailures int

	// FailureWindow is how long after the last wait failures are forgotten, and the longest wait. Default 15 minutes.
	FailureWindow time.Duration

	// MailsPerHour is how many mails of one purpose a mailbox gets in an hour. Further requests get the same answer, but
	// no mail is sent. A third of them is kept for each user with a proved address. Default 3.
	MailsPerHour int
}

// RateRule allows Max requests in a Window for the acts whose names start with Path; see Auth.Count.
type RateRule struct {
	Path   string
	Max    int
	Window time.Duration
}

// actSignIn and actSignInAgain are the acts that try a password: of any account, or of the session's own.
const (
	actSignIn      = "/sign-in/email"
	actSignInAgain = "/sign-in/again"
)

// An act of addressActs brings the e-mail address of its user. An act of stepActs brings none, because a cookie of the
// request names the user.
var (
	addressActs = []string{
		actSignIn,
		"/sign-in/email-otp", // part:magiclink
	}
	stepActs = []string{
		actSignInAgain,
		"/two-factor/verify-totp", "/two-factor/verify-backup-code", // part:twofactor
	}
)

// Count counts an unsafe request before it is carried out. Refusals: 429 if there were too many, 503 if the counters
// are away.
//
// act names what the request does, as the paths of better-auth do, for example /sign-in/email: a page and an endpoint
// that do the same share a budget. typed returns the typed e-mail address, "" for none; it is called only for a
// sign-in on a known device.
func (a *Auth) Count(r *http.Request, act string, typed func() string) error {
	limit := a.opts.RateLimit
	if limit.Limiter == nil {
		return nil
	}
	for _, b := range a.budgets(r, act, typed) {
		wait, err := limit.Limiter.Hit(r.Context(), b.key, b.max, b.window)
		if wait > 0 {
			a.RecordRefusal(r, nil, event.RateLimited, act)
		}
		if err := limitRefusal(wait, err); err != nil {
			return err
		}
	}
	return nil
}

// budget allows max requests in a window under the key of a counter.
type budget struct {
	key    string
	max    int
	window time.Duration
}

// budgets lists the budgets that a request is counted in.
func (a *Auth) budgets(r *http.Request, act string, typed func() string) (list []budget) {
	for _, rule := range a.opts.RateLimit.Rules {
		if !strings.HasPrefix(act, rule.Path) {
			continue
		}
		if device := a.deviceBudget(r, act, typed); device != "" {
			return []budget{{"device|" + device + "|" + act, deviceTries, deviceWindow}}
		}
		for i, network := range networks(a.opts.ClientIP(r)) {
			list = append(list, budget{"ip|" + network + "|" + act, rule.Max << (2 * i), rule.Window})
		}
		return list
	}
	return nil
}

// deviceBudget names the budget of a sign-in on a known device: one on which a user has signed in with the typed
// e-mail address, or with any for stepActs. Else it is "", and the IP address counts. An attacker behind the same IP
// address then cannot lock out the users of known devices. Wrong passwords and codes are counted apart from that.
func (a *Auth) deviceBudget(r *http.Request, act string, typed func() string) string {
	step := slices.Contains(stepActs, act)
	if !step && !slices.Contains(addressActs, act) {
		return ""
	}
	name, users := a.device(r)
	if len(users) == 0 {
		return ""
	}
	if step {
		return name
	}
	email, ok := normalEmail(typed())
	tag := addressTag(email)
	if !ok || !slices.ContainsFunc(users, func(u deviceUser) bool { return u.address == tag }) {
		return ""
	}
	return name + "|" + tag
}

// strangerPlace returns where a failure from an unknown device counts and where its hash waits: source is the narrowest
// of its networks; the place has the widest network that one customer may have, because a /48 contains 65,536 of the
// narrower kind. Without a Limiter no device counts as unknown.
func (a *Auth) strangerPlace(r *http.Request) (source string, place password.Place) {
	list := networks(a.opts.ClientIP(r))
	if a.opts.RateLimit.Limiter == nil {
		return list[0], password.Place{}
	}
	return list[0], password.Place{Stranger: true, Network: list[len(list)-1]}
}

// networks lists the networks that count as one client, the narrowest first: an IPv4 address, or of IPv6 the /64, /56
// and /48, because one customer gets at least a /64 and up to a /48.
func networks(ip string) []string {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return []string{""}
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is4() {
		return []string{addr.String()}
	}
	var list []string
	for _, bits := range []int{64, 56, 48} {
		list = append(list, netip.PrefixFrom(addr, bits).Masked().String())
	}
	return list
}

// mayMail reports whether a mailbox may get another mail of a purpose this hour, and counts it. Each purpose has a
// counter, so that mails which a stranger can cause do not use up the others. Call it outside a transaction: on
// SQLite the counter would wait for its end.
func (a *Auth) mayMail(ctx context.Context, purpose letter.Purpose, address string) (bool, error) {
	return a.mayHit(ctx, "mail|"+string(purpose)+"|"+HashToken(mailbox(address)), a.opts.RateLimit.MailsPerHour)
}

// mailbox is the address without its +tag, which the owner of the mailbox is free to choose.
func mailbox(address string) string {
	local, domain, _ := strings.Cut(strings.ToLower(address), "@")
	local, _, _ = strings.Cut(local, "+")
	return local + "@" + domain
}

// mayMailTo is mayMail for a link that strangers can ask for. own is the user who asks in a browser of theirs, nil for
// a stranger. Strangers share two thirds of the budget. A third is kept for each user with a proved address. It is
// counted by user, because an attacker may have an account of another spelling of the same mailbox.
func (a *Auth) mayMailTo(ctx context.Context, own *User, purpose letter.Purpose, address string) (bool, error) {
	if own != nil && !own.EmailVerified {
		return a.mayMail(ctx, purpose, address)
	}
	may, err := a.mayMailStranger(ctx, purpose, address)
	if may || err != nil || own == nil {
		return may, err
	}
	return a.mayHit(ctx, "mail|"+string(purpose)+"|own|"+own.ID, max(1, a.opts.RateLimit.MailsPerHour/3))
}

func (a *Auth) mayMailStranger(ctx context.Context, purpose letter.Purpose, address string) (bool, error) {
	most := a.opts.RateLimit.MailsPerHour
	may, err := a.mayHit(ctx, "mail|"+string(purpose)+"|stranger|"+HashToken(mailbox(address)), most-most/3)
	if !may || err != nil {
		return false, err
	}
	return a.mayMail(ctx, purpose, address)
}

func (a *Auth) mayHit(ctx context.Context, key string, most int) (bool, error) {
	limit := a.opts.RateLimit
	if limit.Limiter == nil {
		return true, nil
	}
	wait, err := limit.Limiter.Hit(ctx, key, most, time.Hour)
	if err != nil {
		return false, errs.Unavailable(err)
	}
	return wait <= 0, nil
}

// mustMail is mayMail for an admin, who may learn the reason: 429 if the mailbox has had its mails.
func (a *Auth) mustMail(ctx context.Context, purpose letter.Purpose, address string) error {
	may, err := a.mayMail(ctx, purpose, address)
	if may || err != nil {
		return err
	}
	return tooMany("This address has had its mails for this hour.", time.Hour)
}
