package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/spf13/cobra"
)

// stopWithin bounds the orderly end: longer than the mailer may take for the
// mail in hand.
const stopWithin = 45 * time.Second

func serveCommand() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the help desk",
		Long:  "serve reads the mailboxes and sends mail until it gets SIGTERM or Ctrl-C, then\nfinishes what is in hand; a second signal ends it at once. SIGHUP reads the\nconfig file again and keeps the old one if the new one has faults.",
		Args:  arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return serve(cmd.Context(), path, cmd.ErrOrStderr())
		},
	}
	configFlag(cmd, &path)
	return cmd
}

func serve(ctx context.Context, path string, out io.Writer) error {
	s, err := settingsFrom(path)
	if err != nil {
		return err
	}
	log := newLog(s.Log, out)
	a, err := assemble(ctx, s, log)
	if err != nil {
		return err
	}
	log.Info("deskpost is up", "version", version(), "database", s.Database, "mailboxes", len(a.pollers))
	a.notify(daemon.SdNotifyReady)
	reloadCtx, stopReloading := context.WithCancel(ctx)
	defer stopReloading()
	go a.reloadOnHangup(reloadCtx, path)

	done := make(chan error, 1)
	go func() { done <- a.run(ctx) }()
	if err := a.await(ctx, done); err != nil {
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
	a.notify(daemon.SdNotifyStopping)
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

// reloadOnHangup reads the config again at each SIGHUP.
func (a *app) reloadOnHangup(ctx context.Context, path string) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
			a.reload(path)
		}
	}
}

// reload puts a new config in force as one swap. One with faults changes
// nothing; keys that need a restart keep their old values until then.
func (a *app) reload(path string) {
	next, err := loadConfig(path)
	if err != nil {
		a.log.Error("reload refused: the config has faults, the old one stays in force", "config", path, "error", err)
		return
	}
	if keys := a.settings.restartNeeded(next); len(keys) > 0 {
		a.log.Warn("keys were changed that take effect only after a restart", "keys", strings.Join(keys, ", "))
	}
	a.desk.SetPolicy(next.Policy)
	for _, p := range a.pollers {
		p.Kick() // a password may have been mended
	}
	a.log.Info("reloaded", "config", path, "departments", len(next.Policy.Departments), "agents", len(next.Policy.Agents))
}

// notify tells systemd how things stand, where systemd started us.
func (a *app) notify(state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		a.log.Warn("systemd could not be told", "state", state, "error", err)
	}
}

func newLog(s logSettings, out io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: s.Level}
	if s.Format == "text" {
		return slog.New(slog.NewTextHandler(out, options))
	}
	return slog.New(slog.NewJSONHandler(out, options))
}
