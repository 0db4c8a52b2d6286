package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// staff are the agents and roles that the test adds to the three departments of
// treeConfig.
const staff = `
[department.sales]
name = "Sales"
address = "sales@bank.example"

[agent.john]
name = "John Smith"
emails = ["john@bank.example"]
access = { support = "view", network = "trainee", routers = "none", sales = "all" }

[agent.max]
name = "Max Gone"
emails = ["max@bank.example"]
access = { network = "expanded" }
disabled = true

[role.trainee]
rights = ["note", "read"]
`

func runWhoCan(t *testing.T, args ...string) (string, error) {
	t.Helper()
	path := filepath.Join(configDir(t), "deskpost.toml")
	if err := os.WriteFile(path, []byte(treeConfig+staff), 0o600); err != nil {
		t.Fatal(err)
	}
	root := rootCommand()
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetArgs(append([]string{"who-can", "--config", path}, args...))
	err := root.Execute()
	return out.String(), err
}

// TestWhoCan holds the answers to what an admin reads.
func TestWhoCan(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"read-routers": {"read", "routers"},
		"note-network": {"note", "network"},
		"ban-network":  {"ban", "network"},
		"erase-sales":  {"erase", "sales"},
		"erase-none":   {"erase", "network"},
		"agent":        {"--agent", "john"},
		"disabled":     {"--agent", "max"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := runWhoCan(t, args...)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join("testdata", "whocan", name+".want"), got)
		})
	}
}

func TestWhoCanRefuses(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"usage: deskpost who-can RIGHT DEPARTMENT | --agent NAME":                                        {"reply"},
		"accepts 2 arg(s), received 0":                                                                   {},
		`unknown command "reply" for "deskpost who-can"`:                                                 {"reply", "support", "--agent", "john"},
		`there is no right "raed"; did you mean "read"? Write one of: assign, ban`:                       {"raed", "support"},
		`there is no department "suport"; did you mean "support"? Write one of: network, routers, sales`: {"read", "suport"},
		`there is no agent "jnae"; did you mean "jane"? Write one of: jane, john, max`:                   {"--agent", "jnae"},
	} {
		_, err := runWhoCan(t, args...)
		if _, usage := errors.AsType[*usageError](err); !usage || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", args, err, want)
		}
	}
}
