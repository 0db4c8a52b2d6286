package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"deskpost/ticket"
)

const (
	// tickRounds is how often is looked with tickets due, and tickIdle how often
	// with none.
	tickRounds, tickIdle = 5, 100
	// tickGrowth is by how much one measurement has more tickets than the one
	// before.
	tickGrowth = 10
	// tickSmallest is the first.
	tickSmallest = 1000
)

// A tickBench measures what it costs to look what is due by time, with ever more
// tickets for which nothing is.
type tickBench struct {
	count    int
	due      int
	database string // URL of an empty database; "" for a file of our own
	json     bool
	errors   io.Writer // where warnings go
}

func benchTickCommand() *cobra.Command {
	var b tickBench
	cmd := &cobra.Command{
		Use:   "tick",
		Short: "Measure how long it takes to find and do what is due by time",
		Long: "tick fills a database of its own with open tickets whose clocks run, and measures how\n" +
			"long one look at them takes: when nothing is due, and when an escalation is due for\n" +
			"some of them. It does so for 1,000 tickets, 10,000 and so on, to show that what is\n" +
			"not due costs nothing. A million tickets need 2 GB of disk and some minutes.",
		Example: "  deskpost bench tick\n  deskpost bench tick -n 1000000",
		Args:    arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			b.errors = cmd.ErrOrStderr()
			return b.command(cmd.Context(), cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.IntVarP(&b.count, "number", "n", 100_000, "how many tickets are open at the end")
	f.IntVar(&b.due, "due", 200, "for how many of them an escalation is due at a time")
	f.StringVar(&b.database, "database", "", "keep the desk in this empty database, a `URL` as in the config file")
	f.BoolVar(&b.json, "json", false, "print the figures as JSON")
	return cmd
}

// command runs the bench and prints its report.
func (b *tickBench) command(ctx context.Context, out io.Writer) error {
	switch {
	case b.count < tickSmallest:
		return &usageError{fmt.Errorf("-n %d: give at least %d tickets", b.count, tickSmallest)}
	case b.due < 1 || b.due > tickSmallest:
		return &usageError{fmt.Errorf("--due %d: give a number from 1 to %d", b.due, tickSmallest)}
	}
	return printBench(ctx, out, b.json, b.run)
}

func (b *tickBench) run(ctx context.Context) (report *tickReport, err error) {
	dir, err := os.MkdirTemp("", "deskpost-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the bench: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := benchSettings(dir, b.config(dir), "--database")
	if err != nil {
		return nil, err
	}
	a, err := assembleEmpty(ctx, s, slog.New(slog.NewTextHandler(b.errors, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	d, err := newTickDesk(ctx, a)
	if err != nil {
		return nil, err
	}
	return b.measure(ctx, d)
}

// config is that of a desk with one plan. Its mailbox and relay are never asked.
func (b *tickBench) config(dir string) string {
	return fmt.Sprintf(`zone = "UTC"
database = %q

[mailbox.bench]
address = %q
department = "bench"
url = "imap+insecure://bench@127.0.0.1:9/INBOX"
password = "bench"

[relay.main]
url = "smtp+insecure://127.0.0.1:9"

[department.bench]
name = "Bench"
address = %q
plan = "bench"
calendar = "24x7"

[agent.jane]
name = "Jane Doe"
emails = ["jane@bench.example"]
access = { bench = "agent" }

[sla]
catchup_wait = "0s"

[plan.bench]
name = "Bench"

[plan.bench.targets.Normal]
first = %q
resolve = %q

[plan.bench.steps.warn]
metric = "first"
at = "50%%"
do = ["mail:jane", "tag:+warned"]

[plan.bench.steps.breach]
metric = "*"
at = "0"
do = ["mail:jane"]
`, cmp.Or(b.database, "sqlite:"+filepath.Join(dir, "desk.db")), benchDesk, benchDesk, wholeHours(tickPromise), wholeHours(2*tickPromise))
}

func wholeHours(d time.Duration) string { return fmt.Sprintf("%dh", d/time.Hour) }

// measure fills the desk and looks, with ever more tickets.
func (b *tickBench) measure(ctx context.Context, d *tickDesk) (*tickReport, error) {
	report := &tickReport{Due: b.due}
	for size := tickSmallest; ; size = min(size*tickGrowth, b.count) {
		stage, err := b.stage(ctx, d, size)
		if err != nil {
			return nil, err
		}
		report.Stages = append(report.Stages, *stage)
		if size == b.count {
			return report, nil
		}
	}
}

// stage fills the desk up to a number of tickets and measures.
func (b *tickBench) stage(ctx context.Context, d *tickDesk, size int) (*tickStage, error) {
	began := time.Now()
	if err := d.fill(ctx, size-d.tickets, notDue); err != nil {
		return nil, err
	}
	stage := &tickStage{FillSeconds: time.Since(began).Seconds()}
	var idle, busy []time.Duration
	for range tickRounds {
		if err := d.fill(ctx, b.due, dueNow); err != nil {
			return nil, err
		}
		took, err := d.tick(ctx, b.due)
		if err != nil {
			return nil, err
		}
		busy = append(busy, took)
	}
	for range tickIdle {
		took, err := d.tick(ctx, 0)
		if err != nil {
			return nil, err
		}
		idle = append(idle, took)
	}
	var err error
	stage.Tickets, stage.Idle, stage.Busy = d.tickets, spread(idle), spread(busy)
	stage.DatabaseBytes, err = d.app.db.Size(ctx)
	return stage, err
}

// A tickDesk is the desk under measurement. Its clock stands still, but for a
// second before each group of tickets that become due.
type tickDesk struct {
	app     *app
	now     time.Time
	tickets int
	model   tickModel
}

// tick looks what is due and demands that it was so much.
func (d *tickDesk) tick(ctx context.Context, want int) (time.Duration, error) {
	began := time.Now()
	did, err := d.app.desk.Tick(ctx)
	took := time.Since(began)
	if err == nil && did != want {
		err = fmt.Errorf("a look did something on %d tickets and not %d", did, want)
	}
	return took, err
}

// newTickDesk opens one ticket as a customer would. All others are copies of it.
func newTickDesk(ctx context.Context, a *app) (*tickDesk, error) {
	d := &tickDesk{app: a, now: time.Now().UTC().Truncate(time.Second), tickets: 1}
	a.desk.Now = func() time.Time { return d.now }
	raw := []byte("Subject: Printer on fire\r\n\r\nPlease help.\r\n")
	sum := ticket.Sum(sha256.Sum256(raw))
	opened, err := a.desk.Receive(ctx, ticket.Incoming{
		Mail: ticket.Mail{MessageID: "1@customer.example", From: ticket.Address{Email: "customer@customer.example"}, Recipients: []string{benchDesk},
			Subject: "Printer on fire", NewText: "Please help.", NoAnswer: "it is a measurement"},
		Receipt: ticket.Receipt{Source: "bench", Epoch: 1, UID: 1, Digest: sum, Keyed: true, Received: d.now,
			Raw: ticket.Blob{Sum: sum, Size: int64(len(raw)), Inline: raw}},
	})
	if err != nil {
		return nil, fmt.Errorf("open a ticket: %w", err)
	}
	err = a.db.View(ctx, func(tx ticket.Tx) (err error) {
		d.model, err = readModel(tx, opened.Ticket)
		return err
	})
	return d, err
}
