package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deskpost/inbound"
	"deskpost/inbound/imapbox"
	"deskpost/store"
	"deskpost/templates"
	"deskpost/ticket"
)

func checkCommand() *cobra.Command {
	var path string
	var connect bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check the config file; with --connect, also every server in it",
		Long: "check reads the config file as serve would and lists every fault with its line\n" +
			"and its mend. With --connect it signs in to the database server, each mailbox and\n" +
			"the relay, writes and removes an object in the bucket, changes nothing else, and\n" +
			"says what it found. It ends with 1 if a server is at fault.",
		Example: "  deskpost check\n" +
			"  deskpost check --connect --config deskpost.toml",
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return check(cmd.Context(), path, connect, cmd.OutOrStdout())
		},
	}
	configFlag(cmd, &path)
	cmd.Flags().BoolVar(&connect, "connect", false, "sign in to every server")
	return cmd
}

func check(ctx context.Context, path string, connect bool, out io.Writer) error {
	s, err := settingsFrom(path)
	if err != nil {
		return err
	}
	if _, err := templates.Load(nil); err != nil {
		return fmt.Errorf("load templates: %w", err)
	}
	if dir := databaseFolder(s.Database); dir != "" {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return &usageError{fmt.Errorf("%s: database: the folder %s is not there; make it, and let deskpost write to it", path, dir)}
		}
	}
	p := s.Policy
	fmt.Fprintf(out, "%s: no faults. %d mailboxes, %d departments, %d agents, %d SLA plans\n",
		path, len(s.Mailboxes), len(p.Departments), len(p.Agents), len(p.Plans))
	if !connect {
		return nil
	}
	faults := []error{checkDatabase(ctx, s, out), checkBucket(ctx, s.Blobs, out)}
	for _, m := range s.Mailboxes {
		faults = append(faults, checkMailbox(ctx, m, out))
	}
	faults = append(faults, checkRelay(ctx, s.Relay, out))
	if err := errors.Join(faults...); err != nil {
		return errors.New("not every server could be reached as configured; mend what is marked FAULT and check again")
	}
	return nil
}

// databaseFolder is the folder of a database file, "" where there is none.
func databaseFolder(url string) string {
	file, ok := strings.CutPrefix(url, "sqlite:")
	if !ok {
		return ""
	}
	return filepath.Dir(strings.TrimPrefix(file, "//"))
}

// checkDatabase has nothing to say of a file: the daemon makes it.
func checkDatabase(ctx context.Context, s *settings, out io.Writer) error {
	if !isPostgres(s.Database) {
		return nil
	}
	fmt.Fprintf(out, "\ndatabase %s\n", s.Database)
	password, err := s.databasePassword()
	if err != nil {
		return printFault(out, err)
	}
	found, err := store.Probe(ctx, s.Database, password)
	if err != nil {
		return printFault(out, err)
	}
	fmt.Fprintf(out, "  server        %s\n", found.Server)
	fmt.Fprintf(out, "  TLS           %s\n", cmp.Or(found.TLS, "none"))
	fmt.Fprintf(out, "  run by        %s\n", cmp.Or(found.Running, "nobody now"))
	return nil
}

func checkMailbox(ctx context.Context, m mailboxSettings, out io.Writer) error {
	fmt.Fprintf(out, "\n[mailbox.%s] %s\n", m.Key, m.Endpoint.addr())
	r, err := imapbox.Probe(ctx, imapConfig(m, nil))
	if err != nil {
		return printFault(out, err)
	}
	fmt.Fprintf(out, "  folder        %s, %d mails, UIDVALIDITY %d%s\n", r.Folder, r.Exists, r.UIDValidity, when(r.ReadOnly, ", READ-ONLY"))
	fmt.Fprintf(out, "  IDLE          %s\n", choose(r.Idle, "yes: new mail is seen at once", "no: new mail is seen every "+m.Poll.String()))
	fmt.Fprintf(out, "  MOVE, UIDPLUS %s, %s\n", choose(r.Move, "yes", "no"), choose(r.UIDPlus, "yes", "no"))
	fmt.Fprintf(out, "  capabilities  %s\n", strings.Join(r.Capabilities, " "))
	printTLS(out, r.TLSVersion, r.CertNotAfter)
	for _, alert := range r.Alerts {
		fmt.Fprintf(out, "  ALERT         %s\n", alert)
	}
	if r.ReadOnly && m.After.Action != inbound.AfterKeep {
		return printFault(out, fmt.Errorf("the folder can only be read, but after = %q wants to change it: get write access, or set after = \"keep\"", m.After.Action))
	}
	return nil
}

func checkRelay(ctx context.Context, s relaySettings, out io.Writer) error {
	fmt.Fprintf(out, "\n[relay.%s] %s\n", s.Key, s.Endpoint.addr())
	relay := newRelay(s, nil)
	defer relay.Close()
	r, err := relay.Probe(ctx)
	if err != nil {
		return printFault(out, err)
	}
	fmt.Fprintf(out, "  server        %s\n", r.Name)
	fmt.Fprintf(out, "  sign-in       %s\n", choose(r.Mechanism != "", r.Mechanism, "none"))
	fmt.Fprintf(out, "  extensions    %s\n", strings.Join(r.Extensions, ", "))
	printTLS(out, r.TLSVersion, r.CertExpires)
	return nil
}

func printFault(out io.Writer, err error) error {
	fmt.Fprintf(out, "  FAULT         %s\n", err)
	return err
}

func printTLS(out io.Writer, version string, expires time.Time) {
	if version == "" {
		fmt.Fprintf(out, "  TLS           none\n")
		return
	}
	warning := ""
	if time.Until(expires) < ticket.EndsSoon {
		warning = "  WARNING: soon"
	}
	fmt.Fprintf(out, "  TLS           %s, certificate ends %s%s\n", version, expires.UTC().Format(time.DateOnly), warning)
}

func choose(cond bool, yes, no string) string {
	if cond {
		return yes
	}
	return no
}

func when(cond bool, s string) string { return choose(cond, s, "") }

func configCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "config",
		Short: "Print a commented sample config",
		Args:  arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := io.WriteString(cmd.OutOrStdout(), sampleConfig())
			return err
		},
	}
}
