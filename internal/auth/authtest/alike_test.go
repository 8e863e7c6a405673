//go:build prove

package authtest_test

import (
	"math"
	"testing"
	"time"

	"example.com/foyer/internal/auth/authtest"
)

// TestRankTest: the test can fail.
func TestRankTest(t *testing.T) {
	var same, later []authtest.Sample
	for i := range 2 * authtest.Tries {
		d := time.Duration(i*7919%400) * time.Microsecond
		same = append(same, authtest.Sample{Time: d, Known: i%2 == 0})
		if i%2 == 0 {
			d += 50 * time.Microsecond
		}
		later = append(later, authtest.Sample{Time: d, Known: i%2 == 0})
	}
	if z := authtest.RankTest(same); math.Abs(z) > 1 {
		t.Errorf("no difference: z = %.2f", z)
	}
	if z := authtest.RankTest(later); z < authtest.Suspicious {
		t.Errorf("50 µs in 400: z = %.2f", z)
	}
}
