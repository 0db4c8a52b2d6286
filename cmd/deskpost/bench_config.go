package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"
)

const (
	benchDesk     = "desk@bench.example" // address of the desk, and user of its mailbox
	benchPassword = "bench"
	benchAuthserv = "mail.bench.example"
)

// benchConfig is a config file as an admin would write it. Caps and retries are
// the defaults, except that all mail that is timed may be acknowledged.
func (b *bench) benchConfig(ready hostReady, dir string) (string, error) {
	url, password := "imap+insecure://"+strings.ReplaceAll(benchDesk, "@", "%40")+"@"+ready.IMAP+"/INBOX", benchPassword
	after, acknowledge, oldMail := "seen", "verified", "24h"
	if b.imap != "" {
		// The mail is old and nobody vouches for it, but a desk that answers
		// nobody would look faster than it is.
		url, after, acknowledge, oldMail = b.imap, "keep", "always", "3650d"
		var err error
		if password, err = absoluteSecret(b.password); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf(`zone = "UTC"
database = %q

[mailbox.bench]
address = %q
department = "bench"
url = %q
password = %q
backlog = "all"
after = %q

[relay.main]
url = "smtp+insecure://%s"

[mail]
authserv_id = %q
acknowledge = %q
old_mail = %q
cap_system_hour = %d
cap_sender_hour = 1000000

[department.bench]
name = "Bench"
address = %q

[agent.jane]
name = "Jane Doe"
emails = ["jane@bench.example"]
access = { bench = "agent" }
`, cmp.Or(b.database, "sqlite:"+filepath.Join(dir, "desk.db")), benchDesk, url, password, after, ready.SMTP, benchAuthserv, acknowledge, oldMail,
		benchSenders+cmp.Or(b.latency, 1), benchDesk), nil
}

// absoluteSecret makes the path in "file:PATH" independent of the folder of the
// config, which is not the user's.
func absoluteSecret(spec string) (string, error) {
	path, ok := strings.CutPrefix(spec, "file:")
	if !ok || path == "" {
		return spec, nil
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("find %s: %w", path, err)
	}
	return "file:" + abs, nil
}
