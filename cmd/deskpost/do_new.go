package main

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"deskpost/ticket"
)

func (o *doOptions) newCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "new --requester ADDRESS --subject TEXT --department NAME --text TEXT",
		Short: "Open a ticket for somebody who called or came by",
		Long: "new opens a ticket in a department as if the requester had written to it: they\n" +
			"get a receipt, and the department is told. The text is what the requester said.\n" +
			"An agent needs the right \"create\" there.",
		Example: "  deskpost do new --as jane --requester karen@customer.example --name 'Karen Miller' \\\n" +
			"      --department support --subject 'Card swallowed' --text 'In Bremen, at the station.'",
		Args: func(cmd *cobra.Command, args []string) error {
			if err := arguments(cobra.NoArgs)(cmd, args); err != nil {
				return err
			}
			return wrapUsage(o.complete())
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd, o.open) },
	}
	cmd.Flags().StringVar(&o.requester, "requester", "", "the address of who has the problem, and is answered")
	cmd.Flags().StringVar(&o.name, "name", "", "their name")
	cmd.Flags().StringVar(&o.subject, "subject", "", "what it is about, in a few words")
	cmd.Flags().StringVar(&o.department, "department", "", "the department that is to look after it")
	cmd.Flags().StringVar(&o.text, "text", "", `what they said; "-" reads it from the standard input`)
	cmd.Flags().StringVar(&o.key, "key", "", "a name for it: opened once, however often it is called with it")
	return cmd
}

// complete names all that a new ticket lacks.
func (o *doOptions) complete() error {
	var missing []string
	for _, f := range []struct{ name, value string }{
		{"--requester", o.requester}, {"--subject", o.subject}, {"--department", o.department}, {"--text", o.text},
	} {
		if f.value == "" {
			missing = append(missing, f.name)
		}
	}
	if len(missing) > 0 {
		return errors.New("a new ticket needs " + strings.Join(missing, ", ") + " too; see deskpost do new --help")
	}
	return nil
}

func (o *doOptions) open(ctx context.Context, desk *ticket.Desk) (ticket.Transcript, error) {
	return desk.Open(ctx, ticket.Opening{Origin: ticket.FromCommandLine, Key: o.key, Agent: o.agent,
		Requester: ticket.Address{Name: o.name, Email: o.requester}, Subject: o.subject, Text: o.text, Department: o.department})
}
