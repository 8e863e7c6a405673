package config_test

import (
	"strings"
	"testing"

	"example.com/foyer/internal/config"
)

// TestProductionRefusesPlainHTTP: a deployment with http for https does not start.
func TestProductionRefusesPlainHTTP(t *testing.T) {
	// part:betterauth
	const reader = "APP_URL=https://app.example CORS=on TRUSTED_ORIGINS=http://www.app.example"
	// end:betterauth
	for _, c := range []struct {
		name   string
		env    string
		faults string // of which variable, "" for none
		warns  bool
	}{
		{"https", "APP_URL=https://app.example", "", false},
		{"http", "APP_URL=http://app.example", "APP_URL", false},
		{"http in a network of your own", "APP_URL=http://192.168.0.7:8080", "APP_URL", false},
		{"a name like this machine's", "APP_URL=http://localhost.example", "APP_URL", false},
		{"http on this machine", "APP_URL=http://127.0.0.1:3000", "", false},
		{"http on purpose", "APP_URL=http://app.example INSECURE_HTTP=on", "", true},
		{"https with the switch", "APP_URL=https://app.example INSECURE_HTTP=on", "", true},
		{"in development", "APP_URL=http://app.example APP_ENV=development", "", false},
		// part:betterauth
		{"a reader over http", reader, "TRUSTED_ORIGINS", false},
		{"a reader over http on purpose", reader + " INSECURE_HTTP=on", "", true},
		{"a reader on this machine", "APP_URL=https://app.example CORS=on TRUSTED_ORIGINS=http://localhost:5173", "", false},
		{"an app reads nothing", "APP_URL=https://app.example CORS=on TRUSTED_ORIGINS=myapp://", "", false},
		// end:betterauth
		{"no reader over http", "APP_URL=https://app.example TRUSTED_ORIGINS=http://www.app.example", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			env := map[string]string{"APP_ENV": "production", "APP_SECRET": strong, "EMAIL_VERIFICATION": "off"}
			for _, variable := range strings.Fields(c.env) {
				name, value, _ := strings.Cut(variable, "=")
				env[name] = value
			}
			got, err := load(env)
			switch {
			case c.faults == "" && err != nil, c.faults != "" && err == nil:
				t.Fatalf("%v, want a fault of %q", err, c.faults)
			case err != nil && !strings.HasPrefix(err.Error(), c.faults+": "):
				t.Errorf("%v, want a fault of %q", err, c.faults)
			}
			if warns := len(got.Warnings()) == 1; err == nil && warns != c.warns {
				t.Errorf("warns of %q", got.Warnings())
			}
		})
	}
}

// TestARemoteDatabaseWithoutTLSIsWarnedOf also checks that the warning does not quote the password.
func TestARemoteDatabaseWithoutTLSIsWarnedOf(t *testing.T) {
	for database, warns := range map[string]bool{
		"postgres://app:zebra-7@db.example/app":                     true,
		"postgresql://app:zebra-7@10.0.0.5:5432/app":                true,
		"postgres://app@/app?host=db.example":                       true,
		"postgres://app@/app?host=localhost,db.example":             true,
		"postgres://app:zebra-7@db.example/app?sslmode=verify-full": false,
		"postgres://app:zebra-7@db.example/app?sslmode=disable":     false, // a decision
		"postgres://app@localhost/app":                              false,
		"postgres://app@[::1]/app":                                  false,
		"postgres://app@/app?host=/run/postgresql":                  false,
		config.DefaultDatabase:                                      false,
	} {
		got, err := load(map[string]string{"DATABASE_URL": database})
		list := strings.Join(got.Warnings(), " ")
		if err != nil || strings.Contains(list, "sslmode") != warns || strings.Contains(list, "zebra") {
			t.Errorf("%s: %q, %v", database, list, err)
		}
	}
}
