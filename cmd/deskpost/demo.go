package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"deskpost/ticket"
)

func demoCommand() *cobra.Command {
	var once, verbose bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "See a help desk at work, with mail servers and people of its own",
		Long: "demo starts an IMAP and an SMTP server on this machine, runs the help desk\n" +
			"between them, and lets customers and agents play three tickets by mail. Then it\n" +
			"stays up, so that you can look around with your own mail program.",
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			log := slog.New(slog.DiscardHandler)
			if verbose {
				log = newLog(logSettings{Format: "text"}, cmd.ErrOrStderr())
			}
			return demo(cmd.Context(), "", once, cmd.OutOrStdout(), log)
		},
	}
	cmd.Flags().BoolVar(&once, "once", false, "end after the story; the exit status says whether every step happened")
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "show the daemon's log on standard error")
	return cmd
}

// demo runs the real program, by a real config file, between mail servers of
// its own. The desk is in the database at a URL, or in a file of its own if that
// is empty.
func demo(ctx context.Context, database string, once bool, out io.Writer, log *slog.Logger) (err error) {
	dir, err := os.MkdirTemp("", "deskpost-demo-")
	if err != nil {
		return fmt.Errorf("make a folder for the demo: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	line := newTimeline(out)
	host, err := startDemoHost(line, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, host.close()) }()

	page, err := freeAddress()
	if err != nil {
		return err
	}
	path := filepath.Join(dir, "deskpost.toml")
	config := demoConfig(host, cmp.Or(database, "sqlite:"+filepath.Join(dir, "desk.db"))) + demoPage(page)
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		return fmt.Errorf("write the demo's config: %w", err)
	}
	s, err := settingsFrom(path)
	if err != nil {
		return err
	}
	a, err := assemble(ctx, s, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- a.run(ctx) }()
	defer func() { stop(); err = errors.Join(err, <-done) }()

	if err := newStory(host, a, path, line).play(ctx); err != nil {
		return err
	}
	if err := demoPasswords(ctx, a.desk); err != nil {
		return err
	}
	if err := outboxEmpty(ctx, a.desk); err != nil {
		return err
	}
	if err := printDesk(ctx, a.desk, out); err != nil || once {
		return err
	}
	printConnect(host, page, path, out)
	<-ctx.Done()
	return nil
}

// outboxEmpty waits until everything the story caused is sent.
func outboxEmpty(ctx context.Context, desk *ticket.Desk) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for {
		due, err := desk.NextDue(ctx)
		if err != nil || due.IsZero() {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("mail was still waiting to be sent after %s", patience)
		case <-look.C:
		}
	}
}

// printDesk shows what the story left behind.
func printDesk(ctx context.Context, desk *ticket.Desk, out io.Writer) error {
	tickets, err := desk.List(ctx, ticket.Filter{})
	if err != nil {
		return err
	}
	p := desk.Policy()
	fmt.Fprintf(out, "\nThe desk now:\n")
	for _, tk := range tickets {
		fmt.Fprintf(out, "  #%d  %-8s  %-9s  %-22s  %-10s  %-6s  %s\n", tk.Number, tk.Status, tk.Priority,
			p.Departments[tk.Department].Name, p.Agents[tk.Assignee].Name, p.Plans[tk.Plan].Name, tk.Subject)
	}
	counts, err := desk.Outcomes(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Mails taken:")
	for _, o := range ticket.Outcomes {
		if counts[o] > 0 {
			fmt.Fprintf(out, "  %s %d", o, counts[o])
		}
	}
	fmt.Fprintln(out)
	return nil
}

// printConnect says how to look around with a browser and a real mail program.
func printConnect(host *demoHost, page, path string, out io.Writer) {
	fmt.Fprintf(out, "\nThe desk stays up. Look around with your browser:\n"+
		"  http://%s   sign in as jane@bank.example, password %q\n"+
		"or with your own mail program, without TLS:\n"+
		"  IMAP %s   SMTP %s (no sign-in)\n  every password is %q\n\n", page, demoPassword, host.imap.Addr(), host.smtp.Addr(), demoPassword)
	for _, p := range demoPeople {
		fmt.Fprintf(out, "  %-28s %s\n", p.email, p.who)
	}
	fmt.Fprintf(out, "\nWrite to support@bank.example as dora, then answer as jane, with #help on the\n"+
		"first line. Config file: %s\nPress Ctrl-C to end; everything is removed then.\n", path)
}
