package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deskpost/store"
	"deskpost/ticket"
)

func slaExplainCommand() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "explain TICKET",
		Short: "Show day by day why the clocks of a ticket stand where they do",
		Long: `explain prints what has moved the clocks of a ticket, and who did it; day by day
what was open and what was used; every deadline, which steps were done, late or left
out and why, and what follows if nothing else happens. It changes nothing, and works
beside a running daemon. Times are those of the ticket's calendar.`,
		Example: "  deskpost sla explain 1042",
		Args:    arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			number, err := ticketNumber(args[0])
			if err != nil {
				return &usageError{err}
			}
			s, err := settingsFrom(path)
			if err != nil {
				return err
			}
			account, err := readAccount(cmd.Context(), s, number)
			if err != nil {
				return err
			}
			text, err := explainClocks(account, number)
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(cmd.OutOrStdout(), text)
			return err
		},
	}
	configFlag(cmd, &path)
	return cmd
}

// readAccount reads why the clocks of a ticket stand where they do, beside a
// daemon or without one.
func readAccount(ctx context.Context, s *settings, n ticket.Number) (ticket.Account, error) {
	password, err := s.databasePassword()
	if err != nil {
		return ticket.Account{}, err
	}
	db, err := store.OpenToRead(ctx, s.Database, store.WithPassword(password))
	if err != nil {
		return ticket.Account{}, err
	}
	defer db.Close()
	desk := &ticket.Desk{Store: db, Now: time.Now}
	desk.SetPolicy(s.Policy)
	return desk.Account(ctx, n)
}

// explainClocks writes an account that was asked for by a number.
func explainClocks(a ticket.Account, asked ticket.Number) (string, error) {
	head := describeTicket(a, asked)
	if a.History.Terms.Plan == nil {
		return head + "Plan      none, and it never had one: nothing was promised, and no clock runs\n", nil
	}
	l, err := realTimeline(a, true)
	if err != nil {
		return "", err
	}
	l.real = true
	steps, err := a.Unfired(l.book)
	if err != nil {
		return "", fmt.Errorf("work out the steps: %w", err)
	}
	text, err := l.write(steps)
	return head + text, err
}

// describeTicket says which ticket it is, and what it waits for.
func describeTicket(a ticket.Account, asked ticket.Number) string {
	var b strings.Builder
	tk := a.Ticket
	if tk.Number != asked {
		fmt.Fprintf(&b, "Ticket %d was merged into %d, and its own clocks ended then; these are those of %d.\n\n", asked, tk.Number, tk.Number)
	}
	fmt.Fprintf(&b, "Ticket    %d: %s\n", tk.Number, tk.Subject)
	fmt.Fprintf(&b, "Status    %s since %s\n", a.State, stamp(tk.StatusAt, a.Zone))
	for _, wait := range []struct {
		what string
		at   time.Time
	}{{"Returns ", tk.FollowUp}, {"Snoozed ", tk.Snoozed}, {"Due     ", tk.Due}} {
		if !wait.at.IsZero() {
			fmt.Fprintf(&b, "%s  %s\n", wait.what, stamp(wait.at, a.Zone))
		}
	}
	if a.Outdated != "" {
		fmt.Fprintf(&b, "Edited    %s, once the daemon starts or reloads\n", a.Outdated)
	}
	for _, wrong := range a.Wrong {
		fmt.Fprintf(&b, "WRONG     %s; see deskpost verify\n", wrong)
	}
	return b.String()
}

// realTimeline is that of a ticket, with what time alone will do to it.
func realTimeline(a ticket.Account, steps bool) (*slaTimeline, error) {
	j, err := realJournal(a, steps)
	if err != nil {
		return nil, err
	}
	l, err := timelineAt(j, a.At)
	if err != nil {
		return nil, err
	}
	for _, m := range a.Ahead {
		e := sayMoment(m, a.Zone, steps)
		e.what += when(!m.At.After(a.At), notYet)
		if err := j.note(e, m.Moves); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// realJournal is that of a ticket up to now, with the steps that were done or
// without.
func realJournal(a ticket.Account, steps bool) (*journal, error) {
	if len(a.Moments) == 0 {
		return nil, fmt.Errorf("the diary of ticket %d is empty; see deskpost verify", a.Ticket.Number)
	}
	begin := a.History
	begin.Events = nil
	first := a.Moments[0]
	j, err := newJournal(begin, a.Zone, sayMoment(first, a.Zone, steps), first.Moves...)
	if err != nil {
		return nil, err
	}
	for _, m := range a.Moments[1:] {
		e := sayMoment(m, a.Zone, steps)
		if e.what == "" && len(m.Moves) == 0 {
			continue
		}
		if err := j.note(e, m.Moves); err != nil {
			return nil, err
		}
	}
	return j, nil
}

// tellLag is how much later than it happened the desk takes note of something, from
// which on that is worth telling.
const tellLag = time.Minute

// sayMoment says what was done in one go, by whom, and when the desk took note of
// it if that was later. Without steps those of the ticket's own plan are left out,
// and what they have changed is not.
func sayMoment(m ticket.Moment, zone *time.Location, steps bool) journalEntry {
	e := journalEntry{at: m.At, step: true}
	var done, causes []ticket.Deed
	for _, d := range m.Deeds {
		if d.Step && !steps {
			continue
		}
		done = append(done, d)
		e.step = e.step && d.Step
		if d.Moves {
			causes = append(causes, d)
		}
	}
	e.what = sayDeeds(done)
	if e.cause = sayDeeds(causes); e.cause == "" {
		e.cause = e.what // other terms, which follow from what was done
	}
	switch lag := m.Noted.Sub(m.At); {
	case e.what == "" && len(m.Moves) > 0:
		e.what = "what a step of its own plan changed"
	case e.what != "" && !e.step && lag >= tellLag:
		e.what += " (noted " + stamp(m.Noted, zone) + ")"
	}
	return e
}

// sayDeeds says what was done and by whom, once for what one person did.
func sayDeeds(deeds []ticket.Deed) string {
	var text string
	for i, d := range deeds {
		if i > 0 {
			text += "; "
		}
		text += d.What
		if last := i+1 == len(deeds) || deeds[i+1].By != d.By; last && d.By != "" {
			text += ", by " + d.By
		}
	}
	return text
}
