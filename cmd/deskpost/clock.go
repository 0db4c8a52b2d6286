package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/robfig/cron/v3"

	"deskpost/store"
)

// Times of the recurring work. Cron only rings: what is due is in the store, so
// a run that was missed is caught up by the next one.
const (
	tickSpec    = "@every 15s"
	collectSpec = "17 3 * * *"
	heldSpec    = "@hourly"
	orphanAge   = 24 * time.Hour // of raw mail that no receipt names
)

// runClock rings until ctx ends, and waits for what runs then. A fault of the
// disk or the database, met by whomever, ends it, and with it the program: the
// next start checks what can be checked, and systemd sees that there was a fault.
func (a *app) runClock(ctx context.Context) error {
	fatal := make(chan error, 1)
	do := func(name string, work func(context.Context) error) func() {
		return func() {
			err := work(ctx)
			if err == nil || ctx.Err() != nil {
				return
			}
			a.log.Error("recurring work failed", "work", name, "error", err)
			if store.IsFatal(err) {
				select {
				case fatal <- err:
				default:
				}
			}
		}
	}
	logger := cronLogger{a.log}
	// SkipIfStillRunning must stand outside of Recover: the other way round a
	// job that panicked once never runs again.
	c := cron.New(cron.WithLocation(a.desk.Policy().Zone), cron.WithLogger(logger),
		cron.WithChain(cron.SkipIfStillRunning(logger), cron.Recover(logger)))
	for spec, job := range map[string]func(){
		collectSpec: do("collect", a.collect),
		heldSpec:    do("held", a.tellHeld),
	} {
		if _, err := c.AddFunc(spec, job); err != nil {
			return fmt.Errorf("schedule %q: %w", spec, err)
		}
	}
	tick, err := c.AddFunc(tickSpec, do("tick", a.tick))
	if err != nil {
		return fmt.Errorf("schedule %q: %w", tickSpec, err)
	}
	recompute := do("recompute", a.recompute)
	recompute()                    // a deadline that an edit has moved must not fire as it was
	c.Entry(tick).WrappedJob.Run() // what came due before the start does not wait for the first ring
	c.Start()
	defer func() { <-c.Stop().Done() }()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-fatal:
			return err
		case <-a.reloaded:
			recompute()
		}
	}
}

func (a *app) tick(ctx context.Context) error {
	if err := a.db.Err(); err != nil {
		return err
	}
	changed, err := a.desk.Tick(ctx)
	if changed > 0 {
		a.log.Info("followed up", "tickets", changed)
	}
	return err
}

func (a *app) collect(ctx context.Context) error {
	n, err := a.db.CollectBlobs(ctx, a.now().Add(-orphanAge))
	if n > 0 {
		a.log.Info("collected orphaned raw mail", "blobs", n)
	}
	return err
}

// tellHeld says in one line that mail waits for somebody to decide about it, if
// some does.
func (a *app) tellHeld(ctx context.Context) error {
	held, err := a.desk.Held(ctx)
	if held > 0 {
		a.log.Warn("mail is held since a restore and is not sent by itself: see deskpost outbox list --held, then release or drop it",
			"mails", held)
	}
	return err
}

// cronLogger writes what cron has to say to our log.
type cronLogger struct{ log *slog.Logger }

func (l cronLogger) Info(msg string, keys ...any) { l.log.Debug("cron: "+msg, keys...) }

func (l cronLogger) Error(err error, msg string, keys ...any) {
	l.log.Error("cron: "+msg, append(keys, "error", err)...)
}
