// Package sla counts the time that a service level promises, and says when it
// ends and who is to be warned before.
//
// A [Plan] has targets: for each priority, how much working time may pass until
// the first answer, the next answer, the solution, and between two words to the
// customer. Working time is that of a calendar (package calendar).
//
// Each promise to a ticket is a [Clock]. A clock is not a deadline but a list of
// segments: the stretches in which it ran, made from the ticket's history only.
// What was consumed, the deadline and the instants of the plan's steps are
// computed from them, so a longer pause, another plan or a new holiday needs no
// correction of anything that was written down.
//
//	              resume                      reply, resolve
//	           ┌──────────▶ running ──────────────────────▶ met
//	(start) ───┤             ▲   │                           ▲
//	           └▶ paused ────┘   │ deadline passes           │
//	                ▲            ▼                           │
//	                └──────── (breached, still running) ─────┴▶ breached
//
// A met or breached clock is frozen: later changes of plan, priority or
// calendar leave it as it is. Spam, deletion and merging cancel clocks.
//
// [Replay] makes the clocks of a ticket from its [History]; [Book.Apply] adds
// one more event. Both give the same.
package sla
