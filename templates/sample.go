package templates

import (
	"slices"
	"time"

	"deskpost/ticket"
)

// fullSample is a notice that has every fact, on which Load tries templates.
func fullSample(kind ticket.NoticeKind) ticket.Notice {
	return ticket.Notice{
		ID: 7, Ticket: 1234, Kind: kind, Agent: "jane", Department: "support",
		ReplyTo: "support+r7.abcdefghijklmnopqrstuvwxyz@example.com",
		Facts: ticket.Facts{
			Number: 1234, Subject: "Cannot sign in", Department: "Support", Signature: "Your support team\nExample Ltd",
			To: "Karen Smith", For: "This is for Jane Doe, who is away. You stand in.", Actor: "Joan Miller", Author: "Karen Smith <karen@example.org>",
			Text:      "Hello,\nthe page says \"try again\" since this morning.\n\nSee https://example.org/status?id=1&x=2.\n\nKaren",
			Markdown:  slices.Contains([]ticket.NoticeKind{ticket.NoticeReply, ticket.NoticeNote, ticket.NoticeReplied}, kind),
			Badge:     "verified sender",
			Answers:   "Answer this mail and your text goes to the customer. Begin it with #note to leave a note instead.",
			Reference: "Ref 1234-abcdefghijklm", Resolved: true, Reopened: "resolved", Public: true, Yours: true,
			Other:  "1230 (Sign-in fails since this morning)",
			Latest: "It still says \"try again\".", LatestBy: "Karen Smith <karen@example.org>", LatestMarkdown: kind == ticket.NoticeReminder,
			Status: "open", Priority: "normal", Assignee: "Jane Doe", Team: "Network", Plan: "Sev-A", Due: "due Mon 14:30", Requester: "Karen Smith", Tags: "login, vpn",
			Fields:  []ticket.FieldLine{{Name: "Customer number", Value: "4711"}, {Name: "Contract until", Value: "Thu 24 Dec 2026"}},
			Remarks: []string{"attached: screen.png (14 KiB)", "the date of the mail was unreadable"},
			Results: []ticket.ResultLine{
				{Line: "#priority emergency", Result: "Normal -> Emergency"},
				{Line: "#assign jo", Result: "ambiguous: joan, john", Failed: true},
			},
			Report:  []string{"1234  open    Cannot sign in", "1235  new     Printer on fire"},
			Verdict: "Ticket 1234: 1 done, 1 not understood",
			Items:   []string{"#1234 message: Cannot sign in", "#1235 new: Printer on fire"}, More: 3,
			Lists: []ticket.TicketList{
				{Title: "Yours", Tickets: []ticket.TicketLine{
					{Number: 1234, Subject: "Cannot sign in", Requester: "Karen Smith", Priority: "High", Age: "3 days",
						When: "overdue by 2 h, since Mon 23 Nov, 10:30", Late: true, ReplyTo: "support+n8.abcdefghijklmnopqrstuvwxyz@example.com"},
					{Number: 1240, Subject: "Printer on fire", Requester: "Bob", Priority: "Normal", Age: "40 min", When: "due Mon 23 Nov, 17:00",
						ReplyTo: "support+n9.abcdefghijklmnopqrstuvwxyz@example.com"}}},
				{Title: "Nobody's", Tickets: []ticket.TicketLine{{Number: 1250, Subject: "Invoice?", Requester: "eve@example.org", Priority: "Low", Age: "5 min"}}, More: 12},
			},
			Address: "karen@example.org", Answer: "550 5.1.1 no such user",
			Files: []ticket.File{{ID: 3, Name: "screen.png", Type: "image/png", Size: 14 << 10}},
			Until: time.Date(2026, 11, 25, 12, 30, 0, 0, time.UTC), Link: "https://desk.example.com/sign-in/1a.abcdefghijklmnopqrstuvwxyz", Account: ticket.AccountFactorOn, Revoked: true,
			Zone: "Europe/Berlin", Language: English, Offset: "-0500", At: time.Date(2026, 11, 23, 12, 30, 0, 0, time.UTC), Dated: time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC),
		},
	}
}

// emptySample is a notice without any fact.
func emptySample(kind ticket.NoticeKind) ticket.Notice { return ticket.Notice{Kind: kind} }
