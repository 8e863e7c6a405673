package database

import (
	"cmp"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
)

const (
	connectTime = 5 * time.Second  // for a server that accepts a connection but does not answer
	connectLife = 30 * time.Minute // so that a failover or a new address of the server takes effect
	readOnly    = "25006"          // SQLSTATE read_only_sql_transaction
)

// openPostgres leaves a quarter of the connections to readers, and one to the listener for revocations.
func openPostgres(databaseURL string, maxConns int) (dialect, error) {
	config, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		return dialect{}, fmt.Errorf("open database: %w", err)
	}
	config.ConnectTimeout = cmp.Or(config.ConnectTimeout, connectTime)
	keep := config.OnPgError
	config.OnPgError = func(conn *pgconn.PgConn, err *pgconn.PgError) bool {
		return err.Code != readOnly && keep(conn, err) // after a failover, a new connection may reach the new primary
	}
	b := newBounds(config.RuntimeParams)
	pool := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(b.apply), stdlib.OptionResetSession(b.apply))
	pool.SetConnMaxLifetime(connectLife)
	conns := cmp.Or(maxConns, 16)
	gorms := postgres.New(postgres.Config{Conn: pool}).(dialector)
	return dialect{gorms, conns, max(1, (conns-1)*3/4), b, sqliteFile{}}, nil
}
