package auth_test

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/errs"
	"gorm.io/gorm"
)

func TestSignUpRefuses(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	r.addUser("taken@example.com", "")
	body := func(name, email, password, more string) string {
		return fmt.Sprintf(`{"name":%q,"email":%q,"password":%q%s}`, name, email, password, more)
	}
	const mail, good = "ada@example.com", "314-159-265"
	for name, c := range map[string]struct {
		body   string
		status int
		code   string
	}{
		"nothing": {`{}`, 400, "VALIDATION_ERROR"},
		"no name": {`{"email":"ada@example.com","password":"314-159-265"}`, 400, "VALIDATION_ERROR"},
		"null name": {`{"name":null,"email":"ada@example.com","password":"314-159-265"}`, 400,
			"VALIDATION_ERROR"},
		"number as name": {`{"name":5,"email":"ada@example.com","password":"314-159-265"}`, 400,
			"VALIDATION_ERROR"},
		"empty name, no address": {body("", "@example.com", good, ""), 400, "VALIDATION_ERROR"},
		"blank name":             {body("  ", mail, good, ""), 400, "VALIDATION_ERROR"},
		"long name":              {body(strings.Repeat("é", 201), mail, good, ""), 400, "VALIDATION_ERROR"},
		"control in name": {`{"name":"a\u0000b","email":"ada@example.com","password":"314-159-265"}`, 400,
			"VALIDATION_ERROR"},
		"line break in name": {`{"name":"a\r\nBcc: x","email":"ada@example.com","password":"314-159-265"}`, 400,
			"VALIDATION_ERROR"},
		"bad address":        {body("Ada", "ada", good, ""), 400, "VALIDATION_ERROR"},
		"short password":     {body("Ada", mail, "1234567", ""), 400, "PASSWORD_TOO_SHORT"},
		"empty password":     {body("Ada", mail, "", ""), 400, "PASSWORD_TOO_SHORT"},
		"long password":      {body("Ada", mail, strings.Repeat("x", 129), ""), 400, "PASSWORD_TOO_LONG"},
		"very long password": {body("Ada", mail, strings.Repeat("x", 60000), ""), 400, "PASSWORD_TOO_LONG"},
		"common password":    {body("Ada", mail, "Password123", ""), 400, "PASSWORD_TOO_COMMON"},
		"list as password": {`{"name":"Ada","email":"ada@example.com","password":["314-159-265"]}`, 400,
			"VALIDATION_ERROR"},
		"script as image":    {body("Ada", mail, good, `,"image":"javascript:alert(1)"`), 400, "VALIDATION_ERROR"},
		"http image":         {body("Ada", mail, good, `,"image":"http://a.example/x"`), 400, "VALIDATION_ERROR"},
		"image with a space": {body("Ada", mail, good, `,"image":"https://a.example/x y"`), 400, "VALIDATION_ERROR"},
		"image with a quote": {body("Ada", mail, good, `,"image":"https://a.example/\u00e9"`), 400, "VALIDATION_ERROR"},
		"long image": {body("Ada", mail, good, `,"image":"https://a.example/`+strings.Repeat("x", 2048)+`"`), 400,
			"VALIDATION_ERROR"},
		"null image":             {body("Ada", mail, good, `,"image":null`), 400, "VALIDATION_ERROR"},
		"a role":                 {body("Ada", mail, good, `,"role":"admin"`), 400, "FIELD_NOT_ALLOWED"},
		"the ordinary role":      {body("Ada", mail, good, `,"role":"user"`), 400, "FIELD_NOT_ALLOWED"},
		"a list of roles":        {body("Ada", mail, good, `,"role":["admin"]`), 400, "FIELD_NOT_ALLOWED"},
		"text as rememberMe":     {body("Ada", mail, good, `,"rememberMe":"yes"`), 400, "VALIDATION_ERROR"},
		"foreign callback":       {body("Ada", mail, good, `,"callbackURL":"//evil.example"`), 403, "INVALID_CALLBACK_URL"},
		"number as callback":     {body("Ada", mail, good, `,"callbackURL":1`), 400, ""},
		"taken":                  {body("Ada", "taken@example.com", good, ""), 422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"},
		"taken in other letters": {body("Ada", "TAKEN@Example.Com", good, ""), 422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"},
	} {
		t.Run(name, func(t *testing.T) { wantRefusal(t, post(r.browser(), "/sign-up/email", c.body), c.status, c.code) })
	}
	if users, sessions := r.count(&auth.User{}), r.count(&auth.Session{}); users != 1 || sessions != 0 {
		t.Errorf("%d users and %d sessions after refusals", users, sessions)
	}
}

func TestSignUpSetsOnlyWhatItSays(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		res := post(r.Client, "/sign-up/email", `{"name":"Ada","email":"ada@example.com","password":"314-159-265","id":"mine","emailVerified":true,
			"banned":true,"banReason":"x","createdAt":"2000-01-01T00:00:00.000Z","Role":"admin","ROLE":"admin","user":{"role":"admin"},"image":"https://a.example/x.png"}`)
		var u auth.User
		if err := db.Take(&u).Error; err != nil || res.StatusCode != 200 {
			t.Fatal(err, res.Text)
		}
		if u.ID == "mine" || u.EmailVerified || u.Banned || u.BanReason != nil || u.Role != "user" ||
			!u.CreatedAt.Equal(r.clock.Now()) || u.Image == nil || *u.Image != "https://a.example/x.png" {
			t.Errorf("%+v", u)
		}
	})
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	for _, email := range []string{
		"bob@x.example", "bob+1@x.example", "o'neil-smith_1@sub.x.example", "a.b.c@x-y.example", "b@1.example",
		"bob@xn--pp-6kc.example", "ivan@xn--e1afmkfd.xn--p1ai",
		strings.Repeat("a", 64) + "@x.example", "a@" + strings.Repeat("b.", 122) + "examples",
	} {
		if u := r.addUser(email, ""); u.Email != email {
			t.Errorf("%q is kept as %q", email, u.Email)
		}
	}
	bad := []string{
		"", "@", "a@b", "a@b.c", "a@.example", "@x.example", "a@@x.example", "a@b@x.example", ".a@x.example", "a.@x.example",
		"a..b@x.example", "a@x..example",
		"a@-x.example", "a@x-.example", "a@x.example.", "a@x.example-", "a@x_y.example", "a@[127.0.0.1]", "a@127.0.0.1",
		`"a"@x.example`, "a b@x.example", "Name <bob@x.example>",
		"<bob@x.example>", "bob@x.example, eve@x.example", "bob@x.example\nBcc: eve@x.example", " bob@x.example",
		"bob@x.example ", "bob@x.example\t", "\ufeffbob@x.example",
		"bo\u200bb@x.example", "bo\u00adb@x.example", "bob\uff20x.example", "bob\ufe6bx.example", "\u212aate@x.example",
		"b\u0131b@x.example", "ｂｏｂ@x.example", "bob@ｘ.example",
		"bob@x\u3002example", "böb@x.example", "bob@xé.example", "bob%40x.example", "bob@x.example%00", "bob@x.example\x00",
		"bob@x.exam\xffple", "a@x.e1", "a@x.xn--", "a@x.xn--p1-",
		strings.Repeat("a", 65) + "@x.example", "a@" + strings.Repeat("b.", 122) + "exampless", "mailto:bob@x.example",
		"bob!eve@x.example", "' OR 1=1 --@x.example",
	}
	for _, email := range bad {
		_, err := r.auth.CreateUser(t.Context(), nil, auth.NewUser{Name: "Bob", Email: email})
		var e *errs.Error
		if !errors.As(err, &e) || e.Status != 400 || e.Code != "VALIDATION_ERROR" || e.Fields["email"] == "" {
			t.Errorf("%q: %v", email, err)
		}
		if _, err := r.auth.UserByEmail(t.Context(), email); !errors.As(err, &e) || e.Code != "USER_NOT_FOUND" {
			t.Errorf("find %q: %v", email, err)
		}
	}
	if u, err := r.auth.UserByEmail(t.Context(), "BOB@X.Example"); err != nil || u.Email != "bob@x.example" {
		t.Errorf("%+v %v", u, err)
	}
	_, err := r.auth.CreateUser(t.Context(), nil, auth.NewUser{Name: "Bob", Email: "BOB@X.EXAMPLE"})
	if refusal(err) != "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL" {
		t.Errorf("the same address in capitals: %v", err)
	}
}

