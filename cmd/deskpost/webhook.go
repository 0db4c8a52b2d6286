package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deskpost/ticket"
)

// webhookPage is how many deliveries list prints.
const webhookPage = 200

func webhookCommand() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "webhook",
		Short: "See what other programs were told, and have them told again",
		Long:  "webhook looks at what the webhooks of the config are told: see docs/webhooks.md.",
		Args:  knownCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	add := func(use, short, long string, args cobra.PositionalArgs, do func(context.Context, *ticket.Desk, []string, io.Writer) error) {
		c := &cobra.Command{Use: use, Short: short, Long: long, Args: arguments(args), RunE: func(cmd *cobra.Command, args []string) error {
			s, err := settingsFrom(path)
			if err != nil {
				return err
			}
			return beside(cmd.Context(), s, func(desk *ticket.Desk) error { return do(cmd.Context(), desk, args, cmd.OutOrStdout()) })
		}}
		configFlag(c, &path)
		cmd.AddCommand(c)
	}
	add("list [NAME]", "List what waits for webhooks, or was given up",
		"list prints what waits and what was given up, the oldest first, with its ID; of one\nwebhook also what it took, for as long as that is kept.", cobra.MaximumNArgs(1), listDeliveries)
	add("show ID", "Show a delivery, with its body", "show prints what is known of a delivery, and the body as it is sent.", cobra.ExactArgs(1), showDelivery)
	add("retry ID...", "Send deliveries now", "retry has deliveries sent now, also those that were given up or dropped. It ends with\n1 if one of them was delivered before.",
		cobra.MinimumNArgs(1), eachDelivery("to be sent now", (*ticket.Desk).RetryDelivery))
	add("drop ID...", "Give up deliveries that wait", "drop gives up deliveries that wait. It ends with 1 if one of them did not wait.",
		cobra.MinimumNArgs(1), eachDelivery("dropped", (*ticket.Desk).DropDelivery))
	add("resume NAME", "End the pause of a webhook", "resume has all that waits for a webhook sent now. One is paused when its receiver\nsays that it is gone (HTTP 410).",
		cobra.ExactArgs(1), func(ctx context.Context, desk *ticket.Desk, args []string, out io.Writer) error {
			if err := desk.ResumeWebhook(ctx, "", args[0]); err != nil {
				return err
			}
			fmt.Fprintf(out, "%s is told what waits for it\n", args[0])
			return nil
		})
	cmd.AddCommand(webhookTestCommand())
	return cmd
}

// webhookTestCommand sends a signed message that is about nothing.
func webhookTestCommand() *cobra.Command {
	var path string
	c := &cobra.Command{
		Use:   "test NAME",
		Short: "Send a webhook a message that is about nothing, and print the answer",
		Long:  "test sends a signed message of the type \"ping\" to a webhook, now and once, and prints\nwhat it answered. It ends with 1 if the message was not taken.",
		Args:  arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := settingsFrom(path)
			if err != nil {
				return err
			}
			w, ok := s.Webhooks[args[0]]
			if !ok {
				return &usageError{fmt.Errorf("there is no webhook %q: write one of: %s", args[0], strings.Join(slices.Sorted(maps.Keys(s.Webhooks)), ", "))}
			}
			now := time.Now().UTC().Truncate(time.Millisecond)
			id := "msg_ping_" + strconv.FormatInt(now.UnixMilli(), 36)
			body := fmt.Sprintf(`{"id":%q,"type":"ping","timestamp":%q,"data":{}}`, id, now.Format(time.RFC3339Nano))
			a := w.endpoint().Post(cmd.Context(), now, id, body)
			if a.Code < 200 || a.Code > 299 {
				return fmt.Errorf("%s did not take it: %s", args[0], answerText(a))
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s took it: %s\n", args[0], answerText(a))
			return nil
		},
	}
	configFlag(c, &path)
	return c
}

func answerText(a ticket.WebhookAnswer) string {
	if a.Code == 0 {
		return a.Text
	}
	return fmt.Sprintf("%d %s", a.Code, a.Text)
}

func listDeliveries(ctx context.Context, desk *ticket.Desk, args []string, out io.Writer) error {
	x := explainer{zone: desk.Policy().Zone, out: out}
	filters := []ticket.DeliveryFilter{{Waiting: true}, {End: ticket.GivenUp}}
	if len(args) == 1 {
		filters = []ticket.DeliveryFilter{{Webhook: args[0]}}
	}
	count := 0
	for _, f := range filters {
		f.Limit = webhookPage
		for {
			page, err := desk.Deliveries(ctx, f)
			if err != nil {
				return err
			}
			for _, d := range page {
				count, f.After = count+1, d.ID
				x.printDelivery(d)
			}
			if len(page) < webhookPage {
				break
			}
		}
	}
	fmt.Fprintf(out, "%d deliveries\n", count)
	return nil
}

// printDelivery prints a delivery in two lines.
func (x explainer) printDelivery(d ticket.Delivery) {
	fmt.Fprintf(x.out, "%d  %s: %s on ticket %d, of %s\n    ", d.ID, d.Webhook, d.Kind, d.Ticket, x.at(d.QueuedAt))
	switch {
	case d.End != "":
		fmt.Fprintf(x.out, "%s %s", d.End, x.at(d.SettledAt))
	default:
		fmt.Fprintf(x.out, "waits, due %s", x.at(d.DueAt))
	}
	fmt.Fprintf(x.out, ", tried %d times", d.Attempts)
	if d.Answer != "" {
		fmt.Fprintf(x.out, ": %s", d.Answer)
	}
	fmt.Fprintln(x.out)
}

func showDelivery(ctx context.Context, desk *ticket.Desk, args []string, out io.Writer) error {
	ids, err := deliveryIDs(args)
	if err != nil {
		return err
	}
	d, err := desk.Delivery(ctx, ids[0])
	if err != nil {
		return err
	}
	x := explainer{zone: desk.Policy().Zone, out: out}
	x.printDelivery(d)
	fmt.Fprintf(out, "    sent as %s\n%s\n", d.Message, d.Body)
	return nil
}

// eachDelivery does something to the deliveries with the IDs.
func eachDelivery(done string, do func(*ticket.Desk, context.Context, string, int64) (bool, error)) func(context.Context, *ticket.Desk, []string, io.Writer) error {
	return func(ctx context.Context, desk *ticket.Desk, args []string, out io.Writer) error {
		ids, err := deliveryIDs(args)
		if err != nil {
			return err
		}
		count := 0
		for _, id := range ids {
			changed, err := do(desk, ctx, "", id)
			if err != nil {
				return err
			}
			if changed {
				count++
			} else {
				fmt.Fprintf(out, "%d has ended, and stays as it is\n", id)
			}
		}
		fmt.Fprintf(out, "%d of %d %s\n", count, len(ids), done)
		if count < len(ids) {
			return errors.New("not every delivery was changed: see deskpost webhook list")
		}
		return nil
	}
}

func deliveryIDs(args []string) ([]int64, error) {
	var ids []int64
	for _, arg := range args {
		id, err := strconv.ParseInt(arg, 10, 64)
		if err != nil || id <= 0 {
			return nil, &usageError{fmt.Errorf("%q is not the ID of a delivery; see deskpost webhook list", arg)}
		}
		ids = append(ids, id)
	}
	return ids, nil
}
