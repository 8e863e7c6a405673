package webtest

import (
	"example.com/foyer/internal/audit/chain"
	"example.com/foyer/internal/auth/authtest"
)

// addAuditChain seals the trail.
func (s *site) addAuditChain() {
	c, err := chain.New(s.Audit, s.db, []string{authtest.Secret})
	if err != nil {
		s.Fatal(err)
	}
	s.Audit.Seal = c.Seal
}
