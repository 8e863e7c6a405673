package internal

import (
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
)

var authTable = regexp.MustCompile(`(?i)\b(from|into|update|join|table)\s+"?(users|sessions|accounts|verifications)\b`)

// usageFault says which rule a piece of code breaks, "" where none.
func usageFault(name string, n ast.Node) string {
	dir := path.Dir(name)
	provider := within(dir, "internal/auth")
	switch n := n.(type) {
	case *ast.SelectorExpr:
		return selectorFault(name, n)
	case *ast.CallExpr:
		if slices.Contains(statementBuilders, name) {
			return ""
		}
		return callFault(n)
	case *ast.BasicLit:
		if n.Kind != token.STRING || provider || within(dir, "migrations") {
			return ""
		}
		if authTable.MatchString(n.Value) {
			return "names a table of internal/auth: " + n.Value
		}
		if strings.Contains(strings.ToLower(n.Value), "set-cookie") && !slices.Contains(cookieWriters, name) {
			return "writes a cookie: " + n.Value
		}
	case *ast.CompositeLit:
		if model(n.Type) != "" && !provider {
			return "makes a model of internal/auth: " + model(n.Type)
		}
	case *ast.ArrayType:
		if model(n.Elt) != "" && !provider {
			return "lists models of internal/auth, as a query would: []" + model(n.Elt)
		}
	case *ast.ValueSpec:
		if model(n.Type) != "" && !provider {
			return "declares a model of internal/auth, as a query would: " + model(n.Type)
		}
	}
	return ""
}

// model gives the name of a type that is a row of the auth tables, not a pointer to one.
func model(e ast.Expr) string {
	if s, ok := e.(*ast.SelectorExpr); ok && isName(s.X, "auth") && slices.Contains([]string{"User", "Session", "Account", "Verification"}, s.Sel.Name) {
		return "auth." + s.Sel.Name
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
	case (word == "SetCookie" || isName(s.X, "http") && word == "Cookie") && !provider && !slices.Contains(cookieWriters, name):
		return "touches cookies: only internal/auth does"
	case word == "TokenHash" && !provider:
		return "reads a token's hash: only internal/auth does"
	case isName(s.X, "auth") && (word == "Account" || word == "Verification") && !provider:
		return "knows auth." + word + ", which holds hashes: only internal/auth does"
	case isName(s.X, "templ") && (word == "Raw" || strings.HasPrefix(word, "JSUnsafe")):
		return "templ." + word + " writes what is not escaped"
	case isName(s.X, "os") && slices.Contains([]string{"Getenv", "LookupEnv", "Environ"}, word) && dir != "cmd/server":
		return "reads the environment: only internal/config does, through cmd/server"
	case isName(s.X, "fmt", "log") && slices.Contains([]string{"Print", "Printf", "Println", "Fatal", "Fatalf", "Fatalln"}, word):
		return s.X.(*ast.Ident).Name + "." + word + ": write to what was handed in, or log with slog"
	}
	return ""
}

// statementBuilders put statements together from constants of their own (columns of a list, names of channels, time-outs)
// or hand on GORM's. Name single files here, and read them well.
var statementBuilders = []string{
	"internal/auth/listen.go", "internal/auth/userlist.go", "internal/auth/userquery.go", "internal/database/bound.go", "internal/database/turn.go",
}

// GORM's methods that take text into the statement as it is, by the position of that text.
var statementText = map[string]int{
	"Where": 0, "Or": 0, "Not": 0, "Having": 0, "Order": 0, "Group": 0, "Joins": 0, "Table": 0, "Pluck": 0, "Raw": 0, "Exec": 0,
	"ExecContext": 1, "QueryContext": 1, "QueryRowContext": 1, "PrepareContext": 1,
	"First": 1, "Last": 1, "Take": 1, "Find": 1, "Delete": 1, "FirstOrCreate": 1, "FirstOrInit": 1,
}

// callFault: conditions, orders and statements are literal text with ? for values. A struct drops the fields
// that are zero, so that a missing token matches every row; a variable goes into the statement as it is.
func callFault(c *ast.CallExpr) string {
	s, ok := c.Fun.(*ast.SelectorExpr)
	if !ok || isName(s.X, "cmp", "slices", "maps", "strings", "bytes", "errors", "templ") {
		return ""
	}
	i, known := statementText[s.Sel.Name]
	if !known || len(c.Args) <= i || literal(c.Args[i]) {
		return ""
	}
	return s.Sel.Name + " takes something else than literal text"
}

func literal(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return e.Kind == token.STRING
	case *ast.BinaryExpr:
		return e.Op == token.ADD && literal(e.X) && literal(e.Y)
	case *ast.ParenExpr:
		return literal(e.X)
	}
	return false
}

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
	{"an inline style", regexp.MustCompile(`(?i)\sstyle\s*\??=|<style`)},
	{"a script with a body", regexp.MustCompile(`(?is)<script[^>]*>\s*[^<\s]`)},
	{"a script template", regexp.MustCompile(`(?m)^script\s+\w+\s*\(`)},
	{"a css block", regexp.MustCompile(`(?m)^css\s+\w+\s*\(`)},
	{"templ.Raw", regexp.MustCompile(`templ\.(Raw|JSUnsafe)`)},
	{"hx-boost", regexp.MustCompile(`hx-boost`)},
	{"another site's file", regexp.MustCompile(`(?i)(src|href)="(https?:)?//`)},
}

func templateFaults(text string) (list []string) {
	for _, r := range templateRules {
		if found := r.rule.FindString(text); found != "" {
			list = append(list, "holds "+r.what+": "+strings.TrimSpace(found))
		}
	}
	return list
}
