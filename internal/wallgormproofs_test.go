package internal

import (
	"path"
	"regexp"
	"strings"
	"testing"
)

// The planted packages know these names: all that a careless domain package would have at hand.
const (
	plantImports = `import (
	"context"
	"database/sql"
	"fmt"

	"MODULE/internal/auth"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

var (
	_ context.Context
	_ *sql.DB
	_ = fmt.Sprint
	_ *auth.Auth
	_ *gorm.DB
	_ clause.Expression
)
`
	plantFunc = `
func f(ctx context.Context, db *gorm.DB, pool *sql.DB, a *auth.Auth, by *auth.Session) {
`
)

// plant checks a package of one file that holds code after the names above. Packages planted later can import it.
func plant(t *testing.T, c *checker, file, code string, imports ...string) []string {
	t.Helper()
	for _, spec := range imports {
		code = "import " + spec + "\n" + code
	}
	p, err := c.check(path.Dir(file), map[string]string{file: "package p\n" + strings.ReplaceAll(code,
		"MODULE", c.module)})
	if err != nil {
		t.Fatalf("%v\n%s", err, code)
	}
	c.planted[p.Path()] = p.Package
	return databaseFaults(p)
}

// TestWallsOfDatabaseStand breaks every rule about rows once, in a domain package or elsewhere.
func TestWallsOfDatabaseStand(t *testing.T) {
	inside := func(code string) string { return plantFunc + code + "\n}\n" }
	const (
		notes, web, cmd = "internal/notes/notes.go", "web/notes.go", "cmd/server/notes.go"
		own             = "type Note struct { ID, OwnerID, Text string }\n"
		keep            = "keep the id of the user (OwnerID string) and call a verb of internal/auth"
	)
	cases := []struct{ name, file, code, want string }{
		{"field", notes, "type Note struct { ID string; Owner auth.User }", "names auth.User"},
		{"pointer", notes, "type Note struct { ID string; Owner *auth.User }", "names auth.User"},
		{"embedded field", notes, "type Note struct { auth.User; Text string }", "names auth.User"},
		{"embedded pointer", notes, "type Note struct { *auth.Session; Text string }", "names auth.Session"},
		{"map", notes, "var owners map[string]*auth.User", "names auth.User"},
		{"list", notes, "type Note struct { Owners []auth.User }", "names auth.User"},
		{"list of pointers", notes, "func owners() []*auth.User { return nil }", "names auth.User"},
		{"array", notes, "var last [2]auth.Session", "names auth.Session"},
		{"channel", notes, "var joined chan *auth.User", "names auth.User"},
		{"variable", notes, inside("var u auth.User; _ = u"), "names auth.User"},
		{"variable of a pointer", notes, inside("var u *auth.User; _ = u"), "names auth.User"},
		{"new", notes, inside("u := new(auth.User); _ = u"), "names auth.User"},
		{"composite", cmd, inside("db.Find(&auth.User{})"), "names auth.User"},
		{"type", notes, "type Owner auth.User", "names auth.User"},
		{"alias", notes, "type Owner = auth.User", "names auth.User"},
		{"conversion", notes, inside("type mine struct{}; _ = (*auth.User)(nil)"), "names auth.User"},
		{"type argument", notes, inside("gorm.G[auth.User](db)"), "names auth.User"},
		{"parameter that is no pointer", notes, "func save(u auth.User) {}", "names auth.User"},
		{"variadic parameter", notes, "func save(u ...*auth.User) {}", "names auth.User"},
		{"field of a function that takes a list", notes, "type Note struct { show func([]auth.User) }", "names auth.User"},
		{"value in web", web, inside("var u auth.User; _ = u"), "names auth.User"},
		{"list in web", web, inside("var list []auth.Session; _ = list"), "names auth.Session"},
		{"composite in web", web, inside("_ = &auth.User{}"), "names auth.User"},
		{"account", cmd, inside("var row *auth.Account; _ = row"), "it holds hashes"},
		{"verifications", web, inside("var list []auth.Verification; _ = list"), "it holds hashes"},
		{"account as a parameter", notes, "func save(a *auth.Account) {}", "it holds hashes"},

		{"Joins", notes, "type Note struct { ID, OwnerID string; Owner *auth.User }\n" +
			inside("var list []Note; db.Joins(`Owner`).Find(&list)"), "Find hands gorm auth.User"},
		{"Preload", notes, "type Note struct { ID, OwnerID string; Owner *auth.User }\n" +
			inside("var n Note; db.Preload(`Owner`).Take(&n)"), "Take hands gorm auth.User"},
		{"Model of a relation", notes, "type Note struct { Owner *auth.User }\n" +
			inside("var n Note; db.Model(n.Owner).Update(`role`, `admin`)"), "Model hands gorm auth.User"},
		{"Model of a parameter", notes, "func f(db *gorm.DB, u *auth.User) { db.Model(u).Update(\"role\", \"admin\") }",
			"Model hands gorm auth.User"},
		{"Save of a field of a parameter", notes, inside("db.Save(by.User)"), "Save hands gorm auth.User"},
		{"Find of a list", notes, inside("list, _ := a.Sessions(ctx, by.UserID); db.Find(&list)"),
			"Find hands gorm auth.Session"},
		{"Create", notes, inside("db.Create(by)"), "Create hands gorm auth.Session"},
		{"Delete", notes, inside("db.Delete(by.User, \"id = ?\", by.UserID)"), "Delete hands gorm auth.User"},
		{"First", notes, inside("db.First(by.User)"), "First hands gorm auth.User"},
		{"Take", notes, inside("u := by.User; db.Take(&u)"), "Take hands gorm auth.User"},
		{"Scan", notes, inside("db.Raw(\"SELECT 1\").Scan(by.User)"), "Scan hands gorm auth.User"},
		{"Updates", notes, own + inside("db.Model(&Note{}).Updates(*by.User)"), "Updates hands gorm auth.User"},
		{"Assign", notes, own + inside("db.Assign(by.User).FirstOrCreate(&Note{})"), "Assign hands gorm auth.User"},
		{"Where", notes, inside("db.Where(by.User)"), "Where"},
		{"inside a struct", notes, inside("row := struct { Text string; By *auth.Session }{}; db.Save(&row)"),
			"Save hands gorm auth.Session"},
		{"inside a map", notes, inside("row := map[string]any{}; db.Save(row); list := map[bool]*auth.User{true: by.User}; db.Save(list)"), "Save hands gorm auth.User"},
		{"of a function", notes, inside("u, _ := a.User(ctx, by.UserID); db.Save(u)"), "Save hands gorm auth.User"},
		{"interface", notes, "func save(db *gorm.DB, row any) { db.Save(row) }", "Save hands gorm an interface"},
		{"in a transaction", notes, inside("db.Transaction(func(tx *gorm.DB) error { return tx.Save(by.User).Error })"),
			"Save hands gorm auth.User"},
		{"promoted from an embedded gorm.DB", notes, "type store struct { *gorm.DB }\nfunc (s store) save(u *auth.User) { s.Save(u) }", "Save hands gorm auth.User"},
		{"in web", web, inside("db.Save(by.User)"), "Save hands gorm auth.User"},
		{"generic function", notes, "func save[T any](db *gorm.DB, row T) { db.Save(row) }\n" + inside("save(db, by.User)"),
			"save becomes one for auth.User"},
		{"inferred type argument of gorm", notes, "func one[T any](db *gorm.DB, row T) gorm.Interface[T] { return gorm.G[T](db) }\n" + inside("one(db, *by.User)"), "one becomes one for auth.User"},

		{"type of the same name", notes, "type User struct { ID, Role string }\n" +
			inside("db.Model(&User{}).Update(\"role\", \"admin\")"),
			"Model hands gorm User, which gorm keeps in the table users"},
		{"unexported, in a list", notes, "type session struct { ID string }\n" + inside("var list []session; db.Find(&list)"),
			"in the table sessions"},
		{"as a relation", notes, "type Account struct { ID string }\ntype Note struct { ID string; AccountID string; Account Account }\n" + inside("db.Joins(\"Account\").Find(&Note{})"), "in the table accounts"},
		{"TableName", notes, own + "func (Note) TableName() string { return \"users\" }", "TableName names a table"},
		{"TableName with a schema", notes, own + "const schema = \"public.\"\nfunc (*Note) TableName() string { return schema + \"users\" }", "TableName names a table"},
		{"many to many", notes, "type Tag struct { ID string; Notes []string `gorm:\"many2many:accounts\"` }",
			"names a table"},
		{"Table", notes, inside("db.Table(\"users\").Count(nil)"), "names a table"},
		{"Table with another name", notes, inside("db.Table(`notes n, \"users\" AS u`)"), "names a table"},
		{"clause", notes, inside("db.Clauses(clause.From{Tables: []clause.Table{{Name: \"users\"}}})"), "names a table"},
		{"statement", notes, inside("db.Raw(`SELECT * FROM users`)"), "names a table"},
		{"update", notes, inside(`db.Exec("UPDATE sessions SET expires_at = NULL")`), "names a table"},
		{"concatenated", notes, inside(`db.Exec("UPDATE " + "users SET role = 'admin'")`), "names a table"},
		{"constant", notes, "const table = \"accounts\"\nconst all = \"SELECT * FROM \" + table\n", "names a table"},
		{"second in a list", notes, inside("db.Raw(`SELECT * FROM notes AS n, tags, users u`)"), "names a table"},
		{"quoted", notes, inside("db.Raw(\"SELECT * FROM `users`\")"), "names a table"},
		{"with a schema", notes, inside("pool.QueryContext(ctx, `SELECT * FROM \"public\".\"users\"`)"), "names a table"},
		{"with a comment", notes, inside("pool.Query(`SELECT * FROM/**/users`)"), "names a table"},
		{"only", notes, inside("pool.Query(`SELECT * FROM ONLY users`)"), "names a table"},
		{"joined", notes, own + inside("db.Joins(\"LEFT JOIN users u ON u.id = notes.owner_id\").Find(&Note{})"),
			"names a table"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := plant(t, newChecker(t), c.file, plantImports+c.code)
			text := strings.Join(got, "\n")
			if !strings.Contains(text, c.want) {
				t.Fatalf("%s\nfound %q, want %q", c.code, text, c.want)
			}
			for _, fault := range got {
				if !regexp.MustCompile(`^`+c.file+`:\d+: `).MatchString(fault) || !strings.Contains(fault, ";") {
					t.Errorf("without file, line or what to do: %s", fault)
				}
			}
			if !strings.Contains(text, keep) && !strings.Contains(c.want, "interface") && c.want != "Where" {
				t.Errorf("does not say what to do: %s", text)
			}
		})
	}
}

