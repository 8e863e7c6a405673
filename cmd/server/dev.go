package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/errs"
	"example.com/foyer/web"
)

// devSecrets are random values for development. They are in a file that git ignores and only its owner can read.
type devSecrets struct {
	Secret        string `json:"secret"`
	AdminPassword string `json:"adminPassword"`
	UserPassword  string `json:"userPassword"`
}

// loadDevSecrets reads the file. The first start makes it.
func loadDevSecrets(path string) (*devSecrets, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return makeDevSecrets(path)
	}
	if err != nil {
		return nil, err
	}
	d := &devSecrets{}
	err = json.Unmarshal(data, d)
	if err != nil || len(d.Secret) < 32 || d.AdminPassword == "" || d.UserPassword == "" {
		return nil, fmt.Errorf("%s is damaged; delete it to get new secrets", path)
	}
	return d, nil
}

func makeDevSecrets(path string) (*devSecrets, error) {
	d := &devSecrets{Secret: rand.Text() + rand.Text(), AdminPassword: demoPassword(), UserPassword: demoPassword()}
	data, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	return d, os.WriteFile(path, append(data, '\n'), 0o600)
}

// demoPassword returns 80 random bits in four groups that are easy to type.
func demoPassword() string {
	s := strings.ToLower(rand.Text())
	return s[:4] + "-" + s[4:8] + "-" + s[8:12] + "-" + s[12:16]
}

func (d *devSecrets) users() []auth.NewUser {
	return []auth.NewUser{
		{Name: "Ada Admin", Email: "admin@example.com", Password: d.AdminPassword, Role: "admin", Verified: true},
		{Name: "Uma User", Email: "user@example.com", Password: d.UserPassword, Verified: true},
	}
}

// seed makes the demo users if the users table is empty.
func (a *app) seed(ctx context.Context) error {
	stats, err := a.auth.Stats(ctx)
	if err != nil || stats.Users > 0 {
		return err
	}
	for _, u := range a.dev.users() {
		_, err := a.auth.CreateUser(ctx, nil, u)
		if e := errs.Of(err); e != nil && e.Status == http.StatusUnprocessableEntity {
			continue // another instance has made it
		}
		if err != nil {
			return fmt.Errorf("seed %s: %w", u.Email, err)
		}
	}
	return nil
}

func (a *app) seedCommand(ctx context.Context, _ []string) error {
	if err := a.open(); err != nil {
		return err
	}
	if !a.Development {
		return errors.New("seed is for development: it makes users with printed passwords")
	}
	if err := a.build(ctx); err != nil {
		return err
	}
	if err := a.seed(ctx); err != nil {
		return err
	}
	a.announce()
	return nil
}

// announce prints where the app is and, in development, how to log in.
func (a *app) announce() {
	if !a.Development {
		a.log.Info("listening", "addr", a.Addr, "url", a.AppURL)
		return
	}
	fmt.Fprintf(a.stdout, "\n  %s is at %s\n\n", web.AppName, a.AppURL)
	for _, u := range a.dev.users() {
		fmt.Fprintf(a.stdout, "  %s  password  %s\n", u.Email, u.Password)
	}
	fmt.Fprintln(a.stdout)
}
