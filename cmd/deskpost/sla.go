package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
)

const slaExample = `  deskpost sla simulate --plan sev-a --priority high --received "2026-03-27 16:00" \
      "2026-03-28 12:00 pending" "2026-03-30 10:00 customer" "2026-03-30 11:30 reply"
  deskpost sla simulate --ticket 1042 --plan sev-b`

func slaCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sla",
		Short: "Work out service levels",
		Args:  arguments(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(slaExplainCommand(), slaSimulateCommand())
	return cmd
}

func slaSimulateCommand() *cobra.Command {
	var path, number string
	var in simulationInput
	cmd := &cobra.Command{
		Use:   "simulate {--plan NAME --received TIME | --ticket NUMBER} [EVENT...]",
		Short: "Show day by day what a plan makes of a ticket",
		Long: `simulate counts the time of a plan on a ticket that you make up, and prints day by
day what was open, what was used, every deadline and every step. It reads the
config file and nothing else.

With --ticket it goes on from the history of a ticket of the desk, which it does not
change: under its own plan, or from its beginning under the --plan, --priority or
--dept that you name. Then plans and calendars count as they are in the config now;
what the steps of its own plan have changed stays as it happened. Times to follow up
and of snoozing come by themselves if you write no event.

An event is a time and what happened:
  reply                      an agent's reply to the customer
  customer                   a mail by the customer
  open, pending, hold, resolved, closed, spam
                             another status
  plan NAME, priority NAME, dept NAME
                             other terms
  due YYYY-MM-DD HH:MM, due none
                             a date that an agent set
  undelivered                the last reply came back
Times are local: "2026-03-27 16:00". Of an hour that comes twice in autumn the
first is meant; write "2026-10-25 02:30+01:00" for the second.`,
		Example: slaExample,
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := settingsFrom(path)
			if err != nil {
				return err
			}
			in.events = args
			sim, err := runSimulation(cmd.Context(), s, number, in)
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(cmd.OutOrStdout(), sim)
			return err
		},
	}
	configFlag(cmd, &path)
	flags := cmd.Flags()
	flags.StringVar(&in.plan, "plan", "", "the plan, by its name in the config")
	flags.StringVar(&in.priority, "priority", "", "the priority; else that of new tickets, or of the ticket")
	flags.StringVar(&in.department, "dept", "", "the department, whose calendar counts where the plan names none")
	flags.StringVar(&in.received, "received", "", "when the first mail of a ticket came that you make up")
	flags.StringVar(&number, "ticket", "", "the number of a ticket whose history is taken")
	flags.StringVar(&in.zone, "zone", "", "the time zone of the times you write; else the calendar's")
	return cmd
}

func runSimulation(ctx context.Context, s *settings, number string, in simulationInput) (string, error) {
	if number == "" {
		return simulate(s.Policy, in)
	}
	n, err := ticketNumber(number)
	if err != nil {
		return "", &usageError{err}
	}
	account, err := readAccount(ctx, s, n)
	if err != nil {
		return "", err
	}
	return simulateTicket(s.Policy, account, n, in)
}
