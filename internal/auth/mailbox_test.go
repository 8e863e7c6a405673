package auth_test

import (
	"context"
	"slices"
	"sync"

	"example.com/foyer/internal/auth"
	"gorm.io/gorm"
)

// mailbox keeps the mails of a provider.
type mailbox struct {
	mu   sync.Mutex
	list []auth.Mail
}

// Enqueue implements auth.Mailer.
func (b *mailbox) Enqueue(_ context.Context, _ *gorm.DB, m auth.Mail) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.list = append(b.list, m)
	return nil
}

func (b *mailbox) all() []auth.Mail {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.list)
}

func (b *mailbox) last() auth.Mail {
	list := b.all()
	if len(list) == 0 {
		return auth.Mail{}
	}
	return list[len(list)-1]
}
