package auth_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

func TestCreateUser(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		for _, c := range []struct {
			name     string
			in       auth.NewUser
			role     string
			code     string
			accounts int64
		}{
			{"without password and role", auth.NewUser{Name: "A", Email: "a@example.com"}, "user", "", 0},
			{"with both", auth.NewUser{Name: "B", Email: "b@example.com", Password: "314-159-265", Role: "admin"},
				"admin", "", 1},
			{"with two roles", auth.NewUser{Name: "C", Email: "c@example.com", Role: "user, admin"}, "user,admin", "", 0},
			{"with an unknown role", auth.NewUser{Name: "D", Email: "d@example.com", Role: "king"}, "",
				"YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE", 0},
			{"with a half-known role", auth.NewUser{Name: "D", Email: "d@example.com", Role: "user,king"}, "",
				"YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE", 0},
			{"with an empty role in the list", auth.NewUser{Name: "D", Email: "d@example.com", Role: "user,"}, "",
				"YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE", 0},
			{"with a role in capitals", auth.NewUser{Name: "D", Email: "d@example.com", Role: "Admin"}, "",
				"YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE", 0},
			{"with a weak password", auth.NewUser{Name: "D", Email: "d@example.com", Password: "1"}, "",
				"PASSWORD_TOO_SHORT", 0},
			{"without a name", auth.NewUser{Email: "d@example.com"}, "", "VALIDATION_ERROR", 0},
			{"taken", auth.NewUser{Name: "A", Email: "A@example.com", Role: "admin"}, "",
				"USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL", 0},
		} {
			u, err := r.auth.CreateUser(t.Context(), nil, c.in)
			if c.code != "" {
				if u != nil || refusal(err) != c.code {
					t.Errorf("%s: %+v, %v; want %s", c.name, u, err, c.code)
				}
				continue
			}
			if err != nil || u.Role != c.role || u.Name != c.in.Name || u.Email != c.in.Email {
				t.Errorf("%s: %+v, %v", c.name, u, err)
				continue
			}
			var accounts int64
			db.Model(&auth.Account{}).Where("user_id = ?", u.ID).Count(&accounts)
			if accounts != c.accounts {
				t.Errorf("%s: %d accounts, want %d", c.name, accounts, c.accounts)
			}
		}
		if users, sessions := r.count(&auth.User{}), r.count(&auth.Session{}); users != 3 || sessions != 0 {
			t.Errorf("%d users, %d sessions", users, sessions)
		}
		r.SignIn("b@example.com", authtest.Password)
		wantRefusal(t, post(r.browser(), "/sign-in/email", `{"email":"a@example.com","password":""}`), 400,
			"VALIDATION_ERROR")
		wantRefusal(t, post(r.browser(), "/sign-in/email", `{"email":"a@example.com","password":"anything"}`), 401,
			"INVALID_EMAIL_OR_PASSWORD")
		stats, err := r.auth.Stats(t.Context())
		if err != nil || stats != (auth.Stats{Users: 3, NewUsers: 3, Sessions: 1}) {
			t.Errorf("%+v %v", stats, err)
		}
		r.clock.advance(7 * day)
		if stats, _ := r.auth.Stats(t.Context()); stats != (auth.Stats{Users: 3}) {
			t.Errorf("%+v after a week", stats)
		}
	})
}

