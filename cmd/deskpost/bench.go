package main

import (
	"errors"
	"fmt"
	"math"
	"os"

	"github.com/spf13/cobra"
)

func benchCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure how fast the help desk is on this machine",
		Args:  arguments(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(benchIngestCommand(), benchTickCommand(), benchHostCommand())
	return cmd
}

func benchIngestCommand() *cobra.Command {
	var b bench
	cmd := &cobra.Command{
		Use:   "ingest",
		Short: "Measure how fast mail is taken in and acknowledged",
		Long: "ingest runs the help desk against a full mailbox, with a database of its own, and\n" +
			"measures mails a second from IMAP to the commit, the CPU and the memory that\n" +
			"takes, and how long a single mail waits for its acknowledgement.\n\n" +
			"The mail servers are a process of their own, with about 0.15 MB of memory for\n" +
			"each mail. With --imap, mail is read from a server that is there already:\n" +
			"nothing is changed on it, and everybody is acknowledged, but what the desk\n" +
			"sends never leaves this machine.",
		Example: "  deskpost bench ingest -n 10000\n" +
			"  deskpost bench ingest --imap imap+insecure://user@127.0.0.1:143/INBOX --password file:secret",
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			b.countGiven = cmd.Flags().Changed("number")
			if b.imap != "" && !cmd.Flags().Changed("latency") {
				b.latency = 0
			}
			exe, err := os.Executable()
			if err != nil {
				return fmt.Errorf("find this program, to start the mail servers: %w", err)
			}
			b.host, b.errors = []string{exe}, cmd.ErrOrStderr()
			return b.command(cmd.Context(), cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.IntVarP(&b.count, "number", "n", 2000, "how many mails lie in the mailbox; with --imap, how many must")
	f.IntVar(&b.latency, "latency", 50, "how many single mails to time, while the desk has nothing else to do")
	f.Uint64Var(&b.seed, "seed", 1, "another one makes other mail")
	f.StringVar(&b.imap, "imap", "", "read this mailbox instead, a `URL` as in the config file")
	f.StringVar(&b.password, "password", "", "its password, or where it is: env:NAME, file:PATH")
	f.StringVar(&b.database, "database", "", "keep the desk in this empty database, a `URL` as in the config file")
	f.BoolVar(&b.json, "json", false, "print the figures as JSON")
	f.StringVar(&b.cpuProfile, "cpuprofile", "", "write a CPU profile of the backlog to this file")
	f.Lookup("cpuprofile").Hidden = true
	return cmd
}

// check finds what is wrong with the command line.
func (b *bench) check() error {
	switch {
	case b.count <= 0:
		return fmt.Errorf("-n %d: there must be a mail to take; give a number above 0", b.count)
	case b.count > math.MaxInt32:
		return fmt.Errorf("-n %d: a mailbox holds at most %d mails", b.count, math.MaxInt32)
	case b.latency < 0 || b.latency > maxLatencyMails:
		return fmt.Errorf("--latency %d: give a number from 0 to %d", b.latency, maxLatencyMails)
	case b.imap == "" && b.password != "":
		return errors.New("--password is for the mailbox of --imap; name that as well")
	case b.imap == "":
		return nil
	case b.latency > 0:
		return errors.New("--latency needs a server that mail can be put into; leave out --imap")
	}
	e, err := parseEndpoint(b.imap, imapProtocol(), false)
	switch {
	case err != nil:
		return fmt.Errorf("--imap: %w", err)
	case e.User == "":
		return fmt.Errorf("--imap: the URL has no user to sign in as; write it before the host, as in %s", imapProtocol().example)
	case b.password == "":
		return errors.New("--imap needs --password, such as --password file:PATH")
	}
	return nil
}
