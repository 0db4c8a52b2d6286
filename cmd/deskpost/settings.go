package main

import (
	"crypto/x509"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"deskpost/inbound"
	"deskpost/ticket"
)

// settings are what the program runs with: the config file, checked and made
// into values.
type settings struct {
	Policy           *ticket.Policy
	Database         string                 // "sqlite:" and an absolute path, or one from the working directory; or "postgres://..."
	DatabasePassword func() (string, error) // looked up when it is opened; nil without one
	Node             string                 // what this daemon is called among several
	Blobs            *blobsSettings         // the bucket with raw mail; nil if that is in the database
	Control          string                 // path of the socket at which the daemon takes orders; "" for none
	FreeSpace        int64                  // bytes to be left free beside a SQLite database
	Mailboxes        []mailboxSettings      // by key
	Relay            relaySettings
	AuthservID       string // whose Authentication-Results we believe; "" is nobody's
	MaxSize          int64  // bytes of a mail that are read
	Echo             string // own address that gets a copy of each mail; "" for none
	Log              logSettings
	Web              webSettings
	Webhooks         map[string]webhookSettings // by key of Policy.Webhooks

	raw *rawConfig
}

// mailboxSettings say where the mail of one address is read.
type mailboxSettings struct {
	Key      string // of Policy.Mailboxes
	Address  string
	Endpoint endpoint
	Password func() (string, error) // looked up at each sign-in; nil without a user
	CAs      *x509.CertPool         // the system's and the mailbox's own; nil is the system's
	After    inbound.After
	Backlog  inbound.Backlog
	Poll     time.Duration
	Idle     time.Duration
}

// relaySettings say where mail goes out.
type relaySettings struct {
	Key      string
	Endpoint endpoint
	Password func() (string, error) // looked up at each sign-in; nil without a user
	CAs      *x509.CertPool         // the system's and the relay's own; nil is the system's
	Hello    string                 // our name in EHLO; "" is the relay's default
}

type logSettings struct {
	Level  slog.Level
	Format string // "json" or "text"
}

// restartKeys are the keys that a running daemon cannot take over, by prefix.
func restartKeys() []string {
	return []string{"database", "database_password", "free_space", "control", "node", "blobs", "blobs_key", "blobs_secret", "blobs_allow_insecure",
		"blobs_ca_file", "mailbox", "relay", "mail.authserv_id", "mail.max_size", "mail.echo", "web", "log"}
}

// restartNeeded lists the keys whose change takes effect only after a
// restart, sorted.
func (s *settings) restartNeeded(next *settings) []string {
	before, after := s.raw.flatten(), next.raw.flatten()
	both := maps.Clone(before)
	maps.Copy(both, after)
	var changed []string
	for _, key := range slices.Sorted(maps.Keys(both)) {
		if reflect.DeepEqual(before[key], after[key]) || !needsRestart(key) {
			continue
		}
		_, was := before[key]
		_, is := after[key]
		if parts := strings.SplitN(key, ".", 3); !was || !is {
			key = parts[0] + "." + parts[1] // a whole table came or went
		}
		changed = append(changed, key)
	}
	return slices.Compact(changed)
}

func needsRestart(key string) bool {
	// Where new tickets go is policy, which a reload replaces as a whole.
	if strings.HasPrefix(key, "mailbox.") && strings.HasSuffix(key, ".department") {
		return false
	}
	return slices.ContainsFunc(restartKeys(), func(prefix string) bool {
		return key == prefix || strings.HasPrefix(key, prefix+".")
	})
}
