package ledgertest_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// killDovecot kills all of it and starts it again. Postfix is told, since it
// waits for minutes before it delivers again.
func (c *chaos) killDovecot(ctx context.Context, rnd *rand.Rand) error {
	return c.whileDown(ctx, rnd, c.host.dovecot(), func() error { return nil })
}

func (c *chaos) killPostfix(ctx context.Context, rnd *rand.Rand) error {
	return c.whileDown(ctx, rnd, c.host.postfix(), func() error { return nil })
}

// whileDown kills a server, does something, and starts it again after a while.
func (c *chaos) whileDown(ctx context.Context, rnd *rand.Rand, s server, do func() error) error {
	pause := between(rnd, 0, time.Second)
	if err := s.kill(); err != nil {
		return err
	}
	c.report.event("kill-"+s.name, "all of it, started again after %s", pause.Round(time.Millisecond))
	err := do()
	rest(ctx, pause)
	if err := errors.Join(err, s.begin()); err != nil {
		return err
	}
	return c.host.flush()
}

// killSessions kills some of Dovecot's processes: IMAP sessions, deliveries,
// whatever it meets.
func (c *chaos) killSessions(_ context.Context, rnd *rand.Rand) error {
	killed, err := c.host.dovecot().killSome(func() bool { return rnd.IntN(3) == 0 })
	if err != nil {
		return err
	}
	c.report.event("kill-sessions", "%s of dovecot", plural(killed, "worker"))
	return c.host.flush()
}

// renumber has Dovecot forget the UIDs of a mailbox, and choose another
// UIDVALIDITY: of a second, so that no two may follow within one.
func (c *chaos) renumber(ctx context.Context, rnd *rand.Rand) error {
	address := deskBoxes[rnd.IntN(len(deskBoxes))]
	rest(ctx, 1100*time.Millisecond)
	return c.whileDown(ctx, rnd, c.host.dovecot(), func() error {
		c.report.event("renumber", "%s", address)
		forgotten, err := filepath.Glob(filepath.Join(c.host.dir, "mail", address, "Maildir", "dovecot*"))
		for _, file := range forgotten {
			if name := filepath.Base(file); name == "dovecot-uidlist" || strings.HasPrefix(name, "dovecot.index") {
				err = errors.Join(err, os.Remove(file))
			}
		}
		return err
	})
}

// otherClient is a person in the desk's mailbox, who marks mail as read, or
// moves some away and back. Mail without a Message-ID stays: moved, it counts as
// another mail (decisions.md 4).
func (c *chaos) otherClient(ctx context.Context, rnd *rand.Rand) error {
	address := deskBoxes[rnd.IntN(len(deskBoxes))]
	s, err := c.host.signIn(address)
	if err != nil {
		return err
	}
	defer s.conn.Close()
	if rnd.IntN(2) == 0 {
		c.report.event("client-seen", "all mail of %s", address)
		_, err := s.do(`UID STORE 1:* +FLAGS.SILENT (\Seen)`)
		return ignoreNo(err)
	}
	moved, err := s.move("Done")
	if err != nil {
		return err
	}
	c.report.event("client-moves", "%s of %s away and back", plural(moved, "mail"), address)
	rest(ctx, between(rnd, 0, 2*time.Second))
	if _, err := s.do("SELECT Done"); err != nil {
		return err
	}
	_, err = s.move("INBOX")
	return err
}

// A session is an IMAP connection of a person. It is not ours in the daemon's
// way: a second opinion on the protocol, too.
type session struct {
	conn net.Conn
	in   *bufio.Reader
	tags int
}

func (h *mailHost) signIn(address string) (*session, error) {
	conn, err := net.Dial("tcp", "127.0.0.1:"+h.imap)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(serverPatience)); err != nil {
		return nil, err
	}
	s := &session{conn: conn, in: bufio.NewReader(conn)}
	for _, command := range []string{"LOGIN " + address + " " + h.password, "SELECT INBOX"} {
		if _, err := s.do(command); err != nil {
			conn.Close()
			return nil, err
		}
	}
	return s, nil
}

// do sends a command and returns the untagged lines of its answer.
func (s *session) do(command string) ([]string, error) {
	s.tags++
	tag := fmt.Sprintf("x%d ", s.tags)
	if _, err := fmt.Fprintf(s.conn, "%s%s\r\n", tag, command); err != nil {
		return nil, err
	}
	var lines []string
	for {
		text, err := s.in.ReadString('\n')
		if err != nil {
			return nil, fmt.Errorf("%s: %w", command, err)
		}
		status, tagged := strings.CutPrefix(text, tag)
		switch {
		case !tagged:
			lines = append(lines, strings.TrimSpace(text))
		case strings.HasPrefix(status, "OK"):
			return lines, nil
		default:
			return lines, &refusal{command, strings.TrimSpace(status)}
		}
	}
}

// move moves the mails that may be moved, and says how many.
func (s *session) move(folder string) (int, error) {
	lines, err := s.do(`UID SEARCH HEADER X-Ledger-Keyed "yes"`)
	if err != nil {
		return 0, err
	}
	var uids []string
	for _, l := range lines {
		if found, ok := strings.CutPrefix(l, "* SEARCH"); ok {
			uids = append(uids, strings.Fields(found)...)
		}
	}
	if len(uids) == 0 {
		return 0, nil
	}
	_, err = s.do("UID MOVE " + strings.Join(uids, ",") + " " + folder)
	return len(uids), ignoreNo(err)
}

// A refusal is a NO or BAD of the server.
type refusal struct{ command, answer string }

func (r *refusal) Error() string { return r.command + ": " + r.answer }

// ignoreNo drops what the server refuses: there may be no mail yet.
func ignoreNo(err error) error {
	if _, ok := errors.AsType[*refusal](err); ok {
		return nil
	}
	return err
}
