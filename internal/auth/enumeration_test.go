//go:build prove

package auth_test

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
)

const (
	tries = 200 // of known and of unknown addresses each
	// suspicious is the z-score beyond which chance explains a difference of ranks once in 5,000 runs (two-sided).
	suspicious = 3.72
)

// TestEnumeration (task prove:enumeration; minutes long, so outside go test ./...) asks about known and unknown
// addresses in turns. Status, headers, bytes and cookies must be alike, and a rank test (Mann–Whitney) must not tell
// the times apart: a mean would hide a difference behind one slow request.
func TestEnumeration(t *testing.T) {
	mails := &mailbox{}
	r, _ := limitedRig(t, dbtest.Open(t, dbtest.SQLite(t)), auth.Options{
		Mailer: mails, Notices: true, RequireEmailVerification: true, RateLimit: auth.RateLimit{Rules: []auth.RateRule{}},
	})
	var insider *authtest.Client // asks for a change of address
	{
		r.auth.CreateUser(t.Context(), nil, auth.NewUser{Name: "Insider", Email: "insider@example.com", Password: authtest.Password})
		if err := r.db.Model(&auth.User{}).Where("email = ?", "insider@example.com").Update("email_verified", true).Error; err != nil {
			t.Fatal(err)
		}
		insider = r.browser()
		insider.SignIn("insider@example.com", authtest.Password)
	}
	for _, c := range []struct{ name, path, body string }{
		{"login", "/sign-in/email", `{"email":%q,"password":"not-the-password-1"}`},
		{"sign-up", "/sign-up/email", `{"name":"Test Person","email":%q,"password":"correct-horse-1"}`},
		{"forgot", "/request-password-reset", `{"email":%q}`},
		{"resend", "/send-verification-email", `{"email":%q}`},
		{"change-email", "/change-email", `{"newEmail":%q}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			who := strings.ReplaceAll(c.name, "-", "")
			address := func(kind string, i int) string { return fmt.Sprintf("%s%03d.%s@example.com", kind, i, who) }
			for i := range tries {
				if _, err := r.auth.CreateUser(t.Context(), nil, auth.NewUser{Name: "Test Person", Email: address("known", i), Password: authtest.Password}); err != nil {
					t.Fatal(err)
				}
			}
			browser := r.browser()
			if c.name == "change-email" {
				browser = insider
			}
			var times []sample
			looks := map[bool]map[string]int{true: {}, false: {}}
			for i := range 2 * tries {
				known := (i+i/2)%2 == 0 // in pairs of changing order, so that neither always comes first
				kind := "other"         // as long as "known"
				if known {
					kind = "known"
				}
				body := fmt.Sprintf(c.body, address(kind, i/2))
				start := time.Now()
				got := post(browser, c.path, body)
				times = append(times, sample{time.Since(start), known})
				looks[known][look(got)]++
			}
			for l, n := range looks[true] {
				if looks[false][l] != n {
					t.Errorf("%d known and %d unknown addresses look like %s", n, looks[false][l], l)
				}
			}
			if len(looks[true]) != 1 || len(looks[false]) != 1 {
				t.Errorf("known: %v\nunknown: %v", looks[true], looks[false])
			}
			z := rankTest(times)
			t.Logf("median %v known, %v unknown, z = %.2f", median(times, true), median(times, false), z)
			if math.Abs(z) > suspicious {
				t.Errorf("time tells who is known: z = %.2f", z)
			}
		})
	}
}

// random is what differs between any two answers: ids, dates and the address itself.
var random = regexp.MustCompile(`[0-9a-f]{32}|\d{4}-\d\d-\d\dT[\d:.]+Z|(known|other)\d{3}`)

// look is everything an answer shows but its time.
func look(got authtest.Answer) string {
	var names []string
	for name := range got.Header {
		if name != "Date" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return fmt.Sprint(got.StatusCode, names, got.Header.Get("Content-Length"), setCookies(got.Header), random.ReplaceAllString(got.Text, "*"))
}

type sample struct {
	time  time.Duration
	known bool
}

// rankTest is the z-score of the Mann–Whitney U statistic of the known among all.
func rankTest(all []sample) float64 {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b sample) int { return cmp.Compare(a.time, b.time) })
	var ranks, n float64
	for i, s := range all {
		if s.known {
			ranks += float64(i + 1)
			n++
		}
	}
	m := float64(len(all)) - n
	u := ranks - n*(n+1)/2
	return (u - n*m/2) / math.Sqrt(n*m*(n+m+1)/12)
}

func median(all []sample, known bool) time.Duration {
	var list []time.Duration
	for _, s := range all {
		if s.known == known {
			list = append(list, s.time)
		}
	}
	slices.Sort(list)
	return list[len(list)/2]
}

// TestRankTest: the test can fail.
func TestRankTest(t *testing.T) {
	var same, later []sample
	for i := range 2 * tries {
		d := time.Duration(i*7919%400) * time.Microsecond
		same = append(same, sample{d, i%2 == 0})
		if i%2 == 0 {
			d += 50 * time.Microsecond
		}
		later = append(later, sample{d, i%2 == 0})
	}
	if z := rankTest(same); math.Abs(z) > 1 {
		t.Errorf("no difference: z = %.2f", z)
	}
	if z := rankTest(later); z < suspicious {
		t.Errorf("50 µs in 400: z = %.2f", z)
	}
}
