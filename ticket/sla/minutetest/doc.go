// Package minutetest counts service levels by brute force, to check those that
// package sla computes.
//
// It walks through a ticket's life minute by minute, asks in each whether a
// clock on the wall shows a time within the opening hours, and counts. It knows
// the rules of service levels, and neither package sla nor package calendar: it
// was written from the same specification, with other means, and imports the
// standard library only.
//
// All instants are whole minutes, and so must be all that is put in: opening
// hours, budgets, parts of budgets, offsets, and what happens to tickets.
package minutetest
