package web_test

import (
	"context"
	"testing"

	"example.com/foyer/internal/audit/chain"
	"example.com/foyer/internal/auth/authtest"
)

// checkTrail verifies the trail at the end of every test.
func (s *site) checkTrail(t testing.TB) {
	t.Cleanup(func() {
		if !s.broken {
			s.verifyTrail(t)
		}
	})
}

// verifyTrail fails the test if the trail is not as it was written.
func (s *site) verifyTrail(t testing.TB) {
	t.Helper()
	c, err := chain.New(s.server.Audit, s.db, []string{authtest.Secret})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Verify(context.Background()); err != nil {
		t.Errorf("the trail: %v", err)
	}
}
