package internal

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/constant"
	"go/types"
	"regexp"
	"slices"
	"strings"

	"gorm.io/gorm/schema"
)

// This file holds the walls around the database. They look at types, because an alias, a field, a type argument or an
// inferred type hides from the text alone what reaches gorm. A row is a struct of internal/auth with an ID.

// authTables are the tables that only internal/auth touches. TestWallsKnowAuthTables fails where a row of it has none,
// and TestWallsKnowEveryTable where neither this list nor otherTables has a table of the template.
var authTables = []string{
	"users", "sessions", "accounts", "verifications",
	"two_factors", "recovery_codes", "trusted_devices", "second_steps", // part:twofactor
	"passkeys", "passkey_handles", "passkey_challenges", // part:passkey
	"magic_links", // part:magiclink
}

// otherTables are the template's tables that belong to other packages.
var otherTables = []string{
	"mails",
	"rate_limits",                                 // part:ratelimit
	"audit_events", "audit_private", "audit_head", // part:audit
}

// shownRows are the rows that others may know. The rest hold hashes.
var shownRows = []string{
	"User", "Session",
	"TrustedDevice", // part:twofactor
	"Passkey",       // part:passkey
}

// askAuth says what to do instead of touching a row.
const askAuth = "; keep the id of the user (OwnerID string) and call a verb of internal/auth for the rest"

var (
	authNames = `(` + strings.Join(authTables, "|") + `)\b`
	// authTable finds one of authTables where a statement or a tag of gorm names tables.
	authTable = regexp.MustCompile(`(?is)\b(from|into|update|join|table|truncate|using|references)` +
		`(\s|/\*.*?\*/)+(only\s+)?` +
		`([\w."]+(\s+(as\s+)?\w+)?\s*,\s*)*` + // what stands before it in a list of tables
		"([\"`\\[]?\\w+[\"`\\]]?\\s*\\.\\s*)?[\"`\\[]?" + authNames + `|many2many:\s*` + authNames)
	// authTableAlone finds one in what is nothing but names of tables.
	authTableAlone = regexp.MustCompile("(?i)(^|[\\s,.\"`\\[])" + authNames)
)

// databaseFaults lists which rules of this file a package breaks, with file and line.
func databaseFaults(p *checked) (list []string) {
	if within(p.dir, helpers...) {
		return nil
	}
	rules := []func(ast.Node) string{p.textFault}
	if !within(p.dir, "internal/auth", "migrations") {
		rules = append(rules, p.gormFault, p.typeArgumentFault, p.statementFault)
		rules = append(rules, p.tagFault, p.tableNameFault, p.clauseFault)
		list = p.nameFaults()
	}
	for _, file := range p.files {
		ast.Inspect(file, func(n ast.Node) bool {
			for _, rule := range rules {
				if why := rule(n); why != "" {
					list = append(list, p.at(n)+why)
					return false // what is inside is part of the same fault
				}
			}
			return true
		})
	}
	return list
}

func (p *checked) at(n ast.Node) string {
	at := p.fset.Position(n.Pos())
	return fmt.Sprintf("%s:%d: ", at.Filename, at.Line)
}

// nameFaults: a domain package may take and return pointers to the rows that others may know. A field, a variable, a
// list or a map of them is one step away from a query. web, which has no gorm, may keep pointers.
func (p *checked) nameFaults() (list []string) {
	for _, file := range p.files {
		allowed := map[*ast.Ident]bool{}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncType:
				for _, fields := range []*ast.FieldList{n.Params, n.Results} {
					for _, field := range fieldsOf(fields) {
						allowed[pointedAt(field.Type)] = true
					}
				}
			case *ast.StarExpr:
				allowed[pointedAt(n)] = allowed[pointedAt(n)] || within(p.dir, "web")
			case *ast.Ident:
				row, ok := p.Uses[n].(*types.TypeName)
				if !ok || !p.isRow(row) || allowed[n] && slices.Contains(shownRows, row.Name()) {
					break
				}
				why := "a domain package knows it as a pointer that a function takes or returns"
				if !slices.Contains(shownRows, row.Name()) {
					why = "it holds hashes"
				}
				list = append(list, p.at(n)+"names auth."+row.Name()+": "+why+askAuth)
			}
			return true
		})
	}
	return list
}

func fieldsOf(l *ast.FieldList) []*ast.Field {
	if l == nil {
		return nil
	}
	return l.List
}

// pointedAt gives the name of a type in a pointer to it, nil where e is none.
func pointedAt(e ast.Expr) *ast.Ident {
	star, ok := e.(*ast.StarExpr)
	if !ok {
		return nil
	}
	if s, ok := star.X.(*ast.SelectorExpr); ok {
		return s.Sel
	}
	id, _ := star.X.(*ast.Ident)
	return id
}

