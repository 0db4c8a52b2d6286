package ticket

import "time"

// A Watcher is an agent who wants to hear more, or less, of a ticket than others
// do.
type Watcher struct {
	Ticket Number
	Agent  string // key
	Mode   WatchMode
	Since  time.Time
}

// A WatchMode says what a watcher wants.
type WatchMode string

// The modes.
const (
	Unwatched WatchMode = ""      // what anybody hears
	Watching  WatchMode = "watch" // messages, replies and notes too
	Muted     WatchMode = "mute"  // only what is said to them, or what nobody else hears
)

// Watchers are the part of a Tx that keeps what agents want to hear of single
// tickets.
type Watchers interface {
	// Watchers lists those of a ticket, by agent.
	Watchers(n Number) ([]Watcher, error)
	// Watch writes one, new or known; one that is Unwatched is forgotten.
	Watch(w Watcher) error
}
