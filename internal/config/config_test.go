package config_test

import (
	"log/slog"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/config"
)

const strong, other = "aLkq3Zr0vC8mN5tXy7PbWd2fGh4jKs6u", "Zq1wEr2tYu3iOp4aSd5fGh6jKl7zXc8v"

func load(env map[string]string) (config.Config, error) {
	return config.Load(func(name string) string { return env[name] })
}

func TestDefaults(t *testing.T) {
	got, err := load(nil)
	want := config.Config{
		Addr: "127.0.0.1:8080", AppURL: "http://localhost:8080", Development: true, DatabaseURL: config.DefaultDatabase,
		LogLevel: slog.LevelInfo, EmailVerification: true,
	}
	want.RateLimit = true // part:ratelimit
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
}

func TestEverything(t *testing.T) {
	got, err := load(map[string]string{
		"ADDR": "0.0.0.0:80", "APP_URL": "https://App.Example:443/", "APP_ENV": "production",
		"APP_SECRET": strong + " , " + other, "PORT": "3000", "LOG_LEVEL": "warn", "DRAIN_DELAY": "1500ms",
		"DATABASE_URL": "postgres://app:pass@db/app", "DATABASE_MAX_CONNS": "40",
		"TRUSTED_ORIGINS": "https://one.example:443, https://two.example:8443, MyApp://,",
		"TRUSTED_PROXIES": "10.0.0.0/8, 192.0.2.7, fd00::/8", "INSECURE_HTTP": "on",
		"EMAIL_VERIFICATION": "on", "SMTP_URL": "smtps://app:pass@mail.example", "MAIL_FROM": "App <mail@app.example>",
		"CORS":                  "on",                 // part:betterauth
		"MAIL_LINKS":            "wire",               // part:betterauth
		"RATE_LIMIT":            "on",                 // part:ratelimit
		"REQUIRE_SECOND_FACTOR": "admin",              // part:twofactor
		"SERVICE_KEY_FILE":      "/etc/app/keys.json", // part:servicetoken
	})
	proxies := []string{"10.0.0.0/8", "192.0.2.7/32", "fd00::/8"}
	want := config.Config{
		Addr: "0.0.0.0:80", AppURL: "https://app.example", Secrets: []string{strong, other},
		DatabaseURL: "postgres://app:pass@db/app", MaxConns: 40, LogLevel: slog.LevelWarn,
		TrustedOrigins: []string{"https://one.example", "https://two.example:8443", "myapp://"},
		InsecureHTTP:   true, DrainDelay: 1500 * time.Millisecond,
		EmailVerification: true, SMTPURL: "smtps://app:pass@mail.example", MailFrom: "App <mail@app.example>",
		CORS:                true,                 // part:betterauth
		WireLinks:           true,                 // part:betterauth
		RateLimit:           true,                 // part:ratelimit
		RequireSecondFactor: true,                 // part:twofactor
		ServiceKeyFile:      "/etc/app/keys.json", // part:servicetoken
	}
	for _, proxy := range proxies {
		want.TrustedProxies = append(want.TrustedProxies, netip.MustParsePrefix(proxy))
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
}

// TestMode: development must be asked for, unless only this machine can reach the server.
func TestMode(t *testing.T) {
	cases := []struct {
		env, addr, url string
		development    bool
	}{
		{"", "", "", true},
		{"", "127.0.0.1:3000", "", true},
		{"", "[::1]:3000", "http://[::1]:3000", true},
		{"", "localhost:3000", "http://127.0.0.1:3000", true},
		{"", "127.0.0.5:3000", "", true},
		{"", "127.0.0.1:8080", "https://localhost", true},
		{"", "0.0.0.0:8080", "http://localhost:8080", false},
		{"", ":8080", "http://localhost:8080", false},
		{"", "[::]:8080", "http://localhost:8080", false},
		{"", "192.168.0.7:8080", "http://localhost:8080", false},
		{"", "127.0.0.1:8080", "https://app.example", false},
		{"", "127.0.0.1:8080", "http://localhost.evil.example", false},
		{"", "127.0.0.1:8080", "http://127.0.0.1.nip.io", false},
		{"development", "0.0.0.0:8080", "", true},
		{"development", "", "https://app.example", true},
		{"production", "", "http://localhost:8080", false},
	}
	for _, c := range cases {
		got, err := load(map[string]string{
			"APP_ENV": c.env, "ADDR": c.addr, "APP_URL": c.url, "APP_SECRET": strong,
			"EMAIL_VERIFICATION": "off", "INSECURE_HTTP": "on",
		})
		if err != nil || got.Development != c.development {
			t.Errorf("APP_ENV=%q ADDR=%q APP_URL=%q: development %t, %v", c.env, c.addr, c.url, got.Development, err)
		}
	}
}

// TestAppURLFollowsAddr: in development without APP_URL, links lead to the port that the server listens on.
func TestAppURLFollowsAddr(t *testing.T) {
	for addr, want := range map[string]string{
		"127.0.0.1:3000": "http://localhost:3000", "0.0.0.0:80": "http://localhost", "": "http://localhost:8080",
	} {
		got, err := load(map[string]string{"ADDR": addr, "APP_ENV": "development"})
		if err != nil || got.AppURL != want {
			t.Errorf("ADDR=%q: %q, %v", addr, got.AppURL, err)
		}
	}
}

// TestProductionNeedsAppURL: its mails would lead to localhost, and browsers would meet a 403 at every POST.
func TestProductionNeedsAppURL(t *testing.T) {
	for _, env := range []map[string]string{
		{"APP_ENV": "production"},
		{"APP_ENV": "production", "INSECURE_HTTP": "on"},
		{"APP_ENV": "production", "TRUSTED_ORIGINS": "https://app.example"},
		{"ADDR": "0.0.0.0:8080"},
		{"PORT": "3000"},
	} {
		env["APP_SECRET"], env["EMAIL_VERIFICATION"] = strong, "off"
		_, err := load(env)
		if err == nil || err.Error() != "APP_URL: is required in production, such as https://app.example" {
			t.Errorf("%v: %v", env, err)
		}
		env["APP_URL"] = "https://app.example"
		if _, err := load(env); err != nil {
			t.Errorf("%v: %v", env, err)
		}
	}
}

// TestPort: PORT listens on every interface, so it is no development; ADDR takes precedence.
func TestPort(t *testing.T) {
	for _, c := range []struct {
		port, addr, env, url, wantAddr, wantURL string
		development                             bool
	}{
		{"3000", "", "", "http://localhost", "0.0.0.0:3000", "http://localhost", false},
		{"3000", "", "development", "", "0.0.0.0:3000", "http://localhost:3000", true},
		{"80", "", "development", "", "0.0.0.0:80", "http://localhost", true},
		{"3000", "127.0.0.1:4000", "", "", "127.0.0.1:4000", "http://localhost:4000", true},
		{"no number", "127.0.0.1:4000", "", "", "127.0.0.1:4000", "http://localhost:4000", true},
	} {
		got, err := load(map[string]string{
			"PORT": c.port, "ADDR": c.addr, "APP_ENV": c.env, "APP_URL": c.url, "APP_SECRET": strong,
			"EMAIL_VERIFICATION": "off",
		})
		if err != nil || got.Addr != c.wantAddr || got.AppURL != c.wantURL || got.Development != c.development {
			t.Errorf("%+v: %s, %s, development %v, %v", c, got.Addr, got.AppURL, got.Development, err)
		}
	}
}

// TestDrainDelay: development does not wait, because it has no load balancer.
func TestDrainDelay(t *testing.T) {
	for env, want := range map[string]time.Duration{"development": 0, "production": 5 * time.Second} {
		got, err := load(map[string]string{
			"APP_ENV": env, "APP_URL": "http://localhost", "APP_SECRET": strong, "EMAIL_VERIFICATION": "off",
		})
		if err != nil || got.DrainDelay != want {
			t.Errorf("%s: %v, %v; want %v", env, got.DrainDelay, err, want)
		}
	}
}

// TestSecret: a missing, weak or copied secret keeps the server from starting wherever others can reach it.
func TestSecret(t *testing.T) {
	production := map[string]string{"APP_ENV": "production", "APP_URL": "https://app.example"}
	https := map[string]string{"APP_ENV": "development", "APP_URL": "https://app.example"}
	local := map[string]string{}
	cases := []struct {
		name   string
		env    map[string]string
		secret string
		fault  string
	}{
		{"production needs one", production, "", "APP_SECRET: is required"},
		{"so does https", https, "", "APP_SECRET: is required"},
		{"commas are none", production, " , ,", "APP_SECRET: is required"},
		{"development needs none", local, "", ""},
		{"good", production, strong, ""},
		{"good, hexadecimal", production, "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", ""},
		{"good, two", production, strong + "," + other, ""},
		{"short", production, strong[:31], "secret 1 is shorter"},
		{"short, in development too", local, "zebra-77", "secret 1 is shorter"},
		{"one letter", production, strings.Repeat("x", 64), "secret 1 is a repetition"},
		{"few letters", production, strings.Repeat("abcabd", 10) + "c", "secret 1 is a repetition"},
		{"a word again and again", production, strings.Repeat("correcthorse", 4), "secret 1 is a repetition"},
		{"an example", production, "this-is-my-Secret-and-nobody-knows-42", "secret 1 is an example"},
		{"changeme", production, "ChangeMe-ChangeMe-1234567890-abcdef", "secret 1 is an example"},
		{"the second is weak", production, strong + ",zebra-77", "secret 2 is shorter"},
		{"twice the same", production, strong + "," + strong, "secret 2 is given twice"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			env := map[string]string{"APP_SECRET": c.secret, "EMAIL_VERIFICATION": "off"}
			for k, v := range c.env {
				env[k] = v
			}
			got, err := load(env)
			if c.fault == "" {
				if err != nil || c.secret != "" && len(got.Secrets) == 0 {
					t.Errorf("%v, %d secrets", err, len(got.Secrets))
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.fault) {
				t.Fatalf("%v, want %q", err, c.fault)
			}
			for secret := range strings.SplitSeq(c.secret, ",") {
				if secret = strings.TrimSpace(secret); secret != "" && strings.Contains(err.Error(), secret) {
					t.Errorf("the fault quotes the secret: %v", err)
				}
			}
		})
	}
}

// TestEveryFaultAtOnce: one start reports every fault.
func TestEveryFaultAtOnce(t *testing.T) {
	_, err := load(map[string]string{
		"ADDR": "8080", "APP_URL": "app.example", "APP_ENV": "staging", "APP_SECRET": "zebra-7", "LOG_LEVEL": "loud",
		"DATABASE_URL":    "mysql://root:zebra-8@db/x",
		"TRUSTED_ORIGINS": "*, https://ok.example/path", "TRUSTED_PROXIES": "10.0.0.0/99, proxy",
	})
	if err == nil {
		t.Fatal("no fault is found")
	}
	counts := map[string]int{
		"ADDR: ": 1, "APP_URL: ": 1, "APP_ENV: ": 1, "APP_SECRET: ": 1, "DATABASE_URL: ": 1, "LOG_LEVEL: ": 1,
		"TRUSTED_ORIGINS: ": 2, "TRUSTED_PROXIES: ": 2,
	}
	for name, want := range counts {
		if n := strings.Count("\n"+err.Error(), "\n"+name); n != want {
			t.Errorf("%d faults about %s, want %d: %v", n, name, want, err)
		}
	}
	if strings.Contains(err.Error(), "zebra") {
		t.Errorf("a secret is quoted back: %v", err)
	}
}

func TestRefusedValues(t *testing.T) {
	cases := map[string][]string{
		"ADDR": {"8080", "localhost", "127.0.0.1:", "a:b:c"},
		"APP_URL": {
			"app.example", "//app.example", "ftp://app.example", "https://", "https://app.example/path", "https://:443",
			"https://app.example?x", "https://app.example#x", "https://u:zebra-7@app.example", "javascript:alert(1)",
		},
		"TRUSTED_ORIGINS": {
			"*", "null", "https://*.app.example/x", "app.example", "https://", "http://", "javascript://",
			"myapp", "myapp:", "myapp://home", "my app://", "1app://",
		},
		"MAIL_LINKS":      {"on", "Wire", "page"}, // part:betterauth
		"TRUSTED_PROXIES": {"*", "10.0.0.0/33", "10.0.0", "proxy.example", "0.0.0.0/0", "::/0"},
		"DATABASE_URL": {
			"mysql://db/x", "app.db", "/data/app.db", "postgres://", "file:", "file://host/x.db", "file:x.db?mode=memory",
			"sqlite://x.db",
		},
		"LOG_LEVEL":   {"loud", "7"},
		"PORT":        {"http", "0", "65536", "-1", "3000/tcp", " 3000"},
		"DRAIN_DELAY": {"5", "-1s", "soon", "6m"},
		"APP_ENV":     {"prod", "Development", "test"},

		"DATABASE_MAX_CONNS": {"3", "0", "-4", "many", "16.0", "1001"},
	}
	for name, values := range cases {
		for _, value := range values {
			_, err := load(map[string]string{name: value})
			if err == nil || !strings.HasPrefix(err.Error(), name+": ") {
				t.Errorf("%s=%q: %v", name, value, err)
			}
		}
	}
	for _, value := range []string{
		"postgres://u@h/d", "postgresql://u:p@h:5432/d?sslmode=require", "postgres://u@/d?host=/run/postgresql",
		"file:x.db", "file:/var/lib/x.db", "file:./data/x.db",
	} {
		if _, err := load(map[string]string{"DATABASE_URL": value}); err != nil {
			t.Errorf("DATABASE_URL=%q: %v", value, err)
		}
	}
}

// TestExampleFileNamesEveryVariable: .env.example lists the variables that are read, and no others.
func TestExampleFileNamesEveryVariable(t *testing.T) {
	var read []string
	config.Load(func(name string) string {
		if !slices.Contains(read, name) {
			read = append(read, name)
		}
		return ""
	})
	text, err := os.ReadFile("../../.env.example")
	if err != nil {
		t.Fatal(err)
	}
	example := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(line, "#") {
			example[name] = value
		}
	}
	for _, name := range read {
		if _, ok := example[name]; !ok {
			t.Errorf(".env.example does not name %s", name)
		}
	}
	for name := range example {
		if !slices.Contains(read, name) {
			t.Errorf(".env.example names %s, which the server does not read", name)
		}
	}
	got, err := load(example)
	if want, _ := load(nil); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("the values of .env.example are not the defaults: %+v, %v", got, err)
	}
}

