package ledgertest_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// stopWithin is how long a daemon may take to end when told to.
const stopWithin = 50 * time.Second

// A node is one daemon with lines of its own to the servers. One that ends by
// itself is started again, as systemd would.
type node struct {
	name            string
	desk            *desk
	config, log     string
	clock, wrong    string // the file that says how its clock is wrong, and what stands in it
	imap, tls, smtp *line
	database        *line // nil on SQLite
	mu              sync.Mutex
	cmd             *exec.Cmd
	ended           chan struct{} // closed when cmd has ended
	err             error         // how
	wanted          bool
}

// The disk is to be met when it is full, and not left alone before.
const nodeConfig = `zone = "Europe/Berlin"
free_space = "0B"
database = %q
%s
[mailbox.support]
address = "support@bank.example"
department = "support"
url = "imap+insecure://support%%40bank.example@127.0.0.1:%s"
password = %q
backlog = "all"
poll = "5s"

[mailbox.banking]
address = "banking@bank.example"
department = "banking"
url = "imap+starttls://banking%%40bank.example@localhost:%s"
password = %q
ca_file = %q
backlog = "all"
poll = "5s"

[relay.main]
url = "smtp+insecure://127.0.0.1:%s"

[department.support]
name = "Support"
address = "support@bank.example"
lead = "lead"

[department.banking]
name = "Online Banking"
address = "banking@bank.example"
lead = "lead"

[agent.jane]
name = "Jane Doe"
emails = ["jane@bank.example"]
access = { support = "agent", banking = "agent" }

[agent.john]
name = "John Roe"
emails = ["john@bank.example"]
access = { support = "agent" }

[agent.lead]
name = "Lee Lead"
emails = ["lead@bank.example"]

[mail]
authserv_id = "ci.bank.example"
admins = ["lead"]
retry = ["2s"]
%s
cap_system_hour = 1000000
cap_agent_burst = 1000000

[log]
format = "text"
`

func newNode(t *testing.T, d *desk, name string, named bool) *node {
	t.Helper()
	n := &node{name: name, desk: d, config: filepath.Join(d.dir, name+".toml"), log: filepath.Join(d.dir, name+".log"),
		clock: filepath.Join(d.dir, name+".clock")}
	if err := n.setClock(""); err != nil {
		t.Fatal(err)
	}
	n.imap = newLine(t, d.report, "imap", "127.0.0.1:"+d.host.imap)
	n.tls = newLine(t, d.report, "imap-tls", "127.0.0.1:"+d.host.imap)
	n.smtp = newLine(t, d.report, "smtp", "127.0.0.1:"+d.host.smtp)
	database := d.url
	if u, err := url.Parse(d.url); err == nil && u.Host != "" {
		n.database = newLine(t, d.report, "database", u.Host)
		database = d.databaseAt(n.database)
	}
	key, echo := "", ""
	if named {
		key = fmt.Sprintf("node = %q\n", name)
	}
	if *flagEcho {
		echo = fmt.Sprintf("echo = %q", echoBox)
	}
	config := fmt.Sprintf(nodeConfig, database, key, n.imap.port(), d.host.password, n.tls.port(), d.host.password,
		filepath.Join(d.host.dir, "tls/ca.pem"), n.smtp.port(), echo)
	if err := os.WriteFile(n.config, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := d.run("check", "--config", n.config); err != nil {
		t.Fatalf("the config is faulty: %v\n%s", err, out)
	}
	return n
}

// setClock has the daemon's clock be wrong in that way.
func (n *node) setClock(word string) error {
	n.wrong = word
	next := n.clock + ".next"
	if err := os.WriteFile(next, []byte(word), 0o644); err != nil {
		return err
	}
	return os.Rename(next, n.clock) // it is read all the time
}

// lines are the node's ways to all servers.
func (n *node) lines() []*line {
	lines := []*line{n.imap, n.tls, n.smtp}
	if n.database != nil {
		lines = append(lines, n.database)
	}
	return lines
}

// start starts the daemon, if it does not run.
func (n *node) start() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.wanted = true
	if n.cmd != nil {
		return
	}
	if err := n.launch(); err != nil {
		n.desk.report.fail("start node %s: %v", n.name, err)
	}
}

func (n *node) launch() error {
	log, err := os.OpenFile(n.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(n.desk.program, "serve", "--config", n.config)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(os.Environ(), "DESKPOST_CLOCK=file:"+n.clock, "GOTRACEBACK=all")
	if err := cmd.Start(); err != nil {
		return err
	}
	n.cmd, n.ended = cmd, make(chan struct{})
	go n.watch(cmd, n.ended)
	return nil
}

// watch waits for the daemon's end. One that nobody wanted is followed by
// another start.
func (n *node) watch(cmd *exec.Cmd, ended chan struct{}) {
	err := cmd.Wait()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cmd, n.err = nil, err
	close(ended)
	if !n.wanted {
		return
	}
	n.desk.report.event("ended-itself", "node %s: %v; %s", n.name, err, n.lastWords())
	time.AfterFunc(500*time.Millisecond, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		if n.wanted && n.cmd == nil {
			if err := n.launch(); err != nil {
				n.desk.report.fail("start node %s: %v", n.name, err)
			}
		}
	})
}

// signal sends a signal to the daemon, if it runs. The channel is closed when
// it has ended.
func (n *node) signal(sig syscall.Signal, wanted bool) (ended chan struct{}, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.wanted = wanted
	if n.cmd == nil {
		return nil, nil
	}
	return n.ended, n.cmd.Process.Signal(sig)
}

// kill ends the daemon as kill -9 does, and waits for that.
func (n *node) kill() {
	ended, err := n.signal(syscall.SIGKILL, false)
	if err == nil && ended != nil {
		<-ended
	}
}

// stop ends it by SIGTERM.
func (n *node) stop() error {
	ended, err := n.signal(syscall.SIGTERM, false)
	if err != nil || ended == nil {
		return err
	}
	select {
	case <-ended:
	case <-time.After(stopWithin):
		return fmt.Errorf("it runs on %s after SIGTERM", stopWithin)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.err == nil || diedOf(n.err, syscall.SIGTERM) {
		return nil // the signal may come before a program that has just begun can take it
	}
	return fmt.Errorf("%w; %s", n.err, n.lastWords())
}

func diedOf(err error, sig syscall.Signal) bool {
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == sig
}

func (n *node) said(words string) bool {
	b, err := os.ReadFile(n.log)
	return err == nil && bytes.Contains(b, []byte(words))
}

// lastWords are the last line of the log.
func (n *node) lastWords() string {
	b, err := os.ReadFile(n.log)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimRight(string(b), "\n"), "\n")
	return lines[len(lines)-1]
}
