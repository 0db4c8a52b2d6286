package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"deskpost/store"
	"deskpost/ticket"
)

// A verifyReport writes an audit down as it goes, for people or for programs.
type verifyReport struct {
	out  io.Writer
	json bool
	err  error // of writing
}

func (r *verifyReport) line(v any, format string, args ...any) {
	if r.err != nil {
		return
	}
	if r.json {
		r.err = json.NewEncoder(r.out).Encode(v)
		return
	}
	_, r.err = fmt.Fprintf(r.out, format, args...)
}

func (r *verifyReport) finding(f store.Finding) {
	r.line(f, "%s %s\n  where  %s\n  wrong  %s\n  mend   %s\n", choose(f.Remark, "REMARK", "FINDING"), f.Code, f.Where, f.Wrong, f.Mend)
}

// tally ends a report with how much was looked at.
func (r *verifyReport) tally(database string, t store.Tally, took time.Duration) {
	if r.json {
		r.line(struct {
			Database string  `json:"database"`
			Seconds  float64 `json:"seconds"`
			store.Tally
		}{database, took.Seconds(), t}, "")
		return
	}
	r.line(nil, "%s\n  mails     %d\n", database, t.Mails)
	for _, o := range ticket.Outcomes {
		if n := t.Outcomes[o]; n > 0 {
			r.line(nil, "            %d %s\n", n, o)
		}
	}
	r.line(nil, "  tickets   %d\n  notices   %d settled, %d waiting\n  raw mail  %d, %d bytes\n  findings  %d, and %d remarks\n  took      %s\n",
		t.Tickets, t.Sent, t.Unsent, t.Blobs, t.Bytes, t.Findings, t.Remarks, took.Round(time.Millisecond))
}
