//go:build !unix

package dbtest

import (
	"errors"
	"syscall"
)

var stop = func() {}

func start() (string, error) {
	return "", errors.New("set TEST_DATABASE_URL to test on PostgreSQL")
}

// unprivileged changes nothing: on these systems no program refuses its user.
func unprivileged(string) (*syscall.SysProcAttr, error) { return nil, nil }
