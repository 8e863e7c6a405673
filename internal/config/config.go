// Package config turns the environment into one checked value. It owns what each variable means and
// which combinations are refused; nothing else in the program reads the environment.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Config is everything the environment can say, checked.
type Config struct {
	Addr              string // host:port to listen on: ADDR, or PORT on every interface
	AppURL            string // the origin people type: scheme://host[:port], no trailing slash
	Development       bool
	Secrets           []string // the first signs, all verify; empty only in development
	DatabaseURL       string   // postgres://… or file:…
	MaxConns          int      // to the database; 0 for what internal/database thinks right
	TrustedOrigins    []string // origins, besides AppURL, that may call the API from a browser, and apps' schemes: myapp://
	TrustedProxies    []netip.Prefix
	LogLevel          slog.Level
	DrainDelay        time.Duration // how long requests are still taken after a signal to stop
	RateLimit         bool          // off for benchmarks and client suites only // part:ratelimit
	CORS              bool          // TrustedOrigins' pages may read /api/auth
	InsecureHTTP      bool          // production may be served over plain http
	EmailVerification bool          // nobody signs in before their address is confirmed
	WireLinks         bool          // mails lead to /api/auth itself, past the app's pages // part:betterauth
	SMTPURL           string        // smtp:// or smtps://, "" where no mail is sent; may hold a password
	MailFrom          string        // what mails come from
	ServiceKeyFile    string        // the key file of service tokens; "" for none // part:servicetoken
	ServiceKey        string        // or its text; holds a private key // part:servicetoken
}

