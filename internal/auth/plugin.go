package auth

import "net/http"

// Plugin adds endpoints to the provider. It may use nothing but what this package exports, so that its folder can
// be deleted together with its line in Options.Plugins.
type Plugin func(a *Auth) []Endpoint

// Endpoint is one row of the wire contract. Path is exact, below /api/auth; a last segment in braces, such as
// {token}, stands for any one segment and is found by r.PathValue.
//
// By the time Handle runs, media type, body, origin and redirect fields are checked; b holds the body, or the
// query of a GET. What Handle returns is answered as JSON, an errs.Error as the wire's refusal.
type Endpoint struct {
	Method string
	Path   string
	Handle func(w http.ResponseWriter, r *http.Request, b *Body) (any, error)

	form bool // takes application/x-www-form-urlencoded beside JSON
}

// redirect as an answer sends the browser there (302).
type redirect string