// TestSwitches: limits can be off in development only, and words other than on and off are refused.
func TestSwitches(t *testing.T) {
	// part:betterauth
	if c, err := load(map[string]string{"CORS": "off"}); err != nil || c.CORS {
		t.Errorf("%+v, %v", c, err)
	}
	// end:betterauth
	// part:ratelimit
	if c, err := load(map[string]string{"RATE_LIMIT": "off"}); err != nil || c.RateLimit {
		t.Errorf("%+v, %v", c, err)
	}
	// end:ratelimit
	for _, env := range []map[string]string{
		{"INSECURE_HTTP": "true"},
		{"CORS": "true"},                    // part:betterauth
		{"MAGIC_LINK": "yes"},               // part:magiclink
		{"RATE_LIMIT": "no"},                // part:ratelimit
		{"REQUIRE_SECOND_FACTOR": "on"},     // part:twofactor
		{"REQUIRE_SECOND_FACTOR": "admins"}, // part:twofactor
		{"RATE_LIMIT": "off", "APP_ENV": "production", "APP_SECRET": strong}, // part:ratelimit
	} {
		if _, err := load(env); err == nil {
			t.Errorf("%v is accepted", env)
		}
	}
}

// part:magiclink

// TestMagicLinkNeedsMail: it is off unless it is turned on, and production then needs a mail server.
func TestMagicLinkNeedsMail(t *testing.T) {
	for _, c := range []struct {
		env, magic, smtp string
		on, refused      bool
	}{
		{"production", "on", "", true, true},
		{"production", "on", "smtp://mail.example", true, false},
		{"production", "", "", false, false},
		{"development", "on", "", true, false},
	} {
		got, err := load(map[string]string{
			"APP_ENV": c.env, "APP_URL": "https://app.example", "APP_SECRET": strong, "EMAIL_VERIFICATION": "off",
			"MAGIC_LINK": c.magic, "SMTP_URL": c.smtp, "MAIL_FROM": "mail@app.example",
		})
		refused := err != nil && strings.Contains(err.Error(), "SMTP_URL: ")
		if got.MagicLink != c.on || refused != c.refused || err != nil && !refused {
			t.Errorf("%+v: %v, %v", c, got.MagicLink, err)
		}
	}
}

