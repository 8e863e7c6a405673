package auth_test

import (
	"encoding/base64"
	"os"
	"strings"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
	"gorm.io/gorm"
)

func TestPasswordPolicy(t *testing.T) {
	const short, long, common = "PASSWORD_TOO_SHORT", "PASSWORD_TOO_LONG", "PASSWORD_TOO_COMMON"
	r := sqliteRig(t, auth.Options{AppName: "Foyer"})
	for _, c := range []struct{ name, password, code string }{
		{"7 characters", "xkcd936", short},
		{"8 characters", "xkcd936!", ""},
		{"8 after trimming none", "  xkcd  ", ""},
		{"spaces alone", strings.Repeat(" ", 8), ""},
		{"7 emoji", strings.Repeat("🦫", 7), short},
		{"8 emoji", "🦫🐢🦔🐙🦉🐝🦎🐬", ""},
		{"7 characters of 2 code points each, composed", strings.Repeat("e\u0301", 7), short},
		{"8 after composing", strings.Repeat("e\u0301", 8), ""},
		{"8 after expanding 4", strings.Repeat("ﬀ", 4), ""},
		{"7 after expanding", strings.Repeat("ﬀ", 3) + "x", short},
		{"128 characters", strings.Repeat("xkcd936!", 16), ""},
		{"129 characters", strings.Repeat("xkcd936!", 16) + "x", long},
		{"128 characters of 4 bytes", strings.Repeat("🦫", 128), ""},
		{"129 characters of 4 bytes", strings.Repeat("🦫", 129), long},
		{"129 after expanding 65", strings.Repeat("ﬀ", 65), long},
		{"512 that compose to 128", strings.Repeat("e\u0301", 128), ""},
		{"512 that stay", strings.Repeat("x", 512), long},
		{"513", strings.Repeat("x", 513), long},
		{"one that grows 18-fold, 512 times", strings.Repeat("\ufdfa", 512), long},
		{"no classes needed", "purplemonkeydishwasher", ""},
		{"a first line", "!qaz2wsx", common},
		{"common in capitals", "PASSWORD1", common},
		{"common in full-width letters", "ｐａｓｓｗｏｒｄ１", common},
		{"common and more", "password1 is not enough", ""},
		{"the address", "my-lovelace-9", common},
		{"the address in capitals", "my-LoveLace-9", common},
		{"the app", "foyerfoyer!", common},
		{"the app in capitals", "i love FOYER", common},
		{"the domain", "example.com-9", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			email := "lovelace@example.com"
			if c.code == "" {
				defer r.db.Where("email = ?", email).Delete(&auth.User{})
			}
			_, err := r.auth.CreateUser(t.Context(), nil, auth.NewUser{Name: "Ada", Email: email, Password: c.password})
			if err != nil && refusal(err) != c.code || err == nil && c.code != "" {
				t.Errorf("%v, want %q", err, c.code)
			}
		})
	}
	// Words of three letters are no clue.
	if _, err := r.auth.CreateUser(t.Context(), nil, auth.NewUser{Name: "Ada", Email: "ada@example.com", Password: "ada-is-purple-9"}); err != nil {
		t.Error(err)
	}
}

func TestEveryCommonPasswordIsRefused(t *testing.T) {
	raw, err := os.ReadFile("passwords.txt")
	if err != nil {
		t.Fatal(err)
	}
	r := sqliteRig(t, auth.Options{})
	lines := strings.Split(strings.TrimSuffix(string(raw), "\n"), "\n")
	if len(lines) < 10000 {
		t.Errorf("%d passwords, ASVS 6.2.4 and we want 10,000", len(lines))
	}
	for i, line := range lines {
		if i > 0 && lines[i-1] >= line || len(line) < auth.MinPassword || norm.NFKC.String(line) != line {
			t.Errorf("line %d, %q: twice, out of order, too short or never met in that form", i+1, line)
		}
		variants := []string{line, strings.ToUpper(line), strings.ToUpper(line[:1]) + line[1:]}
		if i%10 != 0 {
			variants = variants[:1]
		}
		for _, password := range variants {
			_, err := r.auth.CreateUser(t.Context(), nil, auth.NewUser{Name: "Ada", Email: "ada@example.com", Password: password})
			if refusal(err) != "PASSWORD_TOO_COMMON" {
				t.Fatalf("%q: %v", password, err)
			}
		}
	}
	lax := authtest.NewOn(t, r.db, auth.Options{AllowCommonPasswords: true})
	if _, err := lax.CreateUser(t.Context(), nil, auth.NewUser{Name: "Ada", Email: "ada@example.com", Password: lines[0]}); err != nil {
		t.Errorf("with the rule off: %v", err)
	}
}

// One password typed on two keyboards must be one.
func TestAPasswordIsNormalised(t *testing.T) {
	r := sqliteRig(t, auth.Options{})
	for i, c := range []struct{ chosen, typed string }{
		{"cafe\u0301 au lait", "caf\u00e9 au lait"},
		{"\u212bngstr\u00f6m units", "\u00c5ngstro\u0308m units"},
		{"ｃｏｒｒｅｃｔ－ｈｏｒｓｅ", "correct-horse"},
	} {
		email := string(rune('a'+i)) + "@example.com"
		if _, err := r.auth.CreateUser(t.Context(), nil, auth.NewUser{Name: "Ada", Email: email, Password: c.chosen}); err != nil {
			t.Fatal(err)
		}
		if res := post(r.browser(), "/sign-in/email", `{"email":"`+email+`","password":"`+c.typed+`"}`); res.StatusCode != 200 {
			t.Errorf("%q typed as %q: %d %s", c.chosen, c.typed, res.StatusCode, res.Text)
		}
	}
}

