package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"deskpost/ticket"
)

// outboxPage is how many notices are read at a time.
const outboxPage = 200

func outboxCommand() *cobra.Command {
	var o outboxOptions
	cmd := &cobra.Command{
		Use:   "outbox",
		Short: "List the mail that waits to be sent, and decide about what is held",
		Long: "After a restore, what was to be sent when the backup was taken is held: it may\n" +
			"have been sent since, and nobody but you can know. Release what is to go out now,\n" +
			"drop the rest. Where [mail] echo is set, what was sent leaves the list by itself.",
		Args: knownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	list := &cobra.Command{
		Use:   "list",
		Short: "List the mail that waits to be sent, oldest first",
		Long: "list prints every mail that waits to be sent, oldest first, with its ID, or with\n" +
			"--held only those that wait for release or drop.",
		Example: "  deskpost outbox list\n" +
			"  deskpost outbox list --held",
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.run(cmd, func(desk *ticket.Desk, out io.Writer) error { return o.list(cmd.Context(), desk, out) })
		},
	}
	list.Flags().BoolVar(&o.held, "held", false, "only what is held")
	release := &cobra.Command{
		Use:   "release ID... | --all",
		Short: "Send what is held",
		Long: "release lets mail go out that is held. The daemon sends it at once, or when it is\n" +
			"started; one that cannot be told, within half a minute. It ends with 1 if a mail that was named is not held.",
		Example: "  deskpost outbox release 317 318\n" +
			"  deskpost outbox release --all",
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(cmd, func(desk *ticket.Desk, out io.Writer) error {
				return o.each(cmd.Context(), desk, args, out, "released", func(ctx context.Context, id int64) (bool, error) {
					return desk.Release(ctx, "", id)
				})
			})
		},
	}
	drop := &cobra.Command{
		Use:   "drop ID... | --all",
		Short: "Give up what is held: nobody gets it any more",
		Long: "drop gives up mail that is held: nobody gets it any more, and the diary of its\n" +
			"ticket says so. It ends with 1 if a mail that was named is not held.",
		Example: "  deskpost outbox drop 317 --reason \"sent before the restore\"\n" +
			"  deskpost outbox drop --all",
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(cmd, func(desk *ticket.Desk, out io.Writer) error {
				return o.each(cmd.Context(), desk, args, out, "dropped", func(ctx context.Context, id int64) (bool, error) {
					return desk.Drop(ctx, "", id, o.reason)
				})
			})
		},
	}
	drop.Flags().StringVar(&o.reason, "reason", "", "why, for whoever looks at the ticket")
	for _, c := range []*cobra.Command{list, release, drop} {
		configFlag(c, &o.path)
	}
	for _, c := range []*cobra.Command{release, drop} {
		c.Flags().BoolVar(&o.all, "all", false, "all that is held")
		c.Args = arguments(o.someOrAll)
	}
	cmd.AddCommand(list, release, drop)
	return cmd
}

// outboxOptions are the flags of the commands about the outbox.
type outboxOptions struct {
	path   string
	held   bool
	all    bool
	reason string
}

// someOrAll demands IDs or the flag for all, and not both.
func (o *outboxOptions) someOrAll(_ *cobra.Command, args []string) error {
	if o.all == (len(args) > 0) {
		return errors.New("name the mails by their IDs in deskpost outbox list --held, or say --all")
	}
	return nil
}

// run opens the desk for a command.
func (o *outboxOptions) run(cmd *cobra.Command, do func(*ticket.Desk, io.Writer) error) error {
	s, err := settingsFrom(o.path)
	if err != nil {
		return err
	}
	return beside(cmd.Context(), s, func(desk *ticket.Desk) error { return do(desk, cmd.OutOrStdout()) })
}

// list prints what waits, three lines a mail.
func (o *outboxOptions) list(ctx context.Context, desk *ticket.Desk, out io.Writer) error {
	x := explainer{zone: desk.Policy().Zone, out: out}
	count := 0
	err := waiting(ctx, desk, o.held, func(n ticket.Notice) error {
		count++
		x.printWaiting(n)
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d %s\n", count, choose(o.held, "held", "waiting"))
	return nil
}

func (x explainer) printWaiting(n ticket.Notice) {
	var to []string
	for _, r := range n.Recipients {
		if r.Outstanding() {
			to = append(to, r.Address.Email)
		}
	}
	about := "about no ticket"
	if n.Ticket != 0 {
		about = fmt.Sprintf("on ticket %d: %s", n.Ticket, n.Facts.Subject)
	}
	fmt.Fprintf(x.out, "%d  %s to %s\n    %s\n    queued %s, ", n.ID, n.Kind, strings.Join(to, ", "), about, x.at(n.QueuedAt))
	switch {
	case n.Held():
		fmt.Fprintf(x.out, "held: %s, tried %d times\n", n.HeldWhy, n.Attempts)
	default:
		fmt.Fprintf(x.out, "due %s, tried %d times\n", x.at(n.DueAt), n.Attempts)
	}
}

// each does something to the mails with the IDs, or to all that are held. One
// that is not held is passed over; who has named it is told so by an error.
func (o *outboxOptions) each(ctx context.Context, desk *ticket.Desk, args []string, out io.Writer, done string,
	do func(context.Context, int64) (bool, error)) error {
	var ids []int64
	for _, arg := range args {
		id, err := strconv.ParseInt(arg, 10, 64)
		if err != nil || id <= 0 {
			return &usageError{fmt.Errorf("%q is not the ID of a mail; see deskpost outbox list --held", arg)}
		}
		ids = append(ids, id)
	}
	if o.all {
		err := waiting(ctx, desk, true, func(n ticket.Notice) error {
			ids = append(ids, n.ID)
			return nil
		})
		if err != nil {
			return err
		}
	}
	count := 0
	for _, id := range ids {
		changed, err := do(ctx, id)
		if err != nil {
			return err
		}
		if changed {
			count++
		} else {
			fmt.Fprintf(out, "%d is not held, and stays as it is\n", id)
		}
	}
	fmt.Fprintf(out, "%s %d of %d\n", done, count, len(ids))
	if !o.all && count < len(ids) {
		return fmt.Errorf("not everything was %s: see deskpost outbox list", done)
	}
	return nil
}

// waiting hands every notice that waits to f, page by page.
func waiting(ctx context.Context, desk *ticket.Desk, held bool, f func(ticket.Notice) error) error {
	var last int64
	for {
		page, err := desk.Waiting(ctx, last, held, outboxPage)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, n := range page {
			if err := f(n); err != nil {
				return err
			}
			last = n.ID
		}
	}
}
