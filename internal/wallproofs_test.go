package internal

import (
	"strings"
	"testing"
)

// TestWallsStand breaks every rule once: a checker that finds nothing here would find nothing anywhere.
func TestWallsStand(t *testing.T) {
	imports := func(pkg string) string { return "package p\nimport _ \"" + pkg + "\"\n" }
	inside := func(code string) string { return "package p\nfunc f() {\n" + code + "\n}\n" }
	using := func(pkg, code string) string { return "package p\nimport " + pkg + "\nfunc f() {\n" + code + "\n}\n" }
	cases := []struct{ file, text, want string }{
		{"web/x.go", imports("golang.org/x/crypto/bcrypt"), "hashing"},
		{"internal/notes/x.go", imports("golang.org/x/crypto/argon2"), "hashing"},
		{"cmd/server/x.go", imports("github.com/golang-jwt/jwt/v5"), "hashing"},
		{"web/x.go", imports("github.com/go-jose/go-jose/v4"), "hashing"},
		{"web/x.go", imports("github.com/go-webauthn/webauthn/protocol"), "hashing"},
		{"cmd/server/x.go", imports("golang.org/x/oauth2"), "hashing"},
		{"internal/notes/x.go", imports("github.com/coreos/go-oidc/v3/oidc"), "hashing"},
		{"web/x.go", imports("crypto/hmac"), "ask internal/keys"},
		{"internal/mail/x.go", imports("crypto/cipher"), "ask internal/keys"},
		{"internal/notes/x.go", imports("crypto/pbkdf2"), "ask internal/keys"},
		{"cmd/server/x.go", imports("crypto/ed25519"), "ask internal/keys"},
		{"web/x.go", imports("crypto/sha1"), "it is broken"},
		{"internal/auth/passkey/x.go", imports("crypto/md5"), "it is broken"},
		{"cmd/server/x.go", imports("os/exec"), "no other program"},
		{"internal/mail/x.go", imports("os/exec"), "no other program"},
		{"web/x.go", using(`"os"`, `os.StartProcess(name, nil, nil)`), "no other program"},
		{"web/x.go", using(`"syscall"`, `syscall.Exec(name, nil, nil)`), "no other program"},
		{"internal/auth/x.go", imports("math/rand/v2"), "randomness"},
		{"web/x.go", imports("gorm.io/gorm"), "touch no table"},
		{"views/x.go", imports("gorm.io/gorm/clause"), "touch no table"},
		{"internal/auth/x.go", imports("github.com/labstack/echo/v5"), "another router"},
		{"internal/auth/betterauth/admin/x.go", imports("app.test/web"), "another router"},
		{"internal/auth/betterauth/admin/x.go", imports("gorm.io/gorm"), "touches no table"},
		{"internal/auth/x.go", imports("app.test/internal/auth/betterauth"), "only cmd/server mounts it"},
		{"web/x.go", imports("app.test/internal/auth/betterauth"), "only cmd/server mounts it"},
		{"internal/payload/x.go", imports("app.test/internal/auth"), "below everything but"},
		{"internal/origins/x.go", imports("app.test/internal/keys"), "below everything but"},
		{"internal/auth/x.go", imports("app.test/views"), "another router"},
		{"internal/auth/x.go", imports("app.test/internal/config"), "another router"},
		{"internal/auth/x.go", imports("app.test/internal/database"), "another router"},
		{"internal/auth/twofactor/x.go", imports("app.test/internal/mail"), "another router"},
		{"internal/auth/betterauth/x.go", imports("app.test/internal/notes"), "another router"},
		{"internal/auth/password/x.go", imports("app.test/internal/auth"), "builds on"},
		{"internal/auth/password/x.go", imports("app.test/internal/auth/event"), "builds on"},
		{"internal/auth/event/x.go", imports("app.test/internal/ratelimit"), "builds on"},
		{"internal/auth/revoke/x.go", imports("app.test/internal/auth/event"), "builds on"},
		{"internal/auth/directory/x.go", imports("app.test/internal/auth"), "builds on"},
		{"views/x.go", imports("net/http"), "plain values"},
		{"views/x_templ.go", imports("app.test/internal/auth"), "plain values"},
		{"views/x.go", imports("os"), "plain values"},
		{"internal/errs/x.go", imports("app.test/internal/auth"), "below everything"},
		{"static/x.go", imports("app.test/internal/errs"), "below everything"},
		{"internal/keys/x.go", imports("app.test/internal/errs"), "below everything"},
		{"internal/notes/x.go", imports("app.test/internal/keys"), "sign and seal"},
		{"views/x.go", imports("app.test/internal/keys"), "plain values"},
		{"web/x.go", imports("app.test/internal/config"), "only cmd/server"},
		{"web/x.go", imports("app.test/internal/database"), "only cmd/server"},
		{"internal/notes/x.go", imports("app.test/internal/database"), "only cmd/server"},
		{"internal/notes/x.go", imports("app.test/migrations"), "only cmd/server"},
		{"internal/notes/x.go", imports("app.test/web"), "but a command"},
		{"internal/notes/x.go", imports("app.test/views"), "only web draws"},
		{"cmd/server/x.go", imports("app.test/internal/auth/authtest"), "for tests"},
		{"web/x.go", imports("app.test/internal/database/dbtest"), "only cmd/server"},
		{"internal/notes/x.go", imports("github.com/labstack/echo/v5"), "router"},

		{"web/x.go", inside(`http.SetCookie(w, c)`), "cookies"},
		{"web/x.go", inside(`c.SetCookie(x)`), "cookies"},
		{"web/x.go", inside(`x := http.Cookie{Name: "better-auth.session_token"}`), "cookies"},
		{"web/x.go", using(`h "net/http"`, `x := h.Cookie{Name: "better-auth.session_token"}`), "cookies"},
		{"web/x.go", inside(`c.Request().Cookie(CookiePrefix + ".session_token")`), "cookies"},
		{"web/x.go", inside(`for _, x := range r.Cookies() {}`), "cookies"},
		{"web/x.go", inside(`x := r.CookiesNamed(name)`), "cookies"},
		{"cmd/server/x.go", inside(`x, err := http.ParseCookie(line)`), "cookies"},
		{"web/x.go", inside(`line := r.Header.Get("Cookie")`), "reads cookies"},
		{"web/x.go", inside("lines := r.Header[`cookie`]"), "reads cookies"},
		{"web/x.go", inside(`w.Header().Add("Set-Cookie", "x=1")`), "writes a cookie"},
		{"cmd/server/x.go", inside("w.Header().Add(`set-cookie`, x)"), "writes a cookie"},
		{"web/x.go", inside(`return session.TokenHash`), "token's hash"},
		{"web/x.go", using(`"github.com/a-h/templ"`, `templ.Raw(name)`), "not escaped"},
		{"web/x.go", using(`t "github.com/a-h/templ"`, `t.Raw(name)`), "not escaped"},
		{"web/x.go", using(`"os"`, `os.Getenv("X")`), "environment"},
		{"internal/notes/x.go", using(`env "os"`, `env.LookupEnv("X")`), "environment"},
		{"internal/auth/x.go", using(`"fmt"`, `fmt.Println(token)`), "slog"},
		{"internal/auth/x.go", using(`say "log"`, `say.Fatal(token)`), "slog"},
		{"web/x.go", using(`. "os"`, `Getenv("X")`), "as a dot"},

		{"internal/notes/x.go", "package p\nfunc {", "cannot be parsed"},

		{"views/x.templ", `<button hx-on:click="x()">`, "hx-on"},
		{"views/x.templ", `<div hx-vals="js:{a: 1}">`, "js:"},
		{"views/x.templ", `<a href="javascript:void(0)">`, "javascript:"},
		{"views/x.templ", `<img src="/x" onerror="x()"/>`, "event handler"},
		{"views/x.templ", `<div hx-trigger="keyup[ctrlKey]">`, "trigger filter"},
		{"views/x.templ", `<p style="color: red">`, "inline style"},
		{"views/x.templ", `<p style={ color }>`, "inline style"},
		{"views/x.templ", `<style>p { color: red }</style>`, "inline style"},
		{"views/x.templ", "<script>\n alert(1)</script>", "script with a body"},
		{"views/x.templ", `<script type="application/json">{ data }</script>`, "script with a body"},
		{"views/x.templ", "package views\n\nscript greet(name string) {\n}", "script template"},
		{"views/x.templ", "package views\n\ncss red() {\n}", "css block"},
		{"views/x.templ", `@templ.Raw(name)`, "templ.Raw"},
		{"views/x.templ", `<body hx-boost="true">`, "hx-boost"},
		{"views/x.templ", `<script src="https://cdn.example/x.js"></script>`, "another site"},
	}
	for _, c := range cases {
		got := strings.Join(faults(t, "app.test", c.file, c.text), "; ")
		if !strings.Contains(got, c.want) || !strings.HasPrefix(got, c.file+":") && c.want != "cannot be parsed" {
			t.Errorf("%s\n%s\nfound %q, want %q", c.file, c.text, got, c.want)
		}
	}
}

