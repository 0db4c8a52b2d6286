package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/pprof"
	"time"

	"deskpost/inbound/imapbox"
	"deskpost/ticket"
)

const (
	// maxLatencyMails keeps the timed mails below the highest cap the config
	// takes.
	maxLatencyMails = 100_000
	// benchPause lies between two timed mails, for the daemon to go back to
	// IDLE.
	benchPause = 100 * time.Millisecond
	// benchLook is how often is looked whether the outbox is empty.
	benchLook = 10 * time.Millisecond
)

// A bench is one measurement: the real program, by a real config file, against
// mail servers in another process, so that memory and CPU are the program's own.
type bench struct {
	count      int
	countGiven bool // on the command line, so it is a claim about the mailbox
	latency    int
	seed       uint64
	imap       string // URL of a mailbox that is there already; "" for one of our own
	password   string
	database   string // URL of an empty database; "" for a file of our own
	json       bool
	cpuProfile string

	host   []string  // command line that starts this program once more
	errors io.Writer // where warnings go
}

// command runs the bench and prints its report.
func (b *bench) command(ctx context.Context, out io.Writer) error {
	if err := b.check(); err != nil {
		return &usageError{err}
	}
	return printBench(ctx, out, b.json, b.run)
}

func (b *bench) run(ctx context.Context) (report *benchReport, err error) {
	dir, err := os.MkdirTemp("", "deskpost-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the bench: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	host, err := startBenchHost(ctx, b.host, b.hostMails(), b.seed, b.errors)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, host.close()) }()

	config, err := b.benchConfig(host.ready, dir)
	if err != nil {
		return nil, err
	}
	s, err := benchSettings(dir, config, "--imap, --password, --database")
	if err != nil {
		return nil, err
	}
	if err := b.countMails(ctx, s.Mailboxes[0]); err != nil {
		return nil, err
	}
	logFile, err := os.Create(filepath.Join(dir, "deskpost.log"))
	if err != nil {
		return nil, fmt.Errorf("create the log of the bench: %w", err)
	}
	defer logFile.Close()
	// Writing the log is part of the daemon's work.
	log := slog.New(slog.NewMultiHandler(newLog(s.Log, logFile).Handler(),
		slog.NewTextHandler(b.errors, &slog.HandlerOptions{Level: slog.LevelWarn})))
	a, err := assembleEmpty(ctx, s, log)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	if report, err = b.measure(ctx, a, host); err != nil {
		return nil, err
	}
	report.DatabaseBytes, err = a.db.Size(ctx)
	return report, err
}

// hostMails is how many mails the bench's own server holds.
func (b *bench) hostMails() int {
	if b.imap != "" {
		return 0
	}
	return b.count
}

// countMails asks a server that we did not fill how many mails there are. The
// daemon would wait for one that is down; nobody who measures wants that.
func (b *bench) countMails(ctx context.Context, m mailboxSettings) error {
	if b.imap == "" {
		return nil
	}
	found, err := imapbox.Probe(ctx, imapConfig(m, slog.New(slog.DiscardHandler)))
	if err != nil {
		return fmt.Errorf("--imap: %w", err)
	}
	switch exists := int(found.Exists); {
	case exists == 0:
		return fmt.Errorf("--imap: there is no mail in %s; fill it first", found.Folder)
	case b.countGiven && exists != b.count:
		return fmt.Errorf("--imap: there are %d mails in %s and not %d; leave -n out to take what there is", exists, found.Folder, b.count)
	default:
		b.count = exists
	}
	return nil
}

// measure runs the program, and stops it when all measurements are taken.
func (b *bench) measure(ctx context.Context, a *app, host *benchHost) (*benchReport, error) {
	watch := watchApp(a)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	m := &measurement{bench: b, app: a, host: host, watch: watch, ended: make(chan struct{}),
		report: &benchReport{Server: "in memory, in a process of its own", Seed: b.seed, Mails: b.count}}
	if b.imap != "" {
		m.report.Server, m.report.Seed = b.imap, 0
	}
	err := m.all(ctx, func() {
		go func() {
			defer close(m.ended)
			m.failed = a.run(ctx)
		}()
	})
	stop()
	<-m.ended
	if err = errors.Join(err, m.failed); err != nil {
		return nil, err
	}
	return m.report, nil
}

// A measurement is a bench at work.
type measurement struct {
	*bench
	app    *app
	host   *benchHost
	watch  *benchWatch
	report *benchReport

	ended  chan struct{} // closed when the program has ended
	failed error         // how; read after ended
}

// all takes the measurements one after the other: the backlog, the rest of the
// outbox, single mails. It calls start once, whatever happens.
func (m *measurement) all(ctx context.Context, start func()) error {
	if err := m.backlog(ctx, start); err != nil {
		return err
	}
	if err := m.report.checkOutcomes(ctx, m.app.desk); err != nil {
		return err
	}
	if err := m.outbox(ctx); err != nil {
		return err
	}
	for i := range m.latency {
		if err := m.pause(ctx, benchPause); err != nil {
			return err
		}
		took, err := m.host.deliver(i)
		if err != nil {
			return err
		}
		m.report.latencies = append(m.report.latencies, took)
	}
	m.report.summarise()
	var err error
	m.report.PeakRSSBytes, err = peakRSS()
	return err
}

// backlog measures from the first byte of IMAP to the commit of the last mail,
// with the whole program at work beside it.
func (m *measurement) backlog(ctx context.Context, start func()) error {
	endProfile, profileErr := m.profile()
	cpu, cpuErr := cpuUsed()
	began := time.Now()
	start()
	if err := errors.Join(profileErr, cpuErr); err != nil {
		return err
	}
	err := errors.Join(m.await(ctx, m.watch.swept), endProfile())
	if err != nil {
		return err
	}
	r := m.report
	r.Seconds = time.Since(began).Seconds()
	used, err := cpuUsed()
	if err != nil {
		return err
	}
	r.CPUSeconds, r.Bytes = (used - cpu).Seconds(), m.watch.bytes.Load()
	r.Commits, r.Streamed = m.watch.commits.Load(), m.watch.streamed.Load()
	return nil
}

// profile begins the CPU profile, if there is to be one, and returns how to
// end it.
func (m *measurement) profile() (end func() error, err error) {
	if m.cpuProfile == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(m.cpuProfile)
	if err != nil {
		return nil, fmt.Errorf("create the CPU profile: %w", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(fmt.Errorf("begin the CPU profile: %w", err), f.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return f.Close()
	}, nil
}

// checkOutcomes makes sure that what was measured is what was asked for.
func (r *benchReport) checkOutcomes(ctx context.Context, desk *ticket.Desk) error {
	counts, err := desk.Outcomes(ctx)
	if err != nil {
		return err
	}
	taken := 0
	for _, n := range counts {
		taken += n
	}
	if taken < r.Mails {
		return fmt.Errorf("only %d of %d mails were taken; the warnings above say why", taken, r.Mails)
	}
	r.Mails, r.Outcomes = taken, counts
	return nil
}

// outbox waits until everything that is due has been sent.
func (m *measurement) outbox(ctx context.Context) error {
	before, err := m.host.sent()
	if err != nil {
		return err
	}
	began := time.Now()
	for {
		due, err := m.app.desk.NextDue(ctx)
		if err != nil {
			return err
		}
		if due.IsZero() || due.After(time.Now()) {
			break
		}
		if err := m.pause(ctx, benchLook); err != nil {
			return err
		}
	}
	m.report.OutboxSeconds = time.Since(began).Seconds()
	sent, err := m.host.sent()
	m.report.SentMeanwhile, m.report.SentAfter = before, sent-before
	return err
}

// await waits for a signal, for as long as the program runs.
func (m *measurement) await(ctx context.Context, signal <-chan struct{}) error {
	select {
	case <-signal:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-m.ended:
		return errors.New("the program ended before its work was done")
	}
}

func (m *measurement) pause(ctx context.Context, d time.Duration) error {
	over := make(chan struct{})
	timer := time.AfterFunc(d, func() { close(over) })
	defer timer.Stop()
	return m.await(ctx, over)
}
