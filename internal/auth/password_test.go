package auth_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"golang.org/x/crypto/argon2"
	"gorm.io/gorm"
)

// One password typed on two keyboards must be one.
func TestAPasswordIsNormalised(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{})
	for i, c := range []struct{ chosen, typed string }{
		{"cafe\u0301 au lait", "caf\u00e9 au lait"},
		{"\u212bngstr\u00f6m units", "\u00c5ngstro\u0308m units"},
		{"ｃｏｒｒｅｃｔ－ｈｏｒｓｅ", "correct-horse"},
	} {
		email := string(rune('a'+i)) + "@example.com"
		if _, err := r.auth.CreateUser(t.Context(), nil,
			auth.NewUser{Name: "Ada", Email: email, Password: c.chosen}); err != nil {
			t.Fatal(err)
		}
		if res := post(r.browser(), "/sign-in/email", `{"email":"`+email+`","password":"`+c.typed+
			`"}`); res.StatusCode != 200 {
			t.Errorf("%q typed as %q: %d %s", c.chosen, c.typed, res.StatusCode, res.Text)
		}
	}
}

func TestNewHashesAreArgon2id(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, authtest.Costly(auth.Options{}))
		r.SignUp("ada@example.com")
		r.browser().SignUp("bob@example.com")
		var accounts []auth.Account
		db.Find(&accounts)
		if len(accounts) != 2 || accounts[0].Password == accounts[1].Password {
			t.Fatalf("%d accounts, or one salt for two", len(accounts))
		}
		for _, a := range accounts {
			parts := strings.Split(a.Password, "$")
			if len(parts) != 6 || strings.Join(parts[:4], "$") != "$argon2id$v=19$m=19456,t=2,p=1" || len(parts[4]) != 22 ||
				len(parts[5]) != 43 {
				t.Errorf("%q", a.Password)
			}
			if a.ProviderID != "credential" || a.AccountID != a.UserID {
				t.Errorf("%+v", a)
			}
		}
	})
}

func TestBetterAuthsHashesVerifyAndAreReplaced(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		r.addAccount(r.addUser("ada@example.com", "").ID, legacy)
		wantRefusal(t, post(r.Client, "/sign-in/email", `{"email":"ada@example.com","password":"wrong-horse-1"}`), 401,
			"INVALID_EMAIL_OR_PASSWORD")
		if r.hash() != legacy {
			t.Fatal("a failed sign-in changed the hash")
		}
		for range 2 {
			if res := signIn(r.browser(), "ada@example.com"); res.StatusCode != 200 {
				t.Fatalf("%d %s", res.StatusCode, res.Text)
			}
			if !strings.HasPrefix(r.hash(), "$argon2id$") {
				t.Errorf("kept %q", r.hash())
			}
		}
	})
}

// weak is a cheap argon2id hash of 314-159-265.
func weak() string {
	sum := argon2.IDKey([]byte("314-159-265"), []byte("saltsalt"), 1, 64, 1, 16)
	b64 := base64.RawStdEncoding.EncodeToString
	return "$argon2id$v=19$m=64,t=1,p=1$" + b64([]byte("saltsalt")) + "$" + b64(sum)
}

func TestWeakHashesAreReplacedAndStrongOnesKept(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, authtest.Costly(auth.Options{}))
	r.addAccount(r.addUser("ada@example.com", "").ID, weak())
	if res := signIn(r.browser(), "ada@example.com"); res.StatusCode != 200 ||
		!strings.HasPrefix(r.hash(), "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("%d %s, hash %q", res.StatusCode, res.Text, r.hash())
	}
	before := r.hash()
	if res := signIn(r.browser(), "ada@example.com"); res.StatusCode != 200 || r.hash() != before {
		t.Errorf("%d, hash %q became %q", res.StatusCode, before, r.hash())
	}
}

// TestPasswordRules: the rules of package password hold for every new user, and options change them.
func TestPasswordRules(t *testing.T) {
	t.Parallel()
	r := sqliteRig(t, auth.Options{AppName: "Quill"})
	lax := authtest.NewOn(t, r.db, auth.Options{AppName: "Quill", AllowCommonPasswords: true})
	for typed, want := range map[string]string{
		"xkcd936": "PASSWORD_TOO_SHORT", strings.Repeat("x", 129): "PASSWORD_TOO_LONG", "password1": "PASSWORD_TOO_COMMON",
		"quillquill!": "PASSWORD_TOO_COMMON", "my-lovelace-9": "PASSWORD_TOO_COMMON",
	} {
		in := auth.NewUser{Name: "Ada", Email: "lovelace@example.com", Password: typed}
		if _, err := r.auth.CreateUser(t.Context(), nil, in); refusal(err) != want {
			t.Errorf("%q: %v, want %s", typed, err, want)
		}
		if want != "PASSWORD_TOO_COMMON" {
			continue
		}
		in.Email = strings.ReplaceAll(strings.TrimRight(typed, "!"), "lovelace", "ada") + "@example.com"
		if _, err := lax.CreateUser(t.Context(), nil, in); err != nil {
			t.Errorf("%q with the rule off: %v", typed, err)
		}
	}
}
