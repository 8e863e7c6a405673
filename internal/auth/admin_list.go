package auth

import (
	"context"
	"iter"
	"time"

	"example.com/foyer/internal/auth/directory"
	"example.com/foyer/internal/auth/event"
)

// Users lists a page of the users that q selects, and counts all of them.
func (a *Auth) Users(ctx context.Context, q directory.Query) (users []User, total int64, err error) {
	return directory.List[User](ctx, a.db, q)
}

// ExportUsers yields every user that q selects, the oldest first, and records that by took them. ctx should have no
// deadline; see directory.Export.
func (a *Auth) ExportUsers(ctx context.Context, by *Session, q directory.Query) iter.Seq2[*User, error] {
	return func(yield func(*User, error) bool) {
		if err := a.recordExport(ctx, by); err != nil {
			yield(nil, err)
			return
		}
		key := func(u *User) (time.Time, string) { return u.CreatedAt, u.ID }
		directory.Export(ctx, a.db, q, key)(yield)
	}
}

func (a *Auth) recordExport(ctx context.Context, by *Session) error {
	ctx, cancel := context.WithTimeout(ctx, directory.BatchTime)
	defer cancel()
	return a.recordEvent(ctx, by.actor(), event.UsersExported, "")
}
