package store_test

import (
	"testing"

	"deskpost/store/storetest"
	"deskpost/ticket"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t testing.TB) ticket.Store { return storetest.Open(t) })
}
