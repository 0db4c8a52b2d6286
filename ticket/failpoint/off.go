//go:build !failpoint

package failpoint

import "time"

// Here marks a step at which a build for tests may die, wait or fail. The error
// is what it is to fail with.
func Here(string) error { return nil }

// Clock is now, or in a build for tests a clock that is wrong in the way that
// the environment says.
func Clock(now func() time.Time) func() time.Time { return now }
