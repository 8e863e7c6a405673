package betterauth

import (
	"net/http"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/payload"
)

func (a *api) updateUser(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	var p auth.Profile
	p.Name = b.OptionalString("name")
	p.Image, p.SetImage = b.Nullable("image")
	s, err := a.requireSession(w, r, b)
	if err != nil {
		return nil, err
	}
	switch {
	case b.Has("email"):
		return nil, errs.New(http.StatusBadRequest, "EMAIL_CAN_NOT_BE_UPDATED", "Email can not be updated")
	case b.Has("role", "banned", "banReason", "banExpires"):
		return nil, errs.New(http.StatusBadRequest, "FIELD_NOT_ALLOWED", "role and ban are not allowed to be set")
	case p.Name == nil && !p.SetImage:
		return nil, errs.New(http.StatusBadRequest, "", "No fields to update")
	}
	return done(), a.UpdateUser(w, r, s, p)
}

// deleteUser asks for one proof: a mailed link, the password, or a recently authenticated session. The password alone
// is not enough for a user with a second factor. With Options.ConfirmDeletion it asks for the link in any case.
func (a *api) deleteUser(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	password, token, callbackURL := b.OptionalString("password"), b.OptionalString("token"), b.Text("callbackURL")
	s, err := a.requireSession(w, r, b)
	if err != nil {
		return nil, err
	}
	if password != nil {
		if err := a.CheckPassword(r, s, *password); err != nil {
			return nil, err
		}
	}
	switch {
	case token != nil:
		return deleted("User deleted"), a.DeleteUserByLink(w, r, s, *token)
	case a.opts.ConfirmDeletion:
		return deleted("Verification email sent"), a.MailDeletion(r.Context(), s, callbackURL)
	case s.ImpersonatedBy != nil: // DeleteUser refuses it
	case (password == nil || s.User.SecondFactor) && !a.RecentlyAuthenticated(s):
		return nil, errs.New(http.StatusBadRequest, "SESSION_EXPIRED",
			"Session expired. Re-authenticate to perform this action.")
	}
	return deleted("User deleted"), a.DeleteUser(w, r, s)
}

func (a *api) deleteUserByLink(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	token, callbackURL := b.String("token"), b.Text("callbackURL")
	s, err := visitor(a.Auth, w, r, b)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return nil, errs.New(http.StatusNotFound, "FAILED_TO_GET_USER_INFO", "Failed to get user info")
	}
	if err := a.DeleteUserByLink(w, r, s, token); err != nil {
		return nil, err
	}
	if callbackURL != "" {
		return redirect(callbackURL), nil
	}
	return deleted("User deleted"), nil
}

func deleted(message string) map[string]any {
	return map[string]any{"success": true, "message": message}
}

// account is the contract's JSON form of an auth.Account.
type account struct {
	ID         string   `json:"id"`
	AccountID  string   `json:"accountId"`
	ProviderID string   `json:"providerId"`
	UserID     string   `json:"userId"`
	CreatedAt  string   `json:"createdAt"`
	UpdatedAt  string   `json:"updatedAt"`
	Scopes     []string `json:"scopes"` // of OAuth providers; there are none
}

func (a *api) listAccounts(_ http.ResponseWriter, r *http.Request, s *auth.Session, _ string) (any, error) {
	list, err := a.Accounts(r.Context(), s.UserID)
	answer := make([]account, len(list))
	for i, c := range list {
		created, updated := c.CreatedAt.UTC().Format(dateFormat), c.UpdatedAt.UTC().Format(dateFormat)
		answer[i] = account{c.ID, c.AccountID, c.ProviderID, c.UserID, created, updated, []string{}}
	}
	return answer, err
}

// dateFormat is that of every date in the contract: ISO 8601 in UTC with three decimals.
const dateFormat = "2006-01-02T15:04:05.000Z"

func (a *api) unlinkAccount(_ http.ResponseWriter, r *http.Request, s *auth.Session, accountID string) (any, error) {
	return done(), a.UnlinkAccount(r.Context(), s, accountID)
}