// TestWallsOfStatements: what gorm and the pool take as text is written where it is used, in every package.
func TestWallsOfStatements(t *testing.T) {
	inside := func(code string) string {
		return `
type User struct { Email string }

func f(ctx context.Context, db *gorm.DB, pool *sql.DB, u User, email, input, id, sort, direction, query, statement, name string) {
` + code + "\n}\n"
	}
	for _, c := range []struct{ file, text, want string }{
		{"internal/auth/x/x.go", inside(`db.Where(&User{Email: email})`), "Where takes"},
		{"internal/auth/x/x.go", inside(`db.Where(User{Email: email})`), "Where takes"},
		{"internal/auth/x/x.go", inside(`db.Where(map[string]any{"email": email})`), "Where takes"},
		{"internal/auth/x/x.go", inside(`db.Where(input)`), "Where takes"},
		{"internal/auth/x/x.go", inside(`db.Where("email = '" + email + "'")`), "Where takes"},
		{"internal/auth/x/x.go", inside(`db.Where(fmt.Sprintf("email = '%s'", email))`), "Where takes"},
		{"internal/auth/x/x.go", inside(`db.First(&u, User{Email: email})`), "First takes"},
		{"internal/auth/x/x.go", inside(`db.Take(&u, id)`), "Take takes"},
		{"internal/auth/x/x.go", inside(`db.Delete(&User{}, id)`), "Delete takes"},
		{"internal/notes/x.go", inside(`db.Order(sort)`), "Order takes"},
		{"internal/notes/x.go", inside(`db.Order("name " + direction)`), "Order takes"},
		{"internal/notes/x.go", inside(`db.Raw(query)`), "Raw takes"},
		{"internal/notes/x.go", inside(`db.Exec(statement)`), "Exec takes"},
		{"internal/notes/x.go", inside(`db.Table(name)`), "Table takes"},
		{"internal/notes/x.go", inside(`pool.ExecContext(ctx, statement)`), "ExecContext takes"},
		{"internal/notes/x.go", inside(`pool.Query(query)`), "Query takes"},
		{"internal/notes/x.go", inside(`gorm.G[struct{ ID string }](db).Where(query).First(ctx)`), "Where takes"},
		{"web/x.go", inside(`db.Where(input)`), "Where takes"},
	} {
		got := strings.Join(plant(t, newChecker(t), c.file, plantImports+c.text), "\n")
		if !strings.Contains(got, c.want) || !strings.HasPrefix(got, c.file+":") {
			t.Errorf("%s\n%s\nfound %q, want %q", c.file, c.text, got, c.want)
		}
	}
}

