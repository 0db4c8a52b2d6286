package main

import (
	"time"

	"deskpost/ticket"
)

// maxWait bounds how long tickets wait to be closed or answered.
const maxWait = 3650 * day

// timers fills in what the departments and [desk] say is done with tickets by
// time.
func (c *checker) timers(raw *rawConfig, all map[string]ticket.Department) {
	closeAfter := c.orNever(at("desk", "close_after"), raw.Desk.CloseAfter)
	warning := c.orNever(at("desk", "close_warning"), raw.Desk.CloseWarning)
	c.warned(at("desk", "close_after"), closeAfter, warning)
	for name, d := range all {
		r := raw.Department[name]
		d.CloseAfter, d.CloseWarning = closeAfter, warning
		if path := at("department", name, "close_after"); r.CloseAfter != "" {
			d.CloseAfter = c.orNever(path, r.CloseAfter)
			c.warned(path, d.CloseAfter, warning)
		}
		d.RemindPending = c.orNever(at("department", name, "remind_pending"), r.RemindPending)
		d.PendingRequiresReply = r.PendingRequiresReply
		all[name] = d
	}
}

// warned demands that a ticket is not closed before its customer is warned.
func (c *checker) warned(path keyPath, closeAfter, warning time.Duration) {
	if warning > 0 && closeAfter > 0 && closeAfter <= warning && !c.known(path) {
		c.fault(path, "%s is not longer than close_warning in [desk] (%s), so that nobody could be warned; write a longer duration",
			formatDuration(closeAfter), formatDuration(warning))
	}
}

// orNever is a duration, or 0 for "never".
func (c *checker) orNever(path keyPath, value string) time.Duration {
	if value == "never" {
		return 0
	}
	return c.duration(path, value, time.Hour, maxWait)
}
