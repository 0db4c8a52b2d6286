// Package enginetest names empty databases to tests, on the engine that the
// environment asks for.
package enginetest

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// The environment says on which engines tests run. Without any of it they run on
// SQLite and need no server.
const (
	// serverEnv is the URL of a database on a PostgreSQL server, in which tests
	// make a schema each.
	serverEnv = "DESKPOST_TEST_POSTGRES"
	// engineEnv is the engine of the tests that run on one: "sqlite", which it is
	// otherwise, or "postgres".
	engineEnv = "DESKPOST_TEST_ENGINE"
)

// URL is that of an empty desk of the test's own, on the engine that the
// environment names.
func URL(t testing.TB) string {
	t.Helper()
	switch engine := os.Getenv(engineEnv); engine {
	case "", "sqlite":
		return SQLite(t)
	case "postgres":
		if os.Getenv(serverEnv) == "" {
			t.Fatalf("%s=postgres needs %s", engineEnv, serverEnv)
		}
		return Postgres(t)
	default:
		t.Fatalf("%s=%s: want sqlite or postgres", engineEnv, engine)
		return ""
	}
}

// SQLite is the URL of a file in a directory of the test's own.
func SQLite(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "desk.db") }

// Postgres is the URL of an empty schema of the test's own, which goes when the
// test ends. Where no server is named the test is skipped, and in CI it fails.
func Postgres(t testing.TB) string {
	t.Helper()
	server := os.Getenv(serverEnv)
	if server == "" {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not set: CI has to test PostgreSQL", serverEnv)
		}
		t.Skipf("%s is not set: name a database on a PostgreSQL server to test with it", serverEnv)
	}
	u, err := url.Parse(server)
	if err != nil {
		t.Fatalf("%s: %v", serverEnv, err)
	}
	schema := "test_" + strings.ToLower(rand.Text())
	run(t, server, "CREATE SCHEMA "+schema)
	t.Cleanup(func() { run(t, server, "DROP SCHEMA "+schema+" CASCADE") })
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String()
}

// run runs a statement on the server.
func run(t testing.TB, server, statement string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Errorf("connect to the server in %s: %v", serverEnv, err)
		return
	}
	_, err = conn.Exec(ctx, statement)
	if err := errors.Join(err, conn.Close(ctx)); err != nil {
		t.Errorf("%s: %v", statement, err)
	}
}
