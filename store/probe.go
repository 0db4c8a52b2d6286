package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Found is what Probe found out about a PostgreSQL database.
type Found struct {
	Server  string // such as "PostgreSQL 15.18"
	TLS     string // such as "TLSv1.3"; "" if the connection has none
	Running string // the processes that run the desk; "" if none does
}

// probeWithin bounds a Probe as a whole.
const probeWithin = 30 * time.Second

// Probe signs in to the PostgreSQL database at a URL as Open would, and changes
// nothing.
func Probe(ctx context.Context, url, password string) (Found, error) {
	p, err := newPostgres(url, password)
	if err != nil {
		return Found{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, probeWithin)
	defer cancel()
	f, err := p.probe(ctx)
	return f, p.explain(err)
}

func (p *postgres) probe(ctx context.Context) (f Found, err error) {
	pool, err := p.openWriters(ctx) // which looks at the server
	if err != nil {
		return f, err
	}
	if err := pool.Close(); err != nil {
		return f, err
	}
	conn, err := pgx.ConnectConfig(ctx, p.config)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	err = conn.QueryRow(ctx, `SELECT 'PostgreSQL ' || current_setting('server_version'),
		COALESCE((SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()), '')`).Scan(&f.Server, &f.TLS)
	if err != nil {
		return f, fmt.Errorf("ask the server what it is: %w", err)
	}
	f.Running, err = p.holder(ctx, conn, deskKey())
	return f, err
}