// Host is the host of AppURL, without the port.
func (c Config) Host() string {
	u, err := url.Parse(c.AppURL)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// Load reads the environment and returns every fault at once, joined.
func Load(getenv func(string) string) (Config, error) {
	l := loader{getenv: getenv}
	c := Config{
		Addr:        l.addr("ADDR", l.port("PORT")),
		DatabaseURL: l.database("DATABASE_URL", "file:data/foyer.db"),
		MaxConns:    l.connections("DATABASE_MAX_CONNS"),
		LogLevel:    l.level("LOG_LEVEL"),
	}
	c.AppURL = l.origin("APP_URL", or(getenv("APP_URL"), localURL(c.Addr)))
	for _, o := range list(getenv("TRUSTED_ORIGINS")) {
		c.TrustedOrigins = append(c.TrustedOrigins, l.trusted("TRUSTED_ORIGINS", o))
	}
	for _, p := range list(getenv("TRUSTED_PROXIES")) {
		c.TrustedProxies = append(c.TrustedProxies, l.prefix("TRUSTED_PROXIES", p))
	}
	c.Development = l.development("APP_ENV", c)
	c.DrainDelay = l.drain("DRAIN_DELAY", c.Development)
	// part:ratelimit
	c.RateLimit = l.on("RATE_LIMIT", true)
	if !c.RateLimit && !c.Development {
		l.fault("RATE_LIMIT", "cannot be off in production")
	}
	// end:ratelimit
	c.CORS = l.on("CORS", false)
	c.InsecureHTTP = l.on("INSECURE_HTTP", false)
	if !c.InsecureHTTP && !c.Development {
		l.noPlainHTTP(c)
	}
	c.WireLinks = l.choice("MAIL_LINKS", "pages", "wire") == "wire" // part:betterauth
	c.SMTPURL, c.MailFrom = l.smtp("SMTP_URL"), l.mailbox("MAIL_FROM")
	c.EmailVerification = l.on("EMAIL_VERIFICATION", true)
	needed := c.EmailVerification && !c.Development // else nobody could ever come in
	if needed && getenv("SMTP_URL") == "" {
		l.fault("SMTP_URL", "is required in production, or EMAIL_VERIFICATION=off")
	}
	if (needed || c.SMTPURL != "") && getenv("MAIL_FROM") == "" {
		l.fault("MAIL_FROM", "is required to send mail, such as Foyer <hello@app.example>")
	}
	// part:servicetoken
	if c.ServiceKeyFile, c.ServiceKey = getenv("SERVICE_KEY_FILE"), getenv("SERVICE_KEY"); c.ServiceKeyFile != "" && c.ServiceKey != "" {
		l.fault("SERVICE_KEY", "and SERVICE_KEY_FILE are both given; keep one")
	}
	// end:servicetoken
	c.Secrets = l.secrets("APP_SECRET", !c.Development || strings.HasPrefix(c.AppURL, "https://"))
	return c, errors.Join(l.faults...)
}

type loader struct {
	getenv func(string) string
	faults []error
}

func (l *loader) fault(name, format string, args ...any) {
	l.faults = append(l.faults, fmt.Errorf(name+": "+format, args...))
}

func (l *loader) addr(name, def string) string {
	addr := or(l.getenv(name), def)
	if _, port, err := net.SplitHostPort(addr); err != nil || port == "" {
		l.fault(name, "%q is not host:port", addr)
	}
	return addr
}

// port is where to listen without ADDR. A platform that gives a port sends visitors from outside to it.
func (l *loader) port(name string) (addr string) {
	raw := l.getenv(name)
	if raw == "" || l.getenv("ADDR") != "" {
		return "127.0.0.1:8080"
	}
	if n, err := strconv.ParseUint(raw, 10, 16); err != nil || n == 0 {
		l.fault(name, "%q is no port number", raw)
		return "127.0.0.1:8080"
	}
	return "0.0.0.0:" + raw
}

func (l *loader) origin(name, raw string) string {
	u, err := url.Parse(strings.TrimSuffix(raw, "/"))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.Path+u.RawQuery+u.Fragment != "" || u.User != nil {
		l.fault(name, "%q is not an origin such as https://app.example", raw)
		return raw
	}
	port := map[string]string{"http": ":80", "https": ":443"}[u.Scheme] // browsers leave it out
	return u.Scheme + "://" + strings.TrimSuffix(strings.ToLower(u.Host), port)
}

// trusted accepts an origin or the scheme of a phone's app.
func (l *loader) trusted(name, raw string) string {
	if scheme := strings.ToLower(raw); appScheme.MatchString(scheme) && scheme != "http://" && scheme != "https://" {
		return scheme
	}
	return l.origin(name, raw)
}

// appScheme is what myapp:// looks like. The provider knows the schemes that are no app's.
var appScheme = regexp.MustCompile(`^[a-z][a-z0-9+.-]*://$`)

func (l *loader) prefix(name, raw string) netip.Prefix {
	if addr, err := netip.ParseAddr(raw); err == nil {
		return netip.PrefixFrom(addr, addr.BitLen())
	}
	p, err := netip.ParsePrefix(raw)
	if err != nil {
		l.fault(name, "%q is neither an address nor a CIDR such as 10.0.0.0/8", raw)
	} else if p.Bits() == 0 {
		l.fault(name, "%q would let every visitor say where they come from", raw)
	}
	return p
}

func (l *loader) level(name string) (level slog.Level) {
	if err := level.UnmarshalText([]byte(or(l.getenv(name), "info"))); err != nil {
		l.fault(name, "%q is none of debug, info, warn, error", l.getenv(name))
	}
	return level
}

// database accepts what internal/database can open. The value may hold a password: it is never quoted back.
func (l *loader) database(name, def string) string {
	raw := or(l.getenv(name), def)
	u, err := url.Parse(raw)
	switch {
	case err == nil && (u.Scheme == "postgres" || u.Scheme == "postgresql") && (u.Host != "" || u.Query().Get("host") != ""):
	case err == nil && u.Scheme == "file" && u.Opaque+u.Path != "" && u.Host == "" && u.RawQuery == "":
	default:
		l.fault(name, "must be postgres://user@host/name or file:path/to.db")
	}
	return raw
}

// connections: fewer than 4 leave none to readers, beside the listener for revocations and those who write.
func (l *loader) connections(name string) int {
	raw := l.getenv(name)
	n, err := strconv.Atoi(raw)
	if raw != "" && (err != nil || n < 4 || n > 1000) {
		l.fault(name, "%q is no number of connections from 4 to 1000", raw)
	}
	return n
}

// development: an unset APP_ENV means development only where nobody else can reach the server.
func (l *loader) development(name string, c Config) bool {
	switch env := l.getenv(name); env {
	case "development":
		return true
	case "production":
		return false
	case "":
		host, _, _ := net.SplitHostPort(c.Addr)
		u, err := url.Parse(c.AppURL)
		return err == nil && loopback(host) && loopback(u.Hostname())
	default:
		l.fault(name, "%q is neither development nor production", env)
		return false
	}
}

func (l *loader) on(name string, def bool) bool {
	if def {
		return l.choice(name, "on", "off") == "on"
	}
	return l.choice(name, "off", "on") == "on"
}

// choice is one of two words, the first where neither is given.
func (l *loader) choice(name, def, other string) string {
	switch v := l.getenv(name); v {
	case other:
		return other
	case "", def:
	default:
		l.fault(name, "%q is neither %s nor %s", v, def, other)
	}
	return def
}

// smtp accepts what internal/mail can send by. The value may hold a password: it is never quoted back.
func (l *loader) smtp(name string) string {
	raw := l.getenv(name)
	u, err := url.Parse(raw)
	if raw != "" && (err != nil || u.Scheme != "smtp" && u.Scheme != "smtps" || u.Hostname() == "" || u.Path+u.RawQuery+u.Fragment != "") {
		l.fault(name, "must be smtp://user:password@host:587 or smtps://user:password@host:465")
	}
	return raw
}

func (l *loader) mailbox(name string) string {
	raw := l.getenv(name)
	if _, err := mail.ParseAddress(raw); raw != "" && err != nil {
		l.fault(name, "%q is no address such as Foyer <hello@app.example>", raw)
	}
	return raw
}

// maxDrain is longer than any load balancer takes to notice, and short enough to be no mistake.
const maxDrain = 5 * time.Minute

func (l *loader) drain(name string, development bool) time.Duration {
	def := "5s"
	if development {
		def = "0s"
	}
	raw := or(l.getenv(name), def)
	d, err := time.ParseDuration(raw)
	if err != nil || d < 0 || d > maxDrain {
		l.fault(name, "%q is no duration such as 5s, of 5m at most", raw)
	}
	return d
}

// secrets never appear in a fault: it says which one is bad, not what it is.
func (l *loader) secrets(name string, required bool) []string {
	secrets := list(l.getenv(name))
	if required && len(secrets) == 0 {
		l.fault(name, "is required; make one with: openssl rand -base64 32")
	}
	seen := map[string]bool{}
	for i, s := range secrets {
		if why := weak(s); why != "" {
			l.fault(name, "secret %d is %s; make one with: openssl rand -base64 32", i+1, why)
		}
		if seen[s] {
			l.fault(name, "secret %d is given twice", i+1)
		}
		seen[s] = true
	}
	return secrets
}

// weak says what is wrong with a secret, or nothing. 32 characters of base64 carry 192 random bits;
// sixteen of hexadecimal digits, the poorest alphabet in use, still show 8 different ones.
func weak(s string) string {
	chars := map[rune]bool{}
	for _, c := range s {
		chars[c] = true
	}
	low := strings.ToLower(s)
	switch {
	case len(s) < 32:
		return "shorter than 32 characters"
	case len(chars) < 8, strings.Contains((s + s)[1:2*len(s)-1], s):
		return "a repetition"
	case strings.Contains(low, "secret"), strings.Contains(low, "example"), strings.Contains(low, "change"), strings.Contains(low, "password"):
		return "an example"
	}
	return ""
}

func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

func localURL(addr string) string {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		port = "8080"
	}
	return "http://localhost:" + port
}

func or(s, def string) string {
	if s == "" {
		return def
	}
	return s
}

func list(s string) (items []string) {
	for _, item := range strings.Split(s, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}
