package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	"example.com/foyer/internal/database"
	"example.com/foyer/internal/servicetoken"
)

// services gives the keys that service tokens are signed and checked with; nil for none, which lets no service in.
// Other processes with keys of their own are named here: keyring.Peers.
func (a *app) services() (keyring *servicetoken.Keyring, err error) {
	switch {
	case a.ServiceKeyFile != "":
		if keyring, err = servicetoken.Open(a.ServiceKeyFile); err != nil {
			return nil, fmt.Errorf("SERVICE_KEY_FILE: %w", err)
		}
		a.warnOfReaders(a.ServiceKeyFile)
	case a.ServiceKey != "":
		if keyring, err = servicetoken.Parse([]byte(a.ServiceKey)); err != nil {
			return nil, fmt.Errorf("SERVICE_KEY: %w", err)
		}
	case a.Development:
		if keyring, err = servicetoken.Generate(); err != nil {
			return nil, err
		}
	default:
		return nil, nil
	}
	keyring.Now = database.Now
	return keyring, nil
}

// warnOfReaders logs that every user of the machine can read a key and be the service. It does not refuse: some platforms
// hand secrets out as such files, to containers with one user.
func (a *app) warnOfReaders(path string) {
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS == "windows" { // where modes say nothing
		return
	}
	if info.Mode().Perm()&0o004 != 0 {
		a.log.Warn("SERVICE_KEY_FILE can be read by every user of this machine: chmod 600", "file", path)
	}
}

// keys makes a key file or puts a new key in front of one.
func keys(verb, path string, stdout io.Writer) error {
	act := map[string]func(string) (string, error){"new": servicetoken.Create, "rotate": servicetoken.Rotate}[verb]
	if act == nil {
		return errUsage
	}
	if path == "" {
		return errors.New("SERVICE_KEY_FILE: name the file the keys are in")
	}
	kid, err := act(path)
	if err == nil {
		fmt.Fprintf(stdout, "%s: signing with key %s\n", path, kid)
	}
	return err
}
