package main

import (
	"example.com/foyer/internal/database"
	"example.com/foyer/internal/ratelimit"
)

// addRateLimit counts attempts in the database, so that instances share the counters and a restart keeps them.
func (a *app) addRateLimit() error {
	if !a.RateLimit {
		a.warnings = append(a.warnings, "RATE_LIMIT=off: passwords can be guessed without limit")
		return nil
	}
	a.options.RateLimit.Limiter = ratelimit.New(a.db, database.Now)
	return nil
}
