package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// slaConfig is a small config with two plans.
func slaConfig(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("testdata/sla/deskpost.toml")
	if err != nil {
		t.Fatal(err)
	}
	dir := configDir(t)
	path := filepath.Join(dir, "deskpost.toml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func runSLA(t *testing.T, config string, args ...string) (string, error) {
	t.Helper()
	root := rootCommand()
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetArgs(append([]string{"sla", "simulate", "--config", config}, args...))
	err := root.Execute()
	return out.String(), err
}

// TestSimulate holds timelines to what an admin reads. (F51)
func TestSimulate(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"spring":    {"--plan", "sev-a", "--priority", "high", "--received", "2026-03-27 16:00", "2026-03-28 12:00 pending", "2026-03-30 10:00 customer", "2026-03-30 11:30 reply"},
		"easter":    {"--plan", "sev-a", "--priority", "HIGH", "--received", "2026-04-02 16:30", "2026-04-02 17:30 reply", "2026-04-07 09:30 resolved", "2026-04-08 10:00 customer", "2026-04-08 11:00 reply", "2026-04-09 12:00 resolved"},
		"plan":      {"--plan", "sev-a", "--priority", "high", "--received", "2026-01-05 10:00", "2026-01-05 13:00 plan sev-b"},
		"due":       {"--plan", "sev-a", "--priority", "high", "--received", "2026-01-05 10:00", "2026-01-05 11:00 reply", "2026-01-05 12:00 due 2026-01-06 12:00", "2026-01-20 10:00 resolved"},
		"bounce":    {"--plan", "sev-a", "--priority", "high", "--received", "2026-01-05 10:00", "2026-01-05 10:30 reply", "2026-01-05 10:40 undelivered"},
		"otherzone": {"--plan", "sev-b", "--priority", "high", "--received", "2026-10-25 02:30+01:00", "--zone", "America/New_York", "2026-10-25 20:00 spam"},
		"low":       {"--plan", "sev-a", "--priority", "low", "--received", "2026-01-05 10:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := runSLA(t, slaConfig(t), args...)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join("testdata", "sla", name+".want"), got)
		})
	}
}

func TestSimulateRefuses(t *testing.T) {
	t.Parallel()
	config := slaConfig(t)
	begin := []string{"--plan", "sev-a", "--received", "2026-01-05 10:00"}
	for want, args := range map[string][]string{
		"write --plan and --received":                                     {},
		`there is no plan "sev-x"; did you mean "sev-a"?`:                 {"--plan", "sev-x", "--received", "2026-01-05 10:00"},
		`there is no priority "hihg"; did you mean "High"?`:               append([]string{"--priority", "hihg"}, begin...),
		`there is no department "x"`:                                      append([]string{"--dept", "x"}, begin...),
		`--zone "x" is not a time zone`:                                   append([]string{"--zone", "x"}, begin...),
		"it does not begin with a time":                                   {"--plan", "sev-a", "--received", "yesterday"},
		"is too much; write a time only":                                  {"--plan", "sev-a", "--received", "2026-01-05 10:00 open"},
		"there is no 02:30 on that day in Europe/Berlin":                  {"--plan", "sev-a", "--received", "2026-03-29 02:30"},
		"write events in the order of time":                               append(begin, "2026-01-05 09:00 open"),
		`there is no event "penidng"; did you mean "pending"?`:            append(begin, "2026-01-05 11:00 penidng"),
		`"" is not a later time; write such as "due 2026-03-30 12:00"`:    append(begin, "2026-01-05 11:00 due"),
		"there is no reply before it":                                     append(begin, "2026-01-05 11:00 undelivered"),
		"the reopen_window is over, so this mail opens another ticket":    append(begin, "2026-01-05 11:00 closed", "2026-02-05 11:00 customer"),
		`the event "2026-01-05 11:00 plan x": there is no plan "x"`:       append(begin, "2026-01-05 11:00 plan x"),
		`the event "2026-01-05 11:00 dept x": there is no department "x"`: append(begin, "2026-01-05 11:00 dept x"),
	} {
		_, err := runSLA(t, config, args...)
		if _, usage := errors.AsType[*usageError](err); !usage || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", args, err, want)
		}
	}
}
