package origins_test

import (
	"testing"

	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/origins"
)

func TestLocalPath(t *testing.T) {
	for _, path := range authtest.GoodPaths {
		if !origins.LocalPath(path) {
			t.Errorf("refused %.100q", path)
		}
	}
	for _, path := range append(authtest.BadPaths, "https://app.example/", "http://localhost:8080/dashboard") {
		if origins.LocalPath(path) {
			t.Errorf("accepted %.100q", path)
		}
	}
}
