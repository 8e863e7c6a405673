package list_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/id"
	"example.com/foyer/internal/list"
	"example.com/foyer/internal/text"
	"gorm.io/gorm"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// Paper is a row.
type Paper struct {
	ID, Name, Search string
	Pages            int
	Author           *string
}

func (Paper) TableName() string { return "x_papers" } // a feature may have papers

func papers(t *testing.T, db *gorm.DB, n int) {
	t.Helper()
	err := db.Exec("CREATE TABLE x_papers (id TEXT PRIMARY KEY, name TEXT, search TEXT, pages BIGINT, author TEXT)").Error
	if err != nil {
		t.Fatal(err)
	}
	var rows []Paper
	for i := range n {
		name := fmt.Sprintf("Ärger %d%%", i)
		rows = append(rows, Paper{ID: fmt.Sprintf("%05d", i), Name: name, Search: strings.ToLower(name), Pages: i / 2})
	}
	if err := db.CreateInBatches(rows, 500).Error; n > 0 && err != nil {
		t.Fatal(err)
	}
}

// TestPage: rows are found in any case, no character is a wildcard, and equal rows keep their order.
func TestPage(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		papers(t, db, 5)
		for want, q := range map[string]list.Query{
			"0 1 2 3 4 of 5": {Sort: "pages", Limit: 9},
			"4 3 of 5":       {Sort: "pages", Descending: true, Limit: 2},
			"2 1 of 5":       {Sort: "pages", Descending: true, Limit: 2, Offset: 2},
			"3 of 1":         {Sort: "name", Text: "ÄRGER 3", Limit: 9},
			"4 of 1":         {Sort: "name", Text: "4%", Limit: 9},
			"of 0":           {Sort: "name", Text: "_", Limit: 9},
		} {
			page, total, err := list.Page[Paper](db, q)
			got := ""
			for _, p := range page {
				got += strings.TrimLeft(p.ID[:4], "0") + p.ID[4:] + " "
			}
			if got += fmt.Sprint("of ", total); got != want || err != nil {
				t.Errorf("%+v: %s %v, want %s", q, got, err, want)
			}
		}
		if _, _, err := list.Page[Paper](db, list.Query{Sort: `id"; DROP TABLE papers; --`, Limit: 9}); err == nil {
			t.Error("a strange column is taken")
		}
	})
}

// TestMissing: rows without a value come last, on every database, and the reverse is the exact reverse.
func TestMissing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		papers(t, db, 4)
		if err := db.Exec("UPDATE x_papers SET author = name WHERE id IN ('00001', '00002')").Error; err != nil {
			t.Fatal(err)
		}
		for want, descending := range map[string]bool{"00001 00002 00000 00003": false, "00003 00000 00002 00001": true} {
			q, got := list.Query{Sort: "author", Descending: descending, Limit: 9}, ""
			page, _, err := list.Page[Paper](db, q)
			for _, p := range page {
				got += " " + p.ID
			}
			if got != " "+want || err != nil {
				t.Errorf("%+v: %s %v, want %s", q, got, err, want)
			}
		}
	})
}

// Loan is a row with days.
type Loan struct {
	ID   string
	Due  text.Date
	End  text.Date `gorm:"column:end_on"`
	Done *text.Date
}

func (Loan) TableName() string { return "x_loans" }

// TestDates: every database keeps days, none among them, and sorts them, in columns of both types.
func TestDates(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		err := db.Exec("CREATE TABLE x_loans (id TEXT, due TIMESTAMP NOT NULL, end_on DATE, done TIMESTAMP)").Error
		if err != nil {
			t.Fatal(err)
		}
		in := text.Read(url.Values{"a": {"2026-03-29"}, "b": {"2026-10-25"}})
		rows := []Loan{{ID: "2", Due: in.Day("b")}, {ID: "1", Due: in.Day("a"), End: in.Day("b"), Done: in.OptionalDay("a")}}
		if err := db.Create(&rows).Error; err != nil {
			t.Fatal(err)
		}
		page, _, err := list.Page[Loan](db, list.Query{Sort: "due", Limit: 9})
		got, _ := json.Marshal(page)
		const want = `[{"ID":"1","Due":"2026-03-29","End":"2026-10-25","Done":"2026-03-29"},` +
			`{"ID":"2","Due":"2026-10-25","End":null,"Done":null}]`
		if string(got) != want || err != nil || page[0].Due != rows[1].Due {
			t.Errorf("%s %v, want %s", got, err, want)
		}
		if err := db.Create(&Loan{ID: "3"}).Error; err == nil {
			t.Error("no day is stored where there must be one")
		}
	})
}

