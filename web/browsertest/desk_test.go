package browsertest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// password is that of everybody in the demo, for the page and for the mailboxes.
const password = "demo"

// A desk is the program under test, `deskpost demo` after its story, when it stays
// up to be looked at: three tickets are there, and mail servers beside it.
type desk struct {
	secret     string // of a second factor that was set up
	url        string
	imap, smtp string // hosts and ports
}

// connections are what the demo prints when it is ready.
var connections = regexp.MustCompile(`(?s)(http://\S+) .*IMAP (\S+) +SMTP (\S+) .*Press Ctrl-C`)

// newDesk starts a desk, and stops it when the test is over.
func newDesk(t *testing.T) *desk {
	t.Helper()
	needChromium(t)
	program, err := shared.program()
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(artifact(t, t.Name()+".log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "demo", "-v")
	cmd.Stderr = log
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(stop(cmd), log.Close()); err != nil {
			t.Errorf("the demo did not end well: %v", err)
		}
	})
	d, err := readConnections(out)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// readConnections waits until the demo says where everything is. The demo itself
// gives up on a step that does not happen, so this ends.
func readConnections(out io.Reader) (*desk, error) {
	var said strings.Builder
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		said.WriteString(lines.Text() + "\n")
		if m := connections.FindStringSubmatch(said.String()); m != nil {
			return &desk{url: m[1], imap: m[2], smtp: m[3]}, nil
		}
	}
	return nil, fmt.Errorf("the demo ended before it said where the page is (%v):\n%s", lines.Err(), said.String())
}

// stop does what Ctrl-C does, and insists after a while.
func stop(cmd *exec.Cmd) error {
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	insist := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() }) // Wait says how it ended
	defer insist.Stop()
	return cmd.Wait()
}
