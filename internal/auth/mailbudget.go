package auth

import (
	"context"
	"net/http"
	"strings"
	"time"

	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/errs"
)

// mailbox is the address without its +tag, which the owner of the mailbox is free to choose.
func mailbox(address string) string {
	local, domain, _ := strings.Cut(strings.ToLower(address), "@")
	local, _, _ = strings.Cut(local, "+")
	return local + "@" + domain
}

// mayMail reports whether a mailbox may get another mail of a purpose this hour, and counts it. Each purpose has a
// counter, so that mails which a stranger can cause do not use up the others. Call it outside a transaction: on
// SQLite the counter would wait for its end.
func (a *Auth) mayMail(ctx context.Context, purpose letter.Purpose, address string) (bool, error) {
	return a.mayHit(ctx, "mail|"+string(purpose)+"|"+hashToken(mailbox(address)), a.opts.RateLimit.MailsPerHour)
}

// mayMailTo is mayMail for a link that strangers can ask for: a third of the budget is kept for the user's own
// browsers.
func (a *Auth) mayMailTo(ctx context.Context, known bool, purpose letter.Purpose, address string) (bool, error) {
	most := a.opts.RateLimit.MailsPerHour
	if !known {
		may, err := a.mayHit(ctx, "mail|"+string(purpose)+"|stranger|"+hashToken(mailbox(address)), most-most/3)
		if !may || err != nil {
			return false, err
		}
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

// mayWarnOfDevice reports whether a sign-in on this device, with the right password, mails its user a warning: only
// on a new device, and a few times an hour. It counts by user, not by mailbox, so that a stranger cannot use up the
// budget with an account of another spelling of the address.
func (a *Auth) mayWarnOfDevice(r *http.Request, userID string) (bool, error) {
	if !a.opts.Notices || !a.isNewDevice(r, userID) {
		return false, nil
	}
	return a.mayHit(r.Context(), "mail|"+string(letter.NewDevice)+"|"+userID, a.opts.RateLimit.MailsPerHour)
}
