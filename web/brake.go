package web

import (
	"hash/maphash"
	"net/http"
	"sync"
	"time"

	"golang.org/x/text/cases"
)

// brakeFor is the time in which somebody may fail as often as their limit says.
const brakeFor = 15 * time.Minute

// How often a password or a code may be wrong within brakeFor.
const (
	triesByName   = 5  // of one agent, or with one address
	triesByClient = 30 // from one network, over all names
)

// A tried is what somebody who tries something is known by, and how often that
// may fail before it has to wait.
type tried struct {
	name  string
	limit int
}

// pace is how long one failure counts: as many as the limit fill brakeFor.
func (t tried) pace() time.Duration { return brakeFor / time.Duration(t.limit) }

func byAddress(email string) tried { return tried{"address " + foldCase.String(email), triesByName} }

// byAgent is for all addresses of an agent.
func byAgent(key string) tried { return tried{"agent " + key, triesByName} }

// byTries is for all that is tried from one network. Where that is not known
// nobody is held back for what others do.
func byTries(r *http.Request) []tried {
	if from, known := clientOf(r); known {
		return []tried{{"tries from " + from, triesByClient}}
	}
	return nil
}

// foldCase makes equal what the desk takes for one address.
var foldCase = cases.Fold()

// A brake slows down who guesses passwords, or asks for too much, by names such as
// the address that they sign in with and where they come from. After as many
// failures as its limit a name may try again when the first of them has paced off
// (the generic cell rate algorithm, as ATM networks have it).
//
// Its size does not depend on how many names there are, and nothing is ever thrown
// out, so that nobody is forgotten because somebody else tries a million names. A
// name has a cell in each of several rows and counts as what the least of them
// says (a count-min sketch with conservative update). Who guesses can not choose
// names that share cells with another's, since the hash is salted. It forgets at a
// restart.
type brake struct {
	mu   sync.Mutex
	salt [brakeRows]maphash.Seed
	// cells are the instants, in Unix nanoseconds, at which all failures of a cell
	// will have paced off.
	cells *[brakeRows][brakeCells]int64
}

const (
	brakeRows  = 4
	brakeCells = 8192 // 256 KiB in all
)

// try counts a try as one that fails, and returns zero; or it returns how long
// somebody has to wait, and counts nothing. So of many at the same time no more are
// let through than may fail.
func (b *brake) try(now time.Time, by ...tried) (wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range by {
		wait = max(wait, b.until(now, t).Sub(now)+t.pace()-brakeFor)
	}
	if wait > 0 {
		return wait
	}
	for _, t := range by {
		until := b.until(now, t).Add(t.pace()).UnixNano()
		for cell := range b.of(t.name) {
			*cell = max(*cell, until)
		}
	}
	return 0
}

// forgive takes back a try that did not fail after all.
func (b *brake) forgive(now time.Time, by ...tried) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range by {
		least := b.until(now, t).UnixNano()
		for cell := range b.of(t.name) {
			if *cell == least { // the others are held higher by other names
				*cell -= int64(t.pace())
			}
		}
	}
}

// until is when all failures of a name will have paced off; now if none counts.
func (b *brake) until(now time.Time, t tried) time.Time {
	latest := now.Add(brakeFor).UnixNano() // more was not let through: the clock was set back
	least := latest
	for cell := range b.of(t.name) {
		*cell = min(*cell, latest)
		least = min(least, *cell)
	}
	return time.Unix(0, max(least, now.UnixNano()))
}

// of yields the cells of a name, one a row.
func (b *brake) of(name string) func(yield func(*int64) bool) {
	if b.cells == nil {
		b.cells = new([brakeRows][brakeCells]int64)
		for row := range b.salt {
			b.salt[row] = maphash.MakeSeed()
		}
	}
	return func(yield func(*int64) bool) {
		for row := range b.cells {
			if !yield(&b.cells[row][maphash.String(b.salt[row], name)%brakeCells]) {
				return
			}
		}
	}
}
