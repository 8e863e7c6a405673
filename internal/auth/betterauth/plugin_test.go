package betterauth_test

import (
	"net/http"
	"strings"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/betterauth"
)

func TestTwoEndpointsOfOneNameAreRefused(t *testing.T) {
	plugin := func(*auth.Auth) []betterauth.Endpoint {
		return []betterauth.Endpoint{{Method: http.MethodPost, Path: "/sign-in/email"}}
	}
	_, err := betterauth.New(authtest.New(t), betterauth.Options{Plugins: []betterauth.Plugin{plugin}})
	if err == nil || !strings.Contains(err.Error(), "/sign-in/email") {
		t.Errorf("%v", err)
	}
}
