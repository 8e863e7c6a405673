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

// usageFault says which rule a piece of code breaks, "" where none. names are those of the file's imports.
func usageFault(name string, names map[string]string, n ast.Node) string {
	cookies := !within(path.Dir(name), "internal/auth") && !slices.Contains(cookieWriters, name)
	switch n := n.(type) {
	case *ast.SelectorExpr:
		if cookies && slices.Contains(cookieWords, n.Sel.Name) {
			return "touches cookies: only internal/auth does"
		}
		return selectorFault(name, names, n)
	case *ast.CallExpr:
		get, ok := n.Fun.(*ast.SelectorExpr)
		if cookies && ok && (get.Sel.Name == "Get" || get.Sel.Name == "Values") && len(n.Args) == 1 && isCookie(n.Args[0]) {
			return "reads cookies: only internal/auth does"
		}
	case *ast.IndexExpr:
		if cookies && isCookie(n.Index) {
			return "reads cookies: only internal/auth does"
		}
	case *ast.BasicLit:
		if cookies && n.Kind == token.STRING && strings.Contains(strings.ToLower(n.Value), "set-cookie") {
			return "writes a cookie: " + n.Value
		}
	}
	return ""
}

// cookieWords are what net/http and Echo have to read and write cookies.
var cookieWords = []string{
	"AddCookie", "Cookie", "Cookies", "CookiesNamed", "ParseCookie", "ParseSetCookie", "SetCookie",
}

// isCookie reports whether e is the name of the header of cookies.
func isCookie(e ast.Expr) bool {
	text, ok := e.(*ast.BasicLit)
	return ok && strings.EqualFold(strings.Trim(text.Value, "\"`"), "cookie")
}

func selectorFault(name string, names map[string]string, s *ast.SelectorExpr) string {
	dir, word := path.Dir(name), s.Sel.Name
	of := func(packages ...string) bool {
		id, ok := s.X.(*ast.Ident)
		return ok && slices.Contains(packages, names[id.Name])
	}
	switch {
	case word == "TokenHash" && !within(dir, "internal/auth"):
		return "reads a token's hash: only internal/auth does"
	case of("github.com/a-h/templ") && (word == "Raw" || strings.HasPrefix(word, "JSUnsafe")):
		return "templ." + word + " writes what is not escaped"
	case of("os") && slices.Contains([]string{"Getenv", "LookupEnv", "Environ"}, word) && dir != "cmd/server":
		return "reads the environment: only internal/config does, through cmd/server"
	case (of("os") && word == "StartProcess" || of("syscall") && slices.Contains([]string{"Exec", "ForkExec",
		"StartProcess"}, word)) && !within(name, mayRun...):
		return runsPrograms
	case of("fmt", "log") && slices.Contains([]string{"Print", "Printf", "Println", "Fatal", "Fatalf", "Fatalln"}, word):
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
