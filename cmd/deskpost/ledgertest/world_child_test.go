package ledgertest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	code := m.Run()
	os.RemoveAll(programDir)
	os.Exit(code)
}

// programDir holds the program that the tests have built; "" if none has.
var programDir string

// program builds the program as it can be told to die, once for all tests.
var program = sync.OnceValues(func() (string, error) {
	var err error
	if programDir, err = os.MkdirTemp("", "deskpost-ledger-"); err != nil {
		return "", err
	}
	path := filepath.Join(programDir, "deskpost")
	out, err := exec.Command("go", "build", "-tags", "failpoint", "-o", path, "deskpost/cmd/deskpost").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return path, nil
})

// A child is one life of the program.
type child struct {
	t    *testing.T
	cmd  *exec.Cmd
	log  *childLog
	done chan error
}

// upWithin is how long a child may take until it works, whatever state it found.
const upWithin = 30 * time.Second

// start begins a life with a plan of where to die, in the words of package
// failpoint; "" for nowhere.
func (w *world) start(plan string, seed uint64) *child {
	w.t.Helper()
	path, err := program()
	if err != nil {
		w.t.Fatal(err)
	}
	w.mu.Lock()
	w.life++
	w.mu.Unlock()
	c := &child{t: w.t, cmd: exec.Command(path, "serve", "--config", w.config), log: &childLog{up: make(chan struct{})}, done: make(chan error, 1)}
	c.cmd.Stderr = c.log
	c.cmd.Env = append(os.Environ(), "DESKPOST_FAILPOINTS="+plan, fmt.Sprintf("DESKPOST_FAILPOINT_SEED=%d", seed), "DESKPOST_CLOCK="+w.clock())
	if err := c.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = c.cmd.Process.Kill() }) // it may be dead already
	go func() { c.done <- c.cmd.Wait() }()
	return c
}

// outlive waits until the child is dead, and kills it when it has worked for so
// long. It returns the step at which it died, "" if at none.
func (c *child) outlive(limit time.Duration) string {
	c.t.Helper()
	kill := time.NewTimer(upWithin)
	defer kill.Stop()
	up := c.log.up
	for {
		select {
		case <-up:
			kill.Reset(limit)
			up = nil
		case <-kill.C:
			if up != nil {
				c.t.Fatalf("the program does not come up within %s:\n%s", upWithin, c.log)
			}
			_ = c.cmd.Process.Kill() // it may have died by itself just now
			kill.Reset(upWithin)
		case err := <-c.done:
			var exit *exec.ExitError
			if errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL {
				return c.log.killedAt()
			}
			c.t.Fatalf("the program was not killed but ended with %v:\n%s", err, c.log)
		}
	}
}

// works waits until the child is up.
func (c *child) works() {
	c.t.Helper()
	select {
	case <-c.log.up:
	case err := <-c.done:
		c.t.Fatalf("the program ended with %v:\n%s", err, c.log)
	case <-time.After(upWithin):
		c.t.Fatalf("the program does not come up within %s:\n%s", upWithin, c.log)
	}
}

// stop ends the child in order.
func (c *child) stop() {
	c.t.Helper()
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		c.t.Fatal(err)
	}
	select {
	case err := <-c.done:
		if err != nil {
			c.t.Fatalf("the program ended with %v:\n%s", err, c.log)
		}
	case <-time.After(time.Minute):
		c.t.Fatalf("the program does not stop:\n%s", c.log)
	}
}

// A childLog reads what the program says on standard error.
type childLog struct {
	mu    sync.Mutex
	text  bytes.Buffer
	up    chan struct{} // closed when it works
	isUp  bool
	step  string
	timid int // the most deaths that a mail in hand has been through
}

var (
	killedLine = regexp.MustCompile(`^failpoint (\S+): killed`)
	inHandLine = regexp.MustCompile(`mail was in hand when the program ended".*"times":(\d+)`)
)

// Write takes lines: each write of the program is one.
func (l *childLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(b)
	for line := range strings.Lines(string(b)) {
		if m := killedLine.FindStringSubmatch(line); m != nil {
			l.step = m[1]
		}
		if m := inHandLine.FindStringSubmatch(line); m != nil {
			times, _ := strconv.Atoi(m[1])
			l.timid = max(l.timid, times)
		}
		if !l.isUp && strings.Contains(line, `"msg":"deskpost is up"`) {
			l.isUp = true
			close(l.up)
		}
	}
	return len(b), nil
}

func (l *childLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *childLog) killedAt() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.step
}

// inHand is how many deaths a mail that was in hand has been through by now.
func (l *childLog) inHand() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.timid
}

// explain asks the program what became of a ticket.
func (w *world) explain(ticket string) string {
	w.t.Helper()
	path, err := program()
	if err != nil {
		w.t.Fatal(err)
	}
	out, err := exec.Command(path, "explain", "--config", w.config, ticket).CombinedOutput()
	if err != nil {
		w.t.Fatalf("explain %s: %v\n%s", ticket, err, out)
	}
	return string(out)
}