func TestNewHashesAreArgon2id(t *testing.T) {
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
			if len(parts) != 6 || strings.Join(parts[:4], "$") != "$argon2id$v=19$m=19456,t=2,p=1" || len(parts[4]) != 22 || len(parts[5]) != 43 {
				t.Errorf("%q", a.Password)
			}
			if a.ProviderID != "credential" || a.AccountID != a.UserID {
				t.Errorf("%+v", a)
			}
		}
	})
}

func TestBetterAuthsHashesVerifyAndAreReplaced(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		r.addAccount(r.addUser("ada@example.com", "").ID, legacy)
		wantRefusal(t, post(r.Client, "/sign-in/email", `{"email":"ada@example.com","password":"wrong-horse-1"}`), 401, "INVALID_EMAIL_OR_PASSWORD")
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

// weak is a cheap argon2id hash of correct-horse-1.
func weak() string {
	sum := argon2.IDKey([]byte("correct-horse-1"), []byte("saltsalt"), 1, 64, 1, 16)
	b64 := base64.RawStdEncoding.EncodeToString
	return "$argon2id$v=19$m=64,t=1,p=1$" + b64([]byte("saltsalt")) + "$" + b64(sum)
}

func TestWeakHashesAreReplacedAndStrongOnesKept(t *testing.T) {
	r := sqliteRig(t, authtest.Costly(auth.Options{}))
	r.addAccount(r.addUser("ada@example.com", "").ID, weak())
	if res := signIn(r.browser(), "ada@example.com"); res.StatusCode != 200 || !strings.HasPrefix(r.hash(), "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("%d %s, hash %q", res.StatusCode, res.Text, r.hash())
	}
	before := r.hash()
	if res := signIn(r.browser(), "ada@example.com"); res.StatusCode != 200 || r.hash() != before {
		t.Errorf("%d, hash %q became %q", res.StatusCode, before, r.hash())
	}
}

func TestMalformedHashesMatchNothing(t *testing.T) {
	r := sqliteRig(t, auth.Options{})
	id := r.addUser("ada@example.com", "").ID
	r.addAccount(id, "")
	salt, sum := strings.Repeat("A", 22), strings.Repeat("A", 43)
	hashes := []string{ // good but for their spelling
		strings.ReplaceAll(weak(), "m=64", "m=+64"), strings.ReplaceAll(weak(), "m=64", "m=064"), strings.ReplaceAll(weak(), "m=64", "m= 64"), strings.ReplaceAll(weak(), "p=1", "p=1,x"),
		strings.ReplaceAll(weak(), "p=1", "p=257"), strings.ReplaceAll(weak(), "t=1", "t=4294967297"), strings.ReplaceAll(weak(), "v=19", "v=18"), strings.ReplaceAll(weak(), "argon2id", "argon2i"),
		strings.ReplaceAll(weak(), "argon2id", "ARGON2ID"), weak() + "=", weak() + "$", " " + weak(), "x" + weak(),
	}
	for _, hash := range append(hashes,
		"", "correct-horse-1", ":", "$$$$$", "$argon2id$", "plain:correct-horse-1", legacy[:len(legacy)-2], legacy+"00", legacy[1:], "zz"+legacy[2:], strings.ReplaceAll(legacy, ":", "::"),
		"$argon2id$v=19$m=19456,t=2,p=1$"+salt+"$", "$argon2id$v=19$m=19456,t=2,p=1$$"+sum, "$argon2id$v=19$m=19456,t=2,p=1$"+salt+"$AAAA",
		"$argon2id$v=18$m=19456,t=2,p=1$"+salt+"$"+sum, "$argon2i$v=19$m=19456,t=2,p=1$"+salt+"$"+sum, "$argon2id$v=19$m=4294967295,t=1,p=1$"+salt+"$"+sum,
		"$argon2id$v=19$m=262145,t=1,p=1$"+salt+"$"+sum, "$argon2id$v=19$m=64,t=17,p=1$"+salt+"$"+sum, "$argon2id$v=19$m=64,t=0,p=1$"+salt+"$"+sum,
		"$argon2id$v=19$m=64,t=1,p=0$"+salt+"$"+sum, "$argon2id$v=19$m=64,t=1,p=17$"+salt+"$"+sum, "$argon2id$v=19$m=64,t=1,p=257$"+salt+"$"+sum,
		"$argon2id$v=19$m=-64,t=1,p=1$"+salt+"$"+sum, "$2a$10$"+strings.Repeat("x", 53),
	) {
		if err := r.db.Model(&auth.Account{}).Where("user_id = ?", id).Update("password", hash).Error; err != nil {
			t.Fatal(err)
		}
		wantRefusal(t, signIn(r.browser(), "ada@example.com"), 401, "INVALID_EMAIL_OR_PASSWORD")
		if r.hash() != hash {
			t.Errorf("%q was replaced", hash)
		}
	}
}