func TestARoleChangeKeepsSessionsAndIsSeenAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		r.addUser("root@example.com", "admin")
		id := r.SignUp("ada@example.com")
		token := value(r.Client, tokenCookie)
		for _, role := range []string{"admin", "user,admin", "user"} {
			u, err := r.auth.SetRole(t.Context(), nil, id, role)
			if err != nil || u.Role != role {
				t.Fatal(u, err)
			}
			req := httptest.NewRequest("GET", "/", nil)
			for _, c := range r.Cookies() {
				req.AddCookie(c)
			}
			s, err := r.auth.Session(httptest.NewRecorder(), req)
			if err != nil || s == nil || s.User.Role != role || s.User.HasRole("admin") != strings.Contains(role, "admin") {
				t.Errorf("%s: %+v %v", role, s, err)
			}
			if res := r.Get("/api/auth/get-session"); !strings.Contains(res.Text, `"role":"`+role+`"`) {
				t.Errorf("%s: %s", role, res.Text)
			}
		}
		if value(r.Client, tokenCookie) != token {
			t.Error("the session is another")
		}
		for _, role := range []string{"king", "Admin", "user,king", "user;admin", " ", "user,,admin"} {
			if _, err := r.auth.SetRole(t.Context(), nil, id,
				role); refusal(err) != "YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE" {
				t.Errorf("%q: %v", role, err)
			}
		}
		for _, nobody := range []string{"", "nobody", id + "' OR '1'='1", "1=1"} {
			if _, err := r.auth.SetRole(t.Context(), nil, nobody, "admin"); refusal(err) != "USER_NOT_FOUND" {
				t.Errorf("%q: %v", nobody, err)
			}
			if _, err := r.auth.BanUser(t.Context(), nil, nobody, "", nil); refusal(err) != "USER_NOT_FOUND" {
				t.Errorf("%q: %v", nobody, err)
			}
		}
		if u, _ := r.auth.UserByEmail(t.Context(), "ada@example.com"); u.Role != "user" {
			t.Errorf("ended as %q", u.Role)
		}
	})
}

func TestHasRoleMeansMembership(t *testing.T) {
	for _, c := range []struct {
		role  string
		admin bool
	}{{"admin", true}, {"user,admin", true}, {"admin,user", true}, {"user", false}, {"", false}, {"administrator", false},
		{"superadmin", false}, {"Admin", false}, {"user admin", false}} {
		u := auth.User{Role: c.role}
		if u.HasRole("admin") != c.admin || u.HasRole("x", "admin") != c.admin || u.HasRole() {
			t.Errorf("%q", c.role)
		}
	}
}

func TestTheLastAdminStays(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{Roles: []string{"user", "admin", "administrator"}})
		first := r.addUser("first@example.com", "user,admin")
		r.addUser("lookalike@example.com", "administrator")
		demote := func(u *auth.User) error {
			_, err := r.auth.SetRole(t.Context(), nil, u.ID, "user")
			return err
		}
		ban := func(u *auth.User, until *time.Time) error {
			_, err := r.auth.BanUser(t.Context(), nil, u.ID, "", until)
			return err
		}
		soon := r.clock.Now().Add(time.Hour)
		for name, err := range map[string]error{"demotion": demote(first), "ban": ban(first, nil),
			"ban for an hour": ban(first, &soon)} {
			if refusal(err) != "LAST_ADMIN" {
				t.Errorf("%s of the last admin: %v", name, err)
			}
		}
		if _, err := r.auth.SetRole(t.Context(), nil, first.ID, "admin"); err != nil {
			t.Errorf("a change that keeps the role: %v", err)
		}
		typo := auth.NewUser{Name: "Typo", Email: "typo@example.com", Role: "admin"}
		invited, err := r.auth.CreateUser(t.Context(), nil, typo)
		if err != nil {
			t.Fatal(err)
		}
		if refusal(demote(first)) != "LAST_ADMIN" {
			t.Error("an invited admin who cannot log in counts as one")
		}
		if err := demote(invited); err != nil {
			t.Errorf("the invited admin's demotion: %v", err)
		}
		second := r.addUser("second@example.com", "admin")
		if err := ban(second, nil); err != nil {
			t.Errorf("of two admins one may be banned: %v", err)
		}
		if refusal(demote(first)) != "LAST_ADMIN" {
			t.Error("a banned admin counts as one")
		}
		if err := demote(second); err != nil {
			t.Errorf("the banned admin's demotion: %v", err)
		}
		if u, _ := r.auth.UserByEmail(t.Context(), "first@example.com"); u.Role != "admin" || u.Banned {
			t.Errorf("%+v", u)
		}
	})
}

// part:admin

