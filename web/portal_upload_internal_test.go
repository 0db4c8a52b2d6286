package web

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// TestAllowance: all strangers together, and customers each.
func TestAllowance(t *testing.T) {
	t.Parallel()
	var a allowance
	now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	taken := int64(0)
	for i := range 100 {
		if a.take(now, fmt.Sprint("host ", i), false, 100<<20) == nil {
			taken += 100 << 20
		}
	}
	if taken > filesByUnknown || taken+100<<20 <= filesByUnknown {
		t.Errorf("of strangers %d bytes were taken, want %d", taken, filesByUnknown)
	}
	if err := a.take(now, "address a", true, filesByOne); err != nil {
		t.Errorf("a customer's: %v", err)
	}
	if err := a.take(now, "address a", true, 1); !errors.Is(err, errFiles) {
		t.Errorf("one byte more: %v", err)
	}
	if err := a.take(now.Add(filesFor), "host 1", false, filesByOne); err != nil {
		t.Errorf("a day later: %v", err)
	}
}
