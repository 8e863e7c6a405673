package passkey

import (
	"encoding/json"
	"errors"
	"net/http"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/betterauth"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/payload"
)

// Endpoints is the plugin of betterauth that serves the endpoints of @better-auth/passkey, /api/auth/passkey/*. All of
// them read the session from the store: in a revoked one that is still cached, a thief could leave a passkey behind.
func (p *Passkeys) Endpoints(*auth.Auth) []betterauth.Endpoint {
	endpoint := func(method, name string, h betterauth.Handle) betterauth.Endpoint {
		return betterauth.Endpoint{Method: method, Path: "/passkey/" + name, Handle: h}
	}
	const get, post = http.MethodGet, http.MethodPost
	return []betterauth.Endpoint{
		endpoint(get, "generate-register-options", p.askRegistration),
		endpoint(post, "verify-registration", p.takeRegistration),
		endpoint(get, "generate-authenticate-options", p.askProof),
		endpoint(post, "verify-authentication", p.takeProof),
		endpoint(get, "list-user-passkeys", betterauth.On(p.requireSession, "", p.listOwn)),
		endpoint(post, "update-passkey", p.renameOwn),
		endpoint(post, "delete-passkey", betterauth.On(p.requireSession, "id", p.deleteOwn)),
	}
}

func (p *Passkeys) requireSession(w http.ResponseWriter, r *http.Request, b *payload.Body) (*auth.Session, error) {
	return betterauth.RequireSession(p.auth, w, r, b)
}

func (p *Passkeys) askRegistration(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	attachment := b.Text("authenticatorAttachment")
	s, err := p.requireSession(w, r, b)
	if err != nil {
		return nil, err
	}
	return p.RegisterOptions(w, r, s, attachment)
}

func (p *Passkeys) takeRegistration(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	response, name, enter := response(b), b.Text("name"), b.Bool("createSession", false)
	s, err := p.requireSession(w, r, b)
	if err != nil {
		return nil, err
	}
	k, err := p.Register(w, r, s, response, name)
	if errors.Is(err, errOtherChallenge) {
		return nil, unusable(err)
	}
	if err != nil {
		return nil, err
	}
	if !enter {
		return k.wire(), nil
	}
	start := auth.Start{Event: event.SignIn, Remember: s.Remember, AMR: amr, Presented: s}
	s, err = p.auth.SignIn(w, r, start, func(t *auth.Tx) (*auth.User, error) { return t.LockOwner(s) })
	if err != nil {
		return nil, err
	}
	answer := k.wire()
	answer["session"], answer["user"] = s, s.User
	return answer, nil
}

func (p *Passkeys) askProof(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	s, err := p.auth.StoredSession(w, r)
	if err != nil {
		return nil, err
	}
	return p.SignInOptions(w, r, s)
}

func (p *Passkeys) takeProof(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	response := response(b)
	if err := b.Err(); err != nil {
		return nil, err
	}
	s, err := p.SignIn(w, r, response)
	if errors.Is(err, errOtherChallenge) {
		return nil, errs.New(http.StatusBadRequest, "AUTHENTICATION_FAILED", "Authentication failed")
	}
	if err != nil {
		return nil, err
	}
	return map[string]any{"session": s, "user": s.User}, nil
}

func (p *Passkeys) listOwn(_ http.ResponseWriter, r *http.Request, s *auth.Session, _ string) (any, error) {
	list, err := p.List(r.Context(), s.UserID)
	all := make([]map[string]any, len(list))
	for i := range list {
		all[i] = list[i].wire()
	}
	return all, err
}

func (p *Passkeys) renameOwn(w http.ResponseWriter, r *http.Request, b *payload.Body) (any, error) {
	id, name := b.String("id"), b.String("name")
	s, err := p.requireSession(w, r, b)
	if err != nil {
		return nil, err
	}
	k, err := p.Rename(r, s, id, name)
	if err != nil {
		return nil, err
	}
	return map[string]any{"passkey": k.wire()}, nil
}

func (p *Passkeys) deleteOwn(_ http.ResponseWriter, r *http.Request, s *auth.Session, id string) (any, error) {
	return map[string]bool{"status": true}, p.Delete(r, s, id)
}

// response is what the authenticator answered, as JSON.
func response(b *payload.Body) []byte {
	b.Object("response", true)
	data, err := json.Marshal(b.Value("response"))
	if err != nil { // impossible: it was decoded from JSON
		panic(err)
	}
	return data
}

// wire is the contract's form of a passkey.
func (k *Passkey) wire() map[string]any {
	v := map[string]any{
		"id": k.ID, "name": nil, "userId": k.UserID, "credentialID": k.CredentialID, "publicKey": k.PublicKey,
		"counter": k.Counter, "deviceType": "singleDevice", "backedUp": k.BackedUp, "transports": k.Transports,
		"createdAt": k.CreatedAt.UTC().Format("2006-01-02T15:04:05.000Z"), "aaguid": k.AAGUID,
	}
	if k.Name != "" {
		v["name"] = k.Name
	}
	if k.BackupEligible {
		v["deviceType"] = "multiDevice"
	}
	return v
}
