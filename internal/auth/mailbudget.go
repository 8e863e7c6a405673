package auth

import (
	"context"
	"net/http"
	"strings"
	"time"

	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/errs"
)

// mailbox is where a mail to an address arrives: what stands behind a + in it is the owner's own to choose.
func mailbox(address string) string {
	local, domain, _ := strings.Cut(strings.ToLower(address), "@")
	local, _, _ = strings.Cut(local, "+")
	return local + "@" + domain
}

// mayMail reports whether a mailbox may get another mail of a purpose this hour. Each purpose counts apart, so that no
// mail that a stranger can cause uses up another kind. Ask it outside a transaction: on SQLite the counter would wait for
// it.
func (a *Auth) mayMail(ctx context.Context, purpose letter.Purpose, address string) (bool, error) {
	return a.mayHit(ctx, "mail|"+string(purpose)+"|"+hashToken(mailbox(address)), a.opts.RateLimit.MailsPerHour)
}

// mayMailTo is mayMail for a link that strangers can ask for: one of three is kept for whoever is known on this device.
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

// mustMail is mayMail for who may know: 429 where the mailbox has had its mails.
func (a *Auth) mustMail(ctx context.Context, purpose letter.Purpose, address string) error {
	may, err := a.mayMail(ctx, purpose, address)
	if err == nil && !may {
		err = &errs.Error{Status: http.StatusTooManyRequests, Message: "This address has had its mails for this hour.", RetryAfter: time.Hour}
	}
	return err
}

// mayTellDevice reports whether a user may get another notice of a strange device this hour. It takes the right password,
// so it counts by user: no stranger can use it up, not even with an account of a mailbox's other spelling.
func (a *Auth) mayTellDevice(ctx context.Context, userID string) (bool, error) {
	if !a.opts.Notices {
		return false, nil
	}
	return a.mayHit(ctx, "mail|"+string(letter.NewDevice)+"|"+userID, a.opts.RateLimit.MailsPerHour)
}
