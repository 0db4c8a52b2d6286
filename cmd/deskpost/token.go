package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"deskpost/ticket"
)

func tokenCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Make, list and revoke the tokens by which programs use the HTTP API",
		Long: "A token lets a program act for an agent over the HTTP API, with that agent's rights\n" +
			"and no more. Agents make their own on the page, at /me.",
		Args: knownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(tokenAddCommand(), tokenListCommand(), tokenRevokeCommand())
	return cmd
}

func tokenAddCommand() *cobra.Command {
	var path string
	var wish ticket.TokenWish
	var scopes []string
	cmd := &cobra.Command{
		Use:   "add AGENT",
		Short: "Make a token for an agent",
		Long: "add makes a token and prints it. It is not kept: nobody can print it again.\n\n" +
			"The scopes: " + scopeHelp(),
		Example: "  deskpost token add jane --name CRM --scope tickets:read,files:read --days 30",
		Args:    arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			wish.Agent = args[0]
			for _, scope := range scopes {
				wish.Scopes = append(wish.Scopes, ticket.Scope(scope))
			}
			return withDesk(cmd, path, func(ctx context.Context, desk *ticket.Desk, out io.Writer) error {
				secret, made, err := desk.MakeAPIToken(ctx, wish)
				if err != nil {
					return err
				}
				fmt.Fprintf(cmd.ErrOrStderr(), "token %d of %s, until %s:\n", made.ID, made.Agent, tokenTime(desk, made.ExpiresAt))
				_, err = fmt.Fprintln(out, secret)
				return err
			})
		},
	}
	configFlag(cmd, &path)
	cmd.Flags().StringVar(&wish.Name, "name", "", "which program it is for")
	cmd.Flags().StringSliceVar(&scopes, "scope", []string{string(ticket.ScopeRead)}, "what it may be used for")
	cmd.Flags().IntVar(&wish.Days, "days", ticket.APITokenDays, fmt.Sprintf("how long it lives, at most %d", ticket.MaxAPITokenDays))
	return cmd
}

func scopeHelp() string {
	var text string
	for i, scope := range ticket.Scopes {
		text += choose(i == 0, "", ";\n") + string(scope) + ": " + scope.Says()
	}
	return text + "."
}

func tokenListCommand() *cobra.Command {
	var path, agent string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the tokens there are",
		Long:    "list prints all tokens, or those of one agent, with those that have ended in the last\nmonths. A token of an agent who has left the config is worth nothing.",
		Example: "  deskpost token list --agent jane",
		Args:    arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withDesk(cmd, path, func(ctx context.Context, desk *ticket.Desk, out io.Writer) error {
				list, err := desk.APITokens(ctx, agent)
				if err != nil {
					return err
				}
				return printTokens(desk, list, out)
			})
		},
	}
	configFlag(cmd, &path)
	cmd.Flags().StringVar(&agent, "agent", "", "an agent, by the name in the config")
	return cmd
}

func printTokens(desk *ticket.Desk, list []ticket.APIToken, out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tAGENT\tNAME\tSCOPES\tEXPIRES\tLAST USED")
	for _, k := range list {
		expires := tokenTime(desk, k.ExpiresAt)
		agent, known := desk.Policy().Agents[k.Agent]
		switch {
		case !k.RevokedAt.IsZero():
			expires = "revoked " + tokenTime(desk, k.RevokedAt)
		case k.Ended(desk.Now()):
			expires = "expired " + expires
		case !known || agent.Disabled:
			expires += ", but its agent may not work here"
		}
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.Agent, k.Name, joinScopes(k.Scopes), expires, choose(k.UsedAt.IsZero(), "never", tokenTime(desk, k.UsedAt)))
	}
	return table.Flush()
}

func joinScopes(scopes []ticket.Scope) string {
	var text string
	for i, scope := range scopes {
		text += choose(i == 0, "", ",") + string(scope)
	}
	return text
}

func tokenTime(desk *ticket.Desk, at time.Time) string {
	return at.In(desk.Policy().Zone).Format("2006-01-02 15:04 MST")
}

func tokenRevokeCommand() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:     "revoke ID",
		Short:   "End a token: from now on it is worth nothing",
		Example: "  deskpost token revoke 7",
		Args:    arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil {
				return &usageError{fmt.Errorf("%q is not the ID of a token; see deskpost token list", args[0])}
			}
			return withDesk(cmd, path, func(ctx context.Context, desk *ticket.Desk, out io.Writer) error {
				gone, err := desk.RevokeAPIToken(ctx, "", id)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(out, "token %d (%s) of %s is revoked\n", gone.ID, gone.Name, gone.Agent)
				return err
			})
		},
	}
	configFlag(cmd, &path)
	return cmd
}

// withDesk opens the desk that a config names for a command.
func withDesk(cmd *cobra.Command, path string, do func(context.Context, *ticket.Desk, io.Writer) error) error {
	s, err := settingsFrom(path)
	if err != nil {
		return err
	}
	return beside(cmd.Context(), s, func(desk *ticket.Desk) error { return do(cmd.Context(), desk, cmd.OutOrStdout()) })
}
