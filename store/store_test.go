package store_test

import (
	"testing"

	"deskpost/store/enginetest"
	"deskpost/store/storetest"
	"deskpost/ticket"
)

func TestStoreOnSQLite(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t testing.TB) ticket.Store { return storetest.OpenAt(t, enginetest.SQLite(t)) })
}

func TestStoreOnPostgres(t *testing.T) {
	t.Parallel()
	enginetest.Postgres(t) // skips all of it as one
	storetest.Run(t, func(t testing.TB) ticket.Store { return storetest.OpenAt(t, enginetest.Postgres(t)) })
}