// TestLastAdminMayLogIn: where an address has to be proved, an admin with a password and no proof is none who can log in.
// One of several admins who cannot log in may go.
func TestLastAdminMayLogIn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{RequireEmailVerification: true})
		admin := func(email string, verified bool) string {
			u, err := r.auth.CreateUser(t.Context(), nil, auth.NewUser{
				Name: "Boss", Email: email, Role: "admin", Password: authtest.Password, Verified: verified,
			})
			if err != nil {
				t.Fatal(err)
			}
			return u.ID
		}
		remove := func(id string) error { return r.auth.RemoveUser(t.Context(), nil, id) }
		typo, right := admin("typo@example.com", false), admin("right@example.com", false)
		if err := remove(typo); err != nil {
			t.Error("one of two who cannot log in: ", err)
		}
		boss := admin("boss@example.com", true)
		if refusal(remove(boss)) != "LAST_ADMIN" {
			t.Error("the only one who can log in may go")
		}
		if err := remove(right); err != nil || refusal(remove(boss)) != "LAST_ADMIN" {
			t.Error("the last one: ", err)
		}
	})
}

// end:admin

func TestOfTwoDemotionsAtOnceOneIsRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		admins := []*auth.User{r.addUser("a@example.com", "admin"), r.addUser("b@example.com", "admin")}
		for round := range 20 {
			var mu sync.Mutex
			outcome := map[string]int{}
			atOnce(2, func(i int) {
				var err error
				if round%2 == 0 {
					_, err = r.auth.SetRole(t.Context(), nil, admins[i].ID, "user")
				} else {
					_, err = r.auth.BanUser(t.Context(), nil, admins[i].ID, "", nil)
				}
				mu.Lock()
				defer mu.Unlock()
				outcome[refusal(err)]++
			})
			var left int64
			db.Model(&auth.User{}).Where("role = ? AND banned = ?", "admin", false).Count(&left)
			if left != 1 || outcome["<nil>"] != 1 || outcome["LAST_ADMIN"] != 1 {
				t.Fatalf("round %d: %d admins left, outcomes %v", round, left, outcome)
			}
			if err := db.Model(&auth.User{}).Where("1 = 1").Updates(map[string]any{"role": "admin",
				"banned": false}).Error; err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestRolesChangeSideBySide: whoever makes and unmakes admins, acts as users and removes them, all at once, waits for
// the others and never in a circle.
func TestRolesChangeSideBySide(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		r.addUser("root@example.com", "admin")
		var ids []string
		for i := range 8 {
			ids = append(ids, r.addUser(fmt.Sprintf("user%d@example.com", i), "user").ID)
		}
		atOnce(24, func(i int) {
			for round := range 10 {
				id := ids[(i*5+round*3)%len(ids)]
				var err error
				switch (i + round) % 3 {
				case 0:
					_, err = r.auth.SetRole(t.Context(), nil, id, "user,admin")
				case 1:
					_, err = r.auth.SetRole(t.Context(), nil, id, "user")
				default:
					_, err = r.auth.UnbanUser(t.Context(), nil, id)
				}
				if err != nil {
					t.Errorf("%d.%d: %v", i, round, err)
				}
			}
		})
	})
}

// TestBanReasons: what somebody is told when they try to sign in is bounded, by whichever verb it comes.
func TestBanReasons(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	id := r.addUser("ada@example.com", "").ID
	yes := true
	for reason, fine := range map[string]bool{
		"": true, "Zu laut, zu spät.": true, strings.Repeat("ä", 200): true, strings.Repeat("ä", 201): false, "a\x00b": false,
		"a\nb": false,
	} {
		_, ban := r.auth.BanUser(t.Context(), nil, id, reason, nil)
		_, change := r.auth.ChangeUser(t.Context(), nil, id, auth.UserChanges{Banned: &yes, BanReason: &reason})
		if (ban == nil) != fine || (change == nil) != fine {
			t.Errorf("%.20q: %v, %v", reason, ban, change)
		}
	}
}
