package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deskpost/store"
	"deskpost/ticket"
)

func explainCommand() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "explain TICKET | MAILBOX UID [UIDVALIDITY]",
		Short: "Say what became of a mail, or of every mail of a ticket, and why",
		Example: "  deskpost explain 1042\n" +
			"  deskpost explain support 317",
		Args: arguments(cobra.RangeArgs(1, 3)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return explain(cmd.Context(), path, args, cmd.OutOrStdout())
		},
	}
	configFlag(cmd, &path)
	return cmd
}

func explain(ctx context.Context, path string, args []string, out io.Writer) error {
	s, err := settingsFrom(path)
	if err != nil {
		return err
	}
	numbers, err := explainArgs(args)
	if err != nil {
		return &usageError{err}
	}
	db, err := openDatabase(ctx, s, store.WithExisting())
	if err != nil {
		return err
	}
	defer db.Close()
	desk := &ticket.Desk{Store: db, Now: time.Now}
	desk.SetPolicy(s.Policy)
	x := explainer{zone: s.Policy.Zone, out: out}
	if len(args) == 1 {
		return x.ticket(ctx, desk, ticket.Number(numbers[0]))
	}
	if _, ok := s.Policy.Mailboxes[ticket.MailboxOf(args[0])]; !ok {
		return &usageError{fmt.Errorf("there is no mailbox %q; there are: %s", args[0],
			strings.Join(slices.Sorted(maps.Keys(s.Policy.Mailboxes)), ", "))}
	}
	return x.mail(ctx, desk, args[0], numbers)
}

// An explainer writes for a reader in the desk's zone.
type explainer struct {
	zone *time.Location
	out  io.Writer
}

func (x explainer) at(t time.Time) string { return t.In(x.zone).Format("2006-01-02 15:04:05 MST") }

// explainArgs reads the numbers among the arguments.
func explainArgs(args []string) ([]int64, error) {
	words := args
	if len(args) > 1 {
		words = args[1:]
	}
	var numbers []int64
	for _, w := range words {
		n, err := strconv.ParseInt(strings.TrimPrefix(w, "#"), 10, 64)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("%q is not a number; see deskpost explain --help", w)
		}
		numbers = append(numbers, n)
	}
	return numbers, nil
}

func (x explainer) ticket(ctx context.Context, desk *ticket.Desk, n ticket.Number) error {
	c, err := desk.Show(ctx, n)
	if err != nil {
		return err
	}
	if c.Ticket.Number != n {
		fmt.Fprintf(x.out, "ticket %d was merged into %d\n\n", n, c.Ticket.Number)
	}
	x.printCase(c)
	for _, merged := range c.Merged {
		fmt.Fprintln(x.out)
		x.printCase(merged)
	}
	return nil
}

func (x explainer) printCase(c ticket.Case) {
	status := string(c.Ticket.Status)
	if c.Ticket.MergedInto != 0 {
		status = fmt.Sprintf("merged into %d", c.Ticket.MergedInto)
	}
	fmt.Fprintf(x.out, "ticket %d: %s (%s)\n", c.Ticket.Number, c.Ticket.Subject, status)
	for _, taken := range c.Mails {
		x.printTaken(taken)
	}
	for _, notice := range c.Notices {
		x.printNotice(notice)
	}
}

func (x explainer) mail(ctx context.Context, desk *ticket.Desk, source string, numbers []int64) error {
	var epoch uint32
	if len(numbers) > 1 {
		epoch = uint32(numbers[1])
	}
	taken, err := desk.Explain(ctx, source, epoch, uint32(numbers[0]))
	if err != nil {
		return err
	}
	x.printTaken(taken)
	return nil
}

func (x explainer) printTaken(t ticket.Taken) {
	fmt.Fprintf(x.out, "\nmail %s UID %d (UIDVALIDITY %d), received %s, taken %s\n", t.Source, t.UID, t.Epoch,
		x.at(t.Received), x.at(t.At))
	fmt.Fprintf(x.out, "  from %s, subject %q, message id %q, %d bytes\n", choose(t.From != "", t.From, "nobody"), t.Subject, t.MessageID, t.Raw.Size)
	fmt.Fprintf(x.out, "  outcome: %s\n", t.Outcome)
	for _, reason := range t.Reasons {
		fmt.Fprintf(x.out, "  because %s\n", reason)
	}
}

func (x explainer) printNotice(n ticket.Notice) {
	for _, r := range n.Recipients {
		state := "waiting, due " + x.at(n.DueAt)
		switch {
		case r.Outstanding() && n.Held():
			state = "held since " + x.at(n.HeldAt) + ", " + n.HeldWhy + ","
		case !r.FailedAt.IsZero() && !n.HeldAt.IsZero():
			state = "dropped " + x.at(r.FailedAt)
		case !r.FailedAt.IsZero():
			state = "failed " + x.at(r.FailedAt)
		case !r.SentAt.IsZero():
			state = "sent " + x.at(r.SentAt)
		case n.InDoubt:
			state = "in doubt"
		}
		fmt.Fprintf(x.out, "\nnotice %d (%s) to %s: %s after %d %s%s\n", n.ID, n.Kind, r.Address.Email, state,
			n.Attempts, choose(n.Attempts == 1, "attempt", "attempts"), lastWord(n, r))
		if !n.AgainAt.IsZero() {
			fmt.Fprintf(x.out, "  tried again %s though the end of an earlier attempt is unknown: it may have gone out twice, with one Message-ID\n", x.at(n.AgainAt))
		}
	}
}

// lastWord is what was last said of a recipient: by the mail server, or by us
// where it had no say.
func lastWord(n ticket.Notice, r ticket.Recipient) string {
	switch {
	case r.Answer == "":
		return ""
	case !r.FailedAt.IsZero() && !n.HeldAt.IsZero():
		return ": " + r.Answer
	case r.Answer[0] < '2' || r.Answer[0] > '5': // no reply code of SMTP
		return "; the reason: " + r.Answer
	}
	return "; the server said: " + r.Answer
}
