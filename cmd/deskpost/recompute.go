package main

import "context"

// recompute counts clocks anew that the config, or the rules of a time zone in a
// newer program, have moved: before the first tick and after each reload.
func (a *app) recompute(ctx context.Context) error {
	n, err := a.desk.Recompute(ctx)
	if n > 0 {
		a.log.Info("counted the clocks of tickets anew, since plans, calendars or time zones have changed", "tickets", n)
	}
	return err
}
