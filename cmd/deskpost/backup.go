package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"deskpost/store"
)

func backupCommand() *cobra.Command {
	var path string
	var force bool
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write the whole desk into one file, while it runs",
		Long: "backup writes one consistent picture of the desk into FILE, verifies it, and only\n" +
			"then gives the file its name. The daemon may run meanwhile. The file is a SQLite\n" +
			"database whatever the desk runs on, so it can be restored to SQLite and to\n" +
			"PostgreSQL: see deskpost restore.\n\n" +
			"It holds all mail and the keys that sign tokens: keep it as safe as the desk.\n" +
			"The config file and the passwords in it are not in the backup.",
		Example: "  deskpost backup /var/backups/deskpost/monday.db",
		Args:    arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return backup(cmd.Context(), path, args[0], force, cmd.OutOrStdout())
		},
	}
	configFlag(cmd, &path)
	cmd.Flags().BoolVar(&force, "force", false, "replace an older backup in FILE, once the new backup is whole")
	return cmd
}

func backup(ctx context.Context, path, file string, force bool, out io.Writer) error {
	s, err := settingsFrom(path)
	if err != nil {
		return err
	}
	began := time.Now()
	db, err := openDatabase(ctx, s, store.WithExisting())
	if err != nil {
		return err
	}
	defer db.Close()
	var opts []store.BackupOption
	if force {
		opts = append(opts, store.WithReplace())
	}
	b, err := db.BackUp(ctx, file, version(), opts...)
	if err != nil {
		return err
	}
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	printBackup(out, b, s.Policy.Zone)
	fmt.Fprintf(out, "written to %s: %s, verified, took %s\n", file, mebibytes(info.Size()), time.Since(began).Round(time.Millisecond))
	fmt.Fprintln(out, "It holds all mail and the keys that sign tokens: keep it as safe as the desk. The config is not in it.")
	return nil
}

// printBackup says what is in a backup.
func printBackup(out io.Writer, b store.Backup, zone *time.Location) {
	at := func(t time.Time) string { return t.In(zone).Format("2006-01-02 15:04:05 MST") }
	fmt.Fprintf(out, "backup of %s, taken by deskpost %s of a desk on %s\n", at(b.TakenAt), b.Version, b.Engine)
	fmt.Fprintf(out, "  tickets  %d\n  mails    %d, %s as they came\n", b.Tickets, b.Mails, mebibytes(b.Bytes))
	if b.InBucket > 0 {
		fmt.Fprintf(out, "  in the bucket, and not in this backup: the bytes of %d mails\n", b.InBucket)
	}
	fmt.Fprintf(out, "  unsent   %d%s\n", b.Unsent, when(b.Unsent > 0, ", the oldest queued "+at(b.OldestUnsent)))
}

func mebibytes(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }
