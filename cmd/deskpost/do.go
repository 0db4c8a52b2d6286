package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"deskpost/ticket"
)

// errRefused is the error of a request that did nothing; why is printed before.
var errRefused = errors.New("nothing was done")

func doCommand() *cobra.Command {
	var o doOptions
	cmd := &cobra.Command{
		Use:   "do NUMBER COMMAND...",
		Short: "Do on a ticket what agents do by mail",
		Long: "do carries out agents' commands on a ticket, and posts a text, beside a running\n" +
			"daemon: the same commands, rights and mails as by mail, all of them or none. The\n" +
			"transcript is printed and not mailed. Commands are quoted, since the shell takes\n" +
			"a bare # for a comment; \"deskpost do help\" lists them.\n\n" +
			"--as says as which agent. Without it you are the operator, who may do everything\n" +
			"but write to customers: your text is a note. With it a text is a note too, unless\n" +
			"'#reply' or '#resolve' says that it goes to the customer.\n\n" +
			"It ends with 0 if all was done, with 1 if nothing was, and with 2 if it was called\n" +
			"wrongly.",
		Example: "  deskpost do 1042 --as jane '#emergency' '#assign john'\n" +
			"  deskpost do 1042 --as jane '#resolve' --text 'It works again.'\n" +
			"  deskpost do 1042 --as jane '#reply' --text - < answer.txt",
		Args: func(cmd *cobra.Command, args []string) error {
			return wrapUsage(o.readArgs(cmd, args))
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.number == 0 {
				return cmd.Help()
			}
			return o.run(cmd, o.do)
		},
	}
	cmd.SuggestionsMinimumDistance = 2
	configFlag(cmd, &o.path)
	cmd.PersistentFlags().AddFlag(cmd.Flags().Lookup("config"))
	cmd.PersistentFlags().StringVar(&o.agent, "as", "", "the agent who does it, by the name in the config")
	cmd.PersistentFlags().BoolVar(&o.asJSON, "json", false, "print one JSON object")
	cmd.Flags().StringVar(&o.text, "text", "", `the text to post; "-" reads it from the standard input`)
	cmd.Flags().StringVar(&o.key, "key", "", "a name for what you do: done once, however often it is called with it")
	cmd.Flags().BoolVar(&o.sure, "confirm", false, "send the text though it holds words that only agents have seen")
	cmd.AddCommand(o.newCommand(), o.showCommand(), o.listCommand(), o.helpCommand())
	return cmd
}

// showCommand, listCommand and helpCommand ask what #show, #list and #help do.
func (o *doOptions) showCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "show NUMBER",
		Short:   "Print a ticket with its thread and diary",
		Example: "  deskpost do show 1042",
		Args:    arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			number, err := ticketNumber(args[0])
			if err != nil {
				return &usageError{err}
			}
			o.number, o.commands = number, []string{"#show"}
			return o.run(cmd, o.do)
		},
	}
}

func (o *doOptions) listCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list [QUERY...]",
		Short: "Print a list of tickets",
		Long: "list prints the tickets that a query finds, those of the agent without one, or\n" +
			"for the operator all that are not done. Queries are as behind #list: mine,\n" +
			"unassigned, a status, or such as dept:billing prio:high.",
		Example: "  deskpost do list unassigned dept:support --as jane\n" +
			"  deskpost do list all from:karen@customer.example",
		RunE: func(cmd *cobra.Command, args []string) error {
			o.commands = []string{strings.TrimSpace("#list " + strings.Join(args, " "))}
			return o.run(cmd, o.do)
		},
	}
}

func (o *doOptions) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Print what commands there are, or what one does",
		Example: "  deskpost do help assign",
		Args:    arguments(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.commands = []string{strings.TrimSpace("#help " + strings.Join(args, " "))}
			return o.run(cmd, o.do)
		},
	}
}

// doOptions are the arguments and flags of the commands that do something on
// tickets.
type doOptions struct {
	path   string
	agent  string
	asJSON bool
	text   string
	key    string
	sure   bool

	number   ticket.Number // 0 if it is about none
	commands []string      // each a line

	requester, name, subject, department string // of a new ticket
}

