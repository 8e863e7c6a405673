// Package config turns the environment into one checked value. It owns what each variable means and which combinations
// are refused. cmd/server reads only NO_COLOR, TEMPL_DEV_MODE and, to write keys, SERVICE_KEY_FILE itself.
package config

import (
	"cmp"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Config is the content of the environment, checked.
type Config struct {
	Addr                string // host:port to listen on: ADDR, or PORT on every interface
	AppURL              string // the origin in the browser's address bar: scheme://host[:port], no trailing slash
	Development         bool
	Secrets             []string // the first signs, all verify; empty only in development
	DatabaseURL         string   // postgres://… or file:…
	MaxConns            int      // to the database; 0 for the default of internal/database
	TrustedOrigins      []string // besides AppURL: origins that may call the API from a browser, and apps' schemes: myapp://
	TrustedProxies      []netip.Prefix
	LogLevel            slog.Level
	DrainDelay          time.Duration // how long requests are still accepted after a signal to stop
	RateLimit           bool          // off for benchmarks and client suites only // part:ratelimit
	CORS                bool          // pages of TrustedOrigins may read /api/auth // part:betterauth
	InsecureHTTP        bool          // production may be served over plain http
	EmailVerification   bool          // signing in requires a verified address
	MagicLink           bool          // people may log in by a mail with a link and a code // part:magiclink
	WireLinks           bool          // mailed links lead to /api/auth instead of the app's pages // part:betterauth
	RequireSecondFactor bool          // of admins // part:twofactor
	SMTPURL             string        // smtp:// or smtps://, may contain a password; "" sends no mail
	MailFrom            string        // the sender of mails
	ServiceKeyFile      string        // the key file of service tokens; "" for none // part:servicetoken
	ServiceKey          string        // or its text, which contains a private key // part:servicetoken
}

// Host is the host of AppURL, without the port.
func (c Config) Host() string {
	u, err := url.Parse(c.AppURL)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// DefaultDatabase is used where DATABASE_URL is not set.
const DefaultDatabase = "file:data/foyer.db"

// Load reads the environment and returns every fault at once, joined.
func Load(getenv func(string) string) (Config, error) {
	l := loader{getenv: getenv}
	c := Config{
		Addr:                l.addr("ADDR", "PORT"),
		DatabaseURL:         l.database("DATABASE_URL", DefaultDatabase),
		MaxConns:            l.connections("DATABASE_MAX_CONNS"),
		LogLevel:            l.level("LOG_LEVEL"),
		CORS:                l.choice("CORS", "off", "on") == "on", // part:betterauth
		InsecureHTTP:        l.choice("INSECURE_HTTP", "off", "on") == "on",
		EmailVerification:   l.choice("EMAIL_VERIFICATION", "on", "off") == "on",
		MagicLink:           l.choice("MAGIC_LINK", "off", "on") == "on",                  // part:magiclink
		WireLinks:           l.choice("MAIL_LINKS", "pages", "wire") == "wire",            // part:betterauth
		RequireSecondFactor: l.choice("REQUIRE_SECOND_FACTOR", "off", "admin") == "admin", // part:twofactor
		SMTPURL:             l.smtp("SMTP_URL"),
		MailFrom:            l.mailbox("MAIL_FROM"),
		ServiceKeyFile:      getenv("SERVICE_KEY_FILE"), // part:servicetoken
		ServiceKey:          getenv("SERVICE_KEY"),      // part:servicetoken
	}
	c.AppURL = l.origin("APP_URL", cmp.Or(getenv("APP_URL"), localURL(c.Addr)))
	for _, o := range list(getenv("TRUSTED_ORIGINS")) {
		c.TrustedOrigins = append(c.TrustedOrigins, l.trusted("TRUSTED_ORIGINS", o))
	}
	for _, p := range list(getenv("TRUSTED_PROXIES")) {
		c.TrustedProxies = append(c.TrustedProxies, l.prefix("TRUSTED_PROXIES", p))
	}
	c.Development = l.development("APP_ENV", c)
	lost := !c.Development && getenv("APP_URL") == ""
	l.faultIf(lost, "APP_URL", "is required in production, such as https://app.example")
	c.DrainDelay = l.drain("DRAIN_DELAY", c.Development)
	c.RateLimit = l.choice("RATE_LIMIT", "on", "off") == "on" // part:ratelimit
	c.Secrets = l.secrets("APP_SECRET", !c.Development || strings.HasPrefix(c.AppURL, "https://"))
	l.combinations(c)
	return c, errors.Join(l.faults...)
}

// combinations refuses values that are valid alone but not together.
func (l *loader) combinations(c Config) {
	if !c.InsecureHTTP && !c.Development {
		l.noPlainHTTP(c)
	}
	verifies := c.EmailVerification && !c.Development // without mail, no address could ever be verified
	l.faultIf(verifies && c.SMTPURL == "", "SMTP_URL", "is required in production, or EMAIL_VERIFICATION=off")
	// part:magiclink
	l.faultIf(c.MagicLink && !c.Development && c.SMTPURL == "", "SMTP_URL", "is required in production by MAGIC_LINK=on")
	// end:magiclink
	lost := (verifies || c.SMTPURL != "") && c.MailFrom == ""
	l.faultIf(lost, "MAIL_FROM", "is required to send mail, such as App <hello@app.example>")
	// part:ratelimit
	l.faultIf(!c.RateLimit && !c.Development, "RATE_LIMIT", "cannot be off in production")
	// end:ratelimit
	// part:servicetoken
	both := c.ServiceKeyFile != "" && c.ServiceKey != ""
	l.faultIf(both, "SERVICE_KEY", "and SERVICE_KEY_FILE are both given; keep one")
	// end:servicetoken
}

// Addr is where a server with this environment listens. A command that only asks that server needs no more of it.
func Addr(getenv func(string) string) (string, error) {
	l := loader{getenv: getenv}
	addr := l.addr("ADDR", "PORT")
	return addr, errors.Join(l.faults...)
}

func localURL(addr string) string {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		port = "8080"
	}
	return "http://localhost:" + port
}

func list(s string) (items []string) {
	for item := range strings.SplitSeq(s, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}
