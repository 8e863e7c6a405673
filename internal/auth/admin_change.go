package auth

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/errs"
)

// UserChanges is what an admin may change of a user at once. Nil fields stay.
type UserChanges struct {
	Profile
	Email         *string
	EmailVerified *bool
	Role          *string
	Banned        *bool
	BanReason     *string
	BanExpires    *time.Time
}

// ChangeUser changes a user as an admin. A new address ends every link but undo links, a ban every session. A new
// address counts as proved only with EmailVerified. With Options.Notices the old one, if it was proved, is warned, and
// gets an undo link unless EmailVerified says that the new one is right. Admins change their own address by ChangeEmail
// alone, because it asks the new one for consent. EmailVerified vouches for the address: a pending account (see
// User.Pending), which a stranger may have made, then loses its password, and a link to choose one is mailed. 429 if an
// address has had its mails for this hour. Other refusals: 400 VALIDATION_ERROR, INVALID_EMAIL,
// EMAIL_CAN_NOT_BE_UPDATED, USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL, YOU_CANNOT_BAN_YOURSELF, LAST_ADMIN,
// YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE; 403 or 401 if by is no longer an admin or has ended; 404
// USER_NOT_FOUND.
func (a *Auth) ChangeUser(ctx context.Context, by *Session, userID string, c UserChanges) (*User, error) {
	if err := a.checkChanges(by, userID, &c); err != nil {
		return nil, err
	}
	if err := a.mustMailOf(ctx, userID, c); err != nil {
		return nil, err
	}
	pendingID := "" // of the account that gives way to a new address
	if c.Email != nil {
		var err error
		if pendingID, _, err = a.addressTaken(ctx, *c.Email, userID); err != nil {
			return nil, err
		}
	}
	var u *User
	err := a.Transact(ctx, func(t *Tx) error {
		admins, err := t.lockAdminsFor(by, userID, pendingID)
		if err != nil {
			return err
		}
		if u, err = t.LockUser(userID); err != nil {
			return err
		}
		before := *u
		c.apply(u)
		if c.BanExpires != nil && !u.Banned {
			return errs.Invalid("banExpires", "VALIDATION_ERROR", "Only a ban has an end, and the user is not banned.")
		}
		if !u.HasRole("admin") || u.Banned {
			if err := a.keepAdmins(t, admins, u.ID); err != nil {
				return err
			}
		}
		if u.Email != before.Email {
			if by != nil && by.UserID == u.ID {
				return errs.Invalid("email", "EMAIL_CAN_NOT_BE_UPDATED", "Email can not be updated")
			}
			if err := a.deletePending(t, by.actor(), pendingID, u.Email); err != nil {
				return err
			}
		}
		if err := a.changeLocked(t, by.actor(), &before, u, c); err != nil {
			return err
		}
		return a.warnAdmins(t, by.actor(), &before, u)
	})
	if err != nil {
		return nil, err
	}
	return u, nil
}

// SetRole is ChangeUser for the role alone. Sessions go on, and have the new role from the next request.
func (a *Auth) SetRole(ctx context.Context, by *Session, userID, role string) (*User, error) {
	return a.ChangeUser(ctx, by, userID, UserChanges{Role: &role})
}

// BanUser is ChangeUser for a ban until the given time, nil for good. All sessions and links of the user end, even one
// that undoes a change of address.
func (a *Auth) BanUser(ctx context.Context, by *Session, userID, reason string, until *time.Time) (*User, error) {
	return a.ChangeUser(ctx, by, userID, UserChanges{Banned: new(true), BanReason: &reason, BanExpires: until})
}

// UnbanUser is ChangeUser for the end of a ban.
func (a *Auth) UnbanUser(ctx context.Context, by *Session, userID string) (*User, error) {
	return a.ChangeUser(ctx, by, userID, UserChanges{Banned: new(false)})
}

func (c UserChanges) bans() bool { return c.Banned != nil && *c.Banned }

// setsBan reports whether a ban begins, or one that is there changes.
func (c UserChanges) setsBan() bool { return c.bans() || c.BanReason != nil || c.BanExpires != nil }

// vouches reports whether an admin vouches for the address.
func (c UserChanges) vouches() bool { return c.EmailVerified != nil && *c.EmailVerified }

// event names the change. A change of role and ban together is recorded as a ban, because auditors look for bans.
func (c UserChanges) event() event.Name {
	if c.bans() {
		return event.UserBanned
	}
	if c.Banned != nil {
		return event.UserUnbanned
	}
	if c.Role != nil {
		return event.RoleChanged
	}
	return event.UserUpdated
}

