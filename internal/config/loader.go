package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/foyer/internal/origins"
)

// loader reads one variable at a time and collects the faults. A variable that may contain a password or key is never
// quoted in a fault.
type loader struct {
	getenv func(string) string
	faults []error
	unread []string // variables whose file has a fault: they get no second one for being empty
}

func (l *loader) faultIf(bad bool, name, format string, args ...any) {
	if bad && !slices.Contains(l.unread, name) {
		l.faults = append(l.faults, fmt.Errorf(name+": "+format, args...))
	}
}

// secret is the variable name, or the text of the file that the variable name_FILE names, because platforms give
// secrets as files. A fault quotes neither: the secret itself may have been given in place of the path.
func (l *loader) secret(name string) string {
	value, file := l.getenv(name), name+"_FILE"
	path := l.getenv(file)
	if path == "" {
		return value
	}
	l.faultIf(value != "", name, "and %s are both given; keep one", file)
	text, err := os.ReadFile(path)
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	secret := strings.TrimRight(string(text), "\r\n")
	l.faultIf(err != nil, file, "names a file that cannot be read: %v", err)
	l.faultIf(err == nil && secret == "", file, "names an empty file")
	if secret == "" {
		l.unread = append(l.unread, name)
	}
	return secret
}

// addr is ADDR, or the port of PORT on every interface, because a platform that sets PORT sends its visitors there.
func (l *loader) addr(name, portName string) string {
	addr, port := l.getenv(name), l.getenv(portName)
	if addr == "" && port == "" {
		return "127.0.0.1:8080"
	}
	if addr == "" {
		n, err := strconv.ParseUint(port, 10, 16)
		l.faultIf(err != nil || n == 0, portName, "%q is no port number", port)
		return "0.0.0.0:" + strconv.FormatUint(n, 10)
	}
	_, port, err := net.SplitHostPort(addr)
	l.faultIf(err != nil || port == "", name, "%q is not host:port", addr)
	return addr
}

func (l *loader) origin(name, raw string) string {
	origin, ok := origins.Parse(raw)
	l.faultIf(!ok, name, "%q is not an origin such as https://app.example", raw)
	return cmp.Or(origin, raw)
}

func (l *loader) trusted(name, raw string) string {
	origin, ok := origins.ParseTrusted(raw)
	const fault = "%q is neither an origin such as https://app.example nor an app's scheme such as myapp://"
	l.faultIf(!ok, name, fault, raw)
	return origin
}

func (l *loader) prefix(name, raw string) netip.Prefix {
	if addr, err := netip.ParseAddr(raw); err == nil {
		return netip.PrefixFrom(addr, addr.BitLen())
	}
	p, err := netip.ParsePrefix(raw)
	l.faultIf(err != nil, name, "%q is neither an address nor a CIDR such as 10.0.0.0/8", raw)
	l.faultIf(p.Bits() == 0, name, "%q lets every visitor choose their own address", raw)
	return p
}

func (l *loader) level(name string) (level slog.Level) {
	raw := l.getenv(name)
	err := level.UnmarshalText([]byte(cmp.Or(raw, "info")))
	l.faultIf(err != nil, name, "%q is none of debug, info, warn, error", raw)
	return level
}

// database accepts what internal/database can open.
func (l *loader) database(name, def string) string {
	raw := cmp.Or(l.secret(name), def)
	u, err := url.Parse(raw)
	bad := err != nil || !isPostgres(u) && !isFile(u)
	l.faultIf(bad, name, "must be postgres://user@host/name or file:path/to.db")
	return raw
}

func isPostgres(u *url.URL) bool {
	return (u.Scheme == "postgres" || u.Scheme == "postgresql") && u.Host+u.Query().Get("host") != ""
}

func isFile(u *url.URL) bool {
	return u.Scheme == "file" && u.Opaque+u.Path != "" && u.Host+u.RawQuery == ""
}

// connections refuses fewer than 4: one listens for revocations, some write, and one must be left to read.
func (l *loader) connections(name string) int {
	raw := l.getenv(name)
	n, err := strconv.Atoi(raw)
	bad := err != nil || n < 4 || n > 1000
	l.faultIf(raw != "" && bad, name, "%q is no number of connections from 4 to 1000", raw)
	return n
}

// development is the default only if the server can be reached from this machine alone.
func (l *loader) development(name string, c Config) bool {
	if l.getenv(name) == "" {
		host, _, _ := net.SplitHostPort(c.Addr)
		return origins.Loopback(host) && origins.Loopback(c.Host())
	}
	return l.choice(name, "production", "development") == "development"
}

// choice is one of two words; def if the variable is empty.
func (l *loader) choice(name, def, other string) string {
	v := l.getenv(name)
	if v == other {
		return other
	}
	l.faultIf(v != "" && v != def, name, "%q is neither %s nor %s", v, def, other)
	return def
}

// smtp accepts the URLs that internal/mail can send by.
func (l *loader) smtp(name string) string {
	raw := l.secret(name)
	u, err := url.Parse(raw)
	known := err == nil && (u.Scheme == "smtp" || u.Scheme == "smtps")
	bad := !known || u.Hostname() == "" || u.Path+u.RawQuery+u.Fragment != ""
	l.faultIf(raw != "" && bad, name, "must be smtp://user:password@host:587 or smtps://user:password@host:465")
	return raw
}

func (l *loader) mailbox(name string) string {
	raw := l.getenv(name)
	_, err := mail.ParseAddress(raw)
	l.faultIf(raw != "" && err != nil, name, "%q is no address such as App <hello@app.example>", raw)
	return raw
}

// maxDrain is longer than any load balancer needs to notice; a longer delay is a mistake.
const maxDrain = 5 * time.Minute

func (l *loader) drain(name string, development bool) time.Duration {
	def := "5s"
	if development {
		def = "0s"
	}
	raw := cmp.Or(l.getenv(name), def)
	d, err := time.ParseDuration(raw)
	l.faultIf(err != nil || d < 0 || d > maxDrain, name, "%q is no duration such as 5s, of 5m at most", raw)
	return d
}
