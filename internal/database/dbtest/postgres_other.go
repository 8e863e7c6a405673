//go:build !unix

package dbtest

import "errors"

var stop = func() {}

func start() (string, error) {
	return "", errors.New("set TEST_DATABASE_URL to test on PostgreSQL")
}