// checkChanges refuses what is invalid, and brings address and role into their normal form.
func (a *Auth) checkChanges(by *Session, userID string, c *UserChanges) error {
	if c.bans() && by != nil && by.UserID == userID {
		return errs.New(http.StatusBadRequest, "YOU_CANNOT_BAN_YOURSELF", "You cannot ban yourself")
	}
	if err := firstOf(a.checkProfile(c.Profile), checkReason(c.BanReason)); err != nil {
		return err
	}
	if c.BanExpires != nil && (c.BanExpires.Year() < 1 || c.BanExpires.Year() > 9999) { // SQLite's driver reads no other
		return errs.Invalid("banExpires", "VALIDATION_ERROR", "A ban ends before the year 10000.")
	}
	if c.Email != nil {
		email, ok := normalEmail(*c.Email)
		if !ok {
			return errs.Invalid("email", "INVALID_EMAIL", "Invalid email")
		}
		c.Email = &email
	}
	if c.Role != nil {
		role, err := a.roles(*c.Role)
		if err != nil {
			return err
		}
		c.Role = &role
	}
	return nil
}

func (c UserChanges) apply(u *User) {
	c.Profile.apply(u)
	if c.Email != nil && *c.Email != u.Email {
		u.Email, u.EmailVerified = *c.Email, false
	}
	assign(&u.EmailVerified, c.EmailVerified)
	assign(&u.Role, c.Role)
	if c.Banned != nil {
		u.Banned, u.BanReason, u.BanExpires = *c.Banned, c.BanReason, c.BanExpires
		return
	}
	u.BanReason, u.BanExpires = cmp.Or(c.BanReason, u.BanReason), cmp.Or(c.BanExpires, u.BanExpires)
}

// assign sets a field to a value, unless that is nil.
func assign[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

// changeLocked writes a changed user, ends what the change ends, and records the event.
func (a *Auth) changeLocked(t *Tx, by actor, before, u *User, c UserChanges) error {
	if c.bans() { // sessions before links: see Transact
		if err := t.endSessions(u.ID); err != nil {
			return err
		}
	}
	if u.Email != before.Email {
		if err := errors.Join(t.dropLinksButUndo(u.ID), t.CredentialChanged(u.ID)); err != nil {
			return err
		}
	}
	if c.vouches() && u.Pending {
		if err := a.vouch(t, by, u); err != nil {
			return err
		}
	}
	if err := a.endForbidden(t, u); err != nil {
		return err
	}
	if err := a.saveUser(t, before, u); err != nil {
		return err
	}
	if err := a.warnOldAddress(t, by, before, u, c); err != nil {
		return err
	}
	e := t.recordEvent(by, c.event(), u.ID)
	e.Detail = changes(before, u, c.setsBan())
	if c.setsBan() && u.Banned {
		e.Note = orEmpty(u.BanReason)
	}
	return nil
}

// endForbidden ends what the role or ban of u forbids: impersonations of an admin, impersonations by a user without
// that role, and links of a banned user.
func (a *Auth) endForbidden(t *Tx, u *User) error {
	end := t.endImpersonationsBy
	if u.HasRole("admin") {
		end = t.endImpersonationsAs
	}
	if err := end(u.ID); err != nil {
		return err
	}
	if !u.BannedAt(a.opts.Now()) {
		return nil
	}
	return t.Where("user_id = ?", u.ID).Delete(&Verification{}).Error
}

// mustMailOf is mustMail for the mails of vouch and warnOldAddress, if there will be any.
func (a *Auth) mustMailOf(ctx context.Context, userID string, c UserChanges) error {
	if c.Email == nil && !c.vouches() {
		return nil
	}
	u, err := a.User(ctx, userID)
	if err != nil {
		return err
	}
	email := cmp.Or(orEmpty(c.Email), u.Email)
	if c.vouches() && u.Pending {
		return a.mustMail(ctx, letter.SetPassword, email)
	}
	if email == u.Email || !u.EmailVerified || !a.opts.Notices {
		return nil
	}
	return a.mustMail(ctx, letter.EmailMoved, u.Email)
}

// vouch is TakeOver on an admin's word for the address. It mails a link to choose a password, unless u is banned.
func (a *Auth) vouch(t *Tx, by actor, u *User) error {
	if err := a.takeOver(t, by, u); err != nil || u.BannedAt(a.opts.Now()) {
		return err
	}
	return a.mailLink(t, by, u, letter.SetPassword, u.Email, "")
}
