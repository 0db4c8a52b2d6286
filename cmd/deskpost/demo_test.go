package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"deskpost/store/enginetest"
)

// TestDemoTellsTheTutorial is the whole program, end to end, over real IMAP and
// SMTP: the story itself fails where a step does not happen.
func TestDemoTellsTheTutorial(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := demo(t.Context(), enginetest.URL(t), true, &out, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	for _, want := range []string{
		"Karen gets an acknowledgement",
		"nothing was done and nothing was sent",
		"#1001 is priority Emergency, plan Sev-A",
		"#1001 is in Online Banking, assigned to Jane",
		"Jane's answer (and never her note)",
		"#1001 is open again",
		"#1001 is closed",
		"#1002 is pending: the desk waits for Ken",
		"#1003 is resolved",
		"opened 3  appended 5  commanded 11  command-held 1",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the timeline lacks %q", want)
		}
	}
}
