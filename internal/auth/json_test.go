package auth_test

import (
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
)

func TestABanAndAnImageAreShown(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	until := r.clock.Now().AddDate(0, 0, 1)
	reason, image := "spam", "https://app.example/a.png"
	u := auth.User{ID: "1", BanReason: &reason, BanExpires: &until, Image: &image, Banned: true}
	raw, err := u.MarshalJSON()
	if err != nil || !contains(string(raw), `"banExpires":"2031-03-02T12:00:00.001Z"`, `"banReason":"spam"`,
		`"image":"https://app.example/a.png"`, `"banned":true`) {
		t.Errorf("%s %v", raw, err)
	}
}

func TestDatesHaveThreeDecimalsAndAreUTC(t *testing.T) {
	at := time.Date(2031, 3, 1, 12, 0, 0, 0, time.FixedZone("", 3600))
	u := auth.User{CreatedAt: at, UpdatedAt: at.Add(100 * time.Millisecond)}
	raw, err := u.MarshalJSON()
	if err != nil || !contains(string(raw), `"createdAt":"2031-03-01T11:00:00.000Z"`,
		`"updatedAt":"2031-03-01T11:00:00.100Z"`) {
		t.Errorf("%s %v", raw, err)
	}
}

// Remember stays behind: the cookies alone say it, and nothing is re-sent from a copy.
func TestACachedSessionSaysWhatTheStoreSays(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	res := post(r.Client, "/sign-up/email", `{"name":"Ada \"L\"<é🦫>","email":"ada@example.com","password":"314-159-265","image":"https://app.example/a.png?b&c"}`, "User-Agent", "a\"b<c>")
	if res.StatusCode != 200 {
		t.Fatal(res.Text)
	}
	req := httptest.NewRequest("GET", "/", nil)
	for _, c := range r.Cookies() {
		req.AddCookie(c)
	}
	n := r.statements()
	copied, err := r.auth.Session(httptest.NewRecorder(), req)
	if err != nil || n.reads.Load() != 0 {
		t.Fatal(err, n.reads.Load())
	}
	stored, err := r.auth.StoredSession(httptest.NewRecorder(), req)
	if err != nil || n.reads.Load() != 1 {
		t.Fatal(err, n.reads.Load())
	}
	if copied.User == nil || !reflect.DeepEqual(*copied.User, *stored.User) {
		t.Errorf("\ncopied %+v\nstored %+v", copied.User, stored.User)
	}
	a, _ := copied.MarshalJSON()
	b, _ := stored.MarshalJSON()
	if string(a) != string(b) {
		t.Errorf("\ncopied %s\nstored %s", a, b)
	}
	if hit, miss := r.Get("/api/auth/get-session").Text,
		r.Get("/api/auth/get-session?disableCookieCache=1").Text; hit != miss {
		t.Errorf("\nhit  %s\nmiss %s", hit, miss)
	}
}
