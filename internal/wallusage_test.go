package internal

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
)

// usageFault says which rule a piece of code breaks, "" where none.
func usageFault(name string, n ast.Node) string {
	dir := path.Dir(name)
	switch n := n.(type) {
	case *ast.SelectorExpr:
		return selectorFault(name, n)
	case *ast.BasicLit:
		if n.Kind != token.STRING || within(dir, "internal/auth", "migrations") {
			return ""
		}
		if strings.Contains(strings.ToLower(n.Value), "set-cookie") && !slices.Contains(cookieWriters, name) {
			return "writes a cookie: " + n.Value
		}
	}
	return ""
}

func isName(e ast.Expr, names ...string) bool {
	id, ok := e.(*ast.Ident)
	return ok && slices.Contains(names, id.Name)
}

func selectorFault(name string, s *ast.SelectorExpr) string {
	dir, word := path.Dir(name), s.Sel.Name
	provider := within(dir, "internal/auth")
	switch {
	case (word == "SetCookie" || isName(s.X, "http") && word == "Cookie") && !provider &&
		!slices.Contains(cookieWriters, name):
		return "touches cookies: only internal/auth does"
	case word == "TokenHash" && !provider:
		return "reads a token's hash: only internal/auth does"
	case isName(s.X, "templ") && (word == "Raw" || strings.HasPrefix(word, "JSUnsafe")):
		return "templ." + word + " writes what is not escaped"
	case isName(s.X, "os") && slices.Contains([]string{"Getenv", "LookupEnv", "Environ"}, word) && dir != "cmd/server":
		return "reads the environment: only internal/config does, through cmd/server"
	case isName(s.X, "fmt", "log") && slices.Contains([]string{"Print", "Printf", "Println", "Fatal", "Fatalf",
		"Fatalln"}, word):
		return s.X.(*ast.Ident).Name + "." + word + ": write to what was handed in, or log with slog"
	}
	return ""
}

const inlineStyle = "an inline style"

// What a template may not hold: the CSP would refuse it, or htmx would have to evaluate it.
var templateRules = []struct {
	what string
	rule *regexp.Regexp
}{
	{"hx-on", regexp.MustCompile(`(?i)hx-on`)},
	{"a js: value", regexp.MustCompile(`(?i)["'{]\s*js:`)},
	{"a javascript: address", regexp.MustCompile(`(?i)javascript:`)},
	{"an event handler", regexp.MustCompile(`(?i)\son[a-z]+\s*\??=`)},
	{"a trigger filter", regexp.MustCompile(`(?i)hx-trigger\s*=\s*["{][^"}]*\[`)},
	{inlineStyle, regexp.MustCompile(`(?i)\sstyle\s*\??=|<style`)},
	{"a script with a body", regexp.MustCompile(`(?is)<script[^>]*>\s*[^<\s]`)},
	{"a script template", regexp.MustCompile(`(?m)^script\s+\w+\s*\(`)},
	{"a css block", regexp.MustCompile(`(?m)^css\s+\w+\s*\(`)},
	{"templ.Raw", regexp.MustCompile(`templ\.(Raw|JSUnsafe)`)},
	{"hx-boost", regexp.MustCompile(`hx-boost`)},
	{"another site's file", regexp.MustCompile(`(?i)(src|href)="(https?:)?//`)},
}

func templateFaults(name, text string) (list []string) {
	for _, r := range templateRules {
		if r.what == inlineStyle && within(path.Dir(name), "internal/mail") { // no CSP binds mails, and they have no sheet
			continue
		}
		if found := r.rule.FindStringIndex(text); found != nil {
			line := 1 + strings.Count(text[:found[0]], "\n")
			list = append(list, fmt.Sprintf("%s:%d: holds %s: %s", name, line, r.what,
				strings.TrimSpace(text[found[0]:found[1]])))
		}
	}
	return list
}
