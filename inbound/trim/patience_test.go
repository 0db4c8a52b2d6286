package trim

import "time"

// patience bounds the tests of hostile mail on the slowest machine: what is
// linear takes seconds, what is not takes hours.
const patience = time.Minute
