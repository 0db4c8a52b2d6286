package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"deskpost/store"
	"deskpost/store/enginetest"
	"deskpost/ticket"
)

// doDesk is a config file with a desk on which no daemon runs.
func doDesk(t *testing.T) string {
	t.Helper()
	dir := configDir(t)
	path := filepath.Join(dir, "deskpost.toml")
	if err := os.WriteFile(path, fmt.Appendf(nil, "database = %q\n%s%s", enginetest.URL(t), treeConfig, staff), 0o600); err != nil {
		t.Fatal(err)
	}
	set, err := loadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), set.Database)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// runDo runs "deskpost do" with a text on its standard input.
func runDo(t *testing.T, path, in string, args ...string) (string, error) {
	t.Helper()
	root := rootCommand()
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetErr(io.Discard)
	root.SetIn(strings.NewReader(in))
	root.SetArgs(append([]string{"do", "--config", path}, args...))
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

// instants are what differs between two runs of a test.
var instants = regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d [A-Z]+`)

// TestDo holds the lives of three tickets, without one mail, to what an agent
// reads at the terminal.
func TestDo(t *testing.T) {
	t.Parallel()
	path := doDesk(t)
	var all strings.Builder
	for _, step := range []struct {
		in   string
		args []string
		exit int
	}{
		{"", []string{"new", "--as", "john", "--requester", "karen@customer.example", "--name", "Karen Miller",
			"--department", "sales", "--subject", "Card swallowed", "--text", "In Bremen,\nat the station."}, 0},
		{"From the shop.", []string{"new", "--requester", "ken@customer.example", "--department", "Support", "--subject", "Invoice", "--text", "-", "--key", "walk-in"}, 0},
		{"From the shop.", []string{"new", "--requester", "ken@customer.example", "--department", "Support", "--subject", "Invoice", "--text", "-", "--key", "walk-in"}, 0},
		{"", []string{"list", "unassigned", "--as", "john"}, 0},
		{"", []string{"list"}, 0},
		{"", []string{"list", "mine"}, 1},
		{"", []string{"1001", "--as", "john", "#emergency", "#take"}, 0},
		{"", []string{"1001", "--as", "john", "#prioirty low", "#tag +card", "--text", "Her card was swallowed."}, 1},
		{"", []string{"1001", "--as", "jane", "#take"}, 1},
		{"#1 on our list, Karen.\n", []string{"#1001", "--as", "john", "#resolve", "--text", "-"}, 0},
		{"", []string{"1002", "--text", "The shop called twice."}, 0},
		{"", []string{"1002", "#reply", "--text", "Hello."}, 1},
		{"", []string{"1002", "#assign john", "--key", "once"}, 0},
		{"", []string{"1002", "#assign john", "--key", "once"}, 0},
		{"", []string{"1002", "#close", "--json"}, 0},
		{"", []string{"show", "1001", "--as", "john"}, 0},
		{"", []string{"help", "assign"}, 0},
		{"", []string{"4711", "#take", "--as", "john"}, 1},
	} {
		out, err := runDo(t, path, step.in, step.args...)
		if got := exitCode(err); got != step.exit {
			t.Errorf("%q ended with %d: %v", step.args, got, err)
		}
		all.WriteString("$ deskpost do " + strings.Join(step.args, " ") + "\n" + instants.ReplaceAllString(out, "2026-01-05 09:00 UTC"))
		if err != nil {
			all.WriteString("deskpost: " + err.Error() + "\n")
		}
		all.WriteString("\n")
	}
	golden(t, filepath.Join("testdata", "do", "terminal.want"), all.String())
	root := rootCommand()
	root.SetOut(io.Discard)
	root.SetArgs([]string{"verify", "--config", path})
	if err := root.ExecuteContext(t.Context()); err != nil {
		t.Errorf("the desk afterwards: %v", err)
	}
}

func TestDoIsCalledWrongly(t *testing.T) {
	t.Parallel()
	path := doDesk(t)
	for want, args := range map[string][]string{
		`"close" is no command: commands begin with #, as '#close'; a text goes behind --text`: {"1001", "close"},
		`deskpost do 1001 '#take': the shell takes a bare # for a comment`:                     {"1001"},
		"is more than one line":                                   {"1001", "#close\n\nDone."},
		`there is no command "lst"; did you mean list?`:           {"lst"},
		`"karen" is not the number of a ticket`:                   {"karen"},
		`"x" is not the number of a ticket`:                       {"show", "x"},
		`there is no agent "jnae"; did you mean "jane"? Write`:    {"1001", "#take", "--as", "jnae"},
		"a new ticket needs --subject, --text too":                {"new", "--requester", "a@b.example", "--department", "sales"},
		"the standard input holds no text":                        {"1001", "--text", "-"},
		"unknown flag: --sa; see deskpost do --help":              {"1001", "#take", "--sa", "jane"},
		"accepts 1 arg(s), received 0; usage: deskpost do show N": {"show"},
	} {
		_, err := runDo(t, path, "", args...)
		if _, usage := errors.AsType[*usageError](err); !usage || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", args, err, want)
		}
	}
}

// TestDoBesideTheDaemon opens and resolves a ticket while the daemon runs: its
// mails arrive, and the customer's answer to one of them joins the ticket.
func TestDoBesideTheDaemon(t *testing.T) {
	t.Parallel()
	s := serveObeying(t)
	karen := s.host.person("karen@customer.example")
	out, err := runDo(t, s.path, "", "new", "--as", "john", "--requester", "karen@customer.example", "--department", "support",
		"--subject", "Card swallowed", "--text", "In Bremen.", "--json")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var opened ticket.Transcript
	if err := json.Unmarshal([]byte(out), &opened); err != nil || opened.Ticket != 1001 {
		t.Fatalf("%v\n%s", err, out)
	}
	if _, err := karen.await(t.Context(), "[#1001]"); err != nil {
		t.Fatal(err)
	}
	if out, err := runDo(t, s.path, "", "1001", "--as", "john", "#resolve", "--text", "We send you another one."); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	reply, err := karen.await(t.Context(), "Card swallowed", "We send you another one.")
	if err != nil {
		t.Fatal(err)
	}
	if err := karen.answer(reply, "Thank you, and how long does that take?"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.host.person("john@bank.example").await(t.Context(), "[#1001] Reopened"); err != nil {
		t.Fatal(err)
	}
	s.end()
}
