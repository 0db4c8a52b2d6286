package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"deskpost/ticket"
)

const (
	// tickPromise is the time until the first answer. A warning is due after half
	// of it.
	tickPromise = 60 * 24 * time.Hour
	// tickFill is how many tickets are written in one transaction.
	tickFill = 2000
)

// A tickModel is a ticket to be copied, with all that its clocks are made of.
type tickModel struct {
	ticket ticket.Ticket
	events []ticket.Event
	clocks []ticket.Clock
}

func readModel(tx ticket.Tx, n ticket.Number) (tickModel, error) {
	tk, err := tx.Ticket(n)
	if err != nil {
		return tickModel{}, fmt.Errorf("read ticket %d: %w", n, err)
	}
	events, errEvents := tx.Events(n)
	clocks, errClocks := tx.ClocksOf(n)
	if err := errors.Join(errEvents, errClocks); err != nil {
		return tickModel{}, fmt.Errorf("read the clocks of ticket %d: %w", n, err)
	}
	if tk.NextAt.IsZero() || len(clocks) == 0 {
		return tickModel{}, fmt.Errorf("ticket %d has no clock that runs", n)
	}
	return tickModel{*tk, events, clocks}, nil
}

// notDue opens a ticket so that its warning is due in five days to thirty; dueNow
// so that it is due now.
func notDue(i int) time.Duration { return -time.Duration(i%(25*24*60)) * time.Minute }

func dueNow(int) time.Duration { return -tickPromise / 2 }

// fill adds tickets, each opened so long before now or after it.
func (d *tickDesk) fill(ctx context.Context, count int, when func(i int) time.Duration) error {
	for numbers := range slices.Chunk(make([]struct{}, max(0, count)), tickFill) {
		err := d.app.db.Update(ctx, func(tx ticket.Tx) error {
			for i := range numbers {
				if err := d.model.copy(tx, d.tickets+i, d.now.Add(when(d.tickets+i))); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("fill the database: %w", err)
		}
		d.tickets += len(numbers)
	}
	return nil
}

// copy writes a copy of the ticket that was opened at another instant. The
// calendar is open day and night, so that all instants move by the same.
func (m *tickModel) copy(tx ticket.Tx, i int, opened time.Time) error {
	number, err := tx.Next("ticket", int64(ticket.FirstNumber))
	if err != nil {
		return err
	}
	later := opened.Sub(m.ticket.OpenedAt)
	move := func(instants ...*time.Time) {
		for _, at := range instants {
			if !at.IsZero() {
				*at = at.Add(later)
			}
		}
	}
	tk := m.ticket
	tk.Number, tk.Requester.Email = ticket.Number(number), fmt.Sprintf("c%d@customer.example", i)
	move(&tk.OpenedAt, &tk.UpdatedAt, &tk.SpokenAt, &tk.StatusAt, &tk.Deadline, &tk.NextAt)
	events, clocks := slices.Clone(m.events), slices.Clone(m.clocks)
	for i := range events {
		e := &events[i]
		e.ID, e.Ticket, e.Entry, e.Receipt = 0, tk.Number, 0, 0
		move(&e.At, &e.Since)
	}
	for i := range clocks {
		c := &clocks[i]
		c.Ticket = tk.Number
		move(&c.Started, &c.Deadline)
	}
	return errors.Join(tx.Save(&tk), tx.Record(events...), tx.SaveClocks(tk.Number, clocks))
}
