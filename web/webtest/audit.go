package webtest

import "example.com/foyer/internal/audit"

// addAudit keeps the trail, unless the test hears the events itself.
func (s *site) addAudit() {
	s.Audit = audit.New(s.db, audit.Options{Now: s.auth.Now, Logger: s.Logger})
	if s.auth.OnEvent == nil {
		s.auth.OnEvent = s.Audit.Record
	}
}
