// Command deskpost is the help desk that lives in your mailbox: it reads mail
// over IMAP, keeps tickets, and answers by SMTP.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	exitFault = 1 // it did not work
	exitUsage = 2 // the command line or the config file is wrong
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := rootCommand().ExecuteContext(ctx)
	stop()
	os.Exit(exitCode(err))
}

// exitCode prints an error and says how the program ends.
func exitCode(err error) int {
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, "deskpost:", err)
	if _, ok := errors.AsType[*usageError](err); ok {
		return exitUsage
	}
	return exitFault
}

// A usageError is a mistake of who called the program; trying again does not
// help.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "deskpost",
		Short: "The help desk that lives in your mailbox",
		Long: "deskpost watches mailboxes over IMAP, keeps a ticket for each conversation,\n" +
			"and lets agents work by answering mail. Try it: deskpost demo\n\n" +
			"Every command ends with 0 if all is well, with 1 if it failed or found something\n" +
			"wrong, and with 2 if it was called wrongly or the config has faults.",
		Version:       version(),
		Args:          knownCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SuggestionsMinimumDistance = 2
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &usageError{fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())}
	})
	root.AddCommand(serveCommand(), demoCommand(), checkCommand(), configCommand(), explainCommand(),
		inspectCommand(), slaCommand(), outboxCommand(), webhookCommand(), verifyCommand(), whoCanCommand(), doCommand(), tokenCommand(), agentCommand(), reloadCommand(), backupCommand(), restoreCommand(), benchCommand())
	return root
}

// knownCommand refuses words that are no command, and names the nearest ones.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	mend := "see deskpost --help"
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		mend = "did you mean " + strings.Join(near, " or ") + "?"
	}
	return &usageError{fmt.Errorf("there is no command %q; %s", args[0], mend)}
}

// arguments makes a wrong number of arguments a mistake of the caller, told
// with the right usage.
func arguments(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return &usageError{fmt.Errorf("%w; usage: %s", err, cmd.UseLine())}
		}
		return nil
	}
}

// configFlag adds the flag that names the config file.
func configFlag(cmd *cobra.Command, path *string) {
	cmd.Flags().StringVarP(path, "config", "c", "/etc/deskpost/deskpost.toml", "the config file")
}

// settingsFrom loads a config file for a command.
func settingsFrom(path string) (*settings, error) {
	s, err := loadConfig(path)
	if err != nil {
		return nil, &usageError{err}
	}
	return s, nil
}