// TestWallsOfDatabaseHaveDoors: a domain package with verbs of any name, and web that calls them, are not refused.
func TestWallsOfDatabaseHaveDoors(t *testing.T) {
	c := newChecker(t)
	for _, p := range []struct {
		file, code string
		imports    []string
	}{
		{"internal/notes/notes.go", `
// Note is kept in a table of its own; sessions and users are words like others.
type Note struct { ID, OwnerID, Text string; Users int }

type UserNote struct { ID string }

type Store struct { db *gorm.DB }

func (s Store) Delete(ctx context.Context, owner, id string) error {
	return s.db.WithContext(ctx).Where("owner_id = ? AND id = ?", owner, id).Delete(&Note{}).Error
}

func (s Store) Find(by *auth.Session, order string) (list []Note, err error) {
	if by.User.HasRole("admin") {
		return list, s.db.Order("users, " + "id DESC").Find(&list).Error
	}
	return list, s.db.Where("owner_id = ? AND text <> ?", by.UserID, by.User.Name).Find(&list).Error
}

func owner(by *auth.Session) *auth.User { return by.User }

func keep[T any](db *gorm.DB, row T, values ...any) error {
	return db.Where("id IN ?", values).Save(row).Error
}

func (s Store) Keep(n *Note, u *UserNote) error {
	if err := keep(s.db, n, 1); err != nil {
		return err
	}
	return s.db.Model(n).Select("text").Updates(map[string]any{"text": any("users")}).Save(u).Error
}

func (s Store) raw(pool *sql.DB) {
	s.db.Raw("SELECT count(*) AS users, 'x' AS sessions FROM notes ORDER BY text, users")
	s.db.Table("(?) AS users_of_notes", s.db.Model(&Note{}))
	s.db.Clauses(clause.OrderBy{Columns: []clause.OrderByColumn{{Column: clause.Column{Name: "users"}}}})
	if q, err := pool.Prepare("SELECT text FROM notes WHERE id = ?"); err == nil {
		q.Query(s)
	}
}
`, nil},
		{"web/notes.go", `
type page struct { visitor *auth.User; sessions []*auth.Session; offered func(*auth.User) bool }

type notes interface {
	Delete(ctx context.Context, owner, id string) error
	Where(owner *auth.User, text string) string
	Raw(any) any
}

func f(ctx context.Context, n notes, by *auth.Session, id string) {
	n.Delete(ctx, by.UserID, id)
	n.Where(by.User, id)
	n.Raw(by.User)
	first([]*auth.User{by.User})
}

func first[T any](list []T) T { return list[0] }
`, nil},
		{"web/store.go", `
func g(ctx context.Context, by *auth.Session, s notes.Store, id string) error {
	s.Find(by, id)
	return s.Delete(ctx, by.UserID, id)
}
`, []string{`notes "MODULE/internal/notes"`}},
		{"internal/auth/x/x.go", `
func f(db *gorm.DB, u *auth.User) { db.Model(u).Where("id = ?", u.ID).Update("role", "admin"); db.Raw("SELECT 1 FROM users") }
`, nil},
	} {
		if got := plant(t, c, p.file, plantImports+p.code, p.imports...); len(got) > 0 {
			t.Errorf("refused: %q", got)
		}
	}
}
