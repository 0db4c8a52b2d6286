package ledgertest_test

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// faultsShown is how many faults a report spells out: one cause may have
// hundreds.
const faultsShown = 40

// A report gathers what happened in a run, for a person to read.
type report struct {
	seed  uint64
	began time.Time

	mu     sync.Mutex
	events []string
	counts map[string]int
	tables []string
	faults []string
}

func newReport(seed uint64) *report {
	return &report{seed: seed, began: time.Now(), counts: make(map[string]int)}
}

// begin starts the clock of the report.
func (r *report) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.began = time.Now()
}

// event notes that something was done, and counts it.
func (r *report) event(kind, format string, a ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts[kind]++
	r.events = append(r.events, fmt.Sprintf("%7.2fs  %-14s %s", time.Since(r.began).Seconds(), kind, fmt.Sprintf(format, a...)))
}

// seen is how many events of a kind there were.
func (r *report) seen(kind string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.counts[kind]
}

// fail notes what must not be.
func (r *report) fail(format string, a ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = append(r.faults, fmt.Sprintf(format, a...))
}

// table adds a table of counts.
func (r *report) table(title string, counts map[string]int) {
	var b strings.Builder
	total := 0
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		total += counts[name]
		fmt.Fprintf(&b, "  %7d  %s\n", counts[name], name)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tables = append(r.tables, fmt.Sprintf("%s: %d\n%s", title, total, b.String()))
}

// line adds a sentence between the tables.
func (r *report) line(format string, a ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tables = append(r.tables, fmt.Sprintf(format, a...))
}

func (r *report) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.summary() + "\nwhat was done to it\n" + strings.Join(r.events, "\n") + "\n\n" + r.verdict()
}

func (r *report) summary() string {
	var b strings.Builder
	fmt.Fprintf(&b, "ledger test: seed %d, %d mails, %s, %d nodes, %s of chaos, echo %t\n", r.seed, *flagMails, *flagEngine,
		*flagNodes, *flagTime, *flagEcho)
	fmt.Fprintf(&b, "began %s, took %s\n\n", r.began.Format(time.RFC3339), time.Since(r.began).Round(time.Second))
	for _, table := range r.tables {
		b.WriteString(table + "\n")
	}
	b.WriteString("what was done to it, by kind\n")
	for _, kind := range slices.Sorted(maps.Keys(r.counts)) {
		fmt.Fprintf(&b, "  %7d  %s\n", r.counts[kind], kind)
	}
	return b.String()
}

func (r *report) verdict() string {
	var b strings.Builder
	for _, fault := range r.faults[:min(len(r.faults), faultsShown)] {
		b.WriteString("FAULT: " + fault + "\n")
	}
	if more := len(r.faults) - faultsShown; more > 0 {
		fmt.Fprintf(&b, "and %s more\n", plural(more, "fault"))
	}
	verdict := "PASSED: every mail and every notice is accounted for"
	if len(r.faults) > 0 {
		verdict = "FAILED: " + plural(len(r.faults), "fault")
	}
	b.WriteString(verdict + "\n")
	return b.String()
}

// publish writes the report to its file, shows it where the test failed, and
// fails the test if there are faults.
func (r *report) publish(t *testing.T) {
	if len(r.faults) > 0 {
		t.Error(plural(len(r.faults), "fault"))
	}
	text := r.String()
	if *flagReport != "" {
		if err := os.WriteFile(*flagReport, []byte(text), 0o644); err != nil {
			t.Errorf("write the report: %v", err)
		}
	}
	if t.Failed() {
		t.Log("\n" + text)
	} else {
		t.Log("\n" + r.summary() + "\n" + r.verdict())
	}
}

// keepLog copies a daemon's log to a file beside the report.
func (r *report) keepLog(name, log string) error {
	if *flagReport == "" {
		return nil
	}
	b, err := os.ReadFile(log)
	if err != nil {
		return err
	}
	return os.WriteFile(*flagReport+"."+name+".log", b, 0o644)
}

func plural(n int, word string) string {
	return fmt.Sprintf("%d %s%s", n, word, cmp.Or(map[bool]string{true: "s"}[n != 1], ""))
}
