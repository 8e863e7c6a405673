package web_test

import (
	"context"
	"testing"

	"example.com/foyer/internal/audit/chain"
	"example.com/foyer/internal/auth/authtest"
)

// attachChain chains the trail, and verifies it at the end of the test.
func (s *site) attachChain(t testing.TB) {
	t.Helper()
	var err error
	if s.chain, err = chain.Attach(s.trail, s.db, []string{authtest.Secret}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !s.broken {
			s.verifyTrail(t)
		}
	})
}

// verifyTrail fails the test if the trail is not as it was written.
func (s *site) verifyTrail(t testing.TB) {
	t.Helper()
	if _, err := s.chain.Verify(context.Background()); err != nil {
		t.Errorf("the trail: %v", err)
	}
}
