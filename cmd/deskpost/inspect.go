package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"deskpost/inbound"
)

// maxInspectedBody bounds a decoded body given with --body.
const maxInspectedBody = 16 << 20

func inspectCommand() *cobra.Command {
	var asJSON bool
	var body string
	cmd := &cobra.Command{
		Use:   "inspect FILE...",
		Short: "Show what deskpost reads in a mail file",
		Long:  "inspect reads raw mails as the daemon would and prints the fields, the new text,\nthe attachments, what kind of mail it is and what was wrong with it.",
		Args:  arguments(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, file := range args {
				in, err := inspectFile(file, body)
				if err != nil {
					return err
				}
				if err := printInspection(cmd.OutOrStdout(), in, asJSON); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line")
	cmd.Flags().StringVar(&body, "body", "", `the files are decoded bodies: "text" or "html"`)
	return cmd
}

func inspectFile(file, body string) (inbound.Inspection, error) {
	f, err := os.Open(file)
	if err != nil {
		return inbound.Inspection{}, fmt.Errorf("open mail: %w", err)
	}
	defer f.Close()
	switch body {
	case "":
		return inbound.Inspect(file, f)
	case "text", "html":
		var text bytes.Buffer
		if _, err := io.Copy(&text, io.LimitReader(f, maxInspectedBody)); err != nil {
			return inbound.Inspection{}, fmt.Errorf("read body: %w", err)
		}
		return inbound.InspectBody(file, strings.ToValidUTF8(text.String(), "\uFFFD"), body == "html"), nil
	}
	return inbound.Inspection{}, &usageError{fmt.Errorf("--body is %q: write text or html", body)}
}

func printInspection(out io.Writer, in inbound.Inspection, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(in)
	}
	fmt.Fprintf(out, "%s\n  kind     %s %s\n  from     %s <%s>\n  to       %s\n  subject  %s\n  id       %s\n", in.File, in.Kind,
		when(len(in.Why) > 0, "("+strings.Join(in.Why, "; ")+")"), in.From.Name, in.From.Address, strings.Join(in.To, ", "), in.Subject, in.MessageID)
	for _, a := range in.Attachments {
		fmt.Fprintf(out, "  file     %s, %s, %d bytes\n", a.Name, a.Type, a.Size)
	}
	for _, p := range in.Problems {
		fmt.Fprintf(out, "  problem  %s\n", p)
	}
	_, err := fmt.Fprintf(out, "\n%s\n", in.NewText)
	return err
}
