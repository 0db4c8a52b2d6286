package ticket_test

import (
	"strings"
	"testing"

	"deskpost/ticket"
)

func TestNoteNeverLeavesTheDesk(t *testing.T) {
	w, _, out := opened(t)
	const secret = "the customer is a spy"
	w.take(answer(to(t, out, ticket.NoticeNew, jane), jane, "#note\n#assign john\n\n"+secret))
	w.want(ticket.Commanded)
	for _, n := range w.sent() {
		for _, r := range n.Recipients {
			if !strings.HasSuffix(r.Address.Email, "@private.example") {
				t.Errorf("%s to %s", n.Kind, r.Address.Email)
			}
		}
	}
	w.take(from(karen, "[#1001] Can not log in", "And?"))
	for _, n := range w.sent() {
		if !n.Kind.ToAgent() && strings.Contains(n.Facts.Text, secret) {
			t.Errorf("%s carries the note to a customer", n.Kind)
		}
	}
}

// TestNothingInternalIsQuotedToTheCustomer plays agents whose mail programs
// quote the desk's own notices into a public reply.
func TestNothingInternalIsQuotedToTheCustomer(t *testing.T) {
	const secret = "INTERNAL: karen is a fraud suspect, keep her busy."
	quote := func(text string) string { return "> " + strings.ReplaceAll(text, "\n", "\n> ") }
	for name, tc := range map[string]struct {
		text func(note ticket.Notice) string
		want string // the customer gets; "" is held
	}{
		"answer below the quote": {func(n ticket.Notice) string {
			return "#reply\nOn Mon, Support wrote:\n" + quote(n.Facts.Answers+"\nJohn Smith left a note.\n\n"+n.Facts.Text+"\n--\nstate: new") + "\n\nDear Karen, we are on it."
		}, "Dear Karen, we are on it."},
		"answer between the lines": {func(n ticket.Notice) string {
			return "#reply\n" + quote("It says no.") + "\nWhat exactly?\n" + quote(n.Facts.Text) + "\nThank you."
		}, "> It says no.\nWhat exactly?\nThank you."},
		"resolve above the quote": {func(n ticket.Notice) string {
			return "#resolve\n\n" + quote(n.Facts.Text) + "\nIt works again."
		}, "It works again."},
		"quoted with bars":          {func(n ticket.Notice) string { return "#reply\n| " + n.Facts.Text + "\nHello" }, "Hello"},
		"quoted without a mark":     {func(n ticket.Notice) string { return "#reply\nHello\n\n" + n.Facts.Text }, ""},
		"the banner without a mark": {func(n ticket.Notice) string { return "#reply\nHello\n\n" + n.Facts.Answers }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w, _, out := opened(t)
			w.take(answer(to(t, out, ticket.NoticeNew, john), john, "#note\n#assign jane\n\n"+secret))
			note := to(t, w.sent(), ticket.NoticeAssigned, jane)
			w.take(answer(note, jane, tc.text(note)))
			if tc.want == "" {
				w.want(ticket.CommandHeld)
				held := to(t, w.sent(), ticket.NoticeHeld, jane)
				w.take(answer(held, jane, "#reply")) // she means it
				w.want(ticket.Commanded)
				return
			}
			w.want(ticket.Commanded)
			if got := to(t, w.sent(), ticket.NoticeReply, karen).Facts.Text; got != tc.want {
				t.Errorf("the customer gets %q, want %q", got, tc.want)
			}
		})
	}
}

func TestPublicReplyFiles(t *testing.T) {
	w, _, out := opened(t)
	m := answer(to(t, out, ticket.NoticeNew, jane), jane, "Here it is.")
	m.Files = []ticket.File{{Name: "manual.pdf", Type: "application/pdf", Size: 1}, {Name: "smime.p7s", Type: "application/pkcs7-signature"},
		{Name: "jane.vcf", Type: "text/vcard"}, {Name: "logo.png", Type: "image/png", Inline: true}}
	w.take(m)
	w.want(ticket.Appended)
	files := to(t, w.sent(), ticket.NoticeReply, karen).Facts.Files
	if len(files) != 1 || files[0].Name != "manual.pdf" {
		t.Errorf("the customer gets %+v", files)
	}
	m.NewText, m.Files = "See the mail.", []ticket.File{{Name: "fwd.eml", Type: "message/rfc822"}}
	w.take(m)
	w.want(ticket.CommandHeld)
}

func TestWholeAddressesAreReplaced(t *testing.T) {
	w, _, out := opened(t)
	w.take(answer(to(t, out, ticket.NoticeNew, jane), jane, "Write to maryjane@private.example, not to JANE@private.example or <john@private.example>."))
	w.want(ticket.Appended)
	const want = "Write to maryjane@private.example, not to support@bank.example or <support@bank.example>."
	if got := to(t, w.sent(), ticket.NoticeReply, karen).Facts.Text; got != want {
		t.Errorf("the customer reads %q", got)
	}
}