// isRow reports whether name is a struct with an ID, of internal/auth or a package below it.
func (p *checked) isRow(name *types.TypeName) bool {
	if name.Pkg() == nil || !within(p.ownPath(name.Pkg()), "internal/auth") {
		return false
	}
	s, ok := name.Type().Underlying().(*types.Struct)
	if !ok {
		return false
	}
	for field := range s.Fields() {
		if field.Name() == "ID" && types.Identical(field.Type(), types.Typ[types.String]) {
			return true
		}
	}
	return false
}

// ownPath is the path of a package within this module, "" for those of others.
func (p *checked) ownPath(pkg *types.Package) string {
	own, isOwn := strings.CutPrefix(pkg.Path(), p.module+"/")
	if !isOwn {
		return ""
	}
	return own
}

// rowIn says which row a value of type t holds or points to, or would be stored as; "" where none.
func (p *checked) rowIn(t types.Type) string { return p.rowBelow(t, map[types.Type]bool{}) }

func (p *checked) rowBelow(t types.Type, seen map[types.Type]bool) string {
	t = types.Unalias(t)
	if seen[t] {
		return ""
	}
	seen[t] = true
	switch t := t.(type) {
	case *types.Named:
		if why := p.storedAs(t); why != "" {
			return why
		}
		return p.rowBelow(t.Underlying(), seen)
	case *types.Struct:
		for field := range t.Fields() {
			if why := p.rowBelow(field.Type(), seen); why != "" {
				return why
			}
		}
	case *types.Tuple:
		for v := range t.Variables() {
			if why := p.rowBelow(v.Type(), seen); why != "" {
				return why
			}
		}
	case *types.Map:
		return cmp.Or(p.rowBelow(t.Key(), seen), p.rowBelow(t.Elem(), seen))
	case interface{ Elem() types.Type }: // pointers, lists, channels
		return p.rowBelow(t.Elem(), seen)
	}
	return ""
}

// storedAs says which row t is. A type of a domain package is one too where gorm would derive the table from its name.
func (p *checked) storedAs(t *types.Named) string {
	name := t.Obj()
	if p.isRow(name) {
		return "auth." + name.Name()
	}
	if _, isStruct := t.Underlying().(*types.Struct); !isStruct || name.Pkg() == nil || p.ownPath(name.Pkg()) == "" {
		return ""
	}
	named, _, _ := types.LookupFieldOrMethod(t, true, name.Pkg(), "TableName") // tableNameFault reads it
	table := (schema.NamingStrategy{}).TableName(name.Name())
	if named != nil || !slices.Contains(authTables, table) || within(p.ownPath(name.Pkg()), "internal/auth") {
		return ""
	}
	return name.Name() + ", which gorm keeps in the table " + table
}

// callee is the function that a call names, nil where it calls a value.
func (p *checked) callee(c *ast.CallExpr) *types.Func {
	fun := ast.Unparen(c.Fun)
	switch f := fun.(type) {
	case *ast.IndexExpr:
		fun = f.X
	case *ast.IndexListExpr:
		fun = f.X
	}
	id, _ := fun.(*ast.Ident)
	if s, ok := fun.(*ast.SelectorExpr); ok {
		id = s.Sel
	}
	f, _ := p.Uses[id].(*types.Func)
	return f
}

// ofPackage reports whether f belongs to one of the packages or to one below.
func ofPackage(f *types.Func, packages ...string) bool {
	return f != nil && f.Pkg() != nil && within(f.Pkg().Path(), packages...)
}

// gormFault: no row reaches gorm, however it is wrapped, and nothing whose type hides what it is.
func (p *checked) gormFault(n ast.Node) string {
	c, ok := n.(*ast.CallExpr)
	if !ok || !ofPackage(p.callee(c), "gorm.io") {
		return ""
	}
	f := p.callee(c)
	for i, arg := range c.Args {
		if row := p.rowIn(p.TypeOf(arg)); row != "" {
			return f.Name() + " hands gorm " + row + askAuth
		}
		if i == 0 && isAny(f.Signature().Params().At(0).Type()) && isInterface(p.TypeOf(arg)) {
			return f.Name() + " hands gorm an interface, in which any row may be; give it a value of a type of this package"
		}
		if f.Name() == "Table" && authTableAlone.MatchString(p.text(arg)) {
			return "names a table of internal/auth: " + p.text(arg) + askAuth
		}
	}
	return ""
}

func isInterface(t types.Type) bool {
	_, isParam := types.Unalias(t).(*types.TypeParam) // its underlying type is one too
	return types.IsInterface(t) && !isParam
}

func isAny(t types.Type) bool { return isInterface(t) && t.Underlying().(*types.Interface).Empty() }

// text is the text of a constant, "" for everything else.
func (p *checked) text(e ast.Expr) string {
	if v := p.Types[e].Value; v != nil && v.Kind() == constant.String {
		return constant.StringVal(v)
	}
	return ""
}

