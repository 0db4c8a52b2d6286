package main

import (
	"os"
	"strings"
	"syscall"
	"testing"
)

// TestServeCountsClocksAnew edits a plan while the program does not run, and
// again while it does. (F54)
func TestServeCountsClocksAnew(t *testing.T) {
	t.Parallel()
	s := serveDemo(t)
	promise := func(resolve string) string {
		return strings.Replace(s.config(), "name = \"Sev-C\"\n", "name = \"Sev-C\"\n[plan.sev-c.targets.Normal]\nresolve = \""+resolve+"\"\n", 1)
	}
	first, second := promise("8h"), promise("16h")
	karen, john := s.host.person("karen@customer.example"), s.host.person("john@bank.example")
	if err := karen.write("support@bank.example", "First", "text"); err != nil {
		t.Fatal(err)
	}
	if _, err := john.await(t.Context(), "[#1001] New"); err != nil {
		t.Fatal(err)
	}
	s.end()
	s.write(first)
	s.start()
	const counted = "counted the clocks of tickets anew"
	s.logs(counted)
	s.write(second)
	before := strings.Count(s.log.String(), counted)
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	s.logsMore(counted, before)
	s.end()
}
