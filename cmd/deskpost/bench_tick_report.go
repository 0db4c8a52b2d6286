package main

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// A tickReport is what a bench of looks found. Its JSON is for comparing runs.
type tickReport struct {
	Due    int         `json:"due"`
	Stages []tickStage `json:"stages"`
}

// A tickStage is about one number of tickets.
type tickStage struct {
	Tickets       int        `json:"tickets"` // open, the due ones included
	FillSeconds   float64    `json:"fill_seconds"`
	Idle          tickSpread `json:"tick_none_due"`
	Busy          tickSpread `json:"tick_due"`
	DatabaseBytes int64      `json:"database_bytes"`
}

// A tickSpread is how long looks took, in milliseconds.
type tickSpread struct {
	P50 float64 `json:"p50_ms"`
	Max float64 `json:"max_ms"`
}

func spread(took []time.Duration) tickSpread {
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return tickSpread{ms(took[len(took)/2]), ms(took[len(took)-1])}
}

// print writes the report for people.
func (r *tickReport) print(out io.Writer) {
	fmt.Fprintf(out, "%10s  %9s  %26s  %26s  %9s\n", "tickets", "filled in", "a look, none due", fmt.Sprintf("a look, %d due", r.Due), "database")
	for _, s := range r.Stages {
		fmt.Fprintf(out, "%10d  %7.1f s  %26s  %26s  %6.0f MB\n", s.Tickets, s.FillSeconds, s.Idle, s.Busy, float64(s.DatabaseBytes)/1e6)
	}
}

// String is the median and the most, such as "0.1 ms, at most 0.3".
func (s tickSpread) String() string { return fmt.Sprintf("%.2f ms, at most %.2f", s.P50, s.Max) }
