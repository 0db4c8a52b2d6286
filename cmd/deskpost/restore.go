package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"deskpost/store"
)

func restoreCommand() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Fill an empty database from a backup",
		Long: "restore verifies the backup in FILE and fills the database that the config names,\n" +
			"on SQLite or PostgreSQL, whichever the backup was taken of. The database must be\n" +
			"empty: nothing is ever overwritten. If restore is ended early, deskpost serve\n" +
			"refuses the database until restore was run again.\n\n" +
			"What was to be sent when the backup was taken has probably been sent since. It is\n" +
			"held: see deskpost outbox. Mail that has come since is read from the mailbox\n" +
			"again, and from the folder it was moved to.",
		Example: "  deskpost restore /var/backups/deskpost/monday.db",
		Args:    arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return restore(cmd.Context(), path, args[0], cmd.OutOrStdout())
		},
	}
	configFlag(cmd, &path)
	return cmd
}

func restore(ctx context.Context, path, file string, out io.Writer) error {
	s, err := settingsFrom(path)
	if err != nil {
		return err
	}
	password, err := s.databasePassword()
	if err != nil {
		return err
	}
	began := time.Now()
	r, err := store.Restore(ctx, s.Database, file, rand.Reader, store.WithPassword(password))
	if err != nil {
		return err
	}
	printBackup(out, r.Backup, s.Policy.Zone)
	fmt.Fprintf(out, "restored into %s, verified, took %s\n", s.Database, time.Since(began).Round(time.Millisecond))
	if r.Held > 0 {
		fmt.Fprintf(out, "held, since they may have been sent after the backup: %d; decide with deskpost outbox list --held\n", r.Held)
	}
	fmt.Fprintln(out, "Start deskpost serve: mail that has come since the backup is taken again.")
	return nil
}
