package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"deskpost/store"
)

// What recurs at fixed times, by the clock of the desk's zone. Cron only rings:
// what is due is in the store, so a run that was missed is caught up by the next
// ring, and nothing is done twice.
const (
	collectSpec    = "17 3 * * *"
	openingsSpec   = "23 * * * *"
	deliveriesSpec = "41 * * * *"
	heldSpec       = "0 * * * *"
	orphanAge      = 24 * time.Hour // of raw mail that no receipt names
)

// runClock rings until ctx ends, and waits for what runs then. A fault of the
// disk or the database, met by whomever, ends it, and with it the program: the
// next start checks what can be checked, and systemd sees that there was a fault.
func (a *app) runClock(ctx context.Context) error {
	for {
		again, err := a.ring(ctx)
		if err != nil || !again {
			return err
		}
	}
}

// A clockwork is what rings under one config.
type clockwork struct {
	*app
	ctx   context.Context
	cron  *cron.Cron
	jobs  []cron.Job // what recurs
	tick  cron.Job
	nudge chan time.Time // when the next tick should be, if that is before the next sweep
	fatal chan error
}

// ring works until ctx ends, or until the config has changed: then it should be
// called again.
func (a *app) ring(ctx context.Context) (again bool, err error) {
	w, err := a.newClockwork(ctx)
	if err != nil {
		return false, err
	}
	w.job("recompute", a.recompute)() // a deadline that an edit has moved must not fire as it was
	w.tick.Run()                      // what came due before the start does not wait for the first ring
	var missed sync.WaitGroup
	for _, job := range w.jobs {
		missed.Go(job.Run) // nor does what recurs
	}
	w.cron.Start()
	defer func() {
		<-w.cron.Stop().Done()
		missed.Wait()
	}()
	for nearest := (<-chan time.Time)(nil); ; {
		select {
		case <-ctx.Done():
			return false, nil
		case err := <-w.fatal:
			return false, err
		case <-a.rewind:
			return true, nil
		case <-a.read:
			if a.desk.Waits() {
				w.tick.Run()
			}
		case at := <-w.nudge:
			nearest = time.After(at.Sub(a.now()))
		case <-nearest:
			nearest = nil
			w.tick.Run()
		}
	}
}

// windUp lets the clockwork begin anew, soon. It may be called from any
// goroutine.
func (a *app) windUp() {
	select {
	case a.rewind <- struct{}{}:
	default: // it will already
	}
}

// swept says that a mailbox was read to its end: mail in doubt may be settled by
// that, and what waits for it can be done.
func (a *app) swept() {
	a.sender.Wake()
	select {
	case a.read <- struct{}{}:
	default: // it is known already
	}
}

func (a *app) newClockwork(ctx context.Context) (*clockwork, error) {
	p := a.desk.Policy()
	logger := cronLogger{a.log}
	// SkipIfStillRunning must stand outside of Recover: the other way round a
	// job that panicked once never runs again.
	chain := cron.NewChain(cron.SkipIfStillRunning(logger), cron.Recover(logger))
	c := cron.New(cron.WithLocation(p.Zone), cron.WithLogger(logger))
	w := &clockwork{app: a, ctx: ctx, cron: c, nudge: make(chan time.Time, 1), fatal: make(chan error, 1)}
	for _, r := range []struct {
		name, spec string
		work       func(context.Context) error
	}{{"collect", collectSpec, a.collect}, {"openings", openingsSpec, a.forgetOpenings}, {"unsent", openingsSpec, a.forgetUnsent},
		{"deliveries", deliveriesSpec, a.tidyDeliveries}, {"held", heldSpec, a.tellHeld}} {
		s, err := parseSchedule(r.spec, p.Zone)
		if err != nil {
			return nil, fmt.Errorf("schedule %s: %w", r.name, err)
		}
		recur := func(ctx context.Context) error { return a.desk.Recur(ctx, r.name, s, r.work) }
		job := chain.Then(w.job(r.name, recur))
		c.Schedule(s, job)
		w.jobs = append(w.jobs, job)
	}
	report := chain.Then(w.job("report", a.report)) // one for all: it asks the store for whom it has come due
	for _, s := range schedules(p) {
		c.Schedule(s, report)
	}
	w.jobs = append(w.jobs, report)
	w.tick = chain.Then(w.job("tick", w.tickAndLookAhead))
	c.Schedule(cron.Every(p.Sweep), w.tick)
	return w, nil
}

// job is work that says what goes wrong.
func (w *clockwork) job(name string, work func(context.Context) error) cron.FuncJob {
	return func() {
		err := work(w.ctx)
		if err == nil || w.ctx.Err() != nil {
			return
		}
		w.log.Error("recurring work failed", "work", name, "error", err)
		if store.IsFatal(err) {
			select {
			case w.fatal <- err:
			default:
			}
		}
	}
}

// tickAndLookAhead does what is due, and asks to be rung at the next instant at
// which something is, if that is before the next sweep.
func (w *clockwork) tickAndLookAhead(ctx context.Context) error {
	began := w.now()
	fault := w.app.tick(ctx)
	next, err := w.desk.NextAt(ctx, began)
	if err == nil && !next.IsZero() && next.Before(began.Add(w.desk.Policy().Sweep)) {
		select {
		case <-w.nudge: // an older one
		default:
		}
		w.nudge <- next
	}
	return errors.Join(fault, err)
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

func (a *app) report(ctx context.Context) error {
	queued, err := a.desk.Report(ctx)
	if queued > 0 {
		a.log.Info("queued reports", "mails", queued)
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

// forgetOpenings removes what was filled in on the page and never confirmed.
func (a *app) forgetOpenings(ctx context.Context) error {
	n, err := a.desk.ForgetOpenings(ctx)
	if n > 0 {
		a.log.Info("forgot tickets that nobody confirmed", "tickets", n)
	}
	return err
}

// forgetUnsent removes what agents have begun to write and left.
func (a *app) forgetUnsent(ctx context.Context) error {
	n, err := a.desk.ForgetUnsent(ctx)
	if n > 0 {
		a.log.Info("forgot what was begun and not sent for 14 days", "texts", n)
	}
	return err
}

// tidyDeliveries gives up what webhooks could not be told for too long, and
// forgets what they were told long ago.
func (a *app) tidyDeliveries(ctx context.Context) error {
	givenUp, removed, err := a.desk.TidyDeliveries(ctx)
	if givenUp > 0 {
		a.log.Error("webhooks were not told: it was tried for too long; see deskpost webhook list", "deliveries", givenUp)
	}
	if removed > 0 {
		a.log.Info("forgot what webhooks were told", "deliveries", removed)
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
