package main

import (
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/coreos/go-systemd/v22/daemon"

	"deskpost/store"
)

// The names of leases: what one node at a time does. Mail is sent by every node.
const clockLease = "clock"

func mailboxLease(key string) string { return "mailbox:" + key }

// leads keeps what this node leads, and tells the log and systemd.
type leads struct {
	log *slog.Logger

	mu    sync.Mutex
	names map[string]bool
}

func newLeads(log *slog.Logger) *leads { return &leads{log: log, names: make(map[string]bool)} }

func (l *leads) told(change store.Leadership) {
	log := l.log.With("lease", change.Lease, "fence", change.Fence)
	switch {
	case change.Leads:
		log.Info("leading")
	case change.Fence == 0:
		log.Warn("lease cannot be asked for; still trying", "error", change.Err)
		return
	case change.Err != nil:
		log.Warn("no longer leading", "error", change.Err)
	default:
		log.Info("no longer leading: the lease was given back")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if change.Leads {
		l.names[change.Lease] = true
	} else {
		delete(l.names, change.Lease)
	}
	notify(l.log, l.status())
}

// status is a line for systemctl status; l.mu is held.
func (l *leads) status() string {
	if len(l.names) == 0 {
		return statusOf("sends mail; other nodes lead the rest")
	}
	return statusOf("sends mail, leads " + strings.Join(slices.Sorted(maps.Keys(l.names)), ", "))
}

func statusOf(text string) string { return "STATUS=" + text }

// up tells systemd that the daemon is up. A node that leads nothing is as
// healthy as the others.
func (l *leads) up(shared bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	status := statusOf("")
	if shared {
		status = l.status()
	}
	notify(l.log, daemon.SdNotifyReady+"\n"+status)
}
