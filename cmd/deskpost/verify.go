package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deskpost/store"
)

// A verification is what "deskpost verify" was asked to do.
type verification struct {
	config   string
	database string // a URL or the path of a file, instead of the config's
	gc       bool
	json     bool
	quick    bool
	salvage  string // a directory
}

func verifyCommand() *cobra.Command {
	var v verification
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Audit everything the desk keeps, and say what to do about what is wrong",
		Long: "verify compares receipts, tickets, diaries, the outbox and raw mail with each other,\n" +
			"changes nothing, and ends with 1 if something is wrong. It works beside a running\n" +
			"daemon, on a stopped one, on a copy and on a backup. With --salvage it writes out\n" +
			"what can be read of a damaged SQLite file.",
		Example: "  deskpost verify\n" +
			"  deskpost verify --database /backup/desk.db\n" +
			"  deskpost verify --salvage /root/salvaged",
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return v.run(cmd.Context(), cmd.OutOrStdout()) },
	}
	configFlag(cmd, &v.config)
	flags := cmd.Flags()
	flags.StringVar(&v.database, "database", "", "a database URL or the path of a SQLite file, instead of the config's")
	flags.BoolVar(&v.gc, "gc", false, "first remove raw mail older than a day that belongs to nothing")
	flags.BoolVar(&v.json, "json", false, "print one JSON object a line: findings, then the counts")
	flags.BoolVar(&v.quick, "quick", false, "do not read raw mail, only count its bytes")
	flags.StringVar(&v.salvage, "salvage", "", "write what can be read of a damaged SQLite file into this new directory")
	return cmd
}

func (v *verification) run(ctx context.Context, out io.Writer) error {
	s, err := v.settings()
	if err != nil {
		return err
	}
	if v.salvage != "" {
		return v.rescue(ctx, s.Database, out)
	}
	if v.gc {
		if err := v.collect(ctx, s, out); err != nil {
			return err
		}
	}
	password, err := s.databasePassword()
	if err != nil {
		return err
	}
	bucket, err := bucketOptions(s.Blobs)
	if err != nil {
		return err
	}
	db, err := store.OpenToRead(ctx, s.Database, append(bucket, store.WithPassword(password))...)
	if err != nil {
		return err
	}
	defer db.Close()
	return v.audit(ctx, db, s, out)
}

// settings are the config's, or of nothing but a database.
func (v *verification) settings() (*settings, error) {
	if v.gc && v.salvage != "" {
		return nil, &usageError{errors.New("--gc removes, and --salvage must not: give one of them")}
	}
	if v.database == "" {
		return settingsFrom(v.config)
	}
	if isPostgres(v.database) {
		return &settings{Database: v.database}, nil
	}
	path, err := filepath.Abs(strings.TrimPrefix(v.database, "sqlite:"))
	if err != nil {
		return nil, &usageError{err}
	}
	if _, err := os.Stat(path); err != nil {
		return nil, &usageError{fmt.Errorf("--database: %w", err)}
	}
	return &settings{Database: "sqlite:" + path}, nil
}

// collect removes orphans as the daemon does each night.
func (v *verification) collect(ctx context.Context, s *settings, out io.Writer) error {
	db, err := openDatabase(ctx, s, store.WithExisting())
	if err != nil {
		return err
	}
	collected, err := db.CollectBlobs(ctx, time.Now().Add(-orphanAge))
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if !v.json {
		fmt.Fprintf(out, "removed %d raw mails that belonged to nothing\n", collected)
	}
	return nil
}

func (v *verification) audit(ctx context.Context, db *store.DB, s *settings, out io.Writer) error {
	r := verifyReport{out: out, json: v.json}
	what := store.Audit{Quick: v.quick, Found: r.finding}
	if s.Policy != nil {
		what.Departments = slices.Sorted(maps.Keys(s.Policy.Departments))
		what.Agents = slices.Sorted(maps.Keys(s.Policy.Agents))
	}
	began := time.Now()
	tally, err := db.Audit(ctx, what)
	if err != nil {
		return err
	}
	r.tally(s.Database, tally, time.Since(began))
	if r.err != nil {
		return r.err
	}
	if tally.Findings > 0 {
		return fmt.Errorf("%d %s in %s; docs/troubleshooting.md says what each means", tally.Findings,
			choose(tally.Findings == 1, "finding", "findings"), s.Database)
	}
	return nil
}

// rescue writes out what can be read. That something is lost is no fault of the
// command: it says what.
func (v *verification) rescue(ctx context.Context, database string, out io.Writer) error {
	done, err := store.Salvage(ctx, database, v.salvage)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "written to %s: %d whole mails, %d broken ones, %d tickets, %d entries\n", v.salvage, done.Mails, done.Broken,
		done.Tickets, done.Entries)
	if done.InBucket > 0 {
		fmt.Fprintf(out, "in the bucket, and not in this file: %d mails; a file ending in .bucket.txt names the object of each\n", done.InBucket)
	}
	for _, lost := range done.Lost {
		fmt.Fprintf(out, "not readable: %s\n", lost)
	}
	if len(done.Lost) == 0 {
		fmt.Fprintln(out, "everything that was looked for could be read")
	}
	return nil
}