// readArgs takes the number of a ticket and commands. Without any help is asked
// for.
func (o *doOptions) readArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	number, err := ticketNumber(args[0])
	if err != nil {
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			return fmt.Errorf("there is no command %q; did you mean %s?", args[0], strings.Join(near, " or "))
		}
		return err
	}
	o.number, o.commands = number, args[1:]
	for _, line := range o.commands {
		switch {
		case strings.ContainsAny(line, "\r\n"):
			return fmt.Errorf("%q is more than one line: quote each command by itself, and give the text with --text", line)
		case !strings.HasPrefix(strings.TrimSpace(line), "#"):
			return fmt.Errorf("%q is no command: commands begin with #, as '#%s'; a text goes behind --text", line, line)
		}
	}
	if len(o.commands) == 0 && o.text == "" {
		return fmt.Errorf("what is to be done on ticket %d? Quote commands, as in deskpost do %d '#take': the shell takes a bare # for a comment", number, number)
	}
	return nil
}

// ticketNumber reads "1042" or "#1042".
func ticketNumber(arg string) (ticket.Number, error) {
	n, err := strconv.ParseInt(strings.TrimPrefix(arg, "#"), 10, 64)
	if err != nil || n <= 0 {
		return 0, fmt.Errorf("%q is not the number of a ticket", arg)
	}
	return ticket.Number(n), nil
}

// run opens the desk, has it do something, and prints what came of it.
func (o *doOptions) run(cmd *cobra.Command, do func(context.Context, *ticket.Desk) (ticket.Transcript, error)) error {
	s, err := settingsFrom(o.path)
	if err != nil {
		return err
	}
	if _, ok := s.Policy.Agents[o.agent]; !ok && o.agent != "" {
		return &usageError{unknownName("agent", o.agent, slices.Collect(maps.Keys(s.Policy.Agents)))}
	}
	if o.text == "-" {
		if o.text, err = readText(cmd.InOrStdin()); err != nil {
			return err
		}
	}
	var done ticket.Transcript
	err = beside(cmd.Context(), s, func(desk *ticket.Desk) (err error) {
		done, err = do(cmd.Context(), desk)
		return err
	})
	if err != nil {
		return err
	}
	return o.print(cmd.OutOrStdout(), done)
}

// do is for run.
func (o *doOptions) do(ctx context.Context, desk *ticket.Desk) (ticket.Transcript, error) {
	text := strings.Join(o.commands, "\n")
	if o.text != "" {
		text += "\n#end\n" + o.text // whatever the text begins with is text
	}
	return desk.Do(ctx, ticket.Request{Origin: ticket.FromCommandLine, Key: o.key, Agent: o.agent, Ticket: o.number, Text: text, Sure: o.sure})
}

// maxText bounds a text, in bytes.
const maxText = 1 << 20

// readText reads the text that is piped in.
func readText(in io.Reader) (string, error) {
	text, err := io.ReadAll(io.LimitReader(in, maxText+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("read the text: %w", err)
	case len(text) > maxText:
		return "", &usageError{fmt.Errorf("the text has more than %d bytes", maxText)}
	case strings.TrimSpace(string(text)) == "":
		return "", &usageError{errors.New("the standard input holds no text")}
	}
	return string(text), nil
}

// print writes a transcript. To those who only asked it writes the answer.
func (o *doOptions) print(out io.Writer, done ticket.Transcript) error {
	if o.asJSON {
		encoder := json.NewEncoder(out)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(done); err != nil {
			return fmt.Errorf("print what was done: %w", err)
		}
	} else {
		printTranscript(out, done)
	}
	if !done.Done {
		return errRefused
	}
	return nil
}

func printTranscript(out io.Writer, done ticket.Transcript) {
	if done.Verdict != "" {
		fmt.Fprintf(out, "%s%s\n", done.Verdict, when(done.Again, " (when it came first; not done again)"))
		width := 0
		for _, r := range done.Results {
			width = max(width, len([]rune(r.Line)))
		}
		for _, r := range done.Results {
			fmt.Fprintf(out, "> %-*s   %s\n", width, r.Line, r.Result)
		}
		if done.State != "" {
			fmt.Fprintf(out, "state: %s\n", done.State)
		}
		if len(done.Report) > 0 {
			fmt.Fprintln(out)
		}
	}
	for _, line := range done.Report {
		fmt.Fprintln(out, line)
	}
}

// wrapUsage makes an error one of the command line.
func wrapUsage(err error) error {
	if err == nil {
		return nil
	}
	return &usageError{err}
}
