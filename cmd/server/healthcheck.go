package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"example.com/foyer/internal/config"
)

// healthTime is how long a server may take to answer a health check.
const healthTime = 3 * time.Second

// healthcheck asks the server of the same environment whether its process lives, for the probe of a container that has
// no other program. It asks /healthz: a restart does not help a server whose database is away or that is stopping.
func (a *app) healthcheck(ctx context.Context, _ []string) error {
	addr, err := config.Addr(a.getenv)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, healthTime)
	defer cancel()
	// Go dials this machine for an address without a host.
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/healthz", nil)
	if err != nil {
		return err
	}
	res, err := new(http.Transport).RoundTrip(req) // unlike the default one, it asks no HTTP_PROXY
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", req.URL, res.Status)
	}
	_, err = fmt.Fprintln(a.stdout, "ok")
	return err
}
