package main

import (
	"example.com/foyer/internal/audit"
	"example.com/foyer/internal/database"
)

// addAudit makes the audit trail, which records the events of auth.
func (a *app) addAudit() error {
	a.site.Audit = audit.New(a.db, audit.Options{Now: database.Now, Logger: a.log})
	a.options.OnEvent = a.site.Audit.Record
	a.works = append(a.works, work{name: "trail", run: a.site.Audit.Run}) // records the refusals of the last request too
	return nil
}