// typeArgumentFault: a generic function of a domain package, or of gorm, is not made one for rows.
func (p *checked) typeArgumentFault(n ast.Node) string {
	id, ok := n.(*ast.Ident)
	if !ok || p.Uses[id] == nil || p.Uses[id].Pkg() == nil {
		return ""
	}
	from := p.Uses[id].Pkg()
	own := p.ownPath(from)
	if !within(from.Path(), "gorm.io") && (own == "" || within(own, "internal/auth", "web", "views")) {
		return ""
	}
	if args := p.Instances[id].TypeArgs; args != nil {
		for t := range args.Types() {
			if row := p.rowIn(t); row != "" {
				return id.Name + " becomes one for " + row + ", which it may hand gorm" + askAuth
			}
		}
	}
	return ""
}

// statementFault finds a table of internal/auth in constant text, however it is put together.
func (p *checked) statementFault(n ast.Node) string {
	switch e := n.(type) {
	case *ast.BasicLit, *ast.BinaryExpr:
		if text := p.text(e.(ast.Expr)); authTable.MatchString(text) {
			return "names a table of internal/auth: " + text + askAuth
		}
	}
	return ""
}

// tagFault finds one in the tag of a field.
func (p *checked) tagFault(n ast.Node) string {
	if f, ok := n.(*ast.Field); ok && f.Tag != nil && authTable.MatchString(f.Tag.Value) {
		return "names a table of internal/auth: " + f.Tag.Value + askAuth
	}
	return ""
}

// tableNameFault: no type says that its rows are those of internal/auth.
func (p *checked) tableNameFault(n ast.Node) (why string) {
	f, ok := n.(*ast.FuncDecl)
	if !ok || f.Recv == nil || f.Name.Name != "TableName" {
		return ""
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if e, ok := n.(ast.Expr); ok && authTableAlone.MatchString(p.text(e)) {
			why = "TableName names a table of internal/auth: " + p.text(e) + askAuth
		}
		return why == ""
	})
	return why
}

// clauseFault: the clauses of gorm name no table of internal/auth.
func (p *checked) clauseFault(n ast.Node) string {
	c, ok := n.(*ast.CompositeLit)
	if !ok || types.TypeString(p.TypeOf(c), nil) != "gorm.io/gorm/clause.Table" {
		return ""
	}
	for _, e := range c.Elts {
		if pair, ok := e.(*ast.KeyValueExpr); ok {
			e = pair.Value
		}
		if authTableAlone.MatchString(p.text(e)) {
			return "names a table of internal/auth: " + p.text(e) + askAuth
		}
	}
	return ""
}

// statementBuilders put statements together from constants of their own (columns of a list, names of channels,
// time-outs) or hand on GORM's. Name single files here, and read them well.
var statementBuilders = []string{
	"internal/auth/directory/list.go", "internal/auth/directory/query.go", "internal/auth/revoke/listen.go",
	"internal/database/bound.go", "internal/database/turn.go",
}

// statementText are the methods that take text into the statement as it is, by the position of that text, not counting
// a context before it.
var statementText = map[string]int{
	"Where": 0, "Or": 0, "Not": 0, "Having": 0, "Order": 0, "Group": 0, "Joins": 0, "Table": 0, "Pluck": 0,
	"Raw": 0, "Exec": 0, "Query": 0, "QueryRow": 0, "Prepare": 0,
	"First": 1, "Last": 1, "Take": 1, "Find": 1, "Delete": 1, "FirstOrCreate": 1, "FirstOrInit": 1,
}

// textFault: conditions, orders and statements are constant text with ? for values. A struct drops the fields
// that are zero, so that a missing token matches every row; a variable goes into the statement as it is.
func (p *checked) textFault(n ast.Node) string {
	c, ok := n.(*ast.CallExpr)
	if !ok || slices.Contains(statementBuilders, p.fset.Position(n.Pos()).Filename) {
		return ""
	}
	f := p.callee(c)
	if !ofPackage(f, "gorm.io", "database/sql", "github.com/jackc/pgx/v5") {
		return ""
	}
	i, known := statementText[strings.TrimSuffix(f.Name(), "Context")]
	params := f.Signature().Params()
	if params.Len() > 0 && types.TypeString(params.At(0).Type(), nil) == "context.Context" {
		i++
	}
	if !known || len(c.Args) <= i || p.Types[c.Args[i]].Value != nil || !ofPackage(f, "gorm.io") && !isText(params, i) {
		return ""
	}
	return f.Name() + " takes text that is not constant; write it as a constant, with ? for the values"
}

// isText reports whether the parameter at i is a string: of a prepared statement, all are values.
func isText(params *types.Tuple, i int) bool {
	return i < params.Len() && types.Identical(params.At(i).Type(), types.Typ[types.String])
}
