package storetest

import (
	"context"
	"testing"

	"deskpost/store"
	"deskpost/store/enginetest"
)

// Open opens an empty desk of the test's own, on the engine that the environment
// names, and closes it when the test ends.
func Open(t testing.TB) *store.DB {
	t.Helper()
	return OpenAt(t, enginetest.URL(t))
}

// OpenAt opens the desk at a URL and closes it when the test ends.
func OpenAt(t testing.TB, url string, opts ...store.Option) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), url, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return db
}
