package authtest

import (
	"net/http"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/betterauth"
)

// Wire serves the contract of the npm client on a, with the first of o.
func Wire(t testing.TB, a *auth.Auth, o ...betterauth.Options) http.Handler {
	t.Helper()
	handler, err := betterauth.New(a, append(o, betterauth.Options{})[0])
	if err != nil {
		t.Fatal(err)
	}
	return handler
}