// TestIndex: a page in the order of an index is read along it, in both directions, without sorting.
func TestIndex(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		papers(t, db, 2000)
		exec := func(sql string) {
			t.Helper()
			if err := db.Exec(sql).Error; err != nil {
				t.Fatal(err)
			}
		}
		exec("UPDATE x_papers SET author = 'Ada'")
		query := "" // the last one
		err := db.Callback().Query().After("gorm:query").Register("remember", func(tx *gorm.DB) {
			query = tx.Explain(tx.Statement.SQL.String(), tx.Statement.Vars...)
		})
		if err != nil {
			t.Fatal(err)
		}
		explain := map[string]string{"sqlite": "EXPLAIN QUERY PLAN ", "postgres": "EXPLAIN "}[db.Name()]
		for columns, rows := range map[string]*gorm.DB{"pages, id": db, "author, pages, id": db.Where("author = 'Ada'")} {
			exec("CREATE INDEX x_papers_list ON x_papers (" + columns + ")")
			exec("ANALYZE x_papers")
			for _, descending := range []bool{false, true} {
				_, _, err := list.Page[Paper](rows, list.Query{Sort: "pages", Descending: descending, Limit: 9})
				if err != nil {
					t.Fatal(err)
				}
				var plan []map[string]any
				if err := db.Raw(explain + query).Scan(&plan).Error; err != nil {
					t.Fatal(err)
				}
				text := fmt.Sprint(plan)
				if !strings.Contains(text, "x_papers_list") || strings.Contains(text, "Sort") || strings.Contains(text, "B-TREE") {
					t.Errorf("%s: %s", query, text)
				}
			}
			exec("DROP INDEX x_papers_list")
		}
	})
}

// TestOne: a row is found by its id and within rows alone; every other id is the same 404, on every database.
func TestOne(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		papers(t, db, 0)
		key := id.New()
		if err := db.Create(&Paper{ID: key, Name: "Ärger"}).Error; err != nil {
			t.Fatal(err)
		}
		p, err := list.One[Paper](db, key, "Paper")
		if err != nil || p.Name != "Ärger" {
			t.Error(p, err)
		}
		for _, other := range []string{id.New(), "", "\x00", key + "'"} {
			_, err := list.One[Paper](db, other, "Paper")
			if e := errs.Of(err); e == nil || e.Error() != "Paper not found." || e.Status != 404 {
				t.Errorf("%q: %v", other, err)
			}
		}
		if _, err := list.One[Paper](db.Where("name = ?", "beta"), key, "Paper"); errs.Of(err) == nil {
			t.Error("a row of others is found")
		}
		if _, err := list.One[struct{ ID string }](db.Table("nothing"), key, "Paper"); err == nil || errs.Of(err) != nil {
			t.Errorf("a missing table: %v", err)
		}
	})
}

// TestLock: a transaction that locks a row waits for one that has locked it, and sees that the row was deleted.
func TestLock(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		papers(t, db, 0)
		key := id.New()
		if err := db.Create(&Paper{ID: key}).Error; err != nil {
			t.Fatal(err)
		}
		second := make(chan error, 1)
		err := db.Transaction(func(tx *gorm.DB) error {
			p, err := list.Lock[Paper](tx, key, "Paper")
			if err != nil {
				return err
			}
			go func() {
				second <- db.Transaction(func(tx *gorm.DB) error {
					_, err := list.Lock[Paper](tx, key, "Paper")
					return err
				})
			}()
			dbtest.AwaitLocks(t, db, 1)
			return tx.Delete(p).Error
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := <-second; errs.Of(err) == nil || errs.Of(err).Status != http.StatusNotFound {
			t.Errorf("the second transaction: %v", err)
		}
	})
}

