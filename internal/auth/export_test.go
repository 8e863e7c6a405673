package auth

import "time"

// RetryListening makes a provider that is not running yet try again soon where notifications do not arrive.
func RetryListening(a *Auth, after time.Duration) { a.ear.retry = after }
