package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3/database"
)

const (
	// pgWriters and pgReaders are how many connections write and read. A daemon has
	// two more: one holds its lock, one renews its leases.
	pgWriters = 8
	pgReaders = 4
	// pgConnect bounds the making of a connection, unless the URL does.
	pgConnect = 10 * time.Second
	// pgLongest is how long a transaction that writes may take, which is how long
	// a network that swallows everything can keep it. Groups of mail take
	// milliseconds.
	pgLongest = 2 * time.Minute
)

// postgres is a database on a server of PostgreSQL.
type postgres struct {
	config *pgx.ConnConfig
	shown  string // the database as messages name it
}

func isPostgres(url string) bool {
	return strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://")
}

// CheckURL says what is wrong with the URL of a PostgreSQL database, without
// connecting. Its errors hold no part of a password.
func CheckURL(url string) error {
	_, err := newPostgres(url, "")
	return err
}

// newPostgres reads a URL as libpq does: what it leaves out is taken from PGHOST
// and the other variables, and the password from PGPASSWORD or the passfile.
func newPostgres(text, password string) (*postgres, error) {
	u, err := url.Parse(text)
	if err != nil || u.Opaque != "" { // url's own error would print the password
		return nil, errors.New("this database URL cannot be read; write one such as postgres://user@host:5432/database, " +
			"with %2F, %25, %23 and %3F for /, %, # and ? in the user")
	}
	if _, has := u.User.Password(); has || u.Query().Has("password") {
		return nil, errors.New(`the database URL holds a password; move it to database_password = "file:PATH"`)
	}
	if strings.Trim(u.Path, "/") == "" && !u.Query().Has("dbname") {
		return nil, fmt.Errorf("the database URL %s names no database; write postgres://user@host/database", text)
	}
	config, err := pgx.ParseConfig(text)
	if err != nil {
		return nil, fmt.Errorf("database URL: %w", err)
	}
	if password != "" {
		config.Password = password
	}
	if host := remoteHost(config); host != "" && !u.Query().Has("sslmode") && os.Getenv("PGSSLMODE") == "" {
		return nil, fmt.Errorf("the database URL %s does not say whether TLS protects what crosses the network to %s; "+
			"add sslmode=verify-full to what follows its question mark, or another mode that fits your server", text, host)
	}
	if !u.Query().Has("connect_timeout") && os.Getenv("PGCONNECT_TIMEOUT") == "" {
		config.ConnectTimeout = pgConnect
	}
	setParams(config.RuntimeParams)
	dialer := net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3}}
	config.DialFunc = dialer.DialContext
	return &postgres{config: config, shown: fmt.Sprintf("%s on %s:%d", config.Database, config.Host, config.Port)}, nil
}

// remoteHost is the first of the hosts that is another machine; "" if none is.
func remoteHost(config *pgx.ConnConfig) string {
	if !isLocal(config.Host) {
		return config.Host
	}
	for _, other := range config.Fallbacks {
		if !isLocal(other.Host) {
			return other.Host
		}
	}
	return ""
}

// isLocal reports whether a host is this machine: a loopback address or the
// directory of a socket.
func isLocal(host string) bool {
	ip := net.ParseIP(host)
	return strings.HasPrefix(host, "/") || host == "localhost" || ip != nil && ip.IsLoopback()
}

// setParams sets what our sessions rely on, where the URL does not.
func setParams(params map[string]string) {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	for name, value := range map[string]string{
		"application_name": fmt.Sprintf("deskpost on %s, process %d", host, os.Getpid()),
		// A commit is durable before it returns, whatever the server's default.
		"synchronous_commit": "on",
		// Nobody waits for ever for a process that was stopped inside a transaction,
		// and whoever takes its leases over not even for as long as they last.
		"lock_timeout":                        "30s",
		"idle_in_transaction_session_timeout": "10s",
	} {
		if params[name] == "" {
			params[name] = value
		}
	}
	params["client_encoding"] = "UTF8"
}

func (p *postgres) name() string { return p.shown }

func (p *postgres) prepare(bool) error { return nil }

// words are PostgreSQL's.
func (p *postgres) words() dialect {
	return dialect{
		engine:      "PostgreSQL",
		migrations:  database.DialectPostgres,
		placeholder: "$",
		id:          "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
		once:        "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
		key:         "BIGINT PRIMARY KEY",
		bytes:       "BYTEA",
		held:        " FOR UPDATE",
		kept:        " FOR KEY SHARE",
		claimed:     " FOR UPDATE SKIP LOCKED",
		search:      postgresSearch,
		intake:      "SELECT pg_advisory_xact_lock($1, hashtext(current_schema()))",
		unhurried:   "SET LOCAL idle_in_transaction_session_timeout = 0",
		clock:       "SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::BIGINT",
		tables: "SELECT COUNT(*), COUNT(CASE WHEN tablename = $1 THEN 1 END) FROM pg_tables " +
			"WHERE schemaname = current_schema()",
		size:    "SELECT pg_database_size(current_database())",
		update:  &sql.TxOptions{Isolation: sql.LevelReadCommitted},
		view:    &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true},
		longest: pgLongest,
	}
}

func (p *postgres) openWriters(ctx context.Context) (*sql.DB, error) {
	pool, err := p.openPool(ctx, pgWriters)
	if err != nil {
		return nil, err
	}
	if err := checkServer(ctx, pool); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return pool, nil
}

func (p *postgres) openReaders(ctx context.Context) (*sql.DB, error) {
	return p.openPool(ctx, pgReaders)
}

func (p *postgres) openBeats(ctx context.Context) (*sql.DB, error) { return p.openPool(ctx, 1) }

func (p *postgres) openReadOnly(ctx context.Context) (*sql.DB, func() error, error) {
	config := p.config.Copy()
	config.RuntimeParams["default_transaction_read_only"] = "on"
	pool, err := (&postgres{config: config, shown: p.shown}).openPool(ctx, 1)
	return pool, nil, err
}

// check has nothing to do: the server checks its own files.
func (p *postgres) check(context.Context, bool, func(string)) error { return nil }

// integrity asks for constraints that were switched off: the server keeps the
// others by itself.
func (p *postgres) integrity(bool) []integrityQuery {
	return []integrityQuery{{referenceBroken, `
		SELECT 'the constraint ' || conname || ' is not enforced on every row' FROM pg_constraint
		WHERE NOT convalidated AND connamespace = current_schema()::regnamespace ORDER BY conname`}}
}

func (p *postgres) openPool(ctx context.Context, size int) (*sql.DB, error) {
	pool := stdlib.OpenDB(*p.config)
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	if err := pool.PingContext(ctx); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return pool, nil
}

// checkServer refuses a database that could not keep the desk.
func checkServer(ctx context.Context, pool *sql.DB) error {
	var encoding string
	var schema sql.NullString
	var standby bool
	row := pool.QueryRowContext(ctx, "SELECT current_setting('server_encoding'), current_schema(), pg_is_in_recovery()")
	if err := row.Scan(&encoding, &schema, &standby); err != nil {
		return fmt.Errorf("look at the server: %w", err)
	}
	switch {
	case encoding != "UTF8":
		return fmt.Errorf("the encoding of the database is %s, and mail needs UTF8: make another with createdb --encoding=UTF8 --template=template0", encoding)
	case !schema.Valid:
		return errors.New("the search_path names no schema that is there: make it with CREATE SCHEMA, or correct the path")
	case standby:
		return errors.New("the server is a standby, which can only be read: name its primary, or several hosts with target_session_attrs=read-write")
	}
	return nil
}
