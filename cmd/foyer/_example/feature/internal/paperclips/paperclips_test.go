package paperclips_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/list"
	"example.com/foyer/internal/paperclips"
	"gorm.io/gorm"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// filled is an input that is accepted, of that name.
func filled(name string) url.Values {
	typed := url.Values{
		"trade_name":  {"Trade name"},
		"wire_gauge":  {"Wire gauge"},
		"box_label":   {"Box label"},
		"sales_pitch": {"Sales pitch\non two lines"},
		"care_hint":   {"Care hint"},
		"bend_count":  {"3"},
		"spare_count": {"4"},
		"zinc_coated": {"yes"},
		"made_on":     {"2026-01-31"},
		"sold_on":     {"2026-02-28"},
	}
	typed.Set("trade_name", name)
	return typed
}

// rig is a store and what it records.
type rig struct {
	*paperclips.Store
	db     *gorm.DB
	events []string
	fault  error // of record
}

func newRig(db *gorm.DB) *rig {
	r := &rig{db: db}
	r.Store = paperclips.New(db, func(_ *gorm.DB, events ...*auth.Event) error {
		for _, e := range events {
			r.events = append(r.events, fmt.Sprintf("%s by %s: %s", e.Name, e.ActorID, e.Detail))
		}
		return r.fault
	})
	return r
}

// person makes a user.
func (r *rig) person(t *testing.T, email string) *auth.Session {
	t.Helper()
	in := auth.NewUser{Name: "Test Person", Email: email, Password: authtest.Password}
	u, err := authtest.NewOn(t, r.db, auth.Options{}).CreateUser(t.Context(), nil, in)
	if err != nil {
		t.Fatal(err)
	}
	return &auth.Session{UserID: u.ID}
}

// create makes a paper clip of that name.
func (r *rig) create(t *testing.T, by *auth.Session, name string) *paperclips.PaperClip {
	t.Helper()
	p, err := r.Save(t.Context(), by, "", filled(name))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// refused expects an error of that status.
func refused(t *testing.T, err error, status int) {
	t.Helper()
	if e := errs.Of(err); e == nil || e.Status != status {
		t.Errorf("%v, want status %d", err, status)
	}
}

// TestLife: what was filled in is stored, changed and deleted, and each is recorded. An old input changes nothing.
func TestLife(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(db)
		ada := r.person(t, "ada@example.com")
		p := r.create(t, ada, "First")
		in := filled("Second")
		in.Set("updated_at", "2026-01-31T00:00:00Z")
		_, err := r.Save(t.Context(), ada, p.ID, in)
		refused(t, err, http.StatusConflict)
		in["updated_at"] = p.Values()["updated_at"]
		saved, err := r.Save(t.Context(), ada, p.ID, in)
		if err != nil {
			t.Fatal(err)
		}
		in["updated_at"] = saved.Values()["updated_at"]
		got, err := r.Get(t.Context(), ada.UserID, p.ID)
		if err != nil || !maps.EqualFunc(got.Values(), in, slices.Equal[[]string]) || !got.CreatedAt.Equal(p.CreatedAt) {
			t.Errorf("%+v %v, want %+v", got, err, in)
		}
		if err := r.Delete(t.Context(), ada, p.ID); err != nil {
			t.Fatal(err)
		}
		_, err = r.Get(t.Context(), ada.UserID, p.ID)
		refused(t, err, http.StatusNotFound)
		by := " by " + ada.UserID + ": " + p.ID
		want := []string{"paper_clip_created" + by, "paper_clip_changed" + by, "paper_clip_deleted" + by}
		if !slices.Equal(r.events, want) {
			t.Errorf("recorded %q, want %q", r.events, want)
		}
	})
}

// TestAtOnce: a paper clip that another transaction deletes meanwhile is neither changed nor deleted again.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(db)
		ada := r.person(t, "ada@example.com")
		p := r.create(t, ada, "First")
		changed, deleted := make(chan error, 1), make(chan error, 1)
		err := db.Transaction(func(tx *gorm.DB) error {
			err := tx.Delete(p).Error
			go func() {
				_, err := r.Save(t.Context(), ada, p.ID, filled("Second"))
				changed <- err
			}()
			go func() { deleted <- r.Delete(t.Context(), ada, p.ID) }()
			dbtest.AwaitLocks(t, db, 2)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		refused(t, <-changed, http.StatusNotFound)
		refused(t, <-deleted, http.StatusNotFound)
	})
}

// opt:owned

