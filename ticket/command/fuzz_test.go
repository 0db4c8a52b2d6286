package command_test

import (
	"errors"
	"strings"
	"testing"

	"deskpost/ticket/command"
)

func FuzzParse(f *testing.F) {
	for _, part := range [][]sample{grammarSamples(), clientSamples(), doubtSamples()} {
		for _, s := range part {
			f.Add(s.text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		accounts(t, text, command.Parse(text, known))
	})
}

func FuzzMatch(f *testing.F) {
	f.Add("jane", "Jane Doe\nJohn")
	f.Add("jo", "Joan\nJohn")
	f.Add("V-P_N", "vpn\nVPN\n---")
	f.Add("\xff", "\xfe\n\u200b")
	f.Fuzz(func(t *testing.T, name, candidates string) {
		matchHolds(t, name, strings.Split(candidates, "\n"))
	})
}

func FuzzDeltas(f *testing.F) {
	for _, args := range []string{"+vpn -printer =x", `+"a b", 'c d'`, "—vpn", `"`, "+ -", "''", `-"-x"`, "\xff,“"} {
		f.Add(args)
	}
	f.Fuzz(func(t *testing.T, args string) {
		deltas, err := command.Deltas(args)
		if err != nil {
			if _, ok := errors.AsType[*command.Malformed](err); !ok || len(err.Error()) > 1000 {
				t.Fatalf("Deltas(%q): %v", args, err)
			}
			return
		}
		if len(deltas) == 0 {
			t.Fatalf("Deltas(%q): nothing and no error", args)
		}
		for _, d := range deltas {
			if d.Item == "" || !strings.ContainsRune("+-=", rune(d.Op)) {
				t.Fatalf("Deltas(%q): %+v", args, d)
			}
		}
		items, err := command.Fields(args)
		if err != nil || len(items) != len(deltas) {
			t.Fatalf("Deltas(%q) has %d items, Fields %d, %v", args, len(deltas), len(items), err)
		}
	})
}

func FuzzDuration(f *testing.F) {
	for _, args := range []string{"3d", "1h30", "1w 2d 3h 4m", "999999w", "2 days.", "٣d"} {
		f.Add(args)
	}
	f.Fuzz(func(t *testing.T, args string) {
		d, err := command.Duration(args)
		if err == nil && (d < command.MinDuration || d > command.MaxDuration) || err != nil && d != 0 {
			t.Fatalf("Duration(%q) = %v, %v", args, d, err)
		}
	})
}
