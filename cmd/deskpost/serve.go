package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/spf13/cobra"

	"deskpost/store"
	"deskpost/ticket"
)

// stopWithin bounds the orderly end: longer than the mailer may take for the
// mail in hand.
const stopWithin = 45 * time.Second

// memoryLimit is where the garbage collector begins to work harder, in bytes;
// GOMEMLIMIT in the environment wins. What a hostile mail makes us allocate is
// bounded, but would else be given back late.
const memoryLimit = 120 << 20

func serveCommand() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the help desk",
		Long:  "serve reads the mailboxes and sends mail until it gets SIGTERM or Ctrl-C, then\nfinishes what is in hand; a second signal ends it at once. SIGHUP reads the\nconfig file again, as deskpost reload does, and keeps the old one if the new one has faults.",
		Args:  arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return serve(cmd.Context(), path, cmd.ErrOrStderr())
		},
	}
	configFlag(cmd, &path)
	return cmd
}

// serve runs the daemon until ctx ends, with its database opened as the options
// say.
func serve(ctx context.Context, path string, out io.Writer, opts ...store.Option) error {
	s, err := settingsFrom(path)
	if err != nil {
		return err
	}
	hangup := make(chan os.Signal, 1) // from the first to the last moment, or a SIGHUP would end the program
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	log := newLog(s.Log, out)
	a, err := assemble(ctx, s, log, opts...)
	if err != nil && errors.Is(err, ctx.Err()) {
		log.Info("stopped before the desk was open")
		return nil
	}
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- a.run(ctx) }()
	go a.reloadAt(ctx, hangup, path)
	stopControl := a.control(ctx, path)
	log.Info("deskpost is up", "version", version(), "database", s.Database, "node", s.Node, "mailboxes", len(a.pollers))
	a.leads.up(a.db.Node() != "")
	err = a.await(ctx, done)
	stopControl()
	if err != nil {
		return err // parts may still run: closing under them would only hide how it ended
	}
	return a.close()
}

// await waits for the run to end: for as long as it takes while nothing asks it
// to stop, and for stopWithin or a second signal afterwards.
func (a *app) await(ctx context.Context, done <-chan error) error {
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	hurry := make(chan os.Signal, 1)
	signal.Notify(hurry, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(hurry)
	a.log.Info("stopping: finishing what is in hand", "at_most", stopWithin)
	notify(a.log, daemon.SdNotifyStopping)
	limit := time.NewTimer(stopWithin)
	defer limit.Stop()
	select {
	case err := <-done:
		if err == nil {
			a.log.Info("stopped")
		}
		return err
	case <-hurry:
		return errors.New("stopped at once by a second signal; the next start completes what was in hand")
	case <-limit.C:
		return fmt.Errorf("not stopped within %s; the next start completes what was in hand", stopWithin)
	}
}

// reloadAt reads the config again at each hangup until ctx ends.
func (a *app) reloadAt(ctx context.Context, hangup <-chan os.Signal, path string) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
			_, _ = a.reload(ctx, path) // nobody waits for the answer but the log
		}
	}
}

// reload puts a new config in force as one swap, and says so in sentences and in
// the log. One with faults changes nothing; keys that need a restart keep their
// old values until then.
func (a *app) reload(ctx context.Context, path string) ([]string, error) {
	a.reloading.Lock()
	defer a.reloading.Unlock()
	said, err := a.putInForce(ctx, path)
	if err != nil {
		a.log.Error("reload refused: the config has faults, the old one stays in force", "config", path, "error", err)
	}
	return said, err
}