// end:magiclink

// TestVerificationNeedsMail: without mail, no address could be verified, so no user could sign in.
func TestVerificationNeedsMail(t *testing.T) {
	for _, c := range []struct {
		env, verification, smtp, from string
		faults                        []string
	}{
		{"production", "", "", "", []string{"SMTP_URL: ", "MAIL_FROM: "}},
		{"production", "on", "smtp://mail.example", "", []string{"MAIL_FROM: "}},
		{"production", "on", "", "mail@app.example", []string{"SMTP_URL: "}},
		{"production", "on", "smtp://mail.example", "mail@app.example", nil},
		{"production", "off", "", "", nil},
		{"development", "", "", "", nil},
		{"development", "maybe", "", "", []string{"EMAIL_VERIFICATION: "}},
	} {
		got, err := load(map[string]string{
			"APP_ENV": c.env, "APP_URL": "https://app.example", "APP_SECRET": strong, "EMAIL_VERIFICATION": c.verification,
			"SMTP_URL": c.smtp, "MAIL_FROM": c.from,
		})
		if (err == nil) != (c.faults == nil) || got.EmailVerification != (c.verification != "off") {
			t.Errorf("%+v: %v, %v", c, got.EmailVerification, err)
		}
		for _, fault := range c.faults {
			if !strings.Contains(err.Error(), fault) {
				t.Errorf("%+v: %v lacks %s", c, err, fault)
			}
		}
	}
}

// part:servicetoken

// TestServiceKeys: the keys come from a file or from the environment; both together are refused.
func TestServiceKeys(t *testing.T) {
	c, err := load(map[string]string{"SERVICE_KEY": "zebra-7"})
	if err != nil || c.ServiceKey != "zebra-7" || c.ServiceKeyFile != "" {
		t.Errorf("%+v, %v", c, err)
	}
	_, err = load(map[string]string{"SERVICE_KEY": "zebra-7", "SERVICE_KEY_FILE": "keys.json"})
	if err == nil || !strings.HasPrefix(err.Error(), "SERVICE_KEY: ") || strings.Contains(err.Error(), "zebra") {
		t.Errorf("%v, want a fault that quotes nothing", err)
	}
}

// end:servicetoken