// Pages hand over what a form held; what no database keeps must be refused before one is asked.
func TestANameIsValidUTF8(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		w := httptest.NewRecorder()
		_, _, err := r.auth.SignUpEmail(w, httptest.NewRequest("POST", "/", nil),
			auth.Registration{Name: "a\xffb", Email: "ada@example.com", Password: "314-159-265"})
		if refusal(err) != "VALIDATION_ERROR" || len(w.Header()) > 0 {
			t.Errorf("%v %v", err, w.Header())
		}
	})
}

func TestEveryFaultOfASignUpIsTold(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	_, _, err := r.auth.SignUpEmail(httptest.NewRecorder(), httptest.NewRequest("POST", "/", nil),
		auth.Registration{Email: "x", Password: "y"})
	var e *errs.Error
	if !errors.As(err, &e) || e.Fields["name"] == "" || e.Fields["email"] == "" || e.Fields["password"] == "" {
		t.Errorf("%+v", err)
	}
}

func TestOfParallelSignUpsOneWins(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		var in, taken atomic.Int64
		atOnce(8, func(i int) {
			email := []string{"ada@example.com", "Ada@Example.com", "ADA@EXAMPLE.COM"}[i%3]
			res := post(r.browser(), "/sign-up/email", `{"name":"Ada","email":"`+email+`","password":"314-159-265"}`)
			switch {
			case res.StatusCode == 200:
				in.Add(1)
			case res.StatusCode == 422 && strings.Contains(res.Text, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL") &&
				len(res.Header["Set-Cookie"]) == 0:
				taken.Add(1)
			default:
				t.Errorf("%d %s", res.StatusCode, res.Text)
			}
		})
		if in.Load() != 1 || taken.Load() != 7 || r.count(&auth.User{}) != 1 || r.count(&auth.Account{}) != 1 ||
			r.count(&auth.Session{}) != 1 {
			t.Errorf("%d signed up, %d refused; %d users, %d accounts, %d sessions", in.Load(), taken.Load(),
				r.count(&auth.User{}), r.count(&auth.Account{}), r.count(&auth.Session{}))
		}
	})
}

// refusal is the code of a refusal, or the error as text.
func refusal(err error) string {
	var e *errs.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return fmt.Sprint(err)
}
