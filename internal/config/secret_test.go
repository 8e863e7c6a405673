package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/foyer/internal/config"
)

func secretFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestSecretsOfFiles: what ends a line in a file is no part of a secret.
func TestSecretsOfFiles(t *testing.T) {
	for _, end := range []string{"", "\n", "\r\n"} {
		got, err := load(map[string]string{
			"APP_SECRET_FILE":   secretFile(t, strong+","+other+end),
			"DATABASE_URL_FILE": secretFile(t, "postgres://app:pass@db/app?sslmode=require"+end),
			"SMTP_URL_FILE":     secretFile(t, "smtp://app:pass@mail.example"+end),
			"MAIL_FROM":         "mail@app.example",
		})
		if err != nil || strings.Join(got.Secrets, " ") != strong+" "+other ||
			got.DatabaseURL != "postgres://app:pass@db/app?sslmode=require" ||
			got.SMTPURL != "smtp://app:pass@mail.example" {
			t.Errorf("%q: %+v, %v", end, got, err)
		}
	}
}

// TestFaultsOfSecretFiles: each is one fault that names the variable and quotes neither file nor path, because the
// secret itself may have been given in place of a path.
func TestFaultsOfSecretFiles(t *testing.T) {
	for _, name := range []string{"APP_SECRET", "DATABASE_URL", "SMTP_URL"} {
		for _, c := range []struct{ what, variable, file, fault string }{
			{"both", "zebra-7", secretFile(t, "zebra-8"), name + ": and " + name + "_FILE are both given; keep one"},
			{"no file", "", "/zebra/7", name + "_FILE: names a file that cannot be read: "},
			{"a folder", "", t.TempDir(), name + "_FILE: names a file that cannot be read: "},
			{"an empty file", "", secretFile(t, "\n"), name + "_FILE: names an empty file"},
			{"a bad value", "", secretFile(t, "zebra-8"), name + ": "},
		} {
			t.Run(name+" "+c.what, func(t *testing.T) {
				env := map[string]string{
					"APP_ENV": "production", "APP_URL": "https://app.example", "APP_SECRET": strong,
					"SMTP_URL": "smtp://mail.example", "MAIL_FROM": "mail@app.example",
				}
				env[name], env[name+"_FILE"] = c.variable, c.file
				_, err := load(env)
				if err == nil || !strings.HasPrefix(err.Error(), c.fault) {
					t.Fatalf("%v, want %q", err, c.fault)
				}
				if c.what != "both" && strings.Contains(err.Error(), "\n") {
					t.Errorf("more than one fault: %v", err)
				}
				if strings.Contains(err.Error(), "zebra") || strings.Contains(err.Error(), c.file) {
					t.Errorf("the fault quotes a secret: %v", err)
				}
			})
		}
	}
}

// TestAddr: a command that asks a running server needs no secret of it.
func TestAddr(t *testing.T) {
	for _, c := range []struct{ addr, port, want, fault string }{
		{"", "", "127.0.0.1:8080", ""},
		{"", "3000", "0.0.0.0:3000", ""},
		{"[::1]:80", "3000", "[::1]:80", ""},
		{"", "http", "", "PORT: "},
		{"80", "", "", "ADDR: "},
	} {
		env := map[string]string{"ADDR": c.addr, "PORT": c.port, "APP_ENV": "production"}
		got, err := config.Addr(func(name string) string { return env[name] })
		if c.fault == "" && (err != nil || got != c.want) {
			t.Errorf("%+v: %s, %v", c, got, err)
		}
		if c.fault != "" && (err == nil || !strings.HasPrefix(err.Error(), c.fault)) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
