package webtest

import (
	"example.com/foyer/internal/audit"
	"example.com/foyer/internal/audit/chain"
	"example.com/foyer/internal/auth/authtest"
)

// addAudit keeps the trail, unless the test hears the events itself.
func (s *site) addAudit() {
	s.Audit = audit.New(s.db, audit.Options{Now: s.auth.Now, Logger: s.Logger})
	if s.auth.OnEvent == nil {
		s.auth.OnEvent = s.Audit.Record
	}
}

// part:auditchain

// addAuditChain seals the trail.
func (s *site) addAuditChain() {
	c, err := chain.New(s.Audit, s.db, []string{authtest.Secret})
	if err != nil {
		s.Fatal(err)
	}
	s.Audit.Seal = c.Seal
}

// end:auditchain