// TestOwners: another owner's paper clip does not differ from one that does not exist.
func TestOwners(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(db)
		ada, eve := r.person(t, "ada@example.com"), r.person(t, "eve@example.com")
		p := r.create(t, ada, "First")
		var answers []string
		for _, key := range []string{p.ID, strings.Repeat("0", 32), "\x00", "x"} {
			_, got := r.Get(t.Context(), eve.UserID, key)
			_, updated := r.Save(t.Context(), eve, key, filled("Eve's"))
			deleted := r.Delete(t.Context(), eve, key)
			refused(t, got, http.StatusNotFound)
			answers = append(answers, fmt.Sprint(got, updated, deleted))
		}
		if len(slices.Compact(answers)) != 1 {
			t.Errorf("the answers differ: %q", answers)
		}
		_, total, err := r.List(t.Context(), eve.UserID, list.Query{Sort: "created_at", Limit: 9})
		if total != 0 || err != nil {
			t.Errorf("eve has %d %v", total, err)
		}
		if _, err := r.Get(t.Context(), ada.UserID, p.ID); err != nil {
			t.Error(err)
		}
	})
}

// TestOwnerGone: the session of an account that is deleted meanwhile adds nothing.
func TestOwnerGone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(db)
		ada := r.person(t, "ada@example.com")
		if err := db.Delete(&auth.User{ID: ada.UserID}).Error; err != nil {
			t.Fatal(err)
		}
		_, err := r.Save(t.Context(), ada, "", filled("First"))
		refused(t, err, http.StatusUnprocessableEntity)
		if len(r.events) > 0 {
			t.Errorf("recorded %q", r.events)
		}
	})
}

// end:owned

// TestRefusals: an empty input is refused by the names of all fields that must be filled in.
func TestRefusals(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(db)
		ada := r.person(t, "ada@example.com")
		_, err := r.Save(t.Context(), ada, "", nil)
		refused(t, err, http.StatusBadRequest)
		for _, field := range []string{
			"trade_name",
			"wire_gauge",
			"sales_pitch",
			"bend_count",
			"made_on",
		} {
			if errs.Of(err).Fields[field] == "" {
				t.Errorf("%s: no error", field)
			}
		}
		p := r.create(t, ada, "First")
		_, err = r.Save(t.Context(), ada, p.ID, nil)
		refused(t, err, http.StatusBadRequest)
		r.fault = errors.New("the trail is away")
		if err := r.Delete(t.Context(), ada, p.ID); !errors.Is(err, r.fault) {
			t.Error(err)
		}
		if got, err := r.Get(t.Context(), ada.UserID, p.ID); err != nil || got.TradeName != "First" {
			t.Errorf("what was not recorded has happened: %v %v", got, err)
		}
	})
}

// TestList: a list is searched in any case, sorted by each column, and divided into pages.
func TestList(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(db)
		ada := r.person(t, "ada@example.com")
		for _, name := range []string{"Ärger", "beta", "100%", "alpha"} {
			r.create(t, ada, name)
		}
		names := func(q list.Query) (text string) {
			t.Helper()
			q.Limit = max(q.Limit, 2)
			found, total, err := r.List(t.Context(), ada.UserID, q)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range found {
				text += p.TradeName + " "
			}
			return fmt.Sprint(text, total)
		}
		for want, q := range map[string]list.Query{
			"100% alpha 4": {Sort: "trade_name"},
			"beta Ärger 4": {Sort: "trade_name", Offset: 2},
			"Ärger beta 4": {Sort: "trade_name", Descending: true},
			"Ärger 1":      {Sort: "trade_name", Text: "ÄRGE"},
			"100% 1":       {Sort: "trade_name", Text: "0%"},
			"0":            {Sort: "trade_name", Text: "_"},
		} {
			if got := names(q); got != want {
				t.Errorf("%+v: %s, want %s", q, got, want)
			}
		}
		for _, column := range []string{
			"trade_name",
			"wire_gauge",
			"box_label",
			"bend_count",
			"spare_count",
			"zinc_coated",
			"made_on",
			"sold_on",
			"created_at",
		} {
			if got := names(list.Query{Sort: column, Limit: 9}); !strings.HasSuffix(got, " 4") {
				t.Errorf("by %s: %s", column, got)
			}
		}
		// opt:everyone
		if _, total, err := r.All(t.Context(), list.Query{Sort: "created_at", Limit: 9}); total != 4 || err != nil {
			t.Errorf("all owners have %d %v", total, err)
		}
		// end:everyone
		// opt:csv
		exported := ""
		for p, err := range r.Export(t.Context(), ada.UserID, list.Query{Sort: "trade_name", Descending: true}) {
			if err != nil {
				t.Fatal(err)
			}
			exported += p.TradeName + " "
		}
		if exported != "Ärger beta alpha 100% " {
			t.Errorf("exported %s", exported)
		}
		// end:csv
	})
}
