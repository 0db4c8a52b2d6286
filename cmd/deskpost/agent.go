package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"deskpost/ticket"
)

func agentCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "agent",
		Short: "Help an agent who can not sign in",
		Args:  knownCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var path string
	reset := &cobra.Command{
		Use:   "reset-2fa NAME",
		Short: "Take away the second factor of an agent who has lost the device",
		Long: "reset-2fa takes away an agent's second factor with its recovery codes, signs the\n" +
			"agent out everywhere, and tells them by mail. Be sure that it is the agent who\n" +
			"asks: afterwards a password or a mailed link is enough to sign in, until the\n" +
			"agent has set up another device.",
		Example: "  deskpost agent reset-2fa jane",
		Args:    arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := settingsFrom(path)
			if err != nil {
				return err
			}
			return resetFactor(cmd, s, args[0])
		},
	}
	configFlag(reset, &path)
	cmd.AddCommand(reset)
	return cmd
}

func resetFactor(cmd *cobra.Command, s *settings, name string) error {
	if _, ok := s.Policy.Agents[name]; !ok {
		return &usageError{fmt.Errorf("there is no agent %q in the config", name)}
	}
	var was bool
	err := beside(cmd.Context(), s, func(desk *ticket.Desk) (err error) {
		was, err = desk.ResetSecondFactor(cmd.Context(), name)
		return err
	})
	if err != nil {
		return err
	}
	said := name + " has no second factor any more, and is signed out everywhere\n"
	if !was {
		said = name + " had no second factor; signed out everywhere\n"
	}
	_, err = fmt.Fprint(cmd.OutOrStdout(), said)
	return err
}
