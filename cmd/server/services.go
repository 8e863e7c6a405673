package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"

	"example.com/foyer/internal/database"
	"example.com/foyer/internal/servicetoken"
)

// addServices gives web the keys that verify service tokens. Without keys, every token is refused.
func (a *app) addServices() error {
	keyring, err := a.serviceKeys()
	if err != nil || keyring == nil {
		return err
	}
	keyring.Now = database.Now
	a.site.Services = keyring
	return nil
}

// serviceKeys is nil if production configures none.
func (a *app) serviceKeys() (*servicetoken.Keyring, error) {
	switch {
	case a.ServiceKeyFile != "":
		keyring, err := servicetoken.Open(a.ServiceKeyFile)
		if err != nil {
			return nil, fmt.Errorf("SERVICE_KEY_FILE: %w", err)
		}
		a.warnOfReaders(a.ServiceKeyFile)
		return keyring, nil
	case a.ServiceKey != "":
		keyring, err := servicetoken.Parse([]byte(a.ServiceKey))
		if err != nil {
			return nil, fmt.Errorf("SERVICE_KEY: %w", err)
		}
		return keyring, nil
	case a.Development:
		return servicetoken.Generate()
	}
	return nil, nil
}

// warnOfReaders warns of a key file that every user of the machine can read, because they could then sign as any
// service. It does not refuse: some platforms hand out secrets as such files, to containers with one user.
func (a *app) warnOfReaders(path string) {
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS == "windows" { // it has no such modes
		return
	}
	if info.Mode().Perm()&0o004 != 0 {
		warning := "SERVICE_KEY_FILE can be read by every user of this machine: chmod 600 " + path
		a.warnings = append(a.warnings, warning)
	}
}

// writeKeys makes a key file or puts a new key in front of one. It needs no other configuration.
func (a *app) writeKeys(_ context.Context, args []string) error {
	write := map[string]func(string) (string, error){"new": servicetoken.Create, "rotate": servicetoken.Rotate}[args[0]]
	if write == nil {
		return errUsage
	}
	path := a.getenv("SERVICE_KEY_FILE")
	if path == "" {
		return errors.New("SERVICE_KEY_FILE: name the file the keys are in")
	}
	kid, err := write(path)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%s: signing with key %s\n", path, kid)
	return nil
}
