package main

import (
	"context"
	"errors"
)

// recompute counts clocks anew that the config, or the rules of a time zone in a
// newer program, have moved, and sets the timers of tickets that wait: before the first tick and after each reload.
func (a *app) recompute(ctx context.Context) error {
	n, err := a.desk.Recompute(ctx)
	if n > 0 {
		a.log.Info("counted the clocks of tickets anew, since plans, calendars or time zones have changed", "tickets", n)
	}
	return errors.Join(err, a.desk.Reschedule(ctx))
}
