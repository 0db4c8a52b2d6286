package main

import (
	"fmt"
	"io"
	"slices"
	"time"

	"deskpost/ticket"
)

// A benchReport is what a bench found. Its JSON is for comparing runs.
type benchReport struct {
	Server     string                 `json:"server"`
	Seed       uint64                 `json:"seed,omitempty"`
	Mails      int                    `json:"mails"`
	Bytes      int64                  `json:"bytes"`   // of raw mail
	Seconds    float64                `json:"seconds"` // from IMAP to the last commit
	CPUSeconds float64                `json:"cpu_seconds"`
	Outcomes   map[ticket.Outcome]int `json:"outcomes"`
	Commits    int64                  `json:"commits"`  // of the desk, the outbox included
	Streamed   int64                  `json:"streamed"` // raw mails with transactions of their own

	SentMeanwhile int     `json:"sent_meanwhile"`
	SentAfter     int     `json:"sent_after"`
	OutboxSeconds float64 `json:"outbox_seconds"` // until SentAfter had gone

	// Derived from the above, so that nobody has to.
	MailsPerSecond     float64 `json:"mails_per_second"`
	MegabytesPerSecond float64 `json:"megabytes_per_second"` // 10^6 bytes
	CPUPerThousand     float64 `json:"cpu_seconds_per_1000_mails"`

	Latency       *latencyReport `json:"latency,omitempty"`
	PeakRSSBytes  int64          `json:"peak_rss_bytes"` // 0 where the system does not tell
	DatabaseBytes int64          `json:"database_bytes"`

	latencies []time.Duration
}

// A latencyReport is about the time between the push of the IMAP server and
// the acknowledgement at the SMTP server, in milliseconds.
type latencyReport struct {
	Mails int     `json:"mails"`
	P50   float64 `json:"p50_ms"`
	P95   float64 `json:"p95_ms"`
	Max   float64 `json:"max_ms"`
}

// summarise derives what follows from the measurements.
func (r *benchReport) summarise() {
	r.MailsPerSecond = float64(r.Mails) / r.Seconds
	r.MegabytesPerSecond = float64(r.Bytes) / 1e6 / r.Seconds
	r.CPUPerThousand = r.CPUSeconds / float64(r.Mails) * 1000
	if len(r.latencies) == 0 {
		return
	}
	sorted := slices.Sorted(slices.Values(r.latencies))
	at := func(percent int) float64 {
		// The nearest rank: the smallest value that so many are not above.
		rank := (percent*len(sorted) + 99) / 100
		return float64(sorted[max(rank, 1)-1].Microseconds()) / 1000
	}
	r.Latency = &latencyReport{Mails: len(sorted), P50: at(50), P95: at(95), Max: at(100)}
}

// print writes the report for people.
func (r *benchReport) print(out io.Writer) {
	megabytes := func(bytes int64) float64 { return float64(bytes) / 1e6 }
	fmt.Fprintf(out, "%d mails, %.1f MB, from a mail server %s\n\n", r.Mails, megabytes(r.Bytes), r.Server)
	fmt.Fprintf(out, "IMAP to commit  %.2f s, %.0f mails/s, %.1f MB/s\n", r.Seconds, r.MailsPerSecond, r.MegabytesPerSecond)
	fmt.Fprintf(out, "CPU             %.2f s for 1,000 mails\n", r.CPUPerThousand)
	fmt.Fprintf(out, "commits         %d, and %d large mails streamed on their own\n", r.Commits, r.Streamed)
	fmt.Fprint(out, "outcomes       ")
	for _, o := range ticket.Outcomes {
		if r.Outcomes[o] > 0 {
			fmt.Fprintf(out, " %s %d", o, r.Outcomes[o])
		}
	}
	fmt.Fprintf(out, "\nmails sent      %d meanwhile, %d in the %.2f s after\n", r.SentMeanwhile, r.SentAfter, r.OutboxSeconds)
	if l := r.Latency; l != nil {
		fmt.Fprintf(out, "acknowledged    p50 %.1f ms, p95 %.1f ms, max %.1f ms after the push (%d single mails)\n", l.P50, l.P95, l.Max, l.Mails)
	}
	if r.PeakRSSBytes > 0 {
		fmt.Fprintf(out, "peak RSS        %.1f MB\n", megabytes(r.PeakRSSBytes))
	}
	fmt.Fprintf(out, "database        %.1f MB\n", megabytes(r.DatabaseBytes))
}
