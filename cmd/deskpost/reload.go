package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

func reloadCommand() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "reload",
		Short: "Have the running daemon read its config again",
		Long: "reload checks the config file and has the daemon put it in force: people,\n" +
			"departments, roles, plans, rules. It prints what the daemon says, and names the\n" +
			"keys that wait for a restart. A config with faults changes nothing: the old one\n" +
			"stays in force. SIGHUP does the same, and says so only in the log.",
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return reload(cmd.Context(), path, cmd.OutOrStdout())
		},
	}
	configFlag(cmd, &path)
	return cmd
}

func reload(ctx context.Context, path string, out io.Writer) error {
	s, err := settingsFrom(path)
	if err != nil {
		return err
	}
	said, err := order(ctx, s.Control, orderReload)
	switch {
	case errors.Is(err, errNoDaemon) && s.Control == "":
		return &usageError{errors.New(`reload needs a control socket: set control = "/run/deskpost/control" and start the daemon again, or send it SIGHUP`)}
	case errors.Is(err, errNoDaemon):
		return fmt.Errorf("%w; is deskpost serve running with this config, as a user whose files you may use?", err)
	case err != nil:
		return err
	}
	_, err = fmt.Fprintln(out, strings.Join(said, "\n"))
	return err
}