// TestChange: a broken rule of the tables is a refusal that leaves nothing behind; every other error stays what it is.
func TestChange(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		for _, sql := range []string{
			"CREATE TABLE x_shelves (id TEXT PRIMARY KEY, name TEXT UNIQUE)",
			"CREATE TABLE x_boxes (id TEXT PRIMARY KEY, shelf TEXT REFERENCES x_shelves (id))",
			"CREATE TABLE x_bins (id TEXT PRIMARY KEY, shelf TEXT REFERENCES x_shelves (id) ON DELETE RESTRICT)",
			"INSERT INTO x_shelves VALUES ('1', 'a'), ('2', 'b'), ('3', 'c')",
			"INSERT INTO x_boxes VALUES ('1', '1')",
			"INSERT INTO x_bins VALUES ('1', '2')",
		} {
			if err := db.Exec(sql).Error; err != nil {
				t.Fatal(err)
			}
		}
		for sql, code := range map[string]string{
			"INSERT INTO x_boxes VALUES ('2', 'none')":     "REFERENCE_BROKEN",
			"DELETE FROM x_shelves WHERE id = '1'":         "REFERENCE_BROKEN",
			"DELETE FROM x_shelves WHERE id = '2'":         "REFERENCE_BROKEN",
			"INSERT INTO x_shelves VALUES ('4', 'a')":      "ALREADY_EXISTS",
			"UPDATE x_shelves SET id = '2' WHERE id = '3'": "ALREADY_EXISTS",
			"INSERT INTO nothing VALUES (1)":               "",
		} {
			err := list.Change(db, func(tx *gorm.DB) error {
				if err := tx.Exec("INSERT INTO x_boxes VALUES ('0', NULL)").Error; err != nil {
					return err
				}
				return tx.Exec(sql).Error
			})
			e := errs.Of(err)
			if err == nil || (e == nil) != (code == "") || e != nil && (e.Status != http.StatusUnprocessableEntity || e.Code != code) {
				t.Errorf("%s: %v, want %s", sql, err, code)
			}
		}
		full := errs.New(http.StatusConflict, "FULL", "The shelf is full.")
		if err := list.Change(db, func(*gorm.DB) error { return full }); err != full {
			t.Error(err)
		}
		err := list.Change(db, func(tx *gorm.DB) error { return tx.Exec("DELETE FROM x_shelves WHERE id = '3'").Error })
		var left int64
		db.Table("x_boxes").Count(&left)
		if err != nil || left != 1 {
			t.Errorf("%v, %d boxes are left, want 1", err, left)
		}
	})
}

// TestUnchanged: an input is refused after a change that it does not know of, and taken without a time.
func TestUnchanged(t *testing.T) {
	t.Parallel()
	changed := time.Date(2026, 5, 31, 12, 0, 0, 7e6, time.UTC)
	for _, typed := range []url.Values{
		nil, {"updated_at": {""}}, {"updated_at": list.Version(changed)}, {"updated_at": {"2026-05-31T14:00:00.007+02:00"}},
	} {
		if err := list.Unchanged(changed, typed); err != nil {
			t.Errorf("%q: %v", typed, err)
		}
	}
	for _, seen := range []string{" ", "x", "2026-05-31T12:00:00Z"} {
		err := list.Unchanged(changed, url.Values{"updated_at": {seen}})
		if e := errs.Of(err); e == nil || e.Status != http.StatusConflict || e.Fields["updated_at"] == "" {
			t.Errorf("%q: %v", seen, err)
		}
	}
}

// TestEach: all rows come in the order of the query, in batches, until the caller stops. A failure comes last.
func TestEach(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		papers(t, db, 2001)
		count := func(q list.Query, most int) (n int) {
			t.Helper()
			last := ""
			for p, err := range list.Each[Paper](db, q) {
				if err != nil || last != "" && (p.ID > last) == q.Descending {
					t.Fatal(p, err)
				}
				if last, n = p.ID, n+1; n == most {
					break
				}
			}
			return n
		}
		for _, c := range []struct {
			q          list.Query
			most, want int
		}{
			{list.Query{}, 0, 2001}, {list.Query{}, 1500, 1500}, {list.Query{Text: "ÄRGER 200"}, 0, 2},
			{list.Query{Sort: "pages"}, 0, 2001}, {list.Query{Sort: "pages", Descending: true, Text: "r 1"}, 0, 1111},
			{list.Query{Text: "nothing like this"}, 0, 0},
		} {
			if got := count(c.q, c.most); got != c.want {
				t.Errorf("%+v: %d rows, want %d", c, got, c.want)
			}
		}
		for _, err := range list.Each[struct{ ID string }](db.Table("nothing"), list.Query{}) {
			if err == nil {
				t.Error("a missing table has rows")
			}
		}
	})
}
