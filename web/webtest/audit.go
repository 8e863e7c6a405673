package webtest

import (
	"example.com/foyer/internal/audit"
	"example.com/foyer/internal/auth/authtest"
)

// addAudit keeps the trail, unless the test hears the events itself.
func (s *site) addAudit() {
	trail, err := audit.New(s.db, audit.Options{Secrets: []string{authtest.Secret}, Now: s.auth.Now, Logger: s.Logger})
	if err != nil {
		s.Fatal(err)
	}
	s.Audit = trail
	if s.auth.OnEvent == nil {
		s.auth.OnEvent = trail.Record
	}
}
