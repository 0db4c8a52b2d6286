//go:build !failpoint

package failpoint

import (
	"io"
	"time"
)

// Here marks a step at which a build for tests may die, wait or fail. The error
// is what it is to fail with; about is what the step is about, such as the
// subject of a mail.
func Here(step string, about ...string) error { return nil }

// Reader marks a step after the first bytes of r.
func Reader(_ string, r io.Reader) io.Reader { return r }

// Writer marks a step after the first bytes written to w.
func Writer(_ string, w io.Writer) io.Writer { return w }

// Clock is now, or in a build for tests a clock that is wrong in the way that
// the environment says.
func Clock(now func() time.Time) func() time.Time { return now }
