//go:build prove

package authtest

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
)

const (
	// Tries is how often Alike asks, about known and about unknown addresses each.
	Tries = 200
	// Suspicious is the z-score beyond which chance explains a difference of ranks once in 5,000 runs (two-sided).
	Suspicious = 3.72
)

// Alike makes users at a and asks about their addresses and about unknown ones in turns. Status, headers, bytes and
// cookies must be alike, and a rank test (Mann–Whitney) must not tell the times apart: a mean would hide a difference
// behind one slow request. Of the known addresses a quarter each is verified, is not, waits for its first mail, and is
// of a user with a second factor. suffix makes addresses differ between calls.
func Alike(t *testing.T, a *auth.Auth, suffix string, ask func(email string) Answer) {
	t.Helper()
	alike(t, suffix, func(email string, i int) { know(t, a, email, i%(factor+1)) }, func(string) {}, ask)
}

// AlikeFactors is Alike for users who have a second factor, the known ones, and users who have none.
func AlikeFactors(t *testing.T, a *auth.Auth, suffix string, ask func(email string) Answer) {
	t.Helper()
	with := func(email string, _ int) { know(t, a, email, factor) }
	alike(t, suffix, with, func(email string) { know(t, a, email, verified) }, ask)
}

func alike(
	t *testing.T, suffix string, known func(email string, i int), other func(email string), ask func(email string) Answer,
) {
	t.Helper()
	address := func(kind string, i int) string { return fmt.Sprintf("%s%03d.%s@example.com", kind, i, suffix) }
	for i := range Tries {
		known(address("known", i), i)
		other(address("other", i))
	}
	var times []Sample
	looks := map[bool]map[string]int{true: {}, false: {}}
	for i := range 2 * Tries {
		known := (i+i/2)%2 == 0 // in pairs of changing order, so that neither always comes first
		kind := "other"         // as long as "known"
		if known {
			kind = "known"
		}
		start := time.Now()
		got := ask(address(kind, i/2))
		times = append(times, Sample{time.Since(start), known})
		looks[known][look(got)]++
	}
	if len(looks[true]) != 1 || !maps.Equal(looks[true], looks[false]) {
		t.Errorf("answers differ:\nknown: %v\nothers: %v", looks[true], looks[false])
	}
	z := RankTest(times)
	t.Logf("median %v known, %v others, z = %.2f", median(times, true), median(times, false), z)
	if math.Abs(z) > Suspicious {
		t.Errorf("time tells who is known: z = %.2f", z)
	}
}

// Kinds of accounts.
const (
	verified = iota
	unverified
	pending
	factor // verified, with a second factor
)

// know makes an account of a kind.
func know(t *testing.T, a *auth.Auth, email string, kind int) {
	t.Helper()
	var u *auth.User
	var err error
	if kind == pending {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		_, _, err = a.SignUpEmail(httptest.NewRecorder(), r,
			auth.Registration{Name: "Test Person", Email: email, Password: Password})
	} else {
		u, err = a.CreateUser(t.Context(), nil, auth.NewUser{Name: "Test Person", Email: email, Password: Password,
			Verified: kind != unverified})
	}
	if err != nil {
		t.Fatal(err)
	}
	if kind != factor {
		return
	}
	if err := a.Transact(t.Context(), func(t *auth.Tx) error { return t.SetSecondFactor(u, true) }); err != nil {
		t.Fatal(err)
	}
}

// random is what differs between any two answers: ids, dates and the address itself.
var random = regexp.MustCompile(`[0-9a-f]{32}|\d{4}-\d\d-\d\dT[\d:.]+Z|(known|other)\d{3}`)

// look is everything an answer shows but its time; of a cookie's value that is the length.
func look(got Answer) string {
	header := got.Header.Clone()
	header.Del("Date")
	header.Del("X-Request-Id")
	for i, line := range header["Set-Cookie"] {
		pair, attributes, _ := strings.Cut(line, ";")
		name, escaped, _ := strings.Cut(pair, "=")
		value, _ := url.QueryUnescape(escaped)
		header["Set-Cookie"][i] = fmt.Sprintf("%s=(%d);%s", name, len(value), attributes)
	}
	return random.ReplaceAllString(fmt.Sprint(got.StatusCode, header, got.Text), "*") // fmt sorts a map
}

// Sample is how long one answer took.
type Sample struct {
	Time  time.Duration
	Known bool
}

// RankTest is the z-score of the Mann–Whitney U statistic of the known among all.
func RankTest(all []Sample) float64 {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b Sample) int { return cmp.Compare(a.Time, b.Time) })
	var ranks, n float64
	for i, s := range all {
		if s.Known {
			ranks += float64(i + 1)
			n++
		}
	}
	m := float64(len(all)) - n
	u := ranks - n*(n+1)/2
	return (u - n*m/2) / math.Sqrt(n*m*(n+m+1)/12)
}

func median(all []Sample, known bool) time.Duration {
	var list []time.Duration
	for _, s := range all {
		if s.Known == known {
			list = append(list, s.Time)
		}
	}
	slices.Sort(list)
	return list[len(list)/2]
}
