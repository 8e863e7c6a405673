package web

import "example.com/foyer/internal/useragent"

// browser names browser and system of a User-Agent, as mails do.
func browser(userAgent string) string { return useragent.Name(userAgent) }