func (a *app) putInForce(ctx context.Context, path string) ([]string, error) {
	next, err := loadConfig(path)
	if err == nil {
		err = errors.Join(departmentsKept(ctx, a.desk, next.Policy), statusesKept(ctx, a.desk, next.Policy))
	}
	if err != nil {
		return nil, err
	}
	said := []string{fmt.Sprintf("reloaded %s: %d departments, %d agents", path, len(next.Policy.Departments), len(next.Policy.Agents))}
	keepRunning(a.settings.Policy, next.Policy)
	if keys := a.settings.restartNeeded(next); len(keys) > 0 {
		a.log.Warn("keys were changed that take effect only after a restart", "keys", strings.Join(keys, ", "))
		said = append(said, "only after a restart: "+strings.Join(keys, ", "))
	}
	a.desk.SetPolicy(next.Policy)
	a.webhooks.SetEndpoints(endpointsOf(next))
	a.windUp()
	for _, p := range a.pollers {
		p.Kick() // a password may have been mended
	}
	a.log.Info("reloaded", "config", path, "departments", len(next.Policy.Departments), "agents", len(next.Policy.Agents))
	return said, nil
}

// keepRunning takes into a reloaded policy what belongs to parts that only a
// restart changes: which mailboxes are read, which of them gets the echo, and
// where the page is. Where a mailbox's new tickets go is policy.
func keepRunning(running, next *ticket.Policy) {
	mailboxes := maps.Clone(running.Mailboxes)
	for key, m := range mailboxes {
		if reloaded, ok := next.Mailboxes[key]; ok {
			m.Department = reloaded.Department
		}
		if _, ok := next.Departments[m.Department]; !ok {
			// Its mailbox goes with it at the restart; until then somebody must see its mail.
			m.Department = slices.Min(slices.Collect(maps.Keys(next.Departments)))
		}
		mailboxes[key] = m
	}
	next.Mailboxes, next.Echo, next.Page = mailboxes, running.Echo, running.Page
}

// departmentsKept refuses a policy without a department in which somebody is
// still at work.
func departmentsKept(ctx context.Context, desk *ticket.Desk, next *ticket.Policy) error {
	working := []ticket.Status{ticket.New, ticket.Open, ticket.Pending, ticket.Hold}
	tickets, err := desk.InUse(ctx, working)
	if err != nil {
		return err
	}
	for _, dept := range tickets {
		if _, ok := next.Departments[dept]; !ok {
			return fmt.Errorf("[department.%s] is missing, but has tickets that are not done: move them to another department, or put it back", dept)
		}
	}
	return nil
}

// statusesKept refuses a policy that takes away a status, or moves it to another
// of ours, in which tickets are that are not done.
func statusesKept(ctx context.Context, desk *ticket.Desk, next *ticket.Policy) error {
	used, err := desk.StatesInUse(ctx, []ticket.Status{ticket.New, ticket.Open, ticket.Pending, ticket.Hold})
	if err != nil {
		return err
	}
	for _, s := range used {
		if next.Substatuses[s.Substatus].Of != s.Status {
			return fmt.Errorf("[status.%s] of = %q is missing, but has tickets that are not done: give them another status, or put it back",
				s.Substatus, s.Status)
		}
	}
	return nil
}

// standBy tells systemd that we are up and wait: it would take us for stuck
// otherwise.
func standBy(log *slog.Logger, why string) {
	notify(log, daemon.SdNotifyReady+"\n"+statusOf("waiting: "+why))
}

// moreTime tells systemd that the start takes longer than usual: a large
// database on a slow disk is read for minutes.
func moreTime(log *slog.Logger) {
	const extend = 30 * time.Minute
	notify(log, fmt.Sprintf("EXTEND_TIMEOUT_USEC=%d\nSTATUS=checking the database", extend.Microseconds()))
}

// notify tells systemd how things stand, where systemd started us.
func notify(log *slog.Logger, state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		log.Warn("systemd could not be told", "state", state, "error", err)
	}
}

func newLog(s logSettings, out io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: s.Level}
	if s.Format == "text" {
		return slog.New(slog.NewTextHandler(out, options))
	}
	return slog.New(slog.NewJSONHandler(out, options))
}
