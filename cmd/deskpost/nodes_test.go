package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"deskpost/inbound/mime"
	"deskpost/store"
	"deskpost/store/enginetest"
	"deskpost/store/storetest"
	"deskpost/ticket"
)

const (
	// nodeConfig names, for the child of a test, the config of the node that it is
	// to be.
	nodeConfig = "DESKPOST_TEST_NODE_CONFIG"
	// nodeLease is how long the leases of such nodes last.
	nodeLease = 3 * time.Second
)

// TestNodeIsTheHost demands that who writes no node has that of the machine.
func TestNodeIsTheHost(t *testing.T) {
	t.Parallel()
	host, err := os.Hostname()
	if err != nil {
		t.Skip(err)
	}
	if s := parse(t, source(configDir(t), sampleConfig())); s.Node != host {
		t.Errorf("node %q, want %q", s.Node, host)
	}
}

// A nodeProcess is a node that runs in a process of its own, to be killed and
// paused.
type nodeProcess struct {
	*served
	child *exec.Cmd
}

// startNode starts a node between the mail servers of the demo.
func startNode(t *testing.T, host *demoHost, database, name string) *nodeProcess {
	t.Helper()
	n := &nodeProcess{served: &served{t: t, host: host, path: filepath.Join(t.TempDir(), "deskpost.toml"), log: &syncBuffer{}}}
	n.write(fmt.Sprintf("node = %q\n", name) + demoConfig(host, database))
	n.child = exec.Command(os.Args[0], "-test.run=^TestNodesTakeOver$")
	n.child.Env = append(os.Environ(), nodeConfig+"="+n.path)
	n.child.Stderr = n.log
	if err := n.child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if n.child.ProcessState == nil {
			_ = n.child.Process.Kill() // it may have ended by itself
			_ = n.child.Wait()
		}
	})
	n.logs("deskpost is up")
	return n
}

// runNode is the child: a node until SIGTERM.
func runNode(t *testing.T, path string) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	go func() { <-term; stop() }()
	if err := serve(ctx, path, os.Stderr, store.WithLease(nodeLease)); err != nil {
		t.Fatal(err)
	}
}

func (n *nodeProcess) signal(s syscall.Signal) {
	n.t.Helper()
	if err := n.child.Process.Signal(s); err != nil {
		n.t.Fatal(err)
	}
}

// leadsAll waits until the node leads everything, for the n-th time.
func (n *nodeProcess) leadsAll(times int) {
	n.t.Helper()
	for _, lease := range []string{"clock", "mailbox:support", "mailbox:banking", "mailbox:sysadmin"} {
		said := `"msg":"leading","lease":"` + lease + `"`
		for deadline := time.Now().Add(30 * time.Second); strings.Count(n.log.String(), said) < times; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				n.t.Fatalf("it does not lead %s for the %d. time:\n%s", lease, times, n.log)
			}
		}
	}
}

// TestNodesTakeOver runs two nodes on one database. The one that leads is paused,
// goes on, the other is killed, and the first is stopped: each time the other
// takes over, and each mail is taken once and acknowledged once (F15, F52).
func TestNodesTakeOver(t *testing.T) {
	if path := os.Getenv(nodeConfig); path != "" {
		runNode(t, path)
		return
	}
	t.Parallel()
	database := enginetest.Postgres(t)
	host, err := startDemoHost(newTimeline(io.Discard), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { host.close() })
	a := startNode(t, host, database, "a")
	a.leadsAll(1)
	b := startNode(t, host, database, "b") // leads nothing, and is up
	if strings.Contains(b.log.String(), `"msg":"leading"`) {
		t.Fatalf("two nodes lead:\n%s", b.log)
	}

	desk := &ticket.Desk{Store: storetest.OpenAt(t, database), Now: time.Now} // to look into it
	desk.SetPolicy(&ticket.Policy{})
	writes(t, host, desk, "karen")
	replacedWithin(t, a, b, syscall.SIGSTOP)
	writes(t, host, desk, "ken")
	a.signal(syscall.SIGCONT)
	a.logs("no longer leading")

	replaced := time.Now()
	b.signal(syscall.SIGKILL)
	a.leadsAll(2)
	t.Logf("after SIGKILL replaced within %s", time.Since(replaced).Round(10*time.Millisecond))
	writes(t, host, desk, "chris")
	if err := b.child.Wait(); err == nil {
		t.Error("the killed node ended well")
	}
	b = startNode(t, host, database, "b")

	replaced = time.Now()
	a.signal(syscall.SIGTERM)
	b.leadsAll(1)
	if took := time.Since(replaced); took > nodeLease {
		t.Errorf("a node that gave its leases back is replaced after %s", took)
	}
	if err := a.child.Wait(); err != nil {
		t.Errorf("the stopped node: %v\n%s", err, a.log)
	}
	writes(t, host, desk, "dora")
	b.signal(syscall.SIGTERM)
	if err := b.child.Wait(); err != nil {
		t.Errorf("the last node: %v\n%s", err, b.log)
	}
	eachOnce(t, host, desk)
}