// TestWallsHaveDoors: what is allowed is not refused.
func TestWallsHaveDoors(t *testing.T) {
	for _, c := range []struct{ file, text string }{
		{"internal/auth/x.go", "package p\nimport (\n_ \"golang.org/x/crypto/argon2\"\n_ \"gorm.io/gorm\"\n_ \"app.test/internal/errs\"\n)\n"},
		{"internal/auth/password/x.go", "package p\nimport (\n_ \"golang.org/x/crypto/scrypt\"\n_ \"app.test/internal/errs\"\n)\n"},
		{"internal/servicetoken/x.go", "package p\nimport _ \"github.com/go-jose/go-jose/v4/jwt\"\n"},
		{"internal/keys/x.go", "package p\nimport (\n_ \"crypto/cipher\"\n_ \"crypto/hkdf\"\n)\n"},
		{"internal/auth/twofactor/totp.go", "package p\nimport (\n_ \"crypto/hmac\"\n_ \"crypto/sha1\"\n)\n"}, // part:twofactor
		{"internal/auth/passkey/x.go", "package p\nimport (\n_ \"crypto/hmac\"\n_ \"app.test/internal/payload\"\n)\n"},
		{"cmd/server/backup_postgres.go", "package p\nimport _ \"os/exec\"\n"},
		{"web/cookies.go", "package p\nimport \"net/http\"\nfunc f() { r.Cookie(name); _ = http.Cookie{}; r.Header.Get(`Cookie`) }\n"},
		{"internal/notes/x.go", "package p\nimport (\n_ \"crypto/rand\"\n_ \"crypto/sha256\"\n_ \"crypto/tls\"\n)\n"},
		{"internal/notes/x.go", "package p\nimport (\n_ \"gorm.io/gorm\"\n_ \"app.test/internal/errs\"\n)\n"},
		{"web/x.go", "package p\nimport (\n_ \"app.test/internal/auth\"\n_ \"app.test/internal/keys\"\n_ \"app.test/internal/notes\"\n_ \"app.test/views\"\n)\nfunc f(s *auth.Session) { _ = auth.NewUser{Password: x}; slices.Delete(list, i, j) }\n"},
		{"cmd/server/x.go", "package p\nimport (\n_ \"app.test/internal/config\"\n_ \"app.test/migrations\"\n_ \"app.test/web\"\n)\nfunc f() { os.Getenv(`X`) }\n"},
		{"web/x_test.go", "package p\nimport (\n_ \"gorm.io/gorm\"\n_ \"app.test/internal/database\"\n)\nfunc f() { _ = http.Cookie{} }\n"},
		{"internal/database/dbtest/x.go", "package p\nimport _ \"app.test/migrations\"\nfunc f() { pool.ExecContext(ctx, sql) }\n"},
		{"internal/mail/x.templ", `<p style="color: red">`},
		{"views/x.templ", "package views\n\ntempl X(style string) {\n<p class=\"style\">on = js: { style }</p>\n<script src={ x } defer></script>\n<div hx-trigger=\"load\"></div>\n}"},
	} {
		if got := faults(t, "app.test", c.file, c.text); len(got) > 0 {
			t.Errorf("%s is refused: %q", c.file, got)
		}
	}
}
