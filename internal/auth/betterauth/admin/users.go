package admin

import (
	"cmp"
	"fmt"
	"net/http"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/payload"
)

func (p *plugin) getUser(_ http.ResponseWriter, r *http.Request, _ *auth.Session, id string) (any, error) {
	return p.auth.User(r.Context(), id)
}

func (p *plugin) createUser(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	in := auth.NewUser{
		Email: b.String("email"), Name: b.String("name"), Password: b.Text("password"),
		Image: b.Object("data", false).OptionalString("image"),
	}
	by, err := p.permit(w, r, b, "CREATE_USERS")
	if err != nil {
		return nil, err
	}
	asked, err := role(b)
	if err != nil {
		return nil, err
	}
	if asked != nil {
		in.Role = *asked
	}
	u, err := p.auth.CreateUser(r.Context(), by, in)
	if e := errs.Of(err); e != nil { // two refusals differ from those of a sign-up
		refusal := *e
		if refusal.Status == http.StatusUnprocessableEntity {
			refusal.Status = http.StatusBadRequest
		}
		if refusal.Code == "VALIDATION_ERROR" && refusal.Fields["email"] == refusal.Message {
			refusal.Code = "INVALID_EMAIL"
		}
		return nil, &refusal
	}
	return user(u, err)
}

func (p *plugin) updateUser(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	id, data := b.String("userId"), b.Object("data", true)
	c := auth.UserChanges{Email: data.OptionalString("email")}
	c.BanReason, _ = data.Nullable("banReason")
	c.Name = data.OptionalString("name")
	c.Image, c.SetImage = data.Nullable("image")
	c.EmailVerified, c.Banned = flag(data, "emailVerified"), flag(data, "banned")
	var err error
	if c.BanExpires, err = date(data, "banExpires"); err != nil {
		return nil, err
	}
	by, err := p.permit(w, r, b, "UPDATE_USERS")
	if err != nil {
		return nil, err
	}
	switch {
	case data.Has("password"):
		return nil, errs.New(http.StatusBadRequest, "PASSWORD_CANNOT_BE_UPDATED_VIA_UPDATE_USER",
			"Password cannot be updated via update-user. Use set-user-password.")
	case data.Has("id"):
		return nil, errs.New(http.StatusBadRequest, "USER_ID_CANNOT_BE_UPDATED", "User id cannot be updated")
	// part:twofactor
	case data.Has("twoFactorEnabled"):
		return nil, errs.New(http.StatusBadRequest, "FIELD_NOT_ALLOWED", "twoFactorEnabled is not allowed to be set")
	// end:twofactor
	case !data.Has("name", "email", "image", "emailVerified", "banned", "banReason", "banExpires", "role"):
		return nil, errs.New(http.StatusBadRequest, "NO_DATA_TO_UPDATE", "No data to update")
	}
	if c.Role, err = role(data); err != nil {
		return nil, err
	}
	return p.auth.ChangeUser(r.Context(), by, id, c)
}

// flag reads an optional boolean, nil where it is absent.
func flag(b *payload.Body, name string) *bool {
	if !b.Has(name) {
		return nil
	}
	v := b.Bool(name, false)
	return &v
}

// date reads an optional date, nil where it is absent.
func date(b *payload.Body, name string) (*time.Time, error) {
	text, _ := b.Nullable(name)
	if text == nil {
		return nil, nil
	}
	at, err := time.Parse(time.RFC3339, *text)
	if err != nil {
		return nil, faulty("body.data."+name, "Invalid input: expected date, received string")
	}
	at = at.UTC().Truncate(time.Millisecond)
	return &at, nil
}

func (p *plugin) setRole(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	id := b.String("userId")
	if !b.Has("role") {
		b.String("role") // notes that it is missing
	}
	by, err := p.permit(w, r, b, "CHANGE_USERS_ROLE")
	if err != nil {
		return nil, err
	}
	asked, err := role(b)
	if err != nil {
		return nil, err
	}
	return user(p.auth.SetRole(r.Context(), by, id, *asked))
}

func (p *plugin) setPassword(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	id, password := b.String("userId"), b.String("newPassword")
	if b.Err() == nil && (id == "" || password == "") {
		return nil, faulty("body", "userId and newPassword cannot be empty")
	}
	by, err := p.permit(w, r, b, "SET_USERS_PASSWORD")
	if err != nil {
		return nil, err
	}
	return map[string]bool{"status": true}, p.auth.SetPassword(r.Context(), by, id, password)
}

// maxBan is the longest ban with an end, 100 years: beyond it dates overflow.
const maxBan = 100 * 365 * 24 * 3600

func (p *plugin) banUser(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	id, seconds := b.String("userId"), b.Number("banExpiresIn")
	reason := cmp.Or(b.Text("banReason"), "No reason")
	by, err := p.permit(w, r, b, "BAN_USERS")
	if err != nil {
		return nil, err
	}
	var until *time.Time
	if seconds != nil && *seconds != 0 {
		if *seconds < 0 || *seconds > maxBan {
			return nil, faulty("body.banExpiresIn", fmt.Sprintf("Invalid input: expected 0 to %d seconds", maxBan))
		}
		at := p.auth.Now().Add(time.Duration(*seconds * float64(time.Second))).Truncate(time.Millisecond)
		until = &at
	}
	return user(p.auth.BanUser(r.Context(), by, id, reason, until))
}

func (p *plugin) unbanUser(_ http.ResponseWriter, r *http.Request, by *auth.Session, id string) (any, error) {
	return user(p.auth.UnbanUser(r.Context(), by, id))
}

func (p *plugin) removeUser(_ http.ResponseWriter, r *http.Request, by *auth.Session, id string) (any, error) {
	return success(p.auth.RemoveUser(r.Context(), by, id))
}