// replacedWithin sends a signal to a node that leads and demands that the other
// one leads soon after its leases have ended.
func replacedWithin(t *testing.T, leader, other *nodeProcess, s syscall.Signal) {
	t.Helper()
	began := time.Now()
	leader.signal(s)
	other.leadsAll(1)
	if took := time.Since(began); took > 3*nodeLease { // twice in theory, but for a busy machine
		t.Errorf("after %s replaced after %s, with leases of %s", s, took, nodeLease)
	}
}

// mailsOfEach is how many mails each customer writes.
const mailsOfEach = 4

// writes has a customer write some mails and waits for what comes back, and until
// the desk has noted that it went out: a node that is killed between the answer of
// the mail server and its note may have it sent again.
func writes(t *testing.T, host *demoHost, desk *ticket.Desk, name string) {
	t.Helper()
	customer, john := host.person(name+"@customer.example"), host.person("john@bank.example")
	for i := range mailsOfEach {
		if err := customer.write("support@bank.example", fmt.Sprintf("%s-%d", name, i), "Please help."); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := customer.await(t.Context(), name+"-"); err != nil {
		t.Fatal(err)
	}
	for i := range mailsOfEach {
		john.read = 0
		if _, err := john.await(t.Context(), fmt.Sprintf("New: %s-%d", name, i)); err != nil {
			t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		due, err := desk.NextDue(t.Context())
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("the outbox is not empty: due %v, %v", due, err)
		}
		if due.IsZero() {
			return
		}
	}
}

// eachOnce demands one ticket and one notice for each mail, and one
// acknowledgement for each customer.
func eachOnce(t *testing.T, host *demoHost, desk *ticket.Desk) {
	t.Helper()
	names := []string{"karen", "ken", "chris", "dora"}
	outcomes, err := desk.Outcomes(t.Context())
	if err != nil || len(outcomes) != 1 || outcomes[ticket.Opened] != len(names)*mailsOfEach {
		t.Errorf("outcomes %v, %v; want %d opened", outcomes, err, len(names)*mailsOfEach)
	}
	told := subjects(t, host, "john@bank.example")
	for _, name := range names {
		for i := range mailsOfEach {
			if n := strings.Count(told, fmt.Sprintf("New: %s-%d\n", name, i)); n != 1 {
				t.Errorf("john is told %d times of %s-%d", n, name, i)
			}
		}
		if acks := subjects(t, host, name+"@customer.example"); strings.Count(acks, "\n") != 1 {
			t.Errorf("%s has\n%s", name, acks)
		}
	}
}

// subjects lists the mails of a mailbox, a line each.
func subjects(t *testing.T, host *demoHost, email string) string {
	t.Helper()
	stored, err := host.imap.Messages(email, "INBOX")
	if err != nil {
		t.Fatal(err)
	}
	var list strings.Builder
	for _, s := range stored {
		fmt.Fprintln(&list, mime.Read(bytes.NewReader(s.Raw), mime.DefaultLimits()).Subject)
	}
	return list.String()
}
